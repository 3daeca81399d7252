"""The ingestion log: how a version is written down, and what others want to know of it.

A row is *current* while `superseded_at` is null. Several rows of an item may be: the last good one and, after
it, one that could not be read. `rows` counts what was read from the file; of a dataset whose files replace
one another fewer may stand in its table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    Select,
    column,
    exists,
    func,
    select,
    table,
    update,
)

from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.models import DriveEntry, IngestedVersion
from scheduling_pipeline.digest import digest
from scheduling_pipeline.files.dataset import Dataset
from scheduling_pipeline.files.model import Fault, Outcome, Work

TABLE = IngestedVersion.__table__  # selected as a whole: column by column takes SQLAlchemy far longer
LOG = TABLE.c
GOOD = (Outcome.LOADED, Outcome.SKIPPED)
BAD = (Outcome.QUARANTINED, Outcome.FAILED)
_KEY = ("drive", "item", "etag")


@dataclass(frozen=True)
class Run:
    """Who ingests, what, when: `drive` is the drive's id, `id` the run's."""

    drive: str
    id: str
    now: datetime


@dataclass(frozen=True)
class Finished:
    """What became of one work, in exactly one word. `work` is about the version that there was in the end.

    "unchanged": what the file says stood in its table before. `reason` says what is wrong and where; `sheet`,
    `row` and `column` are the same for machines. `rows` are those read from the file. `bytes` of it were
    downloaded, none if they were here already, in `seconds` with all that followed. `tries` counts those of
    this version, earlier runs included.
    """

    work: Work
    word: Literal["new", "changed", "unchanged", "skipped", "quarantined", "failed", "moved", "deleted"]
    outcome: Outcome | None = None
    dataset: str | None = None
    log_id: int | None = None
    reason: str = ""
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    rows: int = 0
    padding: int = 0
    missing: Sequence[str] = ()
    extra: Sequence[str] = ()
    bytes: int = 0
    seconds: float = 0.0
    sha256: str | None = None
    verified: str = ""
    tries: int = 1

    def because(self, problem: Exception) -> Finished:
        """The same, with what went wrong."""
        reason = str(problem) or type(problem).__name__
        if isinstance(problem, Fault):
            return replace(self, reason=reason, sheet=problem.sheet, row=problem.row, column=problem.column)
        return replace(self, reason=reason)


@dataclass(frozen=True)
class LogRow:
    """A row of the log, for a person to see. `rows` were read from the file."""

    id: int
    drive: str
    item: str
    etag: str
    path: str
    sha256: str | None
    modified_at: datetime | None
    modified_by: str
    dataset: str | None
    fingerprint: str
    outcome: str
    reason: str
    sheet: str | None
    row: int | None
    column: str | None
    rows: int
    padding: int
    missing_columns: Sequence[str]
    extra_columns: Sequence[str]
    tries: int
    run_id: str
    ingested_at: datetime
    superseded_at: datetime | None


_SHOWN = tuple(LOG[field.name] for field in fields(LogRow))


def record(connection: Connection, finished: Finished, run: Run, dataset: Dataset | None) -> Finished:
    """Write down what became of a version, over what was written of it before, as current."""
    item = finished.work.item
    values = {
        "drive": run.drive,
        "item": item.id,
        "etag": item.etag,
        "ctag": item.ctag,
        "path": finished.work.path,
        "size": item.size,
        "quick_xor": item.quick_xor,
        "sha256": finished.sha256,
        "verified": finished.verified,
        "modified_at": item.modified_at,
        "modified_by": item.modified_by,
        "dataset": finished.dataset,
        "fingerprint": dataset.fingerprint if dataset else "",
        "outcome": finished.outcome,
        "reason": finished.reason,
        "sheet": finished.sheet,
        "row": finished.row,
        "column": finished.column,
        "rows": finished.rows,
        "padding": finished.padding,
        "missing_columns": list(finished.missing),
        "extra_columns": list(finished.extra),
        "tries": max(finished.tries, 1),  # none: a version that was read again without the drive
        "run_id": run.id,
        "ingested_at": run.now,
        "superseded_at": None,
    }
    insert = upsert(connection, IngestedVersion)
    news = {name: insert.excluded[name] for name in values if name not in _KEY}
    statement = insert.on_conflict_do_update(
        index_elements=list(_KEY), set_=news | {"tries": LOG.tries + finished.tries}
    )
    log_id, tries = connection.execute(statement.returning(LOG.id, LOG.tries), values).one()
    return replace(finished, log_id=log_id, tries=tries)


def revise(connection: Connection, ids: Iterable[int], **values: object) -> None:
    """Change what is written down of some versions."""
    connection.execute(update(IngestedVersion).where(LOG.id.in_(list(ids))).values(**values))


def logged(connection: Connection, drive: str, item: str, etag: str) -> RowMapping | None:
    """What is written down of a version."""
    query = select(TABLE).where(LOG.drive == drive, LOG.item == item, LOG.etag == etag)
    return connection.execute(query).mappings().one_or_none()


def latest(engine: Engine, *, limit: int = 100) -> list[LogRow]:
    """The newest rows of the log, the newest first."""
    return _rows(engine, select(*_SHOWN).order_by(LOG.ingested_at.desc(), LOG.id.desc()).limit(limit))


def loads(engine: Engine, dataset: str) -> list[LogRow]:
    """The files whose rows stand in a dataset's table, the newest modified last."""
    loaded = select(*_SHOWN).where(
        LOG.dataset == dataset, LOG.outcome == Outcome.LOADED, LOG.superseded_at.is_(None)
    )
    return _rows(engine, loaded.order_by(LOG.modified_at, LOG.id))


def live_loads(engine: Engine, dataset: str) -> list[LogRow]:
    """The same, with how many rows of each file stand in `rows`."""
    rows = loads(engine, dataset)
    if not rows:  # then there may be no table yet
        return []
    data = table(f"data_{dataset}", column("file"))
    with engine.connect() as connection:
        counted = connection.execute(select(data.c.file, func.count()).group_by(data.c.file))
        standing: dict[int, int] = dict(counted.tuples().all())
    return [replace(row, rows=standing.get(row.id, 0)) for row in rows]


def quarantined(engine: Engine) -> list[LogRow]:
    """The files of the drive that are in quarantine now, the newest first."""
    gone = exists().where(
        DriveEntry.drive == LOG.drive, DriveEntry.item == LOG.item, DriveEntry.deleted_at.is_not(None)
    )
    query = select(*_SHOWN).where(LOG.outcome == Outcome.QUARANTINED, LOG.superseded_at.is_(None), ~gone)
    return _rows(engine, query.order_by(LOG.id.desc()))


def version(engine: Engine) -> str:
    """A digest of the log: the same while nothing new is in it."""
    query = select(LOG.id, LOG.outcome).where(LOG.superseded_at.is_(None)).order_by(LOG.id)
    with engine.connect() as connection:
        return digest([list(row) for row in connection.execute(query)])


def counts(engine: Engine) -> dict[Outcome, int]:
    """How many current rows of the log have which outcome."""
    query = select(LOG.outcome, func.count()).where(LOG.superseded_at.is_(None)).group_by(LOG.outcome)
    with engine.connect() as connection:
        found = {Outcome(outcome): count for outcome, count in connection.execute(query)}
    return {outcome: found.get(outcome, 0) for outcome in Outcome}


def _rows(engine: Engine, query: Select[Any]) -> list[LogRow]:
    with engine.connect() as connection:
        return [LogRow(**row) for row in connection.execute(query).mappings()]
