"""The words of the flow: items of a drive, versions of a file, what became of each, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class DriveItem:
    """A file or folder of a drive as the drive describes it; of a deleted one only the id is certain.

    `quick_xor` is base64, as the drive gives it, and may be missing, as may `ctag`. `parent_id` is None for
    the drive's root. `modified_by` is a name or an address.
    """

    id: str
    name: str = ""
    parent_id: str | None = None
    folder: bool = False
    deleted: bool = False
    etag: str = ""
    ctag: str | None = None
    size: int = 0
    quick_xor: str | None = None
    modified_at: datetime | None = None
    modified_by: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what changed in a drive. Exactly one of the links is set: more to read now, or for later.

    Items may repeat, within a page and from page to page; the last word on an item counts.
    """

    items: Sequence[DriveItem]
    next_link: str | None = None
    delta_link: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A file's newest version and where its bytes are, for a short while. The address is a secret."""

    item: DriveItem
    url: str = field(repr=False)


class DriveError(Exception):
    """A drive could not be asked, or refused. `transient`: the same may succeed later."""

    def __init__(self, message: str, *, transient: bool) -> None:
        super().__init__(message)
        self.transient = transient


class ResyncError(Exception):
    """The drive no longer knows a link: list it from the beginning, merging (`link`, if it says where)."""

    def __init__(self, link: str | None) -> None:
        super().__init__("the drive no longer knows since when changes are wanted")
        self.link = link


class Drive(Protocol):
    """A document library, read only."""

    @property
    def id(self) -> str: ...

    @property
    def folders(self) -> Sequence[str]:
        """The folders whose files are wanted, as paths below the drive's root; "" is the root itself."""

    def changes(self, link: str | None) -> Page:
        """One page of the changes since a link, or of everything. Raises DriveError, ResyncError."""

    def newest(self, ids: Sequence[str]) -> Mapping[str, Download | DriveError | None]:
        """Each item as it is now: None for one that is gone. Raises DriveError when nothing can be asked."""

    def download(self, file: Download, to: BinaryIO) -> int:
        """Write the file's bytes to an empty, seekable `to`; the number of bytes. Raises DriveError."""


class Outcome(StrEnum):
    """What became of one version of a file. FAILED is the only one that is tried again by itself."""

    LOADED = "loaded"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"
    FAILED = "failed"


class Change(StrEnum):
    """What is to be done about an item of the drive."""

    CONTENT = "content"  # a new file, or new bytes
    MOVED = "moved"  # another name or folder, the same bytes
    DELETED = "deleted"  # gone from the drive, or out of the wanted folders


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to do: `path` is where the item now is below its library, or was, if it is deleted.

    `failed`: an earlier run tried in vain, and noted it in the log.
    """

    change: Change
    item: DriveItem
    path: str
    failed: bool = False

    @property
    def version(self) -> str:
        """What tells this state of the item from every other."""
        return f"{self.item.id}:{self.change}:{self.item.etag}:{self.path}"


class Fault(Exception):  # noqa: N818 - a finding about a file, raised where it is found
    """Why a file cannot be loaded, and where: sheet, row (as an editor counts them), column header."""

    def __init__(
        self, reason: str, *, sheet: str | None = None, row: int | None = None, column: str | None = None
    ) -> None:
        place = [
            f"sheet {sheet!r}" if sheet is not None else "",
            f"row {row}" if row is not None else "",
            f"column {column!r}" if column is not None else "",
        ]
        where = ", ".join(part for part in place if part)
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason = reason
        self.sheet = sheet
        self.row = row
        self.column = column
