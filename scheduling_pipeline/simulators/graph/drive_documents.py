"""Sites, drives and items as Graph's documents describe them."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any

from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.graph import sites
from scheduling_pipeline.simulators.graph.downloads import Addresses, mime_type
from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.graph.drive_store import DriveStore, Item
from scheduling_pipeline.simulators.graph.errors import bad_request
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.sites import Library

Json = dict[str, Any]

DOWNLOAD_URL = "@microsoft.graph.downloadUrl"
_QUOTA = 25 * 2**40
# fmt: off
_PROPERTIES = frozenset({
    "audio", "bundle", "cTag", "content", "createdBy", "createdDateTime", "deleted", "description",
    "displayName", "driveType", "eTag", "file", "fileSystemInfo", "folder", "id", "image", "lastModifiedBy",
    "lastModifiedDateTime", "location", "malware", "name", "owner", "package", "parentReference",
    "pendingOperations", "photo", "publication", "quota", "remoteItem", "root", "searchResult", "shared",
    "sharepointIds", "siteCollection", "size", "specialFolder", "video", "webDavUrl", "webUrl", DOWNLOAD_URL,
})
# fmt: on


def selection(select: str) -> Callable[[Json], Json]:
    """Picks the properties of a `$select`; the download address comes only if it is named."""
    names = {name.strip() for name in select.split(",") if name.strip()}
    if not names or "*" in names:
        return lambda document: document
    names = {DOWNLOAD_URL if name == "content.downloadUrl" else name for name in names}
    for name in names - _PROPERTIES:
        raise bad_request(f"Could not find a property named '{name}' on the type of the resource.")
    return lambda document: {
        name: value for name, value in document.items() if name in names or name.startswith("@odata.")
    }


def site_document(base: str) -> Json:
    return {
        "id": sites.site_id(base),
        "createdDateTime": sites.CREATED,
        "lastModifiedDateTime": sites.CREATED,
        "description": "Files of the simulated school",
        "displayName": sites.SITE,
        "name": sites.SITE,
        "webUrl": sites.web_url(base),
        "root": {},
        "siteCollection": {"hostname": sites.site_id(base).partition(",")[0]},
    }


class Documents:
    """Builds the documents of drives and items; `base` is Graph's address as the caller wrote it."""

    def __init__(
        self, drive: Drive, store: DriveStore, downloads: Addresses, control: Control, settings: Settings
    ) -> None:
        self._drive = drive
        self._store = store
        self._downloads = downloads
        self._control = control
        self._settings = settings

    def drive(self, library: Library, root: Item, base: str) -> Json:
        used = self._store.total_size(root.key)
        return {
            "id": library.id,
            "driveType": "documentLibrary",
            "name": library.name,
            "description": "",
            "webUrl": sites.web_url(base, library.segment),
            "createdDateTime": root.created,
            "lastModifiedDateTime": root.modified,
            "createdBy": self._identity(root.created_by),
            "lastModifiedBy": self._identity(root.modified_by),
            "owner": {"group": {"displayName": sites.SITE, "id": str(library.guid)}},
            "quota": {
                "deleted": 0,
                "remaining": _QUOTA - used,
                "state": "normal",
                "total": _QUOTA,
                "used": used,
            },
        }

    def item(self, library: Library, item: Item, base: str) -> Json:
        """An item as it is got or listed."""
        path = self._drive.path_of(item)
        document = self._common(library, item, path, base)
        if item.parent is not None:
            above = path.rpartition("/")[0]
            document["parentReference"] |= {
                "name": above.rpartition("/")[2] or "root",
                "path": f"/drives/{library.id}/root:" + (f"/{above}" if above else ""),
            }
        if not item.folder:
            document["cTag"] = item.ctag
            document[DOWNLOAD_URL] = self._downloads.address(item, base)
        return document

    def changed(self, library: Library, item: Item, base: str) -> Json:
        """An item as delta shows it: without a path, a cTag or a download address."""
        document: Json = {"@odata.type": "#microsoft.graph.driveItem"}
        if not item.deleted:
            return document | self._common(library, item, self._drive.path_of(item), base)
        return document | {
            "id": library.item_id(item.key),
            "size": 0,
            "parentReference": _parent(library, item),
            "deleted": {"state": "deleted"},
            ("folder" if item.folder else "file"): {},
        }

    def _common(self, library: Library, item: Item, path: str, base: str) -> Json:
        document: Json = {
            "createdDateTime": item.created,
            "eTag": item.etag,
            "id": library.item_id(item.key),
            "lastModifiedDateTime": item.modified,
            "name": item.name,
            "webUrl": sites.web_url(base, library.segment, *path.split("/")),
            "size": self._store.total_size(item.key) if item.folder else item.size,
            "createdBy": self._identity(item.created_by),
            "lastModifiedBy": self._identity(item.modified_by),
            "parentReference": _parent(library, item),
            "fileSystemInfo": {"createdDateTime": item.created, "lastModifiedDateTime": item.modified},
        }
        if item.folder:
            document["folder"] = {"childCount": self._store.child_count(item.key)}
        else:
            document["file"] = {
                "mimeType": mime_type(item.name),
                "hashes": {"quickXorHash": self._announced_hash(item, path)},
            }
        if item.parent is None:
            document["root"] = {}
        return document

    def _announced_hash(self, item: Item, path: str) -> str:
        if self._control.fault("GET", sites.download_path(path), "wrong_hash"):
            wrong = bytes(byte ^ 0xFF for byte in base64.b64decode(item.quick_xor))
            return base64.b64encode(wrong).decode()
        return item.quick_xor

    def _identity(self, name: str) -> Json:
        address = name if "@" in name else f"{name.lower().replace(' ', '.')}@{self._settings.domain}"
        user = {
            "email": address,
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, address.lower())),
            "displayName": name,
        }
        return {"user": user}


def _parent(library: Library, item: Item) -> Json:
    reference = {"driveType": "documentLibrary", "driveId": library.id}
    return reference | ({"id": library.item_id(item.parent)} if item.parent is not None else {})
