"""A small course catalogue of an invented college, a file for each table. Times are of New York's clocks.

There are editions of it: as time goes on, people correct what they have put there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import count

from scheduling_pipeline.simulators.reports.files import csv_bytes
from scheduling_pipeline.simulators.reports.university import published_calendar
from scheduling_pipeline.simulators.school.history import dice
from scheduling_pipeline.simulators.school.people import GIVEN_NAMES, SURNAMES

_TERM, _START, _END = 202620, "2026-01-12", "2026-04-30"
_TERMS = (  # a term's number: the academic year it ends in, then 10 for fall, 20 for spring, 30 for summer
    (_TERM, 2026, "spring", _START, _END),
    (202630, 2026, "summer", "2026-05-18", "2026-08-14"),
    (202710, 2026, "fall", "2026-09-02", "2026-12-16"),
)

_ROOMS = (
    ("WIL", "Wilder Hall", "101", 1),
    ("WIL", "Wilder Hall", "214", 2),
    ("BEC", "Beckett Center", "010", 0),
    ("BEC", "Beckett Center", "M204", 2),
    ("TBD", "To Be Determined", "0", 0),
    ("WIL", "Wilder Hall", "112", 1),
    ("WIL", "Wilder Hall", "113", 1),
)


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A time of day as HHMM on some weekdays, Sunday being 0, in a room of a building, or in several: 1/2."""

    days: tuple[int, ...]
    begin: int
    end: int
    building: str
    room: str


@dataclass(frozen=True, slots=True)
class _Course:
    subject: str
    number: int
    title: str
    kind: str
    credit_hours: int
    meetings: tuple[_Meeting, ...]
    free_seats: int = 4
    status: str = "active"


_SEATS = 24
_COURSES = (
    _Course("COMP", 1000, "Computer Science I", "LEC", 4, (_Meeting((1, 3, 5), 900, 950, "WIL", "101"),)),
    _Course("COMP", 1000, "Computer Science I", "LAB", 0, (_Meeting((2,), 1330, 1510, "BEC", "M204"),)),
    _Course("MATH", 1850, "Calculus II", "LEC", 4, (_Meeting((1, 2, 4), 1000, 1050, "WIL", "112/113"),), -2),
    _Course("PHYS", 1250, "Engineering Physics I", "LEC", 4, (_Meeting((2, 4), 800, 915, "BEC", "010"),)),
    _Course(
        "ENGL", 1100, "English, Reading and “Writing”", "HYB", 4, (_Meeting((3,), 1201, 1330, "WIL", "101"),)
    ),
    _Course("HIST", 2100, "History of Technology", "LEC", 4, (_Meeting((3,), 1900, 2145, "WIL", "214"),)),
    _Course("ARCH", 3600, "Studio III", "LEC", 6, (_Meeting((1, 5), 1300, 1655, "TBD", "0"),)),
    _Course("MGMT", 2700, "Organizational Behavior", "ONL", 4, ()),
    _Course(
        "CHEM",
        1100,
        "Chemistry",
        "LEC",
        4,
        (_Meeting((2, 4), 1500, 1615, "BEC", "010"),),
        _SEATS,
        "cancelled",
    ),
)
_MOVED = {  # to another room, to another time
    "HIST": (_Meeting((3,), 1900, 2145, "BEC", "M204"),),
    "PHYS": (_Meeting((2, 4), 830, 945, "BEC", "010"),),
}
_TAKEN_OVER = "MATH"
_EXAMS = (  # of the lectures, in their order
    ("2026-04-24", 800, 1000, "WIL 101 / WIL 214"),
    ("2026-04-24", 1330, 1530, "BEC 010"),
    ("2026-04-27", 800, 1000, "BEC 010"),
    ("2026-04-28", 1330, 1530, "WIL 214"),
    ("2026-04-29", 800, 1200, "TBD"),
)
_FIRST_CRN = 20_117
_STUDENTS = 12
_CHOSEN = 4


class Edition(IntEnum):
    """What has been corrected by then."""

    FIRST = 0
    MOVED = 1  # a class meets in another room, another one half an hour later
    CHANGED = 2  # a student dropped a course, another one added one; a course has another instructor


