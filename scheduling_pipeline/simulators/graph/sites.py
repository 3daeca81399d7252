"""The one simulated SharePoint site with its libraries: names, ids and addresses."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

SITE = "School"
SITE_PATH = f"/sites/{SITE}"
TENANT_HOST = "school.sharepoint.com"  # SharePoint's name for whoever calls Graph by its real name
GRAPH_HOST = "graph.microsoft.com"
DOWNLOAD = f"{SITE_PATH}/_layouts/15/download.aspx"
CREATED = "2024-08-01T07:00:00Z"

_COLLECTION = uuid.uuid5(uuid.NAMESPACE_URL, "collection of " + SITE_PATH)
_WEB = uuid.uuid5(uuid.NAMESPACE_URL, "web of " + SITE_PATH)


@dataclass(frozen=True, slots=True)
class Library:
    """A document library, which Graph calls a drive. `segment` is its folder in web addresses."""

    name: str
    segment: str

    @property
    def guid(self) -> uuid.UUID:
        return uuid.uuid5(_WEB, self.segment)

    @property
    def id(self) -> str:
        """The drive id that Graph gives it."""
        parts = b"".join(part.bytes_le for part in (_COLLECTION, _WEB, self.guid))
        return "b!" + base64.urlsafe_b64encode(parts).decode()

    @property
    def root(self) -> str:
        """The key of its root folder."""
        return uuid.uuid5(self.guid, "root").hex

    def item_id(self, key: str) -> str:
        """The id of an item, which never changes."""
        return self._prefix + base64.b32encode(bytes.fromhex(key)).decode().rstrip("=")

    def item_key(self, item_id: str) -> str | None:
        """The inverse of `item_id`; None for what cannot be an id of this library."""
        body = item_id.removeprefix(self._prefix)
        try:
            key = base64.b32decode(body + "======")
        except ValueError:
            return None
        return key.hex() if body != item_id else None

    @property
    def _prefix(self) -> str:
        return "01" + base64.b32encode(self.guid.bytes[:5]).decode()[:6]


DOCUMENTS = Library("Documents", "Shared Documents")
ARCHIVE = Library("Archive", "Archive")
LIBRARIES = (DOCUMENTS, ARCHIVE)


def origin(base: str) -> str:
    """Where SharePoint is, as seen by who calls Graph at `base`: scheme, host and port."""
    called = urlsplit(base)
    if called.hostname == GRAPH_HOST:
        return f"https://{TENANT_HOST}"
    return f"{called.scheme}://127.0.0.1:{called.port or 443}"


def site_id(base: str) -> str:
    return f"{urlsplit(origin(base)).hostname},{_COLLECTION},{_WEB}"


def is_site(name: str, base: str) -> bool:
    """Whether a name from an address is the site's id."""
    return name.lower() == site_id(base)


def is_host(name: str, base: str) -> bool:
    """Whether a host name from an address is that of the site."""
    own = urlsplit(origin(base)).hostname
    return name.lower() in ({own, "localhost"} if own == "127.0.0.1" else {own})


def web_url(base: str, *path: str) -> str:
    """The address for people of the site, or of what lies below it."""
    return origin(base) + SITE_PATH + "".join("/" + quote(part, safe="") for part in path if part)


def download_path(path: str) -> str:
    """How faults and the journal name the download of a file, whose real address holds a secret."""
    return f"/download/{path}"
