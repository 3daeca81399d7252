"""XLSX workbooks: one sheet's records, streamed. Formulas are data: what Excel last stored is read.

Cells become the text that a person would write for them, rows keep Excel's numbers. A merged cell's value
belongs to the first of its cells. Blank rows below the last filled one are none: Excel keeps them for their
formatting alone.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element
from zipfile import BadZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.package import Package
from scheduling_pipeline.files.table import HEADER_WITHIN, Limits, Record, Table, blank, shown

# openpyxl warns of what it leaves out, such as rules of validation: none of that is read here anyway.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")

_ROWS = 1_048_576  # of a sheet, as Excel has it
_NO_RESULT = "f"
_ERROR = "e"
_EXACT = 2**53  # up to here a float holds every whole number

_Row = tuple[int, list[dict[str, Any]]]


@contextmanager
def open_xlsx(
    path: Path, sheet: str | None, declared: Callable[[str], bool], limits: Limits
) -> Iterator[Table]:
    """A sheet of a workbook as a table: the named one, or the first that is not hidden. Raises Fault."""
    with _explained():
        package = Package(path, limits.unpacked_bytes)
    with package, path.open("rb") as file:
        with _explained():
            name, parser = _sheet(package, file, sheet)
        rows = _rows(parser)
        for number, cells in islice(rows, HEADER_WITHIN):
            header = _line(number, cells, ())
            if not blank(header):
                break
        else:
            raise Fault("is empty", sheet=name)
        wanted = [text if declared(text) else None for text in header]
        yield Table(name, header, number, _records(rows, wanted, limits))


@contextmanager
def _explained() -> Iterator[None]:
    """Whatever breaks while a workbook's parts are read is the workbook's fault."""
    try:
        yield
    except (Fault, MemoryError):
        raise
    except (BadZipFile, EOFError, zlib.error):
        raise Fault("is a damaged workbook: it cannot be unpacked") from None
    except Exception as error:  # noqa: BLE001 - of a broken part openpyxl raises whatever its code runs into
        raise Fault(f"is a damaged workbook: its parts cannot be read ({type(error).__name__})") from None


class _Parser(WorkSheetParser):
    """Marks formulas that have no stored result."""

    def parse_cell(self, element: Element) -> dict[str, Any]:
        cell = super().parse_cell(element)
        # A formula whose result is the empty text says that it is a text.
        if cell["value"] is None and cell["data_type"] != "str" and element.find(FORMULA_TAG) is not None:
            cell["data_type"] = _NO_RESULT
        return cell


def _sheet(package: Package, file: BinaryIO, wanted: str | None) -> tuple[str, _Parser]:
    reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    reader.archive = package
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    apply_stylesheet(package, reader.wb)
    sheets = [
        (sheet, part.target)
        for sheet, part in reader.parser.find_sheets()
        if part.Type.endswith("/worksheet") and part.target in reader.valid_files
    ]
    if not sheets:
        raise Fault("is a workbook without a sheet")
    if wanted is None:
        sheet, part = next((one for one in sheets if one[0].state == "visible"), sheets[0])
    else:
        named = [one for one in sheets if one[0].name.casefold() == wanted.casefold()]
        if not named:
            names = ", ".join(shown(sheet.name) for sheet, _ in sheets[:20])
            raise Fault(f"is not in the workbook, which has {names}", sheet=wanted)
        sheet, part = named[0]
    book: Any = reader.wb  # its date formats have no public name
    parser = _Parser(
        package.open(part),
        reader.shared_strings,
        data_only=True,
        epoch=book.epoch,
        date_formats=book._date_formats,  # noqa: SLF001 - see above
        timedelta_formats=book._timedelta_formats,  # noqa: SLF001 - see above
    )
    return sheet.name, parser


def _rows(parser: _Parser) -> Iterator[_Row]:
    with _explained():
        for row in parser.parse():
            parser.row_dimensions.clear()  # the layout of every row would fill the memory
            if not 1 <= row[0] <= _ROWS:
                raise Fault(f"is a damaged workbook: it has a row {row[0]}")
            yield row


def _records(rows: Iterator[_Row], wanted: Sequence[str | None], limits: Limits) -> Iterator[Record]:
    blanks: list[Record] = []
    for count, (number, cells) in enumerate(rows, start=1):
        if count > limits.rows:
            raise Fault(f"has more than {limits.rows:,} rows", row=number)
        line = _line(number, cells, wanted)
        if len(line) > limits.columns:
            raise Fault(f"has more than {limits.columns:,} columns", row=number)
        if blank(line):
            blanks.append((number, line))
            continue
        yield from blanks
        blanks.clear()
        yield number, line


def _line(number: int, cells: list[dict[str, Any]], wanted: Sequence[str | None]) -> list[str]:
    """The texts of a row's cells, each in its place; of the wanted columns they must be readable."""
    filled = [cell for cell in cells if cell["value"] is not None or cell["data_type"] == _NO_RESULT]
    line = [""] * max((cell["column"] for cell in filled), default=0)
    for cell in filled:
        place = cell["column"] - 1
        header = wanted[place] if place < len(wanted) else None
        if header is not None and cell["data_type"] == _NO_RESULT:
            raise Fault(
                "is a formula without a stored result: open it in Excel and save it",
                row=number,
                column=header,
            )
        if header is not None and cell["data_type"] == _ERROR:
            raise Fault(f"is the error {cell['value']}", row=number, column=header)
        line[place] = _text(cell["value"])
    return line


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))
        case datetime():
            return str(value.date() if value.time() == time() else value)
        case timedelta():
            return _clock(value)
        case _:
            return str(value)


def _clock(span: timedelta) -> str:
    minutes, seconds = divmod(span.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{seconds:02.0f}"
