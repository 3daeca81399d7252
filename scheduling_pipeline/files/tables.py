"""The datasets' tables kept as declared: created, extended, and read again from the kept bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Table,
    and_,
    func,
    inspect,
    literal,
    or_,
    select,
)
from sqlalchemy.types import TypeEngine

from scheduling_pipeline.database.models import DriveEntry
from scheduling_pipeline.files.dataset import Dataset, claimant
from scheduling_pipeline.files.load import Version, give_up, load
from scheduling_pipeline.files.log import LOG, Finished, Run
from scheduling_pipeline.files.mirror import MissingBytesError
from scheduling_pipeline.files.model import Change, DriveItem, Fault, Outcome, Work
from scheduling_pipeline.files.rows import table_of
from scheduling_pipeline.files.store import Store

__all__ = ["TableDriftError", "ensure_tables", "reload", "table_of"]


_NO_LITERAL = re.compile(r"\[!?\]?[^]]*\]|[^a-z0-9.]")  # of a shell pattern: may match something else


class TableDriftError(Exception):
    """A table is not what its dataset declares, in a way that only a person can settle."""


def ensure_tables(engine: Engine, datasets: Iterable[Dataset]) -> None:
    """Create what is missing, whole tables or columns. Raises TableDriftError for any other difference."""
    with engine.begin() as connection:
        for dataset in datasets:
            table = table_of(dataset)
            table.create(connection, checkfirst=True)
            _extend(connection, table)
            for index in table.indexes:
                index.create(connection, checkfirst=True)


def _extend(connection: Connection, table: Table) -> None:
    present = {
        column["name"]: _spelled(connection, column["type"])
        for column in inspect(connection).get_columns(table.name)
    }
    if unknown := present.keys() - table.c.keys():
        raise TableDriftError(
            f"the table {table.name} has columns that are no longer declared: {', '.join(sorted(unknown))};"
            " declare them again, or drop them"
        )
    operations = Operations(MigrationContext.configure(connection))
    for column in table.columns:
        wanted = _spelled(connection, column.type)
        if column.name not in present:
            operations.add_column(table.name, Column(column.name, column.type))
        elif present[column.name] != wanted:
            raise TableDriftError(
                f"the column {column.name} of the table {table.name} is {present[column.name]}, but declared"
                f" as {wanted}: give the column another name, or drop the table and reload the dataset"
            )


def _spelled(connection: Connection, kind: TypeEngine[Any]) -> str:
    return kind.compile(connection.dialect)


def reload(
    store: Store, dataset: Dataset, *, run_id: str, now: datetime, everything: bool = False
) -> list[Finished]:
    """Read a dataset's files again from the bytes that are kept, without the drive.

    These are the files that another declaration read, those that the dataset claims now but did not before,
    or all of them. Rows of a file that the declaration no longer allows stay as they are.
    """
    ensure_tables(store.engine, [dataset])
    return [
        _reload(store, row, dataset, Run(row["drive"], run_id, now))
        for row in _to_be_reloaded(store, dataset, everything=everything)
    ]


def _to_be_reloaded(store: Store, dataset: Dataset, *, everything: bool) -> list[RowMapping]:
    query = (
        select(*LOG, DriveEntry.kept_path)
        .join(DriveEntry, and_(DriveEntry.drive == LOG.drive, DriveEntry.item == LOG.item), isouter=True)
        .where(
            LOG.superseded_at.is_(None),
            LOG.sha256.is_not(None),
            LOG.outcome != Outcome.FAILED,
            or_(
                and_(
                    LOG.dataset == dataset.name,
                    or_(LOG.fingerprint != dataset.fingerprint, literal(everything)),
                ),
                and_(LOG.dataset.is_distinct_from(dataset.name), _may_claim(dataset)),
            ),
        )
        .order_by(LOG.id)
    )
    with store.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [row for row in rows if _owner(store, row) == dataset.name]


def _may_claim(dataset: Dataset) -> ColumnElement[bool]:
    """Whether the dataset might claim a file: what the database can tell, so that not every file is asked."""
    path = func.lower(LOG.path)
    return or_(*(path.like("%" + _NO_LITERAL.sub("%", each.lower())) for each in dataset.patterns))


def _owner(store: Store, row: RowMapping) -> str | None:
    """The dataset that a file belongs to now: if none claims it any more, the one that did."""
    found = claimant(store.datasets, row["path"])
    return found.name if found else row["dataset"]


def _reload(store: Store, row: RowMapping, dataset: Dataset, run: Run) -> Finished:
    item = DriveItem(
        id=row["item"],
        etag=row["etag"],
        ctag=row["ctag"],
        size=row["size"],
        quick_xor=row["quick_xor"],
        modified_at=row["modified_at"],
        modified_by=row["modified_by"],
    )
    work = Work(Change.CONTENT, item, row["path"])
    try:
        place = store.mirror.find(row["kept_path"], row["sha256"])
        version = Version(work, row["sha256"], row["verified"], place)
        return load(store, version, dataset, run, tries=0, again=True)
    except (Fault, MissingBytesError) as problem:
        finished = Finished(
            work,
            "quarantined",
            outcome=Outcome.QUARANTINED,
            dataset=dataset.name,
            sha256=row["sha256"],
            verified=row["verified"],
            tries=0,
        ).because(problem)
        return give_up(store, finished, dataset, run, again=True)
