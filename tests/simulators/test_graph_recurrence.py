"""Series: what they become, where their occurrences fall, and what changes when one of them is touched."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import httpx
import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar as ICalendar
from icalendar import Event as IEvent

from scheduling_pipeline.simulators.graph import editing, recurrence
from scheduling_pipeline.simulators.graph.occurrences import occurrences
from tests.simulators.graph_client import ADA, EVENTS, Json, create, lesson, refusal, weekly

MOMENTS = st.datetimes(datetime(2026, 2, 1), datetime(2026, 12, 1))  # noqa: DTZ001 - wall times
NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEEKDAYS = st.sets(st.sampled_from(recurrence.WEEKDAYS), min_size=1).map(sorted)
SHORT = {name: name[:2].upper() for name in recurrence.WEEKDAYS}


@st.composite
def patterns(draw: st.DrawFn) -> tuple[Json, dict[str, object]]:
    """A pattern as Graph writes it, and as iCalendar (RFC 5545) writes it."""
    interval = draw(st.integers(1, 4))
    kind = draw(st.sampled_from(("daily", "weekly", "absoluteMonthly", "relativeMonthly")))
    days = draw(WEEKDAYS)
    if kind == "daily":
        return {"type": kind, "interval": interval}, {"FREQ": "DAILY", "INTERVAL": interval}
    if kind == "weekly":
        pattern = {"type": kind, "interval": interval, "daysOfWeek": days, "firstDayOfWeek": "monday"}
        rule = {"FREQ": "WEEKLY", "INTERVAL": interval, "WKST": "MO"}
        return pattern, rule | {"BYDAY": [SHORT[day] for day in days]}
    if kind == "absoluteMonthly":
        day = draw(st.integers(1, 28))
        pattern = {"type": kind, "interval": interval, "dayOfMonth": day}
        return pattern, {"FREQ": "MONTHLY", "INTERVAL": interval, "BYMONTHDAY": day}
    index, position = draw(st.sampled_from((("first", 1), ("third", 3), ("last", -1))))
    pattern = {"type": kind, "interval": interval, "daysOfWeek": days, "index": index}
    rule = {"FREQ": "MONTHLY", "INTERVAL": interval, "BYSETPOS": position}
    return pattern, rule | {"BYDAY": [SHORT[day] for day in days]}


@given(
    pattern=patterns(),
    zone=st.sampled_from(("Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")),
    start=MOMENTS.map(
        lambda moment: moment.replace(
            hour=5 + moment.hour % 16, minute=moment.minute // 15 * 15, second=0, microsecond=0
        )
    ),
    minutes=st.integers(1, 32).map(lambda quarter: 15 * quarter),
    end=st.one_of(
        st.just({"type": "noEnd"}),
        st.integers(1, 30).map(lambda count: {"type": "numbered", "numberOfOccurrences": count}),
        st.integers(0, 300).map(lambda days: {"type": "endDate", "days": days}),
    ),
)
def test_series_fall_where_an_independent_library_puts_them(
    pattern: tuple[Json, dict[str, object]], zone: str, start: datetime, minutes: int, end: Json
) -> None:
    asked, rule = pattern
    start_date = start.date()
    limits: Json = {"type": end["type"], "startDate": start_date.isoformat()}
    if end["type"] == "numbered":
        limits["numberOfOccurrences"] = rule["COUNT"] = end["numberOfOccurrences"]
    series = recurrence.normalised({"pattern": asked, "range": limits | {"type": "noEnd"}}, zone)
    first = date.fromisoformat(series["range"]["startDate"])
    if end["type"] == "endDate":
        last = first + timedelta(days=end["days"])
        limits["endDate"] = last.isoformat()
        rule["UNTIL"] = datetime.combine(last, start.time(), ZoneInfo(zone)).astimezone(UTC)

    body = lesson("x", start.isoformat(), (start + timedelta(minutes=minutes)).isoformat(), zone)
    event = editing.new_event(body | {"recurrence": {"pattern": asked, "range": limits}}, "0" * 32, {}, NOW)
    window = (datetime(2026, 2, 15, tzinfo=UTC), datetime(2027, 4, 15, tzinfo=UTC))
    ours = [(item.start_instant, item.end_instant) for item in occurrences(event, *window)]

    twin = IEvent()
    twin.add("uid", "x")
    local = datetime.combine(first, start.time(), ZoneInfo(zone))
    twin.add("dtstart", local)
    twin.add("dtend", local + timedelta(minutes=minutes))
    twin.add("rrule", rule)
    calendar = ICalendar()
    calendar.add_component(twin)
    theirs = [
        (found.start.astimezone(UTC), found.end.astimezone(UTC))
        for found in recurring_ical_events.of(calendar).between(*window)
    ]
    assert ours == sorted(theirs)


@given(st.integers(29, 31), st.integers(1, 3))
def test_the_31st_is_the_last_day_of_a_short_month(day: int, interval: int) -> None:
    asked = {"type": "absoluteMonthly", "interval": interval, "dayOfMonth": day}
    span = {"type": "numbered", "startDate": "2026-01-01", "numberOfOccurrences": 24}
    found = list(recurrence.dates(recurrence.normalised({"pattern": asked, "range": span}, "UTC")))
    assert len(found) == 24
    for moment in found:
        assert moment.day == day or (moment + timedelta(days=1)).day == 1
    assert all((b.year - a.year) * 12 + b.month - a.month == interval for a, b in pairwise(found))


def test_yearly_patterns() -> None:
    span = {"type": "numbered", "startDate": "2026-02-01", "numberOfOccurrences": 2}
    absolute = {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 14, "month": 7}
    relative = {
        "type": "relativeYearly",
        "interval": 2,
        "daysOfWeek": ["thursday"],
        "index": "last",
        "month": 11,
    }
    assert _dates(absolute, span) == ["2026-07-14", "2027-07-14"]
    assert _dates(relative, span) == ["2026-11-26", "2028-11-30"]


def _dates(pattern: Json, span: Json) -> list[str]:
    found = recurrence.dates(recurrence.normalised({"pattern": pattern, "range": span}, "UTC"))
    return [day.isoformat() for day in found]


def _view(graph: httpx.Client, start: str, end: str) -> list[Json]:
    params = {"startDateTime": f"{start}T00:00:00Z", "endDateTime": f"{end}T00:00:00Z", "$top": "100"}
    prefer = {"Prefer": 'outlook.timezone="Europe/Zurich"'}
    found: list[Json] = graph.get(f"/users/{ADA}/calendarView", params=params, headers=prefer).json()["value"]
    return found


def _starts(events: list[Json]) -> list[str]:
    return [event["start"]["dateTime"][:16] for event in events]


def test_a_series_keeps_its_wall_time_through_both_clock_changes(graph: httpx.Client) -> None:
    series = lesson(start="2026-03-23T18:00:00", end="2026-03-23T19:00:00")
    create(graph, series | {"recurrence": weekly("Monday", start="2026-03-23")})
    assert _starts(_view(graph, "2026-03-20", "2026-04-01")) == ["2026-03-23T18:00", "2026-03-30T18:00"]
    assert _starts(_view(graph, "2026-10-19", "2026-10-27")) == ["2026-10-19T18:00", "2026-10-26T18:00"]
    params = {"startDateTime": "2026-03-20T00:00:00Z", "endDateTime": "2026-04-01T00:00:00Z"}
    in_utc = graph.get(f"/users/{ADA}/calendarView", params=params).json()["value"]
    assert _starts(in_utc) == ["2026-03-23T17:00", "2026-03-30T16:00"]


def test_a_series_made_in_utc_shifts_with_the_clocks(graph: httpx.Client) -> None:
    series = lesson(start="2026-03-23T17:00:00", end="2026-03-23T18:00:00", zone="UTC")
    rule = weekly("monday", start="2026-03-23", recurrenceTimeZone="UTC")
    create(graph, series | {"recurrence": rule})
    assert _starts(_view(graph, "2026-03-20", "2026-04-01")) == ["2026-03-23T18:00", "2026-03-30T19:00"]


def test_a_master_is_returned_with_the_whole_recurrence(graph: httpx.Client) -> None:
    made = create(graph, lesson(recurrence=weekly("Tuesday", start="2026-03-10", end="2026-03-31")))
    assert made["type"] == "seriesMaster"
    assert made["recurrence"] == {
        "pattern": {
            "type": "weekly",
            "interval": 1,
            "month": 0,
            "dayOfMonth": 0,
            "daysOfWeek": ["tuesday"],
            "firstDayOfWeek": "monday",
            "index": "first",
        },
        "range": {
            "type": "endDate",
            "startDate": "2026-03-10",
            "endDate": "2026-03-31",
            "recurrenceTimeZone": "Europe/Zurich",
            "numberOfOccurrences": 0,
        },
    }
    [listed] = graph.get(EVENTS).json()["value"]
    assert listed["id"] == made["id"]


def test_the_start_moves_to_the_first_day_of_the_pattern(graph: httpx.Client) -> None:
    made = create(
        graph, lesson(start="2026-03-10T10:00:00", recurrence=weekly("thursday", start="2026-03-10"))
    )
    assert made["start"]["dateTime"] == "2026-03-12T09:00:00.0000000"
    assert made["end"]["dateTime"] == "2026-03-12T10:00:00.0000000"
    assert made["recurrence"]["range"]["startDate"] == "2026-03-12"


def test_occurrences_know_their_series(graph: httpx.Client) -> None:
    master = create(graph, lesson(recurrence=weekly("tuesday", start="2026-03-10", end="2026-03-24")))
    view = _view(graph, "2026-03-01", "2026-05-01")
    assert [event["type"] for event in view] == ["occurrence"] * 3
    assert {event["seriesMasterId"] for event in view} == {master["id"]}
    assert len({event["id"] for event in view} | {master["id"]}) == 4
    assert len({event["iCalUId"] for event in view} | {master["iCalUId"]}) == 4
    assert view[1]["originalStart"] == "2026-03-17T09:00:00Z"
    for event in view:
        read = graph.get(f"{EVENTS}/{event['id']}", headers={"Prefer": 'outlook.timezone="Europe/Zurich"'})
        assert read.json()["start"] == event["start"]
    params = {"startDateTime": "2026-03-15T00:00:00Z", "endDateTime": "2026-04-01T00:00:00Z"}
    instances = graph.get(f"{EVENTS}/{master['id']}/instances", params=params).json()["value"]
    assert [event["id"] for event in instances] == [event["id"] for event in view[1:]]


def test_one_occurrence_can_be_moved_and_another_deleted(graph: httpx.Client) -> None:
    master = create(graph, lesson(recurrence=weekly("tuesday", start="2026-03-10", end="2026-03-31")))
    view = _view(graph, "2026-03-01", "2026-05-01")
    moved = lesson("Moved", "2026-03-18T14:00:00", "2026-03-18T15:00:00")
    changed = graph.patch(f"{EVENTS}/{view[1]['id']}", json=moved).json()
    assert (changed["type"], changed["subject"], changed["seriesMasterId"]) == (
        "exception",
        "Moved",
        master["id"],
    )
    assert graph.delete(f"{EVENTS}/{view[2]['id']}").status_code == 204
    assert refusal(graph.get(f"{EVENTS}/{view[2]['id']}")) == (404, "ErrorItemNotFound")
    assert _starts(_view(graph, "2026-03-01", "2026-05-01")) == [
        "2026-03-10T10:00",
        "2026-03-18T14:00",
        "2026-03-31T10:00",
    ]
    assert graph.get(f"{EVENTS}/{master['id']}").json()["subject"] == "Lesson"


def test_a_series_can_end_earlier_and_become_a_single_event(graph: httpx.Client) -> None:
    rule = weekly("tuesday", start="2026-03-10")
    address = f"{EVENTS}/{create(graph, lesson(recurrence=rule))['id']}"
    rule["range"] |= {"type": "endDate", "endDate": "2026-03-20"}
    assert graph.patch(address, json={"recurrence": rule}).status_code == 200
    assert len(_view(graph, "2026-03-01", "2026-05-01")) == 2
    single = graph.patch(address, json={"recurrence": None}).json()
    assert (single["type"], single["recurrence"]) == ("singleInstance", None)
    assert len(_view(graph, "2026-03-01", "2026-05-01")) == 1


def test_a_series_moves_with_its_start(graph: httpx.Client) -> None:
    address = f"{EVENTS}/{create(graph, lesson(recurrence=weekly('tuesday', start='2026-03-10')))['id']}"
    later = lesson(start="2026-03-10T15:00:00", end="2026-03-10T16:30:00")
    graph.patch(address, json={"start": later["start"], "end": later["end"]})
    assert _starts(_view(graph, "2026-03-09", "2026-03-23")) == ["2026-03-10T15:00", "2026-03-17T15:00"]


@pytest.mark.parametrize(
    ("pattern", "limits", "code"),
    [
        ({"daysOfWeek": []}, {}, "ErrorPropertyValidationFailure"),
        ({"interval": 0}, {}, "ErrorPropertyValidationFailure"),
        ({"type": None}, {}, "ErrorPropertyValidationFailure"),
        ({"type": "absoluteMonthly"}, {}, "ErrorPropertyValidationFailure"),
        ({"type": "fortnightly"}, {}, "UnableToDeserializePostBody"),
        ({"daysOfWeek": ["mardi"]}, {}, "UnableToDeserializePostBody"),
        ({"every": 2}, {}, "RequestBodyRead"),
        ({}, {"type": "endDate"}, "ErrorPropertyValidationFailure"),
        ({}, {"type": "endDate", "endDate": "2026-03-01"}, "ErrorPropertyValidationFailure"),
        ({}, {"type": "endDate", "endDate": "2026-03-09"}, "ErrorPropertyValidationFailure"),
        ({}, {"type": "numbered"}, "ErrorPropertyValidationFailure"),
        ({}, {"type": "numbered", "numberOfOccurrences": 1000}, "ErrorPropertyValidationFailure"),
        ({}, {"startDate": None}, "ErrorPropertyValidationFailure"),
        ({}, {"startDate": "10/03/2026"}, "UnableToDeserializePostBody"),
        ({}, {"recurrenceTimeZone": "Europe/Nowhere"}, "TimeZoneNotSupportedException"),
        (
            {"daysOfWeek": ["monday"]},
            {"type": "endDate", "endDate": "2026-03-12"},
            "ErrorRecurrenceHasNoOccurrence",
        ),
    ],
)
def test_inconsistent_recurrences_are_refused(
    graph: httpx.Client, pattern: Json, limits: Json, code: str
) -> None:
    rule = weekly("tuesday", start="2026-03-10")
    asked = {"pattern": rule["pattern"] | pattern, "range": rule["range"] | limits}
    assert refusal(graph.post(EVENTS, json=lesson(recurrence=asked))) == (400, code)


def test_an_occurrence_may_not_outlast_the_time_to_the_next(graph: httpx.Client) -> None:
    rule = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "noEnd", "startDate": "2026-03-10"},
    }
    too_long = lesson(end="2026-03-11T10:15:00", recurrence=rule)
    assert refusal(graph.post(EVENTS, json=too_long)) == (400, "ErrorOccurrenceTimeSpanTooBig")
