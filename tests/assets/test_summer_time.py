"""Weekly series keep their wall time when clocks change, as an independent calendar library expands them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest
import recurring_ical_events

from resources.database import load_frame
from tests.assets.site import FRI, MON, SAT, ZURICH, WrittenSite, lesson, weekly
from tests.end_to_end.pipeline import ENGLISH, SFS, Pipeline

# Clocks go forward on 29 March and back on 25 October.
FIRST, LAST = datetime(2026, 3, 1, tzinfo=ZURICH), datetime(2026, 12, 1, tzinfo=ZURICH)
TAUGHT = {(MON, "09:00"), (FRI, "20:00"), (SAT, "08:00")}


@pytest.fixture
def stored(pipeline: Pipeline, site: WrittenSite, person: httpx.Client) -> list[dict[str, Any]]:
    """The series of a run, as the simulator has them."""
    site.show(SFS, *(weekly(weekday, start) for weekday, start in sorted(TAUGHT)))
    pipeline.run(SFS)
    (calendar,) = set(load_frame(pipeline.engine, "outlook_calendars", [SFS])["calendar"])
    found = person.get(
        f"/users/{calendar}/events", headers={"Prefer": 'outlook.timezone="W. Europe Standard Time"'}
    ).raise_for_status()
    events: list[dict[str, Any]] = found.json()["value"]
    return events


def expanded(event: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    """The occurrences of a stored event, expanded from its iCalendar form."""
    limits = event["recurrence"]["range"]
    assert limits["type"] == "noEnd"
    days = ",".join(day[:2].upper() for day in event["recurrence"]["pattern"]["daysOfWeek"])
    zone = limits["recurrenceTimeZone"]
    text = "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "BEGIN:VEVENT",
            f"UID:{event['iCalUId']}",
            f'DTSTART;TZID="{zone}":{_compact(event["start"])}',
            f'DTEND;TZID="{zone}":{_compact(event["end"])}',
            f"RRULE:FREQ=WEEKLY;INTERVAL={event['recurrence']['pattern']['interval']};BYDAY={days}",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(FIRST, LAST)
    return sorted((one["DTSTART"].dt, one["DTEND"].dt) for one in found)


def test_each_class_keeps_its_hour_all_year(stored: list[dict[str, Any]]) -> None:
    seen = set()
    for event in stored:
        occurrences = [(start.astimezone(ZURICH), end.astimezone(ZURICH)) for start, end in expanded(event)]
        hours = {(start.weekday(), f"{start:%H:%M}", f"{end:%H:%M}") for start, end in occurrences}
        ((weekday, start, end),) = hours
        assert (weekday, start) in TAUGHT
        assert int(end[:2]) == int(start[:2]) + 1
        starts = [start for start, _ in occurrences]
        assert starts == [starts[0] + n * timedelta(weeks=1) for n in range(len(starts))]  # by the wall clock
        assert len(starts) in (39, 40)
        assert {start.utcoffset() for start, _ in occurrences} == {timedelta(hours=1), timedelta(hours=2)}
        seen.add((weekday, start))
    assert seen == TAUGHT


def test_the_simulated_calendar_view_agrees_with_the_independent_library(
    stored: list[dict[str, Any]], person: httpx.Client
) -> None:
    (owner,) = {event["organizer"]["emailAddress"]["address"] for event in stored}
    span = {"startDateTime": FIRST.isoformat(), "endDateTime": LAST.isoformat(), "$top": "999"}
    view = person.get(f"/users/{owner}/calendarView", params=span).raise_for_status().json()["value"]

    shown = sorted(datetime.fromisoformat(one["start"]["dateTime"][:19]).replace(tzinfo=UTC) for one in view)
    assert shown == sorted(start.astimezone(UTC) for event in stored for start, _ in expanded(event))


def test_a_private_lesson_after_the_change_stands_at_its_hour(
    pipeline: Pipeline, site: WrittenSite, person: httpx.Client
) -> None:
    site.show(ENGLISH, [lesson("0000001", date(2026, 3, 30), "09:00")])
    pipeline.simulators.clock.advance(timedelta(weeks=3))
    pipeline.run(ENGLISH)

    (row,) = load_frame(pipeline.engine, "outlook_calendars", [ENGLISH]).to_dict("records")
    (event,) = person.get(f"/users/{row['calendar']}/events").raise_for_status().json()["value"]
    assert event["start"] == {"dateTime": "2026-03-30T07:00:00.0000000", "timeZone": "UTC"}


def _compact(time: dict[str, str]) -> str:
    """A time of Graph's in iCalendar's form."""
    return time["dateTime"][:19].replace("-", "").replace(":", "")
