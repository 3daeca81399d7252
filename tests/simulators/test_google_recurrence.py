"""Series: which lines Google takes, when their instances are, and changes of single instances."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from scheduling_pipeline.simulators.google import recurrence
from tests.simulators.google_calendars import MONDAYS, NEW_YORK, Google, Json, all_day, course, meeting

FIRST, SECOND, THIRD, FOURTH, FIFTH = (
    f"abcde_{day}T130000Z" for day in ("20260907", "20260914", "20260921", "20260928", "20261005")
)
FALL = "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261124T045959Z"
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@pytest.fixture
def google(tmp_path: Path) -> Google:
    return Google(tmp_path)


def starts(instances: list[Json]) -> list[str]:
    return [instance["start"].get("dateTime") or instance["start"]["date"] for instance in instances]


def ids(items: list[Json]) -> list[str]:
    return [item["id"] for item in items]


def test_instances_have_their_series_times_and_fields(google: Google) -> None:
    google.insert(course("Algebra", id="abcde", location="Hall 112"))
    found = google.instances("abcde")
    assert ids(found) == [FIRST, SECOND, THIRD, FOURTH, FIFTH]
    second = found[1]
    assert second["start"] == second["originalStartTime"]
    assert second["start"] == {"dateTime": "2026-09-14T09:00:00-04:00", "timeZone": NEW_YORK}
    assert second["end"]["dateTime"] == "2026-09-14T10:15:00-04:00"
    assert (second["recurringEventId"], second["iCalUID"]) == ("abcde", "abcde@google.com")
    assert (second["summary"], second["location"]) == ("Algebra", "Hall 112")
    assert "recurrence" not in second
    assert google.get(SECOND) == second


def test_the_wall_time_stays_when_the_clocks_change(google: Google) -> None:
    google.insert(course(id="abcde", recurrence=[FALL]))
    found = google.instances("abcde", timeMin="2026-10-20T00:00:00Z", timeMax="2026-11-10T00:00:00Z")
    assert starts(found) == [
        "2026-10-26T09:00:00-04:00",
        "2026-11-02T09:00:00-05:00",
        "2026-11-09T09:00:00-05:00",
    ]
    assert found[1]["id"] == "abcde_20261102T140000Z"


def test_a_late_class_on_the_last_day_depends_on_a_correct_until(google: Google) -> None:
    late = meeting("Seminar", "2026-09-09T20:30:00", "2026-09-09T21:45:00")
    for until, count in (("20260923T235959Z", 2), ("20260924T035959Z", 3)):
        made = google.insert(late | {"recurrence": [f"RRULE:FREQ=WEEKLY;UNTIL={until}"]})
        assert len(google.instances(made["id"])) == count


def test_excluded_and_added_dates(google: Google) -> None:
    lines = [
        MONDAYS,
        f"EXDATE;TZID={NEW_YORK}:20260914T090000,20260921T090000",
        "EXDATE:20260928T130000Z",
        f"RDATE;TZID={NEW_YORK}:20260916T090000",
    ]
    google.insert(course(id="abcde", recurrence=lines))
    assert [start[:10] for start in starts(google.instances("abcde"))] == [
        "2026-09-07",
        "2026-09-16",
        "2026-10-05",
    ]


def test_the_first_date_may_be_excluded_too(google: Google) -> None:
    google.insert(course(id="abcde", recurrence=[MONDAYS, f"EXDATE;TZID={NEW_YORK}:20260907T090000"]))
    assert ids(google.instances("abcde")) == [SECOND, THIRD, FOURTH, FIFTH]
    assert google.refused("GET", f"/calendars/primary/events/{FIRST}") == (404, "notFound")


def test_an_all_day_series(google: Google) -> None:
    lines = ["RRULE:FREQ=DAILY;UNTIL=20261127", "EXDATE;VALUE=DATE:20261126"]
    google.insert(all_day("Break", "2026-11-25", "2026-11-26", id="abcde", recurrence=lines))
    found = google.instances("abcde")
    assert ids(found) == ["abcde_20261125", "abcde_20261127"]
    assert ids(google.instances("abcde", originalStart="2026-11-27")) == ["abcde_20261127"]
    assert (found[1]["start"], found[1]["end"]) == ({"date": "2026-11-27"}, {"date": "2026-11-28"})


@pytest.mark.parametrize(
    "line",
    [
        "FREQ=WEEKLY",
        "RRULE:FREQ=FORTNIGHTLY",
        "RRULE:FREQ=HOURLY",
        "RRULE:BYDAY=MO",
        "RRULE:FREQ=WEEKLY;BYDAY=XX",
        "RRULE:FREQ=WEEKLY;FOO=1",
        "RRULE:FREQ=WEEKLY;FREQ=DAILY",
        "RRULE:FREQ=WEEKLY;COUNT=0",
        "RRULE:FREQ=WEEKLY;INTERVAL=0",
        "RRULE:FREQ=WEEKLY;COUNT=2;UNTIL=20261006T035959Z",
        "RRULE:FREQ=WEEKLY;UNTIL=20261006",
        "RRULE:FREQ=WEEKLY;UNTIL=20261006T035959",
        "RRULE:FREQ=WEEKLY;UNTIL=20261306T035959Z",
        "EXDATE:20260914",
        "EXDATE;VALUE=DATE:20260914",
        "EXDATE;TZID=Eastern:20260914T090000",
        "EXDATE;TZID=America/New_York:20260914T130000Z",
        "EXDATE:",
        "DTSTART:20260907T090000",
        "",
    ],
)
def test_lines_that_no_timed_series_can_have_are_refused(google: Google, line: str) -> None:
    body = course(recurrence=[MONDAYS, line])
    assert google.refused("POST", "/calendars/primary/events", body) == (400, "invalid")


@pytest.mark.parametrize(
    "line", ["RRULE:FREQ=DAILY;UNTIL=20261127T045959Z", "EXDATE;TZID=America/New_York:20261126T000000"]
)
def test_lines_with_times_are_refused_for_all_day_series(google: Google, line: str) -> None:
    body = all_day("Break", "2026-11-25", "2026-11-26", recurrence=[line])
    assert google.refused("POST", "/calendars/primary/events", body) == (400, "invalid")


def test_a_series_needs_a_zone(google: Google) -> None:
    body = course(start={"dateTime": "2026-09-07T09:00:00-04:00"})
    assert google.refused("POST", "/calendars/primary/events", body) == (400, "required")


def test_a_rule_without_an_end_has_an_end(google: Google) -> None:
    google.insert(course(id="abcde", recurrence=["RRULE:FREQ=DAILY"]))
    assert len(google.instances("abcde", maxResults="2500")) == recurrence.MOST_OCCURRENCES


def test_instances_come_in_pages(google: Google) -> None:
    google.insert(course(id="abcde"))
    address = "/calendars/primary/events/abcde/instances"
    first = google.call("GET", address, maxResults="3")
    second = google.call("GET", address, maxResults="3", pageToken=first["nextPageToken"])
    assert ids(first["items"] + second["items"]) == [FIRST, SECOND, THIRD, FOURTH, FIFTH]
    assert second.keys().isdisjoint({"nextPageToken", "nextSyncToken"})


def test_an_instance_is_found_by_its_original_start(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.patch(SECOND, {"start": {"dateTime": "2026-09-14T08:00:00"}})
    assert ids(google.instances("abcde", originalStart="2026-09-14T09:00:00-04:00")) == [SECOND]
    assert google.instances("abcde", originalStart="2026-09-14T08:00:00-04:00") == []


def test_only_a_series_has_instances(google: Google) -> None:
    google.insert(meeting(id="abcde"))
    assert google.refused("GET", "/calendars/primary/events/abcde/instances") == (400, "invalid")
    assert google.refused("GET", "/calendars/primary/events/none/instances") == (404, "notFound")
    assert google.refused("GET", "/calendars/primary/events/abcde_20260907T130000Z") == (404, "notFound")


def test_a_changed_instance_keeps_its_place_in_the_series(google: Google) -> None:
    google.insert(course(id="abcde"))
    change = {"start": {"dateTime": "2026-09-16T14:00:00"}, "end": {"dateTime": "2026-09-16T15:00:00"}}
    changed = google.patch(SECOND, change | {"location": "Hall 7"})
    assert (changed["id"], changed["recurringEventId"], changed["sequence"]) == (SECOND, "abcde", 1)
    assert changed["originalStartTime"]["dateTime"] == "2026-09-14T09:00:00-04:00"
    found = google.instances("abcde")
    assert starts(found)[1] == "2026-09-16T14:00:00-04:00"
    assert [instance.get("location") for instance in found] == [None, "Hall 7", None, None, None]


def test_a_changed_instance_inherits_what_it_does_not_change(google: Google) -> None:
    private = {"private": {"digest": "1"}}
    google.insert(course("Algebra", id="abcde", location="Hall 112", extendedProperties=private))
    google.patch(SECOND, {"location": "Hall 7"})
    google.patch(
        "abcde",
        {"summary": "Geometry", "location": "Hall 9", "extendedProperties": {"private": {"digest": "2"}}},
    )
    second = google.get(SECOND)
    assert (second["summary"], second["location"]) == ("Geometry", "Hall 7")
    assert second["extendedProperties"] == {"private": {"digest": "2"}}


def test_a_field_can_be_missing_in_an_instance_only(google: Google) -> None:
    google.insert(course(id="abcde", location="Hall 112", colorId="7"))
    google.patch(SECOND, {"location": None})
    google.call(
        "PUT",
        f"/calendars/primary/events/{THIRD}",
        meeting("Exam", "2026-09-21T09:00:00", "2026-09-21T12:00:00"),
    )
    found = google.instances("abcde")
    assert [instance.get("location") for instance in found[:3]] == ["Hall 112", None, None]
    assert [instance.get("colorId") for instance in found[:3]] == ["7", "7", None]


def test_an_instance_can_be_deleted_and_brought_back(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.delete(SECOND)
    assert google.refused("DELETE", f"/calendars/primary/events/{SECOND}") == (410, "deleted")
    assert google.get(SECOND)["status"] == "cancelled"
    assert ids(google.instances("abcde")) == [FIRST, THIRD, FOURTH, FIFTH]
    shown = google.instances("abcde", showDeleted="true")
    assert [instance["status"] for instance in shown[:3]] == ["confirmed", "cancelled", "confirmed"]
    google.patch(SECOND, {"status": "confirmed"})
    assert ids(google.instances("abcde")) == [FIRST, SECOND, THIRD, FOURTH, FIFTH]


def test_kept_instances_survive_changes_that_keep_their_start_in_the_series(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.patch(SECOND, {"location": "Hall 7"})
    google.delete(THIRD)
    google.patch("abcde", {"summary": "Geometry", "recurrence": [FALL]})
    found = google.instances("abcde")
    assert ids(found)[:3] == [FIRST, SECOND, FOURTH]
    assert found[1]["location"] == "Hall 7"


def test_kept_instances_vanish_when_the_series_moves(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.patch(SECOND, {"location": "Hall 7"})
    google.delete(THIRD)
    hour_later = {"start": {"dateTime": "2026-09-07T10:00:00"}, "end": {"dateTime": "2026-09-07T11:15:00"}}
    google.patch("abcde", hour_later)
    found = google.instances("abcde", showDeleted="true")
    assert [instance["status"] for instance in found] == ["confirmed"] * 5
    assert not any("location" in instance for instance in found)
    assert google.refused("GET", f"/calendars/primary/events/{SECOND}") == (404, "notFound")


def test_an_excluded_date_takes_its_kept_instance_away(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.patch(SECOND, {"location": "Hall 7"})
    google.patch("abcde", {"recurrence": [MONDAYS, f"EXDATE;TZID={NEW_YORK}:20260914T090000"]})
    assert ids(google.listed()) == ["abcde"]


def test_a_deleted_series_takes_its_instances_along_and_brings_them_back(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.patch(SECOND, {"location": "Hall 7"})
    google.delete(THIRD)
    google.delete("abcde")
    assert google.instances("abcde") == []
    assert google.get(SECOND)["status"] == "cancelled"
    assert google.refused("PATCH", f"/calendars/primary/events/{SECOND}", {"summary": "x"}) == (
        403,
        "forbidden",
    )
    google.patch("abcde", {"status": "confirmed"})
    assert ids(google.instances("abcde")) == [FIRST, SECOND, FOURTH, FIFTH]
    assert google.get(SECOND)["location"] == "Hall 7"


def test_an_instance_cannot_recur(google: Google) -> None:
    google.insert(course(id="abcde"))
    change = {"recurrence": ["RRULE:FREQ=DAILY"]}
    assert google.refused("PATCH", f"/calendars/primary/events/{SECOND}", change) == (400, "invalid")


def test_if_match_guards_instances_and_sees_changes_of_the_series(google: Google) -> None:
    google.insert(course(id="abcde"))
    etag = google.get(SECOND)["etag"]
    google.patch("abcde", {"summary": "Geometry"})
    refusal = google.refused(
        "PATCH", f"/calendars/primary/events/{SECOND}", {"location": "x"}, {"if-match": etag}
    )
    assert refusal == (412, "conditionNotMet")


def test_a_series_can_become_a_single_event(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.delete(SECOND)
    assert "recurrence" not in google.patch("abcde", {"recurrence": None})
    assert ids(google.listed(showDeleted="true")) == ["abcde"]


@st.composite
def series(draw: st.DrawFn) -> tuple[datetime, list[str]]:
    """A weekly series over a change of the clocks, with excluded dates."""
    zone = draw(st.sampled_from(["America/New_York", "Europe/Zurich", "Australia/Sydney", "UTC"]))
    first = draw(st.dates(date(2026, 1, 1), date(2026, 12, 1)))
    at = draw(st.times(time(4), time(23, 30)))
    start = datetime.combine(first, at.replace(second=0, microsecond=0), ZoneInfo(zone))
    days = sorted(draw(st.sets(st.integers(0, 6), max_size=3)) | {first.weekday()})
    last = first + timedelta(days=draw(st.integers(0, 150)))
    until = datetime.combine(last, time(23, 59, 59), ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
    interval = draw(st.integers(1, 3))
    week = ",".join(WEEKDAYS[day] for day in days)
    lines = [f"RRULE:FREQ=WEEKLY;INTERVAL={interval};BYDAY={week};UNTIL={until:%Y%m%dT%H%M%SZ}"]
    excluded = [start + timedelta(days=offset) for offset in draw(st.sets(st.integers(0, 150), max_size=4))]
    lines += [f"EXDATE;TZID={zone}:{moment:%Y%m%dT%H%M%S}" for moment in excluded]
    return start, lines


@given(series())
def test_instances_are_those_that_another_library_finds(case: tuple[datetime, list[str]]) -> None:
    start, lines = case
    zone = str(start.tzinfo)
    begin = (
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}" if zone == "UTC" else f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}"
    )
    lines = [line.replace("TZID=UTC:", "TZID=Etc/UTC:") for line in lines]
    text = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:x", begin, *lines, "END:VEVENT", "END:VCALENDAR"]
    events = recurring_ical_events.of(Calendar.from_ical("\r\n".join(text))).between(
        date(2025, 12, 1), date(2027, 12, 1)
    )
    expected = sorted(event["DTSTART"].dt.astimezone(ZoneInfo("UTC")) for event in events)
    found = recurrence.starts({"dateTime": start.isoformat(), "timeZone": zone}, lines)
    assert [
        moment.astimezone(ZoneInfo("UTC")) for moment in found if isinstance(moment, datetime)
    ] == expected
