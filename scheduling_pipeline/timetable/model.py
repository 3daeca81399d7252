"""Agendas, lessons and what a reading of them is worth. Shapes only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Kind(StrEnum):
    """How an agenda is used. Only method and private agendas become calendar events."""

    METHOD = "method"  # weekly recurring classes
    PRIVATE = "private"  # dated single lessons
    JUNIOR = "junior"
    CORPORATE = "corporate"
    INTERNAL = "internal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Agenda:
    """One calendar of the booking site. `key` is ours and a Dagster partition key, `site_id` the site's."""

    key: str
    site_id: str
    label: str
    location: str
    school: str
    kind: Kind
    zone: ZoneInfo
    live: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """One booked activity session. `asid` keeps its leading zero. Times are wall times in the agenda's zone.

    `teacher` is the site's own spelling, None when it could not be read: unknown is not the same as gone.
    """

    agenda: str
    asid: str
    dtstart: datetime
    dtend: datetime
    code: str
    title: str
    room: str
    occupied: int
    online: bool
    teacher: str | None


class WeekOutcome(StrEnum):
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WeekReading:
    """What one reading of one week of one agenda found. `monday` names the week (Monday to Sunday).

    Only a COMPLETE week may authorise a removal: the grid shown was the one asked for and all of it was
    read. A lesson whose teacher could not be read stays in `lessons` with `teacher=None`. A FAILED week has
    no lessons and says why in `problem`; a complete one says there which columns are missing. `rooms`
    are the columns of the grid, empty where they are not known.
    """

    agenda: str
    monday: date
    outcome: WeekOutcome
    read_at: datetime
    lessons: tuple[Lesson, ...] = ()
    problem: str = ""
    rooms: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return self.outcome is WeekOutcome.COMPLETE

    @property
    def unknown(self) -> tuple[Lesson, ...]:
        """Lessons whose teacher could not be read."""
        return tuple(lesson for lesson in self.lessons if lesson.teacher is None)


@dataclass(frozen=True, slots=True)
class AgendaReading:
    """All weeks asked of one agenda, oldest first."""

    agenda: str
    weeks: Sequence[WeekReading] = field(default_factory=tuple)

    @property
    def complete_weeks(self) -> list[WeekReading]:
        return [week for week in self.weeks if week.complete]


def monday_of(day: date) -> date:
    """The Monday of the week that holds `day`."""
    return day - timedelta(days=day.weekday())
