"""Finding a document library: the site, the library on it, and the folders in the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit

from resources.graph_client import GraphClient
from resources.graph_sign_in import SignInError
from resources.graph_wire import GraphError
from resources.sharepoint_wire import drive_error
from scheduling_pipeline.files.model import DriveError


@dataclass(frozen=True, slots=True)
class Wanted:
    """The library that is wanted, as people write it, and the folders in it; "" is all of it."""

    library: str
    folders: Sequence[str]


@dataclass(frozen=True, slots=True)
class Named:
    """A site or a library as Graph knows it."""

    id: str
    name: str


def wanted(folders: Sequence[str]) -> Wanted:
    """What "/Shared Documents/Reports" means: a library and a folder in it. Raises DriveError."""
    parts = [[part for part in folder.split("/") if part] for folder in folders]
    if not parts or not all(parts):
        raise DriveError(
            'sharepoint_folder names no library; write it as in "/Shared Documents/Reports"', transient=False
        )
    libraries = {library.casefold(): library for library, *_ in parts}
    if len(libraries) > 1:
        raise DriveError(
            f"the folders must be in one library, and these are in {' and '.join(libraries.values())};"
            " change sharepoint_folder",
            transient=False,
        )
    return Wanted(parts[0][0], ["/".join(path) for _, *path in parts])


def find_site(client: GraphClient, address: str) -> Named:
    """The site at an address. Raises DriveError."""
    parts = urlsplit(address)
    path = unquote(parts.path).strip("/")
    place = f"{parts.hostname}:/{quote(path)}" if path else parts.hostname
    try:
        site = client.get(f"/sites/{place}?$select=id,displayName")
        return Named(site["id"], site.get("displayName") or address)
    except (GraphError, SignInError, KeyError) as error:
        missing = f"there is no site {address}; check sharepoint_site_url"
        raise _failed(f"the site {address} cannot be read", error, missing) from None


def find_library(client: GraphClient, site: Named, name: str) -> Named:
    """The library with this name: the last part of its address, or else what is shown. Raises DriveError."""
    try:
        first = client.get(f"/sites/{quote(site.id, safe=',')}/drives?$select=id,name,webUrl")
        drives = client.collect(first)
        by_address = {unquote(drive["webUrl"].rpartition("/")[2]): drive["id"] for drive in drives}
        by_name = {drive["name"]: drive["id"] for drive in drives}
    except (GraphError, SignInError, KeyError) as error:
        raise _failed(f"the libraries of {site.name} cannot be listed", error) from None
    for title, drive_id in (*by_address.items(), *by_name.items()):
        if title.casefold() == name.casefold():
            return Named(drive_id, title)
    raise DriveError(
        f"the site {site.name} has no library {name!r}, only: {', '.join(by_address) or 'none at all'};"
        " check sharepoint_folder",
        transient=False,
    )


def find_folder(client: GraphClient, library: Named, path: str) -> str:
    """The folder's path as the library writes it, which ignores letter case. Raises DriveError."""
    found = ""
    for name in path.split("/") if path else ():
        tried = f"{found}/{name}".strip("/")
        try:
            item = client.get(f"{folder_path(library, tried)}?$select=id,name,folder")
            found = f"{found}/{item['name']}".strip("/")
        except (GraphError, SignInError, KeyError) as error:
            missing = f"the library {library.name} has no folder {tried!r}; check sharepoint_folder"
            raise _failed(f"the folder {tried!r} cannot be read", error, missing) from None
        if "folder" not in item:
            raise DriveError(f"{tried!r} is not a folder; check sharepoint_folder", transient=False)
    return found


def folder_path(library: Named, path: str, part: str = "") -> str:
    """Where Graph has a folder of a library, or a part of it such as its `children`."""
    root = f"{drive_path(library.id)}/root"
    if not path:
        return f"{root}/{part}" if part else root
    return f"{root}:/{quote(path)}:/{part}" if part else f"{root}:/{quote(path)}"


def drive_path(drive_id: str) -> str:
    """Where Graph has a drive."""
    return f"/drives/{quote(drive_id, safe='!')}"


def _failed(doing: str, error: GraphError | SignInError | KeyError, missing: str = "") -> DriveError:
    """Why something was not found, and what to do about it."""
    if isinstance(error, KeyError):
        return DriveError(f"{doing}: Graph's answer has no {error}", transient=True)
    if isinstance(error, GraphError) and error.status == HTTPStatus.NOT_FOUND and missing:
        return DriveError(missing, transient=False)
    return drive_error(doing, error)
