"""The course catalogue: terms, courses and when they meet, rooms, people, who takes what, exams, holidays.

Natural keys: a term by its number, a course by term and CRN, a person by e-mail address. Times of day are
whole numbers of the form HHMM, weekdays count from Sunday, 0.
"""

from __future__ import annotations

from dataclasses import replace

from scheduling_pipeline.datasets.patterns import files
from scheduling_pipeline.files.dataset import Column, Dataset, Kind, Loading

_TERM = Column("term", "term", Kind.INTEGER, nullable=False, aliases=("term_uid",), low=100_000, high=999_999)
_CRN = Column("crn", "crn", Kind.INTEGER, nullable=False, low=1)
_START = Column("start_date", "start_date", Kind.DATE, nullable=False)
_END = Column("end_date", "end_date", Kind.DATE, nullable=False)
_ICALENDAR = ("university*.ics", "academic_calendar*.ics", "academic calendar*.ics", "academic-calendar*.ics")


def _clock(name: str, *, required: bool = True, nullable: bool = False) -> Column:
    return Column(name, name, Kind.INTEGER, required=required, nullable=nullable, low=0, high=2359)


def _text(name: str, *, required: bool = True, nullable: bool = True) -> Column:
    return Column(name, name, required=required, nullable=nullable)


def _feed(name: str, description: str, key: tuple[str, ...], *columns: Column) -> Dataset:
    stems = dict.fromkeys((name, name.replace("_", " "), name.replace("_", "-"), name.replace("_", "")))
    return Dataset(name, description, files(*stems), columns, Loading.REPLACE_ALL, key=key)


COURSES = (
    _feed(
        "terms",
        "The terms of the catalogue. A term's number is the academic year it ends in, then 10 for fall,"
        " 20 for spring, 30 for summer.",
        ("uid",),
        Column("uid", "uid", Kind.INTEGER, nullable=False, aliases=("term",), low=100_000, high=999_999),
        Column("year", "year", Kind.INTEGER, nullable=False, low=1900, high=2200),
        Column("season", "season", nullable=False, choices=("spring", "summer", "fall")),
        _START,
        _END,
    ),
    _feed(
        "courses",
        "The courses of each term, with who teaches them and how many seats are left: fewer than none"
        " where too many were let in.",
        ("term", "crn"),
        _CRN,
        _TERM,
        _text("subject", nullable=False),
        Column("course_number", "course_number", Kind.INTEGER, nullable=False, low=0),
        _text("section_number", nullable=False),
        _text("title", nullable=False),
        _text("schedule_type"),
        _START,
        _END,
        Column("credit_hours", "credit_hours", Kind.NUMBER, low=0),
        Column("status", "status", nullable=False, choices=("active", "cancelled")),
        _text("link_identifier", required=False),
        Column("seats_capacity", "seats_capacity", Kind.INTEGER, required=False),
        Column("seats_available", "seats_available", Kind.INTEGER, required=False),
        _text("instructor_name", required=False),
        _text("instructor_email", required=False),
    ),
    _feed(
        "meeting_times",
        "When and where courses meet: a row for each weekday (0 is Sunday), weekly between two dates, times"
        " as HHMM.",
        ("term", "crn", "start_date", "end_date", "begin_time", "end_time", "day_of_week"),
        _CRN,
        _TERM,
        Column("day_of_week", "day_of_week", Kind.INTEGER, nullable=False, low=0, high=6),
        _clock("begin_time"),
        _clock("end_time"),
        _START,
        _END,
        Column("meeting_schedule_type", "meeting_schedule_type", Kind.INTEGER, low=1, high=2),
        Column("meeting_type", "meeting_type", Kind.INTEGER, required=False),
        _text("building", required=False),
        _text("room", required=False),
    ),
    _feed(
        "enrollments",
        "Who takes which course of which term.",
        ("user_email", "term", "crn"),
        Column("user_email", "user_email", nullable=False, aliases=("email", "user")),
        _CRN,
        _TERM,
    ),
    _feed(
        "users",
        "The people of the course calendars, by e-mail address. Access: 0 a user, up to 3, an owner.",
        ("email",),
        _text("email", nullable=False),
        _text("first_name"),
        _text("last_name"),
        Column("access_level", "access_level", Kind.INTEGER, required=False, low=0, high=3),
    ),
    _feed(
        "rooms",
        "Buildings and their rooms. A room's number is a text, such as M204; 0 where it is not known.",
        ("building", "number"),
        Column("building", "building", nullable=False, aliases=("abbreviation",)),
        _text("building_name"),
        Column("number", "number", nullable=False, aliases=("room",)),
        Column("floor", "floor", Kind.INTEGER, required=False),
    ),
    _feed(
        "final_exams",
        "When and where the final exam of a course is, times as HHMM.",
        ("term", "crn"),
        _CRN,
        _TERM,
        Column("exam_date", "exam_date", Kind.DATE, nullable=False),
        _clock("start_time"),
        _clock("end_time"),
        _text("location"),
        _text("combined_crns", required=False),
    ),
    Dataset(
        "university_events",
        "What concerns the whole university: holidays, study days, finals, dates of the terms, events on the"
        " campus; a table or an iCalendar file. Dates include the last day; times are HHMM, empty for whole"
        " days.",
        (*files("university_events", "university events", "university-events"), *_ICALENDAR),
        (
            _text("ics_uid", required=False),
            _text("summary", nullable=False),
            _text("description", required=False),
            _text("location", required=False),
            _START,
            _END,
            _clock("start_time", required=False, nullable=True),
            _clock("end_time", required=False, nullable=True),
            _text("category", required=False),
            _text("event_type", required=False),
            _text("organization", required=False),
            _text("academic_term", required=False),
            replace(_TERM, required=False, nullable=True),
            Column("status", "status", required=False, choices=("confirmed", "tentative", "cancelled")),
        ),
        Loading.REPLACE_ALL,  # without a key: feeds name events twice, which is for the catalogue to settle
    ),
)