def catalogue(seed: int, edition: Edition = Edition.FIRST) -> Mapping[str, bytes]:
    """The files by name. Who takes which course depends on the seed."""
    courses = dict(zip(count(_FIRST_CRN, 7), _courses(edition), strict=False))
    return {
        "terms.csv": csv_bytes(("uid", "year", "season", "start_date", "end_date"), _TERMS),
        "courses.csv": _course_list(courses, edition),
        "meeting_times.csv": _meeting_times(courses),
        "rooms.csv": csv_bytes(("building", "building_name", "number", "floor"), _ROOMS),
        "users.csv": csv_bytes(("email", "first_name", "last_name", "access_level"), _users(seed)),
        "enrollments.csv": _enrollments(seed, list(courses), edition),
        "final_exams.csv": _final_exams(courses),
        "university_events.ics": published_calendar(),
    }


def _courses(edition: Edition) -> list[_Course]:
    moved = _MOVED if edition >= Edition.MOVED else {}
    return [replace(course, meetings=moved.get(course.subject, course.meetings)) for course in _COURSES]


def _course_list(courses: Mapping[int, _Course], edition: Edition) -> bytes:
    header = (
        *("crn", "term", "subject", "course_number", "section_number", "title", "schedule_type"),
        *("start_date", "end_date", "credit_hours", "status", "link_identifier"),
        *("seats_capacity", "seats_available", "instructor_name", "instructor_email"),
    )
    return csv_bytes(
        header,
        (
            [
                *(crn, _TERM, course.subject, course.number, 1, course.title, course.kind),
                *(_START, _END, course.credit_hours, course.status, "", _SEATS, course.free_seats),
                *_instructor(course.subject, edition),
            ]
            for crn, course in courses.items()
        ),
    )


def _instructor(subject: str, edition: Edition) -> tuple[str, str]:
    second = subject == _TAKEN_OVER and edition >= Edition.CHANGED
    surname = dice("second instructor" if second else "instructor", subject).choice(SURNAMES)
    return f"{dice(surname).choice(GIVEN_NAMES)} {surname}", f"{surname.lower()}@college.example"


def _meeting_times(courses: Mapping[int, _Course]) -> bytes:
    header = (
        *("crn", "term", "day_of_week", "begin_time", "end_time", "start_date", "end_date"),
        *("meeting_schedule_type", "meeting_type", "building", "room"),
    )
    return csv_bytes(
        header,
        (
            [
                *(crn, _TERM, day, meeting.begin, meeting.end, _START, _END),
                *(2 if course.kind == "LAB" else 1, 1, meeting.building, meeting.room),
            ]
            for crn, course in courses.items()
            for meeting in course.meetings
            for day in meeting.days
        ),
    )


def _users(seed: int) -> list[tuple[str, str, str, int]]:
    rng = dice(seed, "students")
    people = [(rng.choice(GIVEN_NAMES), rng.choice(SURNAMES)) for _ in range(_STUDENTS)]
    return [(_address(number), first, last, 0) for number, (first, last) in enumerate(people)]


def _address(number: int) -> str:
    return f"student{number:02}@college.example"


def _enrollments(seed: int, crns: Sequence[int], edition: Edition) -> bytes:
    rng = dice(seed, "enrolments")
    taken = [sorted(rng.sample(crns, _CHOSEN)) for _ in range(_STUDENTS)]
    if edition >= Edition.CHANGED:
        taken[0].pop(0)
        taken[1].append(next(crn for crn in crns if crn not in taken[1]))
    rows = [(_address(number), crn, _TERM) for number, chosen in enumerate(taken) for crn in chosen]
    return csv_bytes(("user_email", "crn", "term"), rows)


def _final_exams(courses: Mapping[int, _Course]) -> bytes:
    header = ("crn", "term", "exam_date", "start_time", "end_time", "location", "combined_crns")
    examined = [crn for crn, course in courses.items() if course.kind == "LEC" and course.status == "active"]
    rows = [
        [crn, _TERM, day, begin, end, place, ""]
        for crn, (day, begin, end, place) in zip(examined, _EXAMS, strict=True)
    ]
    return csv_bytes(header, rows)
