"""The calendar that the invented college publishes: holidays, finals, and what else goes on, as iCalendar.

It is as untidy as such calendars are: a break in single days, an event by two offices under two titles, a
whole day as noon to midnight, a lecture that was called off.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

_NEW_YORK = ZoneInfo("America/New_York")
_PUBLISHED = datetime(2026, 2, 26, 15, 0, tzinfo=UTC)
_REGISTRAR, _LIFE = "Registrar's Office", "Student Life &amp; Housing"

_DAYS = (  # summary, first day, how many, who published it, the term it is said to be of
    ("Martin Luther King Jr. Day", "2026-01-19", 1, _REGISTRAR, ""),
    ("Presidents' Day", "2026-02-16", 1, _REGISTRAR, ""),
    ("Spring Break", "2026-03-09", 5, _REGISTRAR, "Spring 2026"),
    ("Spring Break - Residence Life", "2026-03-09", 5, _LIFE, "2026 Spring"),
    ("Classes resume after Spring Break", "2026-03-16", 1, _REGISTRAR, "Spring 2026"),
    ("Last day to withdraw from a course", "2026-03-27", 1, _REGISTRAR, "Spring"),
    ("Registration for fall opens", "2026-03-30", 1, _REGISTRAR, "Fall 2026"),
    ("Patriots' Day", "2026-04-20", 1, _REGISTRAR, "Spring 2026"),
    ("Last day of classes", "2026-04-22", 1, _REGISTRAR, "Spring 2026"),
    ("Study Day", "2026-04-23", 1, _REGISTRAR, "Spring 2026"),
    ("Final Exam Period", "2026-04-24", 6, _REGISTRAR, "Spring 2026"),
    ("Memorial Day", "2026-05-25", 1, _REGISTRAR, ""),
    ("Juneteenth", "2026-06-19", 1, _REGISTRAR, ""),
    ("Labor Day", "2026-09-07", 1, _REGISTRAR, ""),
    ("Thanksgiving Break", "2026-11-25", 1, _REGISTRAR, "Fall"),
    ("Thanksgiving Break", "2026-11-26", 1, _REGISTRAR, "Fall"),
    ("Thanksgiving Break", "2026-11-27", 1, _REGISTRAR, "Fall"),
)
_HOURS = (  # summary, day, from, until, where, who published it, of which type
    (
        *("Final exam schedule available", "2026-03-25", time(12, 0), time(23, 59), ""),
        *(_REGISTRAR, "Calendar Announcement"),
    ),
    (
        "Spring Open House",
        "2026-03-28",
        time(10),
        time(14),
        "Wilder Hall",
        "Admissions Office",
        "Campus Event",
    ),
    ("Commencement", "2026-05-03", time(11), time(13, 30), "North Lawn", _REGISTRAR, "Ceremony"),
)


def published_calendar() -> bytes:
    """The file; the same bytes every time."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Invented College//Academic Calendar//EN")
    calendar.add("x-wr-timezone", _NEW_YORK.key)
    for summary, first, days, office, term in _DAYS:
        event = _event(calendar, summary, date.fromisoformat(first), office)
        event.add("dtend", date.fromisoformat(first) + timedelta(days=days))
        _custom(event, "Academic Term", term)
    for summary, day, begin, end, place, office, kind in _HOURS:
        event = _event(calendar, summary, _at(day, begin), office)
        event.add("dtend", _at(day, end))
        event.add("location", place)
        _custom(event, "Event Type", kind)
    _add_oddities(calendar)
    calendar.add_missing_timezones(date(2026, 1, 1), date(2027, 1, 1))
    file: bytes = calendar.to_ical()
    return file


def _add_oddities(calendar: Calendar) -> None:
    lecture = _event(calendar, "Founders' Lecture", _at("2026-03-19", time(17)), "Alumni Office")
    lecture.add("dtend", _at("2026-03-19", time(18, 30)))
    lecture.add("status", "CANCELLED")
    council = _event(calendar, "Student Council meeting", _at("2026-03-03", time(17)), _LIFE)
    council.add("duration", timedelta(hours=1))
    council.add("rrule", {"freq": "weekly", "until": _at("2026-04-14", time(17)).astimezone(UTC)})
    council.add("exdate", _at("2026-03-10", time(17)))


def _at(day: str, clock: time) -> datetime:
    return datetime.combine(date.fromisoformat(day), clock, _NEW_YORK)


def _event(calendar: Calendar, summary: str, start: date, office: str) -> Event:
    event = Event()
    event.add("uid", f"event-{len(calendar.events) + 1:03}@college.example")
    event.add("dtstamp", _PUBLISHED)
    event.add("summary", summary)
    event.add("dtstart", start)
    _custom(event, "Organization", office)
    calendar.add_component(event)
    return event


def _custom(event: Event, name: str, value: str) -> None:
    if value:
        event.add("x-trumba-customfield", value, parameters={"NAME": name, "TYPE": "SingleLine"})
