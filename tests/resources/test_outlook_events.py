"""Events to Graph's JSON and back, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.graph_wire import Json
from resources.outlook_events import (
    SCOPE,
    TAG,
    ZONE,
    changed,
    content_of,
    created,
    has_property,
    query,
    tag_of,
)
from scheduling_pipeline.calendars.model import EventContent, Tag, WeeklyRule
from tests.resources.tenant import MONDAY, ZURICH, lesson, series

A_TAG = Tag("vip-private", None, "0000001", 1)
LONDON = ZoneInfo("Europe/London")


def read(**changes: Any) -> Json:  # noqa: ANN401 - properties of an event
    """An event as Graph shows it with times in UTC."""
    event: Json = {
        "@odata.etag": 'W/"1"',
        "id": "AAkALg1",
        "subject": "Teaching",
        "start": {"dateTime": "2026-03-02T08:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-03-02T10:00:00.0000000", "timeZone": "UTC"},
        "originalStartTimeZone": "W. Europe Standard Time",
        "recurrence": None,
        "location": {"displayName": "R4", "locationType": "default"},
        "categories": [],
        "singleValueExtendedProperties": [
            {"id": TAG, "value": str(A_TAG)},
            {"id": ZONE, "value": "Europe/Zurich"},
        ],
    }
    return event | changes


def weekly(limits: Json, **pattern: Any) -> Json:  # noqa: ANN401 - properties of a pattern
    usual: Json = {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday"}
    return {"pattern": usual | pattern, "range": {"recurrenceTimeZone": "W. Europe Standard Time"} | limits}


NO_END: Json = {"type": "noEnd", "startDate": "2026-03-02", "endDate": "0001-01-01"}


def test_a_lesson_is_written_in_its_own_zone_busy_and_without_anybody_invited() -> None:
    body = created("user-1", A_TAG, lesson())
    assert body.pop("transactionId")
    assert body == {
        "subject": "Private: VAD - VIP Adults",
        "start": {"dateTime": "2026-03-02T09:00:00", "timeZone": "W. Europe Standard Time"},
        "end": {"dateTime": "2026-03-02T10:30:00", "timeZone": "W. Europe Standard Time"},
        "showAs": "busy",
        "isReminderOn": False,
        "location": {"displayName": "SFS1"},
        "categories": ("VAD - VIP Adults",),
        "singleValueExtendedProperties": [
            {"id": TAG, "value": "vip-private//0000001/1"},
            {"id": SCOPE, "value": "vip-private"},
            {"id": ZONE, "value": "Europe/Zurich"},
        ],
    }


@pytest.mark.parametrize(
    ("until", "limits"),
    [
        (None, {"type": "noEnd"}),
        (date(2026, 6, 29), {"type": "endDate", "endDate": "2026-06-29"}),
    ],
)
def test_a_series_recurs_weekly_in_its_own_zone(until: date | None, limits: Json) -> None:
    assert created("user-1", A_TAG, series(rule=WeeklyRule(until)))["recurrence"] == {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday"},
        "range": {"startDate": "2026-03-02", "recurrenceTimeZone": "W. Europe Standard Time", **limits},
    }


def test_the_transaction_id_is_the_same_for_the_same_write_and_no_other() -> None:
    def transaction(calendar: str, tag: Tag) -> str:
        return str(created(calendar, tag, lesson())["transactionId"])

    same = transaction("user-1", A_TAG)
    assert same == transaction("user-1", A_TAG)
    others = {transaction("user-2", A_TAG), transaction("user-1", replace(A_TAG, generation=2))}
    assert same not in others
    assert len(others) == 2


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, set()),
        ({"summary": "Private: VAD - VIP Adults (Online)"}, {"subject"}),
        ({"location": ""}, {"location"}),
        ({"categories": ()}, {"categories"}),
        ({"dtend": MONDAY + timedelta(hours=2)}, {"end"}),
        ({"dtstart": MONDAY - timedelta(hours=1)}, {"start"}),
        ({"rrule": WeeklyRule()}, {"recurrence"}),
    ],
)
def test_an_update_sends_only_what_differs(change: dict[str, Any], fields: set[str]) -> None:
    assert changed(lesson(), replace(lesson(), **change)).keys() == fields


def test_a_series_that_ends_sends_its_recurrence_alone() -> None:
    body = changed(series(), series(rule=WeeklyRule(date(2026, 6, 29))))
    assert body.keys() == {"recurrence"}
    assert body["recurrence"]["range"]["endDate"] == "2026-06-29"


def test_a_series_that_moves_sends_start_end_and_recurrence_together() -> None:
    body = changed(series(), series(MONDAY + timedelta(days=1)))
    assert body.keys() == {"start", "end", "recurrence"}
    assert body["recurrence"]["pattern"]["daysOfWeek"] == ["tuesday"]
    assert body["recurrence"]["range"]["startDate"] == "2026-03-03"


def test_a_series_that_becomes_a_single_event_loses_its_recurrence() -> None:
    assert changed(series(), replace(series(), rrule=None)) == {"recurrence": None}


def test_a_change_of_zone_alone_is_a_change_of_times() -> None:
    there = lesson(start=MONDAY.replace(hour=8, tzinfo=LONDON))
    assert changed(lesson(), there).keys() == {"start", "end", "singleValueExtendedProperties"}


def test_an_event_is_read_in_the_zone_it_was_written_in() -> None:
    content = content_of(read())
    assert content == EventContent("Teaching", MONDAY, MONDAY + timedelta(hours=2), None, "R4")
    assert content.zone == ZURICH


def test_an_event_that_was_moved_to_another_zone_is_read_in_that_one() -> None:
    content = content_of(read(originalStartTimeZone="GMT Standard Time"))
    assert (content.zone.key, content.dtstart.hour) == ("Europe/London", 8)


def test_a_zone_that_only_outlook_knows_leaves_the_one_we_wrote() -> None:
    assert content_of(read(originalStartTimeZone="tzone://Microsoft/Custom")).zone == ZURICH


def test_an_event_of_others_is_read_in_the_zone_that_its_windows_name_usually_means() -> None:
    event = read(singleValueExtendedProperties=[])
    assert content_of(event, ZURICH).zone == ZURICH
    assert content_of(event).zone.key == "Europe/Berlin"
    with pytest.raises(ValueError, match="time zone"):
        content_of(event | {"originalStartTimeZone": "tzone://Microsoft/Custom"})


@pytest.mark.parametrize(
    ("recurrence", "rule"),
    [
        (weekly(NO_END), WeeklyRule()),
        (weekly(NO_END | {"type": "endDate", "endDate": "2026-06-29"}), WeeklyRule(date(2026, 6, 29))),
        (weekly(NO_END | {"type": "numbered", "numberOfOccurrences": 3}), WeeklyRule(date(2026, 3, 16))),
    ],
)
def test_a_weekly_series_is_read_with_its_end(recurrence: Json, rule: WeeklyRule) -> None:
    assert content_of(read(recurrence=recurrence)).rrule == rule


@pytest.mark.parametrize(
    "recurrence",
    [
        weekly(NO_END, interval=2),
        weekly(NO_END, daysOfWeek=["monday", "thursday"]),
        weekly(NO_END, daysOfWeek=["tuesday"]),
        weekly(NO_END, type="daily", daysOfWeek=[]),
    ],
)
def test_a_pattern_of_somebodys_own_differs_from_ours_and_is_not_over(recurrence: Json) -> None:
    found = content_of(read(recurrence=recurrence))
    assert found.rrule != WeeklyRule()
    assert found.last_start is not None
    assert found.last_start > datetime(2100, 1, 1, tzinfo=ZURICH)


def test_an_event_made_to_last_no_time_is_still_read() -> None:
    event = read()
    content = content_of(event | {"end": event["start"]})
    assert content.dtend - content.dtstart == timedelta(minutes=1)


def test_an_event_with_our_tag_is_ours() -> None:
    assert tag_of(read()) == A_TAG


def test_an_event_without_our_tag_is_nobody_elses_business() -> None:
    assert tag_of(read(singleValueExtendedProperties=[])) is None
    with pytest.raises(ValueError, match="not enough values"):
        tag_of(read(singleValueExtendedProperties=[{"id": TAG, "value": "something else"}]))


def test_a_condition_may_hold_any_text() -> None:
    condition = has_property(SCOPE, "l'été & co")
    assert condition.endswith("p/value eq 'l''été & co')")
    options = query(condition).split("&")
    assert [option.partition("=")[0] for option in options] == ["$filter", "$select", "$expand", "$top"]
    assert unquote(options[0].partition("=")[2]) == condition


@given(st.text(), st.text())
def test_what_is_the_same_is_never_sent(summary: str, location: str) -> None:
    content = replace(lesson(), summary=summary, location=location)
    assert changed(content, content) == {}
