"""Excel workbooks whose bytes depend on nothing but their cells."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

_WRITTEN = datetime(2026, 2, 27, 15, 0)  # noqa: DTZ001 - properties of a workbook have no zone


def workbook(sheet: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook of one sheet, its header row filtered and frozen. Empty texts become empty cells."""
    book = Workbook()
    page = book.worksheets[0]
    page.title = sheet
    page.append(list(header))
    for row in rows:
        page.append([cell or None for cell in row])
    page.auto_filter.ref = page.dimensions
    page.freeze_panes = "A2"
    book.properties.created = book.properties.modified = _WRITTEN
    packed = io.BytesIO()
    ExcelWriter(book, ZipFile(packed, "w")).save()  # Workbook.save would put the time of day into it
    return _repacked(packed)


def _repacked(packed: io.BytesIO) -> bytes:
    """The same archive; that of openpyxl carries the time at which each part was added."""
    result = io.BytesIO()
    with ZipFile(packed) as old, ZipFile(result, "w") as new:
        for name in old.namelist():
            part = ZipInfo(name, _WRITTEN.timetuple()[:6])
            part.compress_type = ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return result.getvalue()
