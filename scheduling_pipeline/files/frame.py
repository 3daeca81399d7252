"""A table's records as a frame with the dtypes of the declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from scheduling_pipeline.files.convert import Array, Converted, convert
from scheduling_pipeline.files.dataset import Column, Dataset, Kind
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.table import Record, Table, blank

SOURCE_ROW = "source_row"
"""The column that says which row of the file a row came from."""

DTYPES = {
    Kind.TEXT: "string",
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.BOOLEAN: "boolean",
    Kind.MILLISECONDS: "Float64",
    Kind.DATE: "object",
    Kind.TIME: "object",
    Kind.INSTANT: "datetime64[us, UTC]",
}
"""What a frame's column of a kind is. DATE and TIME hold `datetime.date` and `datetime.time`, or None."""

_CHUNK = 1_000  # records at a time: few enough that their texts stay in the processor's cache


def typed(
    table: Table, dataset: Dataset, places: Mapping[Column, int], zone: ZoneInfo
) -> tuple[pd.DataFrame, int]:
    """The declared columns and `source_row`, and how many blank rows were left out.

    Raises Fault for a row longer than the header, and for the first cell that is not of its column's kind.
    """
    padding = 0
    rows: list[int] = []
    parts: dict[Column, list[Converted]] = {column: [] for column in places}
    first: tuple[int, Column, str] | None = None
    wrong = 0
    for records in _chunks(table.records):
        filled = [record for record in records if not blank(record[1])]
        padding += len(records) - len(filled)
        data = [record for record in filled if not _remark(record, dataset)]
        if not data:
            continue
        lines = [_fitted(row, cells, len(table.header)) for row, cells in data]
        columns = list(zip(*lines, strict=True))
        here = {column: convert(columns[place], column, zone) for column, place in places.items()}
        faulty = [
            (data[place][0], column, reason)
            for column, part in here.items()
            for place, reason in part.wrong.items()
        ]
        if faulty:
            first = first or min(faulty, key=lambda fault: fault[0])
            wrong += len(faulty)
        rows += [row for row, _ in data]
        for column, part in here.items():
            parts[column].append(part)
    if first:
        row, column, reason = first
        raise Fault(f"{reason}{and_more(wrong)}", row=row, column=column.header)
    frame = pd.DataFrame(
        {
            column.name: _array(column.kind, parts[column] or [convert((), column, zone)])
            if column in parts
            else pd.Series([None] * len(rows), dtype=DTYPES[column.kind]).array
            for column in dataset.columns
        }
        | {SOURCE_ROW: np.array(rows, dtype=np.int64)},
        copy=False,
    )
    return frame, padding


def and_more(cells: int) -> str:
    """How many wrong cells there are beside the one that was named."""
    more = cells - 1
    return f"; {more:,} more cell{'s are' if more > 1 else ' is'} wrong" if more else ""


def _chunks(records: Iterator[Record]) -> Iterator[list[Record]]:
    while chunk := list(islice(records, _CHUNK)):
        yield chunk


def _remark(record: Record, dataset: Dataset) -> bool:
    return dataset.comment is not None and record[1][0].startswith(dataset.comment)


def _fitted(row: int, cells: list[str], width: int) -> list[str]:
    """The cells of a record, as many as the header has; cells that are missing at its end are empty."""
    if len(cells) == width:
        return cells
    if len(cells) < width:
        return cells + [""] * (width - len(cells))
    if not blank(cells[width:]):
        raise Fault(f"has {len(cells):,} cells, where the header has {width:,}", row=row)
    return cells[:width]


def _array(kind: Kind, parts: Sequence[Converted]) -> ExtensionArray | pd.Index:
    values: Array = np.concatenate([part.values for part in parts])
    null = np.concatenate([part.null for part in parts])
    match kind:
        case Kind.INTEGER:
            return pd.arrays.IntegerArray(values, null)
        case Kind.NUMBER | Kind.MILLISECONDS:
            return pd.arrays.FloatingArray(values, null)
        case Kind.BOOLEAN:
            return pd.arrays.BooleanArray(values, null)
        case Kind.INSTANT:
            return pd.DatetimeIndex(values, tz="UTC")
        case Kind.TEXT | Kind.DATE | Kind.TIME:
            array: ExtensionArray = pd.Series(values, dtype=DTYPES[kind]).array
            return array
