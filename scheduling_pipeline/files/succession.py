"""Which versions give way to a new one, and who stands for their content then.

A file's new version takes the place of its earlier ones, and of a deleted file's at the same path. The same
content counts once for a dataset, whatever it is called: when the file that stands for it gives way, another
file of that content stands for it from then on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, select, update

from scheduling_pipeline.database.models import DriveEntry
from scheduling_pipeline.files.dataset import Dataset, Loading
from scheduling_pipeline.files.log import GOOD, LOG, TABLE, Run, logged, revise
from scheduling_pipeline.files.model import Outcome, Work
from scheduling_pipeline.files.replace import Interval, clear
from scheduling_pipeline.files.rows import table_of
from scheduling_pipeline.files.store import Store

_OF_CONTENT = ("fingerprint", "rows", "padding", "missing_columns", "extra_columns")


@dataclass(frozen=True)
class Scene:
    """What the log says before a version is loaded.

    `own`: its row of this very version. `before`: the current rows that it takes the place of. `twin`: the
    row of another file that stands for the same content.
    """

    own: RowMapping | None
    before: Sequence[RowMapping]
    twin: RowMapping | None


def survey(connection: Connection, work: Work, sha256: str, dataset: Dataset | None, run: Run) -> Scene:
    """What the log says of a version and of those beside it."""
    own = logged(connection, run.drive, work.item.id, work.item.etag)
    is_current = own is not None and own["superseded_at"] is None
    earlier = [LOG.id < own["id"]] if own is not None and is_current else []
    before = _current(connection, run, LOG.item == work.item.id, *earlier)
    if own is None or not is_current or own["outcome"] not in GOOD:
        gone = _deleted(run).where(DriveEntry.item != work.item.id)
        before += _current(connection, run, LOG.path == work.path, LOG.item.in_(gone))
    if dataset is None:
        return Scene(own, before, None)
    gives_way = {row["id"] for row in (own, *before) if row is not None}
    same = _current(
        connection,
        run,
        LOG.dataset == dataset.name,
        LOG.sha256 == sha256,
        LOG.outcome == Outcome.LOADED,
        LOG.id.not_in(gives_way),
    )
    return Scene(own, before, same[0] if same else None)


def vacate(
    connection: Connection,
    store: Store,
    rows: Sequence[RowMapping],
    run: Run,
    *,
    content: tuple[Dataset | None, str] | None = None,
) -> dict[Dataset, set[Interval]]:
    """Supersede versions and take their rows away, or give them to another file of the same content.

    `content`: the dataset and hash that are loaded next, for which no other file is needed. Returns of which
    intervals nothing stands any more; `replace.settle` is due for each dataset.
    """
    revise(connection, [row["id"] for row in rows], superseded_at=run.now)
    declared = {dataset.name: dataset for dataset in store.datasets}
    vacant: dict[Dataset, set[Interval]] = defaultdict(set)
    for row in rows:
        dataset = declared.get(row["dataset"])
        if dataset is None or row["outcome"] != Outcome.LOADED:
            continue
        if dataset.loading is not Loading.APPEND:
            vacant[dataset] |= clear(connection, dataset, row["id"])
        elif content == (dataset, row["sha256"]) or not _hand_over(connection, dataset, row, run):
            clear(connection, dataset, row["id"])
    return vacant


def _hand_over(connection: Connection, dataset: Dataset, row: RowMapping, run: Run) -> bool:
    """Have another file of the same content stand for it. False: there is none."""
    twins = _current(
        connection,
        run,
        LOG.dataset == dataset.name,
        LOG.sha256 == row["sha256"],
        LOG.outcome == Outcome.SKIPPED,
    )
    if not twins:
        return False
    heir = twins[0]["id"]
    table = table_of(dataset)
    connection.execute(update(table).where(table.c.file == row["id"]).values(file=heir))
    as_read = {name: row[name] for name in _OF_CONTENT}
    revise(connection, [heir], outcome=Outcome.LOADED, reason="", **as_read)
    return True


def _current(connection: Connection, run: Run, *conditions: ColumnElement[bool]) -> list[RowMapping]:
    query = select(TABLE).where(LOG.drive == run.drive, LOG.superseded_at.is_(None), *conditions)
    return list(connection.execute(query.order_by(LOG.id)).mappings())


def _deleted(run: Run) -> Select[tuple[str]]:
    return select(DriveEntry.item).where(DriveEntry.drive == run.drive, DriveEntry.deleted_at.is_not(None))
