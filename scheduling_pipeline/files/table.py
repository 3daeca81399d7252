"""What every kind of file is before its cells mean anything: a header, then records of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scheduling_pipeline.files.dataset import Dataset

Record = tuple[int, list[str]]
"""A row's number, as an editor counts (the first line is 1), and the text of its cells, "" for empty ones."""

HEADER_WITHIN = 10
"""How many rows the header may be below the top: people leave a few blank ones above it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may have at most. Blank rows count; `unpacked_bytes` are of a workbook's parts together."""

    rows: int
    columns: int
    unpacked_bytes: int


@dataclass(frozen=True, slots=True)
class Table:
    """A header row and the records below it, to be read once, from the top. A CSV file has no `sheet`."""

    sheet: str | None
    header: list[str]
    header_row: int
    records: Iterator[Record]


def plain(header: str) -> str:
    """A header without what people vary: letter case, spaces, underscores."""
    return re.sub(r"[\s_]+", "", header.casefold())


def declared(dataset: Dataset) -> Callable[[str], bool]:
    """Whether a header is one that the dataset declares."""
    known = {plain(text) for column in dataset.columns for text in (column.header, *column.aliases)}
    return lambda header: plain(header) in known


def blank(cells: list[str]) -> bool:
    """Whether a record holds nothing but white space."""
    return not any(map(str.strip, cells))


def shown(value: str) -> str:
    """A cell's text as a message may quote it."""
    return repr(value if len(value) <= 40 else f"{value[:39]}…")  # noqa: PLR2004 - enough to recognise it by
