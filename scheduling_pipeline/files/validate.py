"""A typed frame against its declaration: empty cells, choices, bounds and keys, checked by pandera."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from scheduling_pipeline.files.dataset import Column, Dataset
from scheduling_pipeline.files.frame import SOURCE_ROW, and_more
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.table import shown

if TYPE_CHECKING:
    import pandera.pandas as pa


def validate(frame: pd.DataFrame, dataset: Dataset, missing: tuple[str, ...]) -> None:
    """Raise Fault for the first row that the declaration does not allow.

    The frame is indexed from 0; of the columns that are `missing` in the file nothing is asked.
    """
    from pandera.errors import SchemaErrors  # noqa: PLC0415 - slow to import, and only runs need it

    try:
        schema(dataset, missing).validate(frame, lazy=True, inplace=True)
    except SchemaErrors as errors:
        raise _fault(errors.failure_cases, frame, dataset) from None
    if dataset.key:
        _check_key(frame, dataset)


@cache
def schema(dataset: Dataset, missing: tuple[str, ...] = ()) -> pa.DataFrameSchema:
    """What pandera checks of a frame: empty cells, choices and bounds.

    Columns of which nothing is asked are left out, and so are dtypes, which conversion vouches for: for a
    small file pandera takes longer over them than everything else takes together.
    """
    import pandera.pandas as pa  # noqa: PLC0415 - slow to import, and only runs need it

    def checks(column: Column) -> list[pa.Check]:
        return [
            *([pa.Check.isin(column.choices)] if column.choices else []),
            *([pa.Check.ge(column.low)] if column.low is not None else []),
            *([pa.Check.le(column.high)] if column.high is not None else []),
        ]

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(checks=asked, nullable=column.nullable)
            for column in dataset.columns
            if column.name not in missing and ((asked := checks(column)) or not column.nullable)
        }
    )


def _fault(cases: pd.DataFrame, frame: pd.DataFrame, dataset: Dataset) -> Fault:
    """What to say of pandera's findings: `index` is a row's place, None for what is about a whole column."""
    first = cases.sort_values("index", kind="stable").iloc[0]
    column = next(column for column in dataset.columns if column.name == first["column"])
    row = int(frame[SOURCE_ROW].iloc[int(first["index"])])
    return Fault(f"{_reason(column, first)}{and_more(len(cases))}", row=row, column=column.header)


def _reason(column: Column, case: pd.Series) -> str:
    value = shown(str(case["failure_case"]))
    match str(case["check"]).partition("(")[0]:
        case "not_nullable":
            return "is empty"
        case "isin":
            return f"{value} is none of: {', '.join(column.choices)}"
        case "greater_than_or_equal_to":
            return f"{value} is less than {column.low:g}"
        case _:
            return f"{value} is more than {column.high:g}"


def _check_key(frame: pd.DataFrame, dataset: Dataset) -> None:
    doubled = frame.duplicated(list(dataset.key)).to_numpy()
    if not doubled.any():
        return
    keys = list(frame[list(dataset.key)].itertuples(index=False, name=None))
    second = int(doubled.argmax())
    first = keys.index(keys[second])
    headers = ", ".join(column.header for column in dataset.columns if column.name in dataset.key)
    raise Fault(
        f"has the same {headers} as row {frame[SOURCE_ROW].iloc[first]}",
        row=int(frame[SOURCE_ROW].iloc[second]),
    )
