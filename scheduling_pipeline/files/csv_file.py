"""CSV files: which encoding and delimiter, and the records, streamed.

A file with a byte order mark is what the mark says (UTF-8 or UTF-16). Without one it is UTF-8; if it is not
even from its first character beyond ASCII on, it is Windows-1252, which is what Excel saves. Text that
begins as UTF-8 and then is not is damaged: reading it as anything else would turn every accent to rubbish.

A row's number is that of the line it starts on, as a text editor counts lines.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.table import HEADER_WITHIN, Limits, Record, Table, blank

_BLOCK = 1 << 20
_LONGEST = 1 << 22  # characters of a record: a file without line ends, or with a stray quotation mark, is one
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_DELIMITERS = ",;\t|"


@contextmanager
def open_csv(path: Path, declared: Callable[[str], bool], limits: Limits) -> Iterator[Table]:
    """A CSV file as a table, with the delimiter that finds most of the declared headers. Raises Fault."""
    with path.open(encoding=_encoding(path), newline="") as file:
        delimiter = max(_DELIMITERS, key=lambda one: _found(file, one, declared))
        file.seek(0)
        records = _records(file, delimiter, limits.rows)
        header_row, header = _first(records)
        if not header:
            raise Fault("is empty")
        yield Table(None, header, header_row, records)


class _UndecodableError(Exception):
    """Bytes that are not of an encoding: on which line, and whether all before them is ASCII."""

    def __init__(self, row: int, *, ascii_before: bool) -> None:
        super().__init__(row)
        self.row = row
        self.ascii_before = ascii_before


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(max(map(len, _MARKS)))
    mark = next((mark for mark in _MARKS if start.startswith(mark)), None)
    encoding = _MARKS[mark] if mark else "utf-8"
    try:
        _read_through(path, encoding)
    except _UndecodableError as error:
        if mark or not error.ascii_before:
            name = encoding.removesuffix("-sig").upper()
            raise Fault(f"is {name} before this line, and is not in it", row=error.row) from None
    else:
        return encoding
    try:
        _read_through(path, "cp1252")
    except _UndecodableError as error:
        raise Fault("is neither UTF-8 nor Windows-1252 text", row=error.row) from None
    return "cp1252"


def _read_through(path: Path, encoding: str) -> None:
    """Raise _UndecodableError for bytes that are not of the encoding, Fault for a NUL character."""
    decoder = codecs.getincrementaldecoder(encoding)()
    row, only_ascii = 1, True
    with path.open("rb") as file:
        more = True
        while more:
            block = file.read(_BLOCK)
            more = bool(block)
            try:
                text = decoder.decode(block, final=not more)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode("latin-1")
                ascii_before = only_ascii and before.isascii()
                raise _UndecodableError(row + _line_ends(before), ascii_before=ascii_before) from None
            if "\0" in text:
                row += _line_ends(text.partition("\0")[0])
                raise Fault("is no text: it holds NUL characters", row=row)
            row += _line_ends(text)
            only_ascii = only_ascii and text.isascii()


def _line_ends(text: str) -> int:
    return max(text.count("\n"), text.count("\r"))


def _found(file: TextIO, delimiter: str, declared: Callable[[str], bool]) -> int:
    """How many declared headers the first row with text has when it is cut at a delimiter."""
    file.seek(0)
    try:
        return sum(map(declared, _first(_records(file, delimiter, HEADER_WITHIN))[1]))
    except Fault:  # of the wrong delimiter, perhaps: the one that is chosen is read again
        return 0


def _first(records: Iterator[Record]) -> Record:
    return next((record for record in islice(records, HEADER_WITHIN) if not blank(record[1])), (0, []))


def _records(file: TextIO, delimiter: str, most: int) -> Iterator[Record]:
    row, size = 1, 0

    def lines() -> Iterator[str]:
        nonlocal size
        while line := file.readline(_LONGEST):
            size += len(line)
            if size >= _LONGEST:
                raise Fault(f"has more than {_LONGEST:,} characters", row=row)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    try:
        for count, cells in enumerate(reader):
            if count > most:
                raise Fault(f"has more than {most:,} rows", row=row)
            yield row, cells
            row, size = reader.line_num + 1, 0
    except csv.Error as error:
        raise Fault(_why(str(error)), row=row) from None


def _why(error: str) -> str:
    if error == "unexpected end of data":
        return "a quotation mark is opened here and never closed: is the file cut off?"
    if error.startswith("field larger than"):
        return f"a cell is longer than {csv.field_size_limit():,} characters"
    return f"is no well-formed CSV ({error})"
