"""From a file on disk to a typed, validated frame of its dataset, or a Fault that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

import pandas as pd

from scheduling_pipeline.files.csv_file import open_csv
from scheduling_pipeline.files.dataset import Dataset
from scheduling_pipeline.files.frame import typed
from scheduling_pipeline.files.headers import match
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.table import Limits, Table, declared
from scheduling_pipeline.files.validate import validate
from scheduling_pipeline.files.xlsx_file import open_xlsx

__all__ = ["Limits", "Parsed", "parse"]

_TEXT = {".csv", ".tsv", ".txt"}
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .xls files and of encrypted workbooks


@dataclass(frozen=True)
class Parsed:
    """A file's rows and what was noticed on the way.

    `frame` has the declared columns in their order (dtypes: `frame.DTYPES`; a column that the file has not is
    null) and `source_row`, the row's number as an editor counts, the first line being 1. `padding` counts the
    blank rows left out, `missing` names the declared columns the file has not, `extra` its headers that
    nobody declared.
    """

    frame: pd.DataFrame
    padding: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def parse(path: Path, name: str, dataset: Dataset, *, zone: ZoneInfo, limits: Limits) -> Parsed:
    """Read a file as its dataset declares it.

    `name` is the file's real name, whatever `path` is called: its suffix says of what kind the file is.
    Timestamps that name no offset are in `zone`, as are the times of a calendar of no other. Raises Fault.
    """
    with _opened(path, name, dataset, zone, limits) as table:
        try:
            matched = match(table, dataset, limits)
            frame, padding = typed(table, dataset, matched.places, zone)
            validate(frame, dataset, matched.missing)
        except Fault as fault:
            raise Fault(fault.reason, sheet=table.sheet, row=fault.row, column=fault.column) from None
    return Parsed(frame, padding, matched.missing, matched.extra)


@contextmanager
def _opened(path: Path, name: str, dataset: Dataset, zone: ZoneInfo, limits: Limits) -> Iterator[Table]:
    suffix = PurePosixPath(name).suffix.lower()
    with path.open("rb") as file:
        start = file.read(len(_OLE))
    if not start:
        raise Fault("is empty")
    if start == _OLE:
        raise Fault("is an encrypted or a very old workbook: save it as .xlsx, without a password")
    workbook = start.startswith(_ZIP)
    if suffix == ".xlsx" and workbook:
        with open_xlsx(path, dataset.sheet, declared(dataset), limits) as table:
            yield table
    elif suffix in _TEXT and not workbook:
        with open_csv(path, declared(dataset), limits) as table:
            yield table
    elif suffix == ".ics" and not workbook:
        from scheduling_pipeline.files.ics_file import open_ics  # noqa: PLC0415 - slow to import, seldom needed

        with open_ics(path, zone, limits) as table:
            yield table
    elif suffix in {".xlsm", ".xltm", ".xlsb", ".xls", ".xltx", ".ods"}:
        raise Fault(f"is a workbook of the kind {suffix}, which is not read: save it as .xlsx")
    elif suffix == ".xlsx":
        raise Fault("is called .xlsx, but is no Excel workbook")
    elif suffix in {*_TEXT, ".ics"}:
        raise Fault(f"is called {suffix}, but is a packed file, such as a workbook")
    else:
        raise Fault(
            f"is of a kind that is not read ({suffix or 'its name has no suffix'}):"
            " only CSV, .xlsx and .ics are"
        )
