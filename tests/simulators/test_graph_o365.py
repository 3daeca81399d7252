"""The simulator judged by a stock client: the O365 package, told nothing but where the service is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from O365.calendar import Calendar, Event

from benchmarks.o365_client import signed_in
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import ADA

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture
def calendar(simulators: Simulators) -> Iterator[Calendar]:
    """Ada's calendar, through O365."""
    account = signed_in(simulators.environment)
    yield account.schedule(resource=ADA).get_default_calendar()
    account.con.session.close()


def _lesson(calendar: Calendar, subject: str, start: dt.datetime) -> Event:
    event = calendar.new_event(subject)
    event.start, event.end = start, start + dt.timedelta(hours=1)
    event.location = "Room 1"
    event.body = "Bring the book"
    event.categories = ["Lesson"]
    event.remind_before_minutes = 5
    return event


def test_an_event_lives_and_dies(calendar: Calendar) -> None:
    start = dt.datetime(2026, 3, 10, 10, tzinfo=ZURICH)
    event = _lesson(calendar, "Lesson", start)
    assert event.save()
    assert event.object_id

    read = calendar.get_event(event.object_id)
    assert (read.subject, read.start, read.end) == ("Lesson", start, start + dt.timedelta(hours=1))
    assert read.location["displayName"] == "Room 1"
    assert (read.categories, read.remind_before_minutes) == (["Lesson"], 5)
    assert read.get_body_text() == "Bring the book"

    read.subject = "Moved"
    read.start, read.end = start + dt.timedelta(days=1), start + dt.timedelta(days=1, hours=2)
    assert read.save()
    again = calendar.get_event(event.object_id)
    assert (again.subject, again.start) == ("Moved", start + dt.timedelta(days=1))

    assert again.delete()
    assert list(calendar.get_events(include_recurring=False)) == []


def test_a_query_finds_what_it_asks_for(calendar: Calendar) -> None:
    for hour in (8, 9, 10):
        _lesson(calendar, f"Lesson {hour}", dt.datetime(2026, 3, 10, hour, tzinfo=ZURICH)).save()
    query = calendar.new_query().startswith("subject", "Lesson 1")
    assert [event.subject for event in calendar.get_events(query=query, include_recurring=False)] == [
        "Lesson 10"
    ]
    paged = calendar.get_events(limit=3, batch=1, include_recurring=False, order_by="subject")
    assert [event.subject for event in paged] == ["Lesson 10", "Lesson 8", "Lesson 9"]


def test_a_series_recurs_through_the_clock_change(calendar: Calendar) -> None:
    start = dt.datetime(2026, 3, 23, 18, tzinfo=ZURICH)
    event = _lesson(calendar, "Teaching", start)
    event.recurrence.set_weekly(
        1, days_of_week=["monday"], first_day_of_week="monday", start=start.date(), end=dt.date(2026, 4, 13)
    )
    assert event.save()
    found = calendar.get_events(
        include_recurring=True,
        start_recurring=dt.datetime(2026, 3, 1, tzinfo=ZURICH),
        end_recurring=dt.datetime(2026, 5, 1, tzinfo=ZURICH),
    )
    events = sorted(found, key=lambda found_event: found_event.start)
    assert [event.start for event in events] == [start + dt.timedelta(weeks=n) for n in range(4)]
    assert {event.event_type.value for event in events} == {"occurrence"}
    master = calendar.get_event(event.object_id)
    assert master.recurrence.end_date == dt.date(2026, 4, 13)
    assert master.delete()
