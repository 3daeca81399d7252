"""What the steps of a refresh have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from scheduling_pipeline.courses.feeds import CourseKey, Feeds, Refused
from scheduling_pipeline.courses.guard import Guard
from scheduling_pipeline.database.settle import Count


@dataclass(slots=True)
class Work:
    """One refresh under way: what it goes by, and what came of it so far. `counts` are by table."""

    connection: Connection
    feeds: Feeds
    guard: Guard
    today: date
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    refused: list[Refused] = field(default_factory=list)

    def count(self, table: str, count: Count) -> None:
        """Add to what became of a table."""
        self.counts[table] += count

    def is_history(self, day: date, first_listed: date | None) -> bool:
        """Whether a file whose first date is `first_listed` says nothing about that day.

        Some sources list only what is still to come; what is over stays as it was.
        """
        return day < self.today and (first_listed is None or day < first_listed)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms after the files: ids and last dates by number."""

    ids: Mapping[int, int]
    ends: Mapping[int, date]


@dataclass(frozen=True, slots=True)
class Courses:
    """The courses after the files: ids of those that stay and of those that go.

    Of `held` ones the file says no more, but they stay, with all that is theirs. `coming` are the terms that
    are not over.
    """

    ids: Mapping[CourseKey, int]
    going: Mapping[CourseKey, int]
    held: frozenset[CourseKey]
    coming: frozenset[int]

    def is_coming(self, key: CourseKey) -> bool:
        """Whether the course's term is not over."""
        return key[0] in self.coming


def named(key: CourseKey) -> str:
    """A course as a person finds it in the files."""
    term, crn = key
    return f"{term}-{crn}"
