"""Series judged by libraries that nobody here wrote: what they expand is what a person would list by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.calendars.model import EventContent
from scheduling_pipeline.calendars.rfc5545 import recurrence_lines, rule_from_lines
from scheduling_pipeline.courses.model import Catalogue, Course, Exam, Meeting, Term, UniversityEvent
from tests.courses.builders import FALL, WILDER, course, events_of, university

DAY = timedelta(days=1)
ZONES = ["America/New_York", "Europe/Zurich", "Australia/Lord_Howe", "Pacific/Chatham"]
CATEGORIES = ["holiday", "holiday", "holiday", "study_day", "finals", "campus_event"]

# The clocks change in every zone within these, both ways.
days = st.dates(date(2025, 8, 1), date(2027, 6, 30))
begins = st.sampled_from([time(8), time(18, 59), time(19), time(21, 30)]) | st.times(
    time(6), time(23, 50)
).map(lambda at: at.replace(second=0, microsecond=0))


@st.composite
def spans(draw: st.DrawFn, within: st.SearchStrategy[date], longest: int) -> tuple[date, date]:
    first = draw(within)
    return first, first + DAY * draw(st.integers(0, longest))


@st.composite
def meetings(draw: st.DrawFn, number: int) -> Meeting:
    first, last = draw(spans(days, 60))
    last += draw(st.sampled_from([0, 60])) * DAY
    begin = draw(begins)
    minutes = draw(st.integers(5, min(180, 23 * 60 + 59 - begin.hour * 60 - begin.minute)))
    end = (datetime.combine(first, begin) + timedelta(minutes=minutes)).time()
    if draw(st.integers(0, 9)) == 0:
        begin, end = time(12, 1), time(23, 59)
    return Meeting(
        number, draw(st.integers(0, 6)), begin, end, first, last, laboratory=False, places=(WILDER,)
    )


@st.composite
def timetables(draw: st.DrawFn) -> tuple[Course, Catalogue]:
    """A course with one to three meetings, in a term with exams and days off near them."""
    taught = tuple(draw(meetings(number)) for number in range(1, draw(st.integers(1, 3)) + 1))
    if draw(
        st.booleans()
    ):  # the first one once more, some weeks later: as long as both go on, it is one class
        first, shift = taught[0], timedelta(weeks=draw(st.integers(-6, 6)))
        again = replace(first, number=9, start_date=first.start_date + shift, end_date=first.end_date + shift)
        taught = (*taught, again)
    near = st.integers(-20, 150).map(lambda offset: taught[0].start_date + DAY * offset)
    exam = draw(st.none() | near.map(lambda day: Exam(day, time(8), time(10), "")))
    events = tuple(
        university(draw(st.sampled_from(CATEGORIES)), *draw(spans(near, 9)), f"Event {number}")
        for number in range(draw(st.integers(0, 8)))
    )
    term = Term(FALL, taught[0].start_date, taught[0].end_date, draw(st.none() | near))
    return course(*taught, exam=exam), Catalogue({FALL: term}, events)


def by_hand(of: Course, shared: Catalogue) -> set[tuple[date, time, time]]:
    """Every class of the course, found by looking at one day after the other."""
    term = shared.terms[of.term]
    first_exam = of.exam.day if of.exam else term.first_exam
    found = set()
    for meeting in of.meetings:
        day = meeting.start_date
        while day <= meeting.end_date:
            after_exam = first_exam is not None and meeting.start_date <= first_exam <= day
            studied = any(
                _ends_classes(event, meeting, shared) and event.first <= day for event in shared.university
            )
            off = any(
                event.category in ("holiday", "study_day", "finals") and event.first <= day <= event.last
                for event in shared.university
            )
            if day.weekday() == meeting.weekday and not (after_exam or studied or off):
                found.add((day, meeting.begin, meeting.end))
            day += DAY
    return found


def _ends_classes(event: UniversityEvent, meeting: Meeting, shared: Catalogue) -> bool:
    """Whether it is a study day of the end of the term, and not over when the meeting starts."""
    term = shared.terms[FALL]
    exams = term.end_date if term.first_exam is None else min(term.end_date, term.first_exam)
    return (
        event.category == "study_day"
        and term.start_date <= event.first <= term.end_date
        and event.first >= exams - 14 * DAY
        and event.first >= meeting.start_date
    )


def expanded(content: EventContent) -> Iterator[tuple[datetime, datetime]]:
    """The occurrences by recurring-ical-events, as local start and end."""
    event = icalendar.Event()
    if content.all_day:
        event.add("dtstart", content.dtstart.date())
        event.add("dtend", content.dtend.date())
    else:
        event.add("dtstart", content.dtstart)
        event.add("dtend", content.dtend)
    head, _, tail = event.to_ical().decode().partition("END:VEVENT")
    text = "\r\n".join([head.rstrip(), *recurrence_lines(content), f"END:VEVENT{tail}"])
    calendar = icalendar.Calendar.from_ical(f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n")
    for occurrence in recurring_ical_events.of(calendar).all():
        yield _local(occurrence.start, content.zone), _local(occurrence.end, content.zone)


def by_dateutil(content: EventContent) -> list[datetime]:
    """The starts by dateutil, which takes whole days for midnights."""
    lines = recurrence_lines(content)
    if content.all_day:
        starts = rrulestr(
            "\n".join(line.replace(";VALUE=DATE", "") for line in lines),
            dtstart=content.dtstart.replace(tzinfo=None),
            forceset=True,
        )
        return [start.replace(tzinfo=content.zone) for start in starts]
    return list(rrulestr("\n".join(lines), dtstart=content.dtstart, forceset=True, tzids=ZoneInfo))


def _local(moment: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(moment, datetime):
        return moment.astimezone(zone)
    return datetime.combine(moment, time.min, zone)


@pytest.mark.parametrize("key", ZONES)
def test_libraries_expand_series_to_the_classes_listed_by_hand(key: str) -> None:
    zone = ZoneInfo(key)

    @given(timetables())
    def holds(timetable: tuple[Course, Catalogue]) -> None:
        taught, shared = timetable
        series = [
            event.content for event in events_of(taught, shared=shared, zone=zone) if event.content.rrule
        ]
        listed = []
        for content in series:
            occurrences = list(expanded(content))
            assert by_dateutil(content) == [start for start, _ in occurrences]
            assert occurrences[0] == (content.dtstart, content.dtend)
            assert occurrences[-1][0] == content.last_start
            assert rule_from_lines(recurrence_lines(content), content.dtstart, all_day=content.all_day) == (
                content.rrule
            )
            listed += [_as_taught(start, end, whole_day=content.all_day) for start, end in occurrences]
        assert sorted(listed) == sorted(by_hand(taught, shared))

    holds()


def _as_taught(start: datetime, end: datetime, *, whole_day: bool) -> tuple[date, time, time]:
    if whole_day:
        return start.date(), time(12, 1), time(23, 59)
    return start.date(), start.time(), end.time()


def test_an_end_of_the_day_in_utc_would_lose_the_last_evening_class() -> None:
    """The libraries would notice: this is what the lines must not say."""
    start = datetime(2026, 9, 9, 19, tzinfo=ZoneInfo("America/New_York"))
    wrong = rrulestr("RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20261209T235959Z", dtstart=start)
    assert list(wrong)[-1].date() == date(2026, 12, 2)
