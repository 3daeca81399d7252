"""Short ways to say a course, its university and the events that come of them. All names are invented."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from scheduling_pipeline.calendars.model import DesiredEvent, EventContent
from scheduling_pipeline.courses.events import EventBuilder
from scheduling_pipeline.courses.model import (
    Catalogue,
    Course,
    Exam,
    Meeting,
    Place,
    Student,
    Term,
    UniversityEvent,
)

NEW_YORK = ZoneInfo("America/New_York")
FALL = 202710
TERM = Term(FALL, date(2026, 9, 1), date(2026, 12, 18), None)
WILDER = Place("Wilder Hall", "101")


def meeting(
    weekday: int = 0,
    begin: str = "09:00",
    end: str = "10:15",
    start_date: date = date(2026, 9, 1),
    end_date: date = date(2026, 12, 11),
    *,
    number: int = 1,
    laboratory: bool = False,
    places: tuple[Place, ...] = (WILDER,),
) -> Meeting:
    times = time.fromisoformat(begin), time.fromisoformat(end)
    return Meeting(number, weekday, *times, start_date, end_date, laboratory, places)


def course(
    *meetings: Meeting,
    exam: Exam | None = None,
    schedule_type: str = "LEC",
    active: bool = True,
    instructor: tuple[str, str] = ("Ada Quill", "ada.quill@example.edu"),
) -> Course:
    return Course(
        term=FALL,
        crn=10001,
        subject="COMP",
        number=1000,
        section="01",
        title="Computer Science I",
        schedule_type=schedule_type,
        active=active,
        instructor_name=instructor[0],
        instructor_email=instructor[1],
        meetings=meetings,
        exam=exam,
    )


def exam(day: date, begin: str = "08:00", end: str = "10:00") -> Exam:
    return Exam(day, time.fromisoformat(begin), time.fromisoformat(end), "Dana Annex 010 / Dana Annex 012")


def university(
    category: str,
    first: date,
    last: date | None = None,
    summary: str = "Autumn Break",
    *,
    times: tuple[str, str] | None = None,
    term: int | None = None,
) -> UniversityEvent:
    begin, end = map(time.fromisoformat, times) if times else (None, None)
    uid = f"{summary}-{first}@example.edu"
    return UniversityEvent(uid, summary, "", "", first, last or first, begin, end, category, term)


def catalogue(*events: UniversityEvent, term: Term = TERM) -> Catalogue:
    return Catalogue({term.uid: term}, events)


def events_of(
    *courses: Course,
    shared: Catalogue | None = None,
    zone: ZoneInfo = NEW_YORK,
    categories: Iterable[str] = (),
) -> list[DesiredEvent]:
    student = Student(1, "robin.vale@example.edu", "robin-calendar", courses, 3)
    return EventBuilder(shared or catalogue(), zone, frozenset(categories)).of(student)


def contents_of(*courses: Course, shared: Catalogue | None = None) -> list[EventContent]:
    return [event.content for event in events_of(*courses, shared=shared)]


def the_class(*events: UniversityEvent, of: Course | None = None, term: Term = TERM) -> EventContent:
    """The only event of the only course, by default one on Mondays from September to December 2026."""
    (content,) = contents_of(of or course(meeting()), shared=catalogue(*events, term=term))
    return content


def local(day: date, at: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.combine(day, time.fromisoformat(at), zone)
