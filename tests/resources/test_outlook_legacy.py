"""Events of older scripts are known by their exact shape; everything else is somebody's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from resources.graph_wire import Json
from resources.outlook_legacy import LegacyEvent, legacy_events, tag_events
from scheduling_pipeline.calendars.model import Tag, WeeklyRule
from scheduling_pipeline.calendars.provider import Cause, Done, Rejected, Unreadable
from scheduling_pipeline.simulators.school import Account
from scheduling_pipeline.timetable.model import Kind
from tests.resources.tenant import MONDAY, SCOPE, ZURICH, Tenant, create, lesson, open_tenant, series

TIMES: Json = {
    "start": {"dateTime": "2026-03-02T09:00:00", "timeZone": "Europe/Zurich"},
    "end": {"dateTime": "2026-03-02T10:30:00", "timeZone": "Europe/Zurich"},
    "showAs": "busy",
    "isReminderOn": False,
}
PATTERN: Json = {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday"}
NO_END: Json = {"type": "noEnd", "startDate": "2026-03-02", "recurrenceTimeZone": "Europe/Zurich"}
CLASS: Json = {**TIMES, "subject": "Teaching", "recurrence": {"pattern": PATTERN, "range": NO_END}}
LESSON: Json = {**TIMES, "subject": "Private: VAD - VIP Adults", "categories": ["VAD - VIP Adults"]}


PEOPLE = [Account(f"Ana Martel{n}", "Ana", f"Martel{n}", f"ana{n}@school.example") for n in range(40)]


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    with open_tenant(tmp_path_factory.mktemp("tenant"), PEOPLE) as opened:
        yield opened


@pytest.fixture(scope="module")
def _calendars(tenant: Tenant) -> Iterator[str]:
    return iter(tenant.ids)


@pytest.fixture
def calendar(_calendars: Iterator[str]) -> str:
    """An empty one: each test has a calendar of its own."""
    return next(_calendars)


def found(tenant: Tenant, calendar: str, kind: Kind) -> list[LegacyEvent]:
    listing = legacy_events(tenant.client, [calendar], kind, ZURICH)[calendar]
    assert isinstance(listing, list)
    return listing


def test_a_class_of_the_older_script_is_recognised(tenant: Tenant, calendar: str) -> None:
    tenant.write("POST", calendar, "/events", CLASS)
    (event,) = found(tenant, calendar, Kind.METHOD)
    assert (event.content.summary, event.content.dtstart) == ("Teaching", MONDAY)
    assert event.content.rrule == WeeklyRule()
    assert event.content.zone == ZURICH


@pytest.mark.parametrize(
    ("subject", "category"),
    [
        ("Private: VAD - VIP Adults", "VAD - VIP Adults"),
        ("Private: VAD - VIP Adults (Online)", "VAD - VIP Adults"),
        ("Private: XYZ - Private Lesson", "XYZ - Private Lesson"),
    ],
)
def test_a_private_lesson_of_the_older_script_is_recognised(
    tenant: Tenant, calendar: str, subject: str, category: str
) -> None:
    tenant.write("POST", calendar, "/events", {**LESSON, "subject": subject, "categories": [category]})
    (event,) = found(tenant, calendar, Kind.PRIVATE)
    assert event.content == lesson(subject, location="", categories=(category,))


@pytest.mark.parametrize(
    "difference",
    [
        {"subject": "Teaching notes"},
        {"subject": "teaching"},
        {"showAs": "tentative"},
        {"isReminderOn": True},
        {"location": {"displayName": "at home"}},
        {"body": {"contentType": "text", "content": "chapter 3"}},
        {"attendees": [{"emailAddress": {"address": "guest@school.example"}, "type": "required"}]},
        {"categories": ["Green"]},
        {"recurrence": None},
        {"recurrence": {"pattern": PATTERN | {"interval": 2}, "range": NO_END}},
        {"recurrence": {"pattern": PATTERN | {"daysOfWeek": ["monday", "friday"]}, "range": NO_END}},
        {"recurrence": {"pattern": PATTERN, "range": NO_END | {"type": "endDate", "endDate": "2026-06-29"}}},
    ],
)
def test_whatever_differs_from_an_old_class_is_somebodys_own(
    tenant: Tenant, calendar: str, difference: dict[str, Any]
) -> None:
    tenant.write("POST", calendar, "/events", CLASS | difference)
    assert found(tenant, calendar, Kind.METHOD) == []


@pytest.mark.parametrize(
    "difference",
    [
        {"subject": "Private: dentist"},
        {"subject": "Private: VAD - VIP Adults, moved"},
        {"categories": []},
        {"categories": ["VAD - VIP Adults", "Green"]},
        {"location": {"displayName": "SFS1"}},
        {"recurrence": {"pattern": PATTERN, "range": NO_END}},
    ],
)
def test_whatever_differs_from_an_old_lesson_is_somebodys_own(
    tenant: Tenant, calendar: str, difference: dict[str, Any]
) -> None:
    tenant.write("POST", calendar, "/events", LESSON | difference)
    assert found(tenant, calendar, Kind.PRIVATE) == []


def test_our_own_events_are_not_legacy(tenant: Tenant, calendar: str) -> None:
    tenant.stand(create(calendar, content=series()))
    tenant.stand(create(calendar, content=lesson(location="")))
    assert found(tenant, calendar, Kind.METHOD) == found(tenant, calendar, Kind.PRIVATE) == []


def test_a_tagged_event_is_ours_and_otherwise_unchanged(tenant: Tenant, calendar: str) -> None:
    tenant.write("POST", calendar, "/events", CLASS)
    (legacy,) = found(tenant, calendar, Kind.METHOD)
    tag = Tag(SCOPE, "monday", "monday-0900", 1)
    (outcome,) = tag_events(tenant.client, [(legacy, tag)])
    assert isinstance(outcome, Done)
    listing = tenant.outlook.list_owned([calendar], SCOPE)[calendar]
    assert isinstance(listing, list)
    (owned,) = listing
    assert (owned.tag, owned.provider_id, owned.etag) == (tag, legacy.provider_id, outcome.etag)
    assert owned.content.to_json() == legacy.content.to_json()
    assert found(tenant, calendar, Kind.METHOD) == []


def test_an_event_that_changed_since_it_was_read_is_not_tagged(tenant: Tenant, calendar: str) -> None:
    tenant.write("POST", calendar, "/events", LESSON)
    (legacy,) = found(tenant, calendar, Kind.PRIVATE)
    tenant.write("PATCH", calendar, f"/events/{legacy.provider_id}", {"subject": "Dentist"})
    (outcome,) = tag_events(tenant.client, [(legacy, Tag(SCOPE, None, "0000001", 1))])
    assert isinstance(outcome, Rejected)
    assert outcome.cause is Cause.CONFLICT


def test_many_events_of_one_calendar_are_tagged_at_its_pace(tenant: Tenant, calendar: str) -> None:
    for day in range(2, 12):
        times = {
            name: {"dateTime": f"{date(2026, 3, day)}T{hour}:00:00", "timeZone": "Europe/Zurich"}
            for name, hour in (("start", 10), ("end", 11))
        }
        tenant.write("POST", calendar, "/events", LESSON | times)
    adopted = [
        (event, Tag(SCOPE, None, f"{n:07}", 1))
        for n, event in enumerate(found(tenant, calendar, Kind.PRIVATE))
    ]
    assert len(adopted) == 10
    assert all(isinstance(outcome, Done) for outcome in tag_events(tenant.client, adopted))
    assert {call["status"] for call in tenant.calls("PATCH", of=calendar)} == {200}  # nothing was throttled


def test_a_calendar_that_cannot_be_read_is_not_one_without_old_events(tenant: Tenant, calendar: str) -> None:
    tenant.settings.unlicensed = {PEOPLE[tenant.ids.index(calendar)].upn}
    listing = legacy_events(tenant.client, [calendar], Kind.METHOD, ZURICH)[calendar]
    assert isinstance(listing, Unreadable)


def test_other_kinds_of_agendas_never_had_a_script(tenant: Tenant, calendar: str) -> None:
    with pytest.raises(ValueError, match="junior"):
        legacy_events(tenant.client, [calendar], Kind.JUNIOR, ZURICH)
