"""A dataset's table, made from its declaration, and filling it in bulk.

These tables belong to the declarations, not to the migrations: a new dataset needs none. Every declared
column may be null here; what a file must have is checked before its rows come this far.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, time
from functools import cache
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Time,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from scheduling_pipeline.database.models import Instant
from scheduling_pipeline.files.dataset import Dataset, Kind
from scheduling_pipeline.files.frame import SOURCE_ROW

_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    Kind.INTEGER: BigInteger(),
    Kind.NUMBER: Double(),
    Kind.BOOLEAN: Boolean(),
    Kind.MILLISECONDS: Double(),
    Kind.DATE: Date(),
    Kind.TIME: Time(),
    Kind.INSTANT: Instant(),
}


@cache
def table_of(dataset: Dataset) -> Table:
    """The dataset's table: `file` is the row of the ingestion log, `source_row` the row in the file."""
    table = Table(
        f"data_{dataset.name}",
        MetaData(),
        Column("row_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("file", Integer, nullable=False, index=True),
        Column(SOURCE_ROW, Integer, nullable=False),
        *(Column(column.name, _TYPES[column.kind]) for column in dataset.columns),
    )
    if dataset.interval:
        Index(f"ix_{table.name}_interval", *(table.c[name] for name in dataset.interval))
    return table


def insert_rows(connection: Connection, dataset: Dataset, frame: pd.DataFrame, file: int) -> None:
    """Add a frame's rows to the dataset's table as those of a file. Raises SQLAlchemy's DBAPIError.

    As each database does it fastest: a value goes to the driver as it is, no type of SQLAlchemy's sees it.
    """
    if frame.empty:
        return
    on_postgresql = connection.dialect.name == "postgresql"
    names = ["file", SOURCE_ROW, *(column.name for column in dataset.columns)]
    rows = zip(
        repeat(file, len(frame)),
        frame[SOURCE_ROW].tolist(),
        *(
            _plain(frame[column.name], column.kind, offset="+00" if on_postgresql else "")
            for column in dataset.columns
        ),
        strict=True,
    )
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    table = quote(table_of(dataset).name)
    if on_postgresql:
        _copy(
            connection, f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, FORCE_NULL ({columns}))", rows
        )
    else:
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - declared names, quoted
        connection.exec_driver_sql(statement, list(rows))


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    buffer.seek(0)
    driver = connection.dialect.loaded_dbapi
    try:
        cursor = connection.connection.cursor()
        cursor.copy_expert(statement, buffer)
    except driver.Error as error:
        raise DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error


def _plain(values: pd.Series[Any], kind: Kind, *, offset: str) -> list[object]:
    """A column's values as both drivers take them; None where it is null. `offset` ends an instant in UTC."""
    match kind:
        case Kind.INSTANT:
            instants, places = np.unique(
                values.dt.tz_localize(None).to_numpy(dtype="datetime64[us]"), return_inverse=True
            )
            texts = [
                None if text == "NaT" else text.replace("T", " ") + offset
                for text in np.datetime_as_string(instants).tolist()
            ]
            return [texts[place] for place in places.tolist()]
        case Kind.DATE | Kind.TIME:
            known = {value: None if value is None else _iso(value) for value in set(values)}
            return [known[value] for value in values]
        case _:
            plain: list[object] = values.array.to_numpy(dtype=object, na_value=None).tolist()
            return plain


def _iso(value: date | time) -> str:
    return value.isoformat(timespec="microseconds") if isinstance(value, time) else value.isoformat()
