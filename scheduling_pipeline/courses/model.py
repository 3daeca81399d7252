"""What the course calendars are about: courses, when and where they meet, and who takes them.

Weekdays count from Monday, 0; dates and times of day are the school's wall clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

UNDETERMINED = frozenset({"tbd", "tba", "to be determined", "to be announced"})
UNKNOWN_ROOM = "0"


@dataclass(frozen=True, slots=True)
class Place:
    """A room: the building's name, or its abbreviation where it has none, and the room's number."""

    building: str
    number: str

    @property
    def is_known(self) -> bool:
        """Whether a person could go there: a building alone counts, and a room alone."""
        building = self.building.strip().casefold()
        return building not in UNDETERMINED and (building != "" or self.has_number)

    @property
    def has_number(self) -> bool:
        """Whether the room's number is known."""
        return self.number.strip("0") != ""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A weekly meeting of a course, between two dates (both inclusive).

    `number` names it within the course for good: it stays when time, weekday or room change.
    """

    number: int
    weekday: int
    begin: time
    end: time
    start_date: date
    end_date: date
    laboratory: bool
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Exam:
    """The final exam of a course."""

    day: date
    begin: time
    end: time
    location: str


@dataclass(frozen=True, slots=True)
class Course:
    """A course of a term, with all its meetings, by number."""

    term: int
    crn: int
    subject: str
    number: int
    section: str
    title: str
    schedule_type: str
    active: bool
    instructor_name: str
    instructor_email: str
    meetings: tuple[Meeting, ...]
    exam: Exam | None

    @property
    def code(self) -> str:
        """Subject, number and section, such as COMP-1000-01."""
        return f"{self.subject}-{self.number}-{self.section}"


@dataclass(frozen=True, slots=True)
class UniversityEvent:
    """An event of the whole university, from its first to its last date; whole days where it has no times."""

    uid: str
    summary: str
    description: str
    location: str
    first: date
    last: date
    begin: time | None
    end: time | None
    category: str
    term: int | None


@dataclass(frozen=True, slots=True)
class Term:
    """A term by its number; `first_exam` is the day of its earliest final exam."""

    uid: int
    start_date: date
    end_date: date
    first_exam: date | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What all students' calendars share."""

    terms: Mapping[int, Term]
    university: tuple[UniversityEvent, ...]


@dataclass(frozen=True, slots=True)
class Student:
    """A person with a ready calendar, what they take, and the generation that this was read at.

    Nothing is to stand in the calendar of one who is not `listed` any more.
    """

    id: int
    email: str
    calendar: str
    courses: tuple[Course, ...]
    generation: int
    listed: bool = True
