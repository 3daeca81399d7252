"""The pipeline's database as a resource, and the IO manager that keeps frames in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pandas as pd
from dagster import ConfigurableIOManager, ConfigurableResource, InputContext, OutputContext
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Engine,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    true,
)

from scheduling_pipeline.database.connection import connect, migrate
from scheduling_pipeline.database.frames import FRAMES
from scheduling_pipeline.database.models import AssetPartition, Instant

BOOKKEEPING = {"row"}


@cache
def _engine(url: str) -> Engine:
    engine = connect(url)
    migrate(engine)
    return engine


class Database(ConfigurableResource["Database"]):
    """The pipeline's own tables, migrated to the newest schema at first use."""

    url: str

    @property
    def engine(self) -> Engine:
        return _engine(self.url)


class FrameError(ValueError):
    """A frame that does not fit the table declared for its asset."""


class FrameIOManager(ConfigurableIOManager):
    """Keeps the frame of an asset in the table declared for it.

    A frame has a `partition` column, and `attrs` that map each partition it holds to what that partition
    was made from (plain JSON). The partitions named in `attrs` are replaced, all in one transaction; the
    others keep their last good rows. Loading gives the same frame and attrs back: instants as
    `datetime64[us, UTC]`, nullable types, dates and JSON as objects.
    """

    database: Database

    def handle_output(self, context: OutputContext, obj: pd.DataFrame) -> None:
        table = _table(context.asset_key.path[-1])
        records = _records(table, obj)
        partitions = [str(partition) for partition in obj.attrs]
        stray = {record["partition"] for record in records} - set(partitions)
        if stray:
            raise FrameError(
                f"{table.name}: rows for {', '.join(sorted(stray))}, which its attrs do not name"
            )
        now = datetime.now(UTC)
        with self.database.engine.begin() as connection:
            connection.execute(delete(table).where(table.c.partition.in_(partitions)))
            if records:
                connection.execute(insert(table), records)
            where = (AssetPartition.asset == table.name, AssetPartition.partition.in_(partitions))
            connection.execute(delete(AssetPartition).where(*where))
            if partitions:
                connection.execute(
                    insert(AssetPartition),
                    [
                        {
                            "asset": table.name,
                            "partition": partition,
                            "run_id": context.run_id,
                            "stored_at": now,
                            "rows": sum(record["partition"] == partition for record in records),
                            "context": obj.attrs[partition],
                        }
                        for partition in partitions
                    ],
                )

    def load_input(self, context: InputContext) -> pd.DataFrame:
        keys = context.asset_partition_keys if context.has_asset_partitions else None
        return load_frame(self.database.engine, context.asset_key.path[-1], keys)


def load_frame(engine: Engine, asset: str, partitions: Iterable[str] | None) -> pd.DataFrame:
    """The stored frame of an asset, for some partitions or (None) all that were ever stored.

    Partitions that were never stored are not in its `attrs`.
    """
    table = _table(asset)
    stored = AssetPartition.asset == asset
    wanted: ColumnElement[bool] = true()
    if partitions is not None:
        keys = list(partitions)
        stored &= AssetPartition.partition.in_(keys)
        wanted = table.c.partition.in_(keys)
    columns = [column for column in table.columns if column.name not in BOOKKEEPING]
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).where(wanted).order_by(table.c.row)).all()
        contexts = connection.execute(
            select(AssetPartition.partition, AssetPartition.context).where(stored)
        ).all()
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    series = {
        column.name: pd.Series(list(value), dtype=_dtype(column))
        for column, value in zip(columns, values, strict=True)
    }
    frame = pd.DataFrame(series)
    frame.attrs = {row.partition: row.context for row in contexts}
    return frame


def _table(asset: str) -> Table:
    try:
        return FRAMES[asset]
    except KeyError:
        raise FrameError(f"{asset}: no table is declared for this asset") from None


def _dtype(column: Column[Any]) -> Any:  # noqa: ANN401 - pandas' own union of dtypes
    match column.type:
        case Instant():
            return pd.DatetimeTZDtype("us", "UTC")
        case Boolean():
            return "boolean"
        case Integer():
            return "Int64"
        case String():
            return "string"
        case _:
            return "object"


def _records(table: Table, frame: pd.DataFrame) -> list[dict[str, Any]]:
    declared = {column.name for column in table.columns} - BOOKKEEPING
    if set(frame.columns) != declared:
        undeclared = sorted(set(frame.columns) - declared)
        missing = sorted(declared - set(frame.columns))
        raise FrameError(f"{table.name}: undeclared columns {undeclared}, missing columns {missing}")
    columns = {
        str(name): [_plain(table.name, str(name), value) for value in column]
        for name, column in frame.items()
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(table: str, name: str, value: Any) -> Any:  # noqa: ANN401 - a cell may hold anything
    """A cell as the database driver takes it. A timestamp without a zone is refused."""
    if isinstance(value, (list, dict)):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        if value.tzinfo is None:
            raise FrameError(f"{table}.{name}: a timestamp without a zone: {value}")
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value
