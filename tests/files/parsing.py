"""What the tests of parsing share: a dataset with a column of every kind, and ways to make a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from openpyxl import Workbook

from scheduling_pipeline.files.dataset import Column, Dataset, Kind, Loading
from scheduling_pipeline.files.parse import Limits, Parsed, parse

ZONE = ZoneInfo("Europe/Zurich")
LIMITS = Limits(rows=1_000, columns=50, unpacked_bytes=20_000_000)

KINDS = Dataset(
    "kinds",
    "A column of every kind.",
    ("kinds*",),
    (
        Column("text", "Some Text", aliases=("Remark",)),
        Column("whole", "Whole", Kind.INTEGER),
        Column("number", "Number", Kind.NUMBER, required=False),
        Column("flag", "Flag", Kind.BOOLEAN, required=False),
        Column("lasts", "Lasts", Kind.MILLISECONDS, required=False),
        Column("day", "Day", Kind.DATE, required=False),
        Column("clock", "Clock", Kind.TIME, required=False),
        Column("moment", "Moment", Kind.INSTANT, required=False),
    ),
    Loading.APPEND,
)


def read(
    folder: Path,
    content: str | bytes,
    *,
    name: str = "kinds.csv",
    dataset: Dataset = KINDS,
    limits: Limits = LIMITS,
    zone: ZoneInfo = ZONE,
) -> Parsed:
    """Parse a file that has a temporary name on the disk, as a downloaded one has."""
    path = folder / ".partial-file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return parse(path, name, dataset, zone=zone, limits=limits)


def values(parsed: Parsed, column: str) -> list[Any]:
    """A column's values, null as None."""
    return [None if pd.isna(value) else value for value in parsed.frame[column]]


def saved(folder: Path, book: Workbook) -> bytes:
    """The bytes of a workbook."""
    path = folder / "book.xlsx"
    book.save(path)
    return path.read_bytes()


def sheet(folder: Path, *rows: Sequence[object], title: str = "Data") -> bytes:
    """A workbook of one sheet."""
    book = Workbook()
    page = book.worksheets[0]
    page.title = title
    for row in rows:
        page.append(list(row))
    return saved(folder, book)
