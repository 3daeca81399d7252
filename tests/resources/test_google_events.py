"""Events to Google's JSON and back, without a server."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.google_events import SCOPE, TAG, ZONE, changed, content_of, created, event_id, tag_of
from resources.google_wire import Json
from scheduling_pipeline.calendars.model import EventContent, Tag, WeeklyRule
from tests.resources.college import MONDAY, NEW_YORK, course

CALENDAR = "c_5e1f@group.calendar.google.com"
A_TAG = Tag("courses", None, "class-202710-10001-1", 1)
CHATHAM = ZoneInfo("Pacific/Chatham")


def read(**changes: Any) -> Json:  # noqa: ANN401 - properties of an event
    """A class as Google shows it."""
    event: Json = {
        "kind": "calendar#event",
        "etag": '"3543"',
        "id": event_id(CALENDAR, A_TAG),
        "status": "confirmed",
        "summary": "Linear Algebra",
        "start": {"dateTime": "2026-09-07T09:00:00-04:00", "timeZone": "America/New_York"},
        "end": {"dateTime": "2026-09-07T10:15:00-04:00", "timeZone": "America/New_York"},
        "reminders": {"useDefault": True},
        "extendedProperties": {
            "private": {TAG: str(A_TAG), SCOPE: "courses", ZONE: "America/New_York"},
        },
    }
    return event | changes


def holiday(**changes: Any) -> EventContent:  # noqa: ANN401 - fields of an EventContent
    """Two whole days."""
    midnight = datetime(2026, 11, 26, tzinfo=NEW_YORK)
    content = EventContent("Thanksgiving - No Classes", midnight, midnight + timedelta(days=2), all_day=True)
    return replace(content, **changes)


@st.composite
def contents(draw: st.DrawFn) -> EventContent:
    """Any content that we could write."""
    zone = ZoneInfo(draw(st.sampled_from(["America/New_York", "Europe/Zurich", "Pacific/Chatham", "UTC"])))
    first = draw(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
    all_day = draw(st.booleans())
    if all_day:
        start = datetime.combine(first, time.min, zone)
        end = start + timedelta(days=draw(st.integers(1, 20)))
    else:
        start = datetime.combine(first, time(draw(st.integers(4, 23)), draw(st.integers(0, 59))), zone)
        end = start + timedelta(minutes=draw(st.integers(1, 24 * 60)))
    rules = st.builds(
        lambda weeks, skipped: WeeklyRule(
            weeks and first + timedelta(weeks=weeks), frozenset(first + timedelta(weeks=n) for n in skipped)
        ),
        st.none() | st.integers(1, 40),
        st.sets(st.integers(0, 40), max_size=4),
    )
    minutes = st.sets(st.integers(-40_000, 40_000), max_size=5)
    return EventContent(
        summary=draw(st.text()),
        dtstart=start,
        dtend=end,
        rrule=draw(st.none() | rules),
        location=draw(st.text()),
        all_day=all_day,
        description=draw(st.text()),
        color=draw(st.sampled_from(["", "5", "7", "11"])),
        reminders=draw(st.none() | minutes.map(lambda found: tuple(sorted(found, reverse=True)))),
    )


def test_a_class_is_written_in_its_own_zone_and_without_anybody_invited() -> None:
    assert created(CALENDAR, A_TAG, course()) == {
        "id": event_id(CALENDAR, A_TAG),
        "summary": "Linear Algebra",
        "location": "Wilder Hall 101",
        "description": "Noa Bergman\nnoa.bergman@college.example",
        "start": {"dateTime": "2026-09-07T09:00:00", "timeZone": "America/New_York"},
        "end": {"dateTime": "2026-09-07T10:15:00", "timeZone": "America/New_York"},
        "recurrence": [
            "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261110T045959Z",
            "EXDATE;TZID=America/New_York:20260921T090000",
        ],
        "colorId": "7",
        "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 30}]},
        "extendedProperties": {
            "private": {
                "schedulingPipelineTag": "courses//class-202710-10001-1/1",
                "schedulingPipelineScope": "courses",
                "schedulingPipelineZone": "America/New_York",
            }
        },
    }


def test_whole_days_are_written_as_dates() -> None:
    body = created(CALENDAR, A_TAG, holiday())
    assert (body["start"], body["end"]) == ({"date": "2026-11-26"}, {"date": "2026-11-28"})
    assert body["reminders"] == {"useDefault": True}
    assert body.keys().isdisjoint({"location", "description", "colorId", "recurrence"})


def test_the_id_is_one_that_google_takes_and_the_same_for_the_same_event_alone() -> None:
    same = event_id(CALENDAR, A_TAG)
    assert re.fullmatch("[a-v0-9]{5,1024}", same)
    assert same == event_id(CALENDAR, A_TAG)
    assert same not in {event_id("another", A_TAG), event_id(CALENDAR, replace(A_TAG, generation=2))}


@given(contents())
def test_what_was_written_is_read_as_it_was_meant(content: EventContent) -> None:
    found = content_of(created(CALENDAR, A_TAG, content))
    assert found == content
    assert found.content_hash == content.content_hash


@given(contents())
def test_what_is_the_same_is_never_sent(content: EventContent) -> None:
    assert changed(content, content) == {}


@given(contents(), contents())
def test_a_patch_turns_one_content_into_another(before: EventContent, after: EventContent) -> None:
    standing = patched(created(CALENDAR, A_TAG, before), changed(before, after))
    found = content_of(standing)
    assert found == after
    assert found.zone.key == after.zone.key


def patched(resource: Json, patch: Json) -> Json:
    """JSON merge patch (RFC 7396), which is what Google does."""
    merged = dict(resource)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            merged[name] = patched(merged.get(name, {}), value)
        else:
            merged[name] = value
    return merged


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, set()),
        ({"summary": "Linear Algebra II"}, {"summary"}),
        ({"location": ""}, {"location"}),
        ({"description": ""}, {"description"}),
        ({"color": ""}, {"colorId"}),
        ({"reminders": None}, {"reminders"}),
        ({"reminders": ()}, {"reminders"}),
        ({"dtend": MONDAY + timedelta(hours=2)}, {"start", "end", "recurrence"}),
        ({"dtstart": MONDAY - timedelta(hours=1)}, {"start", "end", "recurrence"}),
        ({"rrule": WeeklyRule()}, {"start", "end", "recurrence"}),
        ({"rrule": None}, {"start", "end", "recurrence"}),
    ],
)
def test_an_update_sends_only_what_differs_and_what_goes_with_it(
    change: dict[str, Any], fields: set[str]
) -> None:
    assert changed(course(), replace(course(), **change)).keys() == fields


def test_a_single_event_that_moves_sends_no_recurrence() -> None:
    exam = course(rrule=None)
    assert changed(exam, replace(exam, dtend=exam.dtend + timedelta(hours=1))).keys() == {"start", "end"}


def test_19_no_reminders_and_the_calendars_own_are_told_apart() -> None:
    assert changed(course(), course(reminders=()))["reminders"] == {"useDefault": False, "overrides": []}
    assert changed(course(), course(reminders=None))["reminders"] == {"useDefault": True, "overrides": None}


def test_a_timed_event_that_becomes_whole_days_loses_its_times() -> None:
    body = changed(course(rrule=None), holiday())
    assert body["start"] == {"date": "2026-11-26", "dateTime": None, "timeZone": None}


def test_the_same_wall_time_in_another_zone_is_a_change_of_times() -> None:
    there = course(MONDAY.replace(tzinfo=CHATHAM))
    body = changed(course(), there)
    assert body.keys() == {"start", "end", "recurrence", "extendedProperties"}
    assert body["extendedProperties"] == {"private": {ZONE: "Pacific/Chatham"}}


def test_an_event_is_read_on_the_clocks_of_the_zone_it_is_in() -> None:
    utc = read(start={"dateTime": "2026-09-07T13:00:00Z"}, end={"dateTime": "2026-09-07T14:15:00Z"})
    for event in (read(), utc):
        assert (content_of(event).dtstart, content_of(event).zone) == (MONDAY, NEW_YORK)
    moved = {"timeZone": "Pacific/Chatham"}
    there = content_of(read(start=read()["start"] | moved, end=read()["end"] | moved))
    assert there.zone == CHATHAM


@pytest.mark.parametrize("name", ["GMT+02:00", "", "../etc", "Nowhere/Land"])
def test_a_zone_that_nobody_knows_leaves_the_one_we_wrote(name: str) -> None:
    assert content_of(read(start=read()["start"] | {"timeZone": name})).zone == NEW_YORK


@pytest.mark.parametrize(
    "recurrence",
    [
        ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"],
        ["RRULE:FREQ=WEEKLY;BYDAY=MO,TH"],
        ["RRULE:FREQ=DAILY"],
        ["RRULE:FREQ=WEEKLY;BYDAY=MO", "RDATE;TZID=America/New_York:20260909T090000"],
        ["a line that is none"],
    ],
)
def test_a_rule_of_somebodys_own_differs_from_all_of_ours_and_can_be_written_again(
    recurrence: list[str],
) -> None:
    found = content_of(read(recurrence=recurrence))
    assert found.rrule is not None
    assert found.rrule.other
    assert found != replace(found, rrule=WeeklyRule())
    again = content_of(created(CALENDAR, A_TAG, found))
    assert again.rrule == found.rrule


def test_a_reminder_by_email_differs_from_all_of_ours_and_can_be_written_again() -> None:
    overrides = [{"method": "email", "minutes": 0}, {"method": "popup", "minutes": 0}]
    found = content_of(read(reminders={"useDefault": False, "overrides": overrides}))
    assert found.reminders == (0, -1)
    written = created(CALENDAR, A_TAG, found)["reminders"]["overrides"]
    assert sorted(written, key=str) == sorted(overrides, key=str)


def test_reminders_are_read_in_one_order() -> None:
    overrides = [{"method": "popup", "minutes": count} for count in (15, 1440, 60)]
    assert content_of(read(reminders={"overrides": overrides})).reminders == (1440, 60, 15)


@pytest.mark.parametrize("day", ["2026-09-07", "2026-11-01"])
def test_an_event_made_to_last_no_time_is_still_read(day: str) -> None:
    moment = {"dateTime": f"{day}T01:30:00-04:00", "timeZone": "America/New_York"}
    content = content_of(read(start=moment, end=moment))
    assert content.dtend - content.dtstart == timedelta(minutes=1)
    whole = content_of(read(start={"date": day}, end={"date": day}))
    assert whole.dtend - whole.dtstart == timedelta(days=1)


def test_an_event_that_somebody_emptied_is_still_read() -> None:
    event = read()
    del event["summary"], event["reminders"]
    content = content_of(event)
    assert (content.summary, content.reminders) == ("", None)


def test_an_event_with_our_tag_is_ours() -> None:
    assert tag_of(read()) == A_TAG
    assert tag_of(read(extendedProperties={"shared": {TAG: str(A_TAG)}})) is None
    with pytest.raises(ValueError, match="not enough values"):
        tag_of(read(extendedProperties={"private": {TAG: "something else"}}))
