"""Whether the SharePoint folder can be used as it is set up: what a doctor command shows, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from resources.graph_check import Finding, roles_of
from resources.graph_client import GraphClient
from resources.graph_sign_in import SignInError
from resources.graph_wire import GraphError
from resources.sharepoint import SharePoint
from resources.sharepoint_site import Named, find_folder, find_library, find_site, folder_path, wanted
from resources.sharepoint_wire import GRANT, drive_error
from scheduling_pipeline.files.model import DriveError

# Any of them is enough to find a site and to read its files; the narrowest comes first.
SUFFICIENT = (
    "Sites.Selected",
    "Sites.Read.All",
    "Sites.ReadWrite.All",
    "Sites.Manage.All",
    "Sites.FullControl.All",
)


def check_sharepoint(sharepoint: SharePoint) -> Iterator[Finding]:
    """Look for the site, the library and each folder, without writing; stops at what is not there."""
    with sharepoint.graph.connect() as client:
        try:
            token = client.tokens.token()
        except SignInError as error:
            yield Finding("sign-in", ok=False, detail=str(error))
            return
        yield Finding("sign-in", ok=True, detail="Microsoft accepts the application's secret")
        yield permission(token)
        yield from _places(client, sharepoint)


def permission(token: str) -> Finding:
    """Whether a token carries a permission that is enough."""
    roles = roles_of(token)
    if roles is None:
        return Finding(
            "permission", ok=True, detail="the token does not show any; tried below", optional=True
        )
    granted = [name for name in SUFFICIENT if name in roles]
    return Finding("permission", ok=bool(granted), detail=", ".join(granted) or f"missing; {GRANT}")


def _places(client: GraphClient, sharepoint: SharePoint) -> Iterator[Finding]:
    try:
        site = find_site(client, sharepoint.site_url)
    except DriveError as error:
        yield Finding("site", ok=False, detail=str(error))
        return
    yield Finding("site", ok=True, detail=f"{site.name}, {sharepoint.site_url}")
    try:
        asked = wanted(sharepoint.folders)
        library = find_library(client, site, asked.library)
    except DriveError as error:
        yield Finding("library", ok=False, detail=str(error))
        return
    yield Finding("library", ok=True, detail=library.name)
    for path in asked.folders:
        yield _folder(client, library, path)


def _folder(client: GraphClient, library: Named, path: str) -> Finding:
    """Whether a folder is there, and how many files lie directly in it."""
    name = f"folder {path}" if path else "folder"
    try:
        found = find_folder(client, library, path)
        first = client.get(f"{folder_path(library, found, 'children')}?$select=id,file&$top=999")
        files = [child for child in client.collect(first) if "file" in child]
    except DriveError as error:
        return Finding(name, ok=False, detail=str(error))
    except (GraphError, SignInError) as error:
        return Finding(name, ok=False, detail=str(drive_error("its files cannot be listed", error)))
    return Finding(name, ok=True, detail=f"{len(files)} files directly in {found or library.name}")
