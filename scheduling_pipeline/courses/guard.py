"""Removals from the catalogue that no honest day brings wait for a person.

A file that was cut short must not take the courses out of everybody's calendar. Of each table, the removals
within terms that are not over are held when they are many and a large share; all else goes on.
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
        """Of the table's rows within terms that are not over."""
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

    def hold(self, table: str, removals: Mapping[K, str], total: int) -> frozenset[K]:
        """Which of these removals of a table must wait: all of them, or none.

        `removals` say what each would remove, in a person's words, which also names it for a release; `total`
        is how many rows there are that could be removed so.
        """
        if len(removals) < SMALLEST_COUNT or len(removals) <= LARGEST_SHARE * total:
            return frozenset()
        held = Held(table, tuple(sorted(f"{table}: {text}" for text in removals.values())), total)
        if any(released.issuperset(held.keys) for released in self._released):
            return frozenset()
        self.held.append(held)
        return frozenset(removals)

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
