"""A file's bytes, verified against what the drive announces; those that are kept already, where they will do.

Office files are an exception: SharePoint writes properties into them, so that neither size nor hash need be
those it announces. Of these, a package that is intact in itself is accepted.
"""

from __future__ import annotations

import hashlib
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from scheduling_pipeline.files.mirror import MissingBytesError, Partial
from scheduling_pipeline.files.model import Download, Drive, DriveItem, Fault
from scheduling_pipeline.files.quick_xor import QuickXor
from scheduling_pipeline.files.store import Store

HASH, SIZE, OFFICE = "hash", "size", "office"  # what bytes were verified by

_BLOCK = 1 << 20
_PARTS = 10_000
_ENTRY = b"PK\x01\x02"  # begins the entry of a part in a package's directory
_OFFICE = frozenset(
    {".docx", ".docm", ".dotx", ".dotm", ".pptx", ".pptm", ".potx", ".potm", ".ppsx", ".ppsm"}
    | {".xlsx", ".xlsm", ".xlsb", ".xltx", ".xltm"}
)


@dataclass(frozen=True, slots=True)
class Known:
    """Bytes that are kept. `verified`: by what, where they are certainly those of the wanted version."""

    path: str | None
    sha256: str
    verified: str = ""


@dataclass(frozen=True)
class Fetched:
    """Verified bytes, at `place`. `bytes` of them arrived newly, as `partial`, which is gone when closed."""

    item: DriveItem
    sha256: str
    verified: str
    bytes: int
    place: Path
    partial: Partial | None
    closing: ExitStack

    def __enter__(self) -> Fetched:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was not kept. Any thread may do it."""
        self.closing.close()


def fetch(drive: Drive, download: Download, target: str, store: Store, known: Known | None) -> Fetched:
    """The bytes of a version that will be kept at `target`. Raises Fault, DriveError, OSError."""
    found = _find(known, download.item, store) if known else None
    if found is not None:
        return found
    with ExitStack() as stack:
        partial = stack.enter_context(store.mirror.receive(target))
        count = drive.download(download, partial.file)
        partial.sync()  # here, where several wait for the disk at a time, and not when it is kept
        sha256, verified = _verified(partial.file, download.item, store)
        return Fetched(download.item, sha256, verified, count, partial.path, partial, stack.pop_all())


def _find(known: Known, item: DriveItem, store: Store) -> Fetched | None:
    """The kept bytes, if they are those of the item."""
    if not known.verified and not item.quick_xor:
        return None
    try:
        place = store.mirror.find(known.path, known.sha256)
    except MissingBytesError:
        return None
    verified = known.verified
    if not verified:
        with place.open("rb") as file:
            size, _, quick_xor = _digests(file)
        if (size, quick_xor) != (item.size, item.quick_xor):
            return None
        verified = HASH
    return Fetched(item, known.sha256, verified, 0, place, None, ExitStack())


def _verified(file: BinaryIO, item: DriveItem, store: Store) -> tuple[str, str]:
    """The hash of what arrived, read back from the disk, and by what it was verified. Raises Fault."""
    size, sha256, quick_xor = _digests(file)
    if size == item.size and item.quick_xor in (None, "", quick_xor):
        return sha256, HASH if item.quick_xor else SIZE
    if PurePosixPath(item.name).suffix.lower() in _OFFICE and _is_intact(file, store.limits.unpacked_bytes):
        return sha256, OFFICE
    if size != item.size:
        raise Fault(f"{size:,} bytes arrived of a file of {item.size:,}")
    raise Fault("the bytes that arrived have another hash than SharePoint announces")


def _digests(file: BinaryIO) -> tuple[int, str, str]:
    """Size, SHA-256 and QuickXorHash of a file, from its start."""
    size, sha256, quick_xor = 0, hashlib.sha256(), QuickXor()
    file.seek(0)
    while block := file.read(_BLOCK):
        size += len(block)
        sha256.update(block)
        quick_xor.update(block)
    return size, sha256.hexdigest(), quick_xor.digest()


def _is_intact(file: BinaryIO, unpacked_bytes: int) -> bool:
    """Whether all parts of a package are as they were packed. One that is too much to unpack is not."""
    file.seek(0)
    if sum(block.count(_ENTRY) for block in iter(lambda: file.read(_BLOCK), b"")) > _PARTS:
        return False
    try:
        with ZipFile(file) as package:
            small = sum(part.file_size for part in package.infolist()) <= unpacked_bytes
            return small and package.testzip() is None
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error):
        return False
