"""Datasets whose files replace one another: which file's rows stand, whatever order the files arrived in.

Of all current versions about an interval the newest modified one counts; of a dataset that is replaced as a
whole, everything is one interval. A file of which nothing stands is SKIPPED, and comes back from its kept
bytes when the newer one no longer speaks of its interval.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, or_, select

from scheduling_pipeline.database.models import DriveEntry
from scheduling_pipeline.files.dataset import Dataset, Loading
from scheduling_pipeline.files.log import GOOD, LOG, TABLE, revise
from scheduling_pipeline.files.mirror import MissingBytesError
from scheduling_pipeline.files.model import Fault, Outcome
from scheduling_pipeline.files.parse import Parsed
from scheduling_pipeline.files.rows import insert_rows, table_of
from scheduling_pipeline.files.store import Store

Interval = tuple[object, ...]

_AT_ONCE = 100  # intervals in one statement
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def rank(modified_at: datetime | None, item: str) -> tuple[datetime, str]:
    """What makes one file newer than another."""
    return modified_at or _LONG_AGO, item


def rank_of(row: RowMapping) -> tuple[datetime, str]:
    """The same of a row of the log."""
    return rank(row["modified_at"], row["item"])


def clear(connection: Connection, dataset: Dataset, file: int) -> set[Interval]:
    """Take a file's rows out of the table. Returns the intervals of which nothing stands any more."""
    table = table_of(dataset)
    columns = [table.c[name] for name in dataset.interval]
    rows = table.c.file == file
    vacant = (
        {tuple(row) for row in connection.execute(select(*columns).distinct().where(rows))}
        if columns
        else set()
    )
    connection.execute(delete(table).where(rows))
    return vacant


def settle(
    connection: Connection,
    store: Store,
    dataset: Dataset,
    *,
    vacant: Collection[Interval],
    newcomer: tuple[int, Parsed] | None,
) -> None:
    """Have the right rows stand after files came or went.

    `newcomer`: a log row, written down as LOADED, and what its file says; nothing of it stands yet. `vacant`:
    intervals whose rows were taken away. Raises SQLAlchemy's DBAPIError.
    """
    if dataset.loading is Loading.REPLACE_ALL:
        _settle_whole(connection, store, dataset, _standings(connection, dataset), newcomer)
        return
    touched: set[int] = set()
    older_than: dict[int, str] = {}
    if newcomer is not None:
        older_than = _contest(connection, dataset, newcomer, vacant)
        touched |= {newcomer[0], *older_than}
    if vacant:
        standings = _standings(connection, dataset)
        filled = _fill(connection, store, dataset, standings, newcomer, vacant)
        touched |= filled.keys()
        if newcomer is not None and filled:
            older_than.setdefault(newcomer[0], next(iter(filled.values())))
    if older_than or vacant:
        _judge(connection, dataset, touched, older_than)


def _standings(connection: Connection, dataset: Dataset) -> list[RowMapping]:
    """The dataset's current good versions, the newest first, with where their bytes are kept."""
    query = (
        select(TABLE, DriveEntry.kept_path)
        .join(DriveEntry, and_(DriveEntry.drive == LOG.drive, DriveEntry.item == LOG.item), isouter=True)
        .where(LOG.dataset == dataset.name, LOG.outcome.in_(GOOD), LOG.superseded_at.is_(None))
    )
    return sorted(connection.execute(query).mappings(), key=rank_of, reverse=True)


def _logged(connection: Connection, files: Iterable[int]) -> dict[int, RowMapping]:
    """Rows of the log by their ids: of history only what is asked for."""
    rows = connection.execute(select(TABLE).where(LOG.id.in_(list(files)))).mappings()
    return {row["id"]: row for row in rows}


def _settle_whole(
    connection: Connection,
    store: Store,
    dataset: Dataset,
    standings: Sequence[RowMapping],
    newcomer: tuple[int, Parsed] | None,
) -> None:
    table = table_of(dataset)
    for winner in standings:
        stands = winner["outcome"] == Outcome.LOADED
        parsed = None
        if newcomer is not None and winner["id"] == newcomer[0]:
            parsed = newcomer[1]
        elif not stands and (parsed := _kept(store, dataset, winner)) is None:
            continue
        connection.execute(delete(table).where(table.c.file != winner["id"]))
        beaten = [row["id"] for row in standings if row["outcome"] == Outcome.LOADED and row is not winner]
        revise(connection, beaten, outcome=Outcome.SKIPPED, reason=_older_than(winner["path"]))
        if parsed is not None:
            revise(connection, [winner["id"]], outcome=Outcome.LOADED, reason="")
            insert_rows(connection, dataset, parsed.frame, winner["id"])
        return


