"""A workbook's package: what it is, and that its parts come out in bounded memory.

The XML parser keeps what stands between two rows of a sheet, or between two entries of the list of texts, and
all of every other part. That is bounded here, beside the bytes of all parts that are read, which are counted
as they come out, whatever the package claims.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import IO, Literal, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from typing_extensions import Buffer

from scheduling_pipeline.files.model import Fault

_BLOCK = 1 << 18
_PARTS = 10_000
_ENTRY = b"PK\x01\x02"  # begins the entry of a part in the package's directory
_ENCRYPTED = 1
_KEPT_BYTES = 1 << 24
_KEPT_TAGS = 300_000
_TAG_BYTES = 1 << 20  # until a tag ends, the parser begins it anew with every block
_TEXTS = 2_000_000
_LET_GO = re.compile(rb"</(?:[A-Za-z0-9]+:)?(?:row|(si))>")


class Package(ZipFile):
    """The parts of an .xlsx workbook, to be read once. Raises Fault for anything else, and for too much."""

    def __init__(self, path: Path, unpacked_bytes: int) -> None:
        with path.open("rb") as file:
            # Before the directory is read, since that alone could fill the memory.
            if sum(block.count(_ENTRY) for block in iter(lambda: file.read(_BLOCK), b"")) > _PARTS:
                raise Fault(f"is a workbook of more than {_PARTS:,} parts")
        super().__init__(path)
        self._unpacked_bytes = self._left = unpacked_bytes
        names = {part.filename.lower() for part in self.infolist()}
        if any(part.flag_bits & _ENCRYPTED for part in self.infolist()):
            raise Fault("is encrypted: save it without a password")
        if any(part.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for part in self.infolist()):
            raise Fault("is packed in a way that Excel does not use")
        if "xl/workbook.bin" in names:
            raise Fault("is a binary workbook: save it as .xlsx")
        if any(name.endswith("vbaproject.bin") for name in names):
            raise Fault("is a workbook with macros: save it as .xlsx")
        if "[content_types].xml" not in names:
            raise Fault("is a packed file, but no Excel workbook")

    def open(
        self,
        name: str | ZipInfo,
        mode: Literal["r", "w"] = "r",
        pwd: bytes | None = None,
        *,
        force_zip64: bool = False,
    ) -> IO[bytes]:
        """A part's bytes. Reading them raises Fault where they are more than can be kept."""
        part = _Part(super().open(name, mode, pwd, force_zip64=force_zip64), self)
        return cast("IO[bytes]", part)

    def spend(self, count: int) -> None:
        """Count bytes that came out of the package."""
        self._left -= count
        if self._left < 0:
            raise Fault(f"unpacks to more than {self._unpacked_bytes:,} bytes")


class _Part(io.RawIOBase):
    """A part as it is unpacked, watched for what a parser would have to keep of it."""

    def __init__(self, stream: IO[bytes], package: Package) -> None:
        super().__init__()
        self._stream = cast("io.BufferedIOBase", stream)
        self._package = package
        self._kept_bytes = self._kept_tags = self._open_tag = self._texts = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        count = self._stream.readinto(buffer)
        self._package.spend(count)
        self._watch(bytes(memoryview(buffer)[:count]))
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _watch(self, block: bytes) -> None:
        start = 0
        for end in _LET_GO.finditer(block):
            start = end.end()
            self._texts += end[1] is not None
        if start:
            self._kept_bytes = self._kept_tags = 0
        self._kept_bytes += len(block) - start
        self._kept_tags += block.count(b"<", start)
        self._open_tag = _open_tag(block, self._open_tag)
        if self._kept_bytes > _KEPT_BYTES or self._kept_tags > _KEPT_TAGS or self._open_tag > _TAG_BYTES:
            raise Fault("is a workbook with a part, or a row, that is too large to be read")
        if self._texts > _TEXTS:
            raise Fault(f"is a workbook of more than {_TEXTS:,} different texts")


def _open_tag(block: bytes, before: int) -> int:
    """The bytes of the tag that is open at a block's end; `before` are those at its beginning."""
    opened, closed = block.rfind(b"<"), block.rfind(b">")
    if opened > closed:
        return len(block) - opened
    return 0 if closed >= 0 or not before else before + len(block)
