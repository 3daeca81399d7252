"""Bringing a table to what it should hold, by natural keys: ids stay, and what is right is not written."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, tuple_, update

from scheduling_pipeline.database.models import Base

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_AT_ONCE = 500  # rows named in one statement
_ID = "the_id"  # of the row to update; the column's own name would be taken for a new value


@dataclass(frozen=True, slots=True)
class Count:
    """What became of a table's rows."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.added + other.added,
            self.changed + other.changed,
            self.removed + other.removed,
            self.unchanged + other.unchanged,
        )

    @property
    def writes(self) -> int:
        """How many rows were written or removed."""
        return self.added + self.changed + self.removed


def settle(
    connection: Connection,
    table: type[Base],
    standing: Mapping[K, RowMapping],
    wanted: Mapping[K, Mapping[str, Any]],
) -> tuple[dict[K, int], Count]:
    """Insert what is wanted and missing, update what is other than wanted; what is not wanted stays.

    Returns the ids of all rows, also of those that are not wanted, by key.
    """
    identity = table.__table__.c.id
    ids: dict[K, int] = {key: row["id"] for key, row in standing.items()}
    missing = [key for key in wanted if key not in standing]
    if missing:
        statement = insert(table).returning(identity, sort_by_parameter_order=True)
        added = connection.scalars(statement, [dict(wanted[key]) for key in missing])
        ids.update(zip(missing, added, strict=True))
    changed = [
        {_ID: ids[key], **values}
        for key, values in wanted.items()
        if key in standing and any(standing[key][name] != value for name, value in values.items())
    ]
    if changed:
        names = changed[0].keys() - {_ID}
        one = update(table).where(identity == bindparam(_ID))
        connection.execute(one.values({name: bindparam(name) for name in names}), changed)
    return ids, Count(len(missing), len(changed), unchanged=len(wanted) - len(missing) - len(changed))


def remove(connection: Connection, table: type[Base], ids: Collection[int]) -> Count:
    """Delete rows by their ids."""
    for some in _chunks(ids):
        connection.execute(delete(table).where(table.__table__.c.id.in_(some)))
    return Count(removed=len(ids))


def settle_pairs(
    connection: Connection, table: type[Base], standing: set[tuple[int, int]], wanted: set[tuple[int, int]]
) -> Count:
    """Bring a table whose rows are nothing but two ids, its primary key, to the wanted pairs."""
    columns = tuple(table.__table__.primary_key)
    new, gone = wanted - standing, standing - wanted
    if new:
        first, second = (column.name for column in columns)
        connection.execute(insert(table), [{first: one, second: other} for one, other in sorted(new)])
    for some in _chunks(gone):
        connection.execute(delete(table).where(tuple_(*columns).in_(some)))
    return Count(len(new), removed=len(gone), unchanged=len(wanted & standing))


def raise_by_one(connection: Connection, table: type[Base], column: str, ids: Iterable[int]) -> None:
    """Add one to a column of the rows with these ids."""
    columns = table.__table__.c
    for some in _chunks(ids):
        connection.execute(update(table).where(columns.id.in_(some)).values({column: columns[column] + 1}))


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while chunk := list(islice(left, _AT_ONCE)):
        yield chunk