def _contest(
    connection: Connection,
    dataset: Dataset,
    newcomer: tuple[int, Parsed],
    vacant: Collection[Interval],
) -> dict[int, str]:
    """Insert the newcomer's rows where nothing newer stands, and take away what is older.

    Nothing is done about vacant intervals. Returns by whom some rows of which file were beaten.
    """
    table = table_of(dataset)
    file, parsed = newcomer
    older_than: dict[int, str] = {}
    given_up = set(vacant)
    columns = [table.c[name] for name in dataset.interval]
    for intervals in _chunks(intervals_of(parsed.frame, dataset) - given_up):
        about = _about(columns, intervals)
        beaten = set()
        found = connection.execute(select(table.c.file, *columns).distinct().where(about)).all()
        if not found:
            continue
        rows = _logged(connection, {file, *(other for other, *_ in found)})
        for other, *interval in found:
            if rank_of(rows[other]) > rank_of(rows[file]):
                given_up.add(tuple(interval))
                older_than[file] = rows[other]["path"]
            else:
                beaten.add(other)
                older_than[other] = rows[file]["path"]
        connection.execute(delete(table).where(about, table.c.file.in_(beaten)))
    insert_rows(connection, dataset, _without(parsed.frame, dataset, given_up), file)
    return older_than


def _fill(
    connection: Connection,
    store: Store,
    dataset: Dataset,
    standings: Sequence[RowMapping],
    newcomer: tuple[int, Parsed] | None,
    vacant: Collection[Interval],
) -> dict[int, str]:
    """Give each vacant interval to the newest file that speaks of it. Returns the paths of those files."""
    table = table_of(dataset)
    left = set(vacant)
    filled: dict[int, str] = {}
    counting = select(table.c.file, func.count()).group_by(table.c.file)
    stand: dict[int, int] = dict(connection.execute(counting).tuples().all()) if left else {}
    for row in standings:
        if not left:
            break
        if row["rows"] <= stand.get(row["id"], 0):
            continue  # all of it stands
        own = newcomer is not None and row["id"] == newcomer[0]
        parsed = newcomer[1] if newcomer is not None and own else _kept(store, dataset, row)
        if parsed is not None and (found := intervals_of(parsed.frame, dataset) & left):
            others = intervals_of(parsed.frame, dataset) - found
            insert_rows(connection, dataset, _without(parsed.frame, dataset, others), row["id"])
            filled[row["id"]] = row["path"]
            left -= found
    return filled


def _judge(
    connection: Connection,
    dataset: Dataset,
    touched: Collection[int],
    older_than: Mapping[int, str],
) -> None:
    """A file that says something, but of which nothing stands, is SKIPPED; every other one is LOADED."""
    table = table_of(dataset)
    standing = set(connection.scalars(select(table.c.file).distinct().where(table.c.file.in_(touched))))
    for file, row in _logged(connection, touched).items():
        if file in standing or not row["rows"]:
            revise(connection, [file], outcome=Outcome.LOADED, reason="")
        else:
            revise(connection, [file], outcome=Outcome.SKIPPED, reason=_older_than(older_than[file]))


def _kept(store: Store, dataset: Dataset, row: RowMapping) -> Parsed | None:
    """What the kept bytes of a file say; None if they are lost or the declaration no longer allows them."""
    try:
        place = store.mirror.find(row["kept_path"], row["sha256"])
        return store.read(place, PurePosixPath(row["path"]).name, dataset)
    except (Fault, MissingBytesError):
        return None


def intervals_of(frame: pd.DataFrame, dataset: Dataset) -> set[Interval]:
    """The intervals that a frame speaks of."""
    return set(_keys(frame.drop_duplicates(list(dataset.interval)), dataset))


def _without(frame: pd.DataFrame, dataset: Dataset, intervals: Collection[Interval]) -> pd.DataFrame:
    """The rows that are about other intervals than these."""
    if not intervals:
        return frame
    groups = frame.groupby(list(dataset.interval), dropna=False, sort=False).ngroup().to_numpy()
    kept = [key not in intervals for key in _keys(frame.drop_duplicates(list(dataset.interval)), dataset)]
    return frame[np.array(kept, dtype=bool)[groups]]


def _keys(frame: pd.DataFrame, dataset: Dataset) -> Iterator[Interval]:
    """What interval each row is about, in the values that the table gives back."""
    columns = (frame[name].astype(object) for name in dataset.interval)
    return zip(*(column.where(column.notna(), None).tolist() for column in columns), strict=True)


def _about(columns: Sequence[ColumnElement[object]], intervals: Iterable[Interval]) -> ColumnElement[bool]:
    return or_(
        *(
            and_(
                *(
                    column.is_(None) if value is None else column == value
                    for column, value in zip(columns, interval, strict=True)
                )
            )
            for interval in intervals
        )
    )


def _chunks(intervals: Iterable[Interval]) -> Iterator[list[Interval]]:
    left = iter(intervals)
    while chunk := list(islice(left, _AT_ONCE)):
        yield chunk


def _older_than(path: str) -> str:
    return f"older than {path!r}, which is about the same"
