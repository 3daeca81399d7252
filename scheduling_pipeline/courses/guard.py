"""Removals from the catalogue that no honest day brings wait for a person.

A file that was cut short must not take the courses out of everybody's calendar. Of what is still to come,
removals are held

- from any table, when they are many and a large share;
- from a small one also when it would be left with nothing, or with half at most and three fewer at least;
- of people who have a calendar always, since it would be emptied.

All else goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, delete, insert, select, update

from scheduling_pipeline.calendars.brake import LARGEST_SHARE, SMALLEST_COUNT
from scheduling_pipeline.database.models import HeldPlan, Release
from scheduling_pipeline.digest import digest

SCOPE = "course_catalogue"
"""Under this scope the removals are held and released."""

_EXAMPLES = 5
_FEW = 3
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Held:
    """The removals of one table that wait: how many of how many, and what to release them by."""

    table: str
    keys: tuple[str, ...]
    total: int

    @property
    def count(self) -> int:
        """How many rows stay for now."""
        return len(self.keys)

    @property
    def share(self) -> float:
        """Of the table's rows that are still to come."""
        return self.count / self.total

    @property
    def digest(self) -> str:
        """Names exactly these removals."""
        return digest(list(self.keys))

    @property
    def rows(self) -> tuple[str, ...]:
        """What would be removed, in a person's words."""
        return tuple(key.removeprefix(f"{self.table}: ") for key in self.keys)

    @property
    def examples(self) -> tuple[str, ...]:
        """Some of it."""
        return self.rows[:_EXAMPLES]

    @property
    def reason(self) -> str:
        """Why they wait."""
        return f"{self.table}: {self.count} of {self.total} would be removed"


class Guard:
    """Decides of one refresh which removals go through, and keeps the others for a person to see."""

    def __init__(self, connection: Connection) -> None:
        released = connection.scalars(select(Release.keys).where(Release.scope == SCOPE))
        self.held: list[Held] = []
        self._released: Sequence[frozenset[str]] = [frozenset(keys) for keys in released]

    def hold(
        self, table: str, removals: Mapping[K, str], total: int, *, left: int | None = None
    ) -> frozenset[K]:
        """Which of these removals of a table must wait: all of them, or none.

        `removals` say what each would remove, in a person's words, which also names it for a release; `total`
        is how many rows there are that could be removed so; `left`, of a small table, how many there would be
        of such rows afterwards, new ones included.
        """
        many = len(removals) >= SMALLEST_COUNT and len(removals) > LARGEST_SHARE * total
        cut = left is not None and (left == 0 or (left <= total / 2 and total - left >= _FEW))
        keys = _keys(table, removals)
        if not (many or cut) or any(released.issuperset(keys.values()) for released in self._released):
            return frozenset()
        return self._wait(table, keys, total)

    def hold_each(self, table: str, removals: Mapping[K, str], total: int) -> frozenset[K]:
        """Which of these removals must wait, however few they are: each that was not released itself."""
        released = frozenset().union(*self._released)
        return self._wait(
            table, {key: name for key, name in _keys(table, removals).items() if name not in released}, total
        )

    def _wait(self, table: str, keys: Mapping[K, str], total: int) -> frozenset[K]:
        if keys:
            self.held.append(Held(table, tuple(sorted(keys.values())), total))
        return frozenset(keys)

    def record(self, connection: Connection, now: datetime) -> None:
        """Keep what is held now; what is no longer held disappears from the list."""
        digests = [held.digest for held in self.held]
        other = delete(HeldPlan).where(HeldPlan.scope == SCOPE, HeldPlan.digest.not_in(digests))
        connection.execute(other)
        again = update(HeldPlan).where(HeldPlan.digest.in_(digests)).returning(HeldPlan.digest)
        seen = set(connection.scalars(again.values(last_held_at=now)))
        new = [held for held in self.held if held.digest not in seen]
        if new:
            connection.execute(insert(HeldPlan), [_plan(held, now) for held in new])


def _keys(table: str, removals: Mapping[K, str]) -> dict[K, str]:
    """By what each removal is released."""
    return {key: f"{table}: {text}" for key, text in removals.items()}


def _plan(held: Held, now: datetime) -> Mapping[str, object]:
    removals = [
        {"calendar": held.table, "uid": key, "summary": row, "dtstart": ""}
        for key, row in zip(held.keys, held.rows, strict=True)
    ]
    return {
        "digest": held.digest,
        "scope": SCOPE,
        "keys": list(held.keys),
        "reasons": [held.reason],
        "removals": removals,
        "first_held_at": now,
        "last_held_at": now,
    }
