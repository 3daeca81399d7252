"""Clients that nobody here wrote work with the simulated Google: a whole life of a course calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httplib2
import orjson
import pytest
from gcsa.calendar import CalendarListEntry
from gcsa.event import Event
from gcsa.google_calendar import GoogleCalendar
from gcsa.reminders import PopupReminder
from google.auth.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import Resource, build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError

from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.google_calendars import MONDAYS, NEW_YORK, Json, course, meeting
from tests.simulators.google_client import ADA, consent, person, robot

SECOND = "abcde_20260914T130000Z"
THIRD = "abcde_20260921T130000Z"


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Simulators]:
    with Simulators(tmp_path / "simulators") as running:
        yield running


def service(google: Simulators, credentials: Credentials) -> Any:  # noqa: ANN401 - made at run time
    """Google's own client; nothing but the address is not as it comes."""
    document = orjson.loads(get_static_doc("calendar", "v3"))
    document |= {"rootUrl": f"{google.google_url}/", "baseUrl": f"{google.google_url}/calendar/v3/"}
    web = httplib2.Http(ca_certs=str(google.ca_file), proxy_info=None, timeout=10)
    built: Resource = build_from_document(document, http=AuthorizedHttp(credentials, http=web))
    return built


@pytest.fixture
def owner(google: Simulators) -> Any:  # noqa: ANN401
    """The service account's client."""
    return service(google, robot(google))


@pytest.fixture
def student(google: Simulators) -> Any:  # noqa: ANN401
    """Ada's client."""
    return service(google, person(google, consent(google, ADA)))


@pytest.fixture
def calendar(owner: Any, student: Any) -> str:  # noqa: ANN401
    """The id of a calendar that the service account made for Ada, who has it on her list."""
    made: str = owner.calendars().insert(body={"summary": "Courses", "timeZone": NEW_YORK}).execute()["id"]
    rule = {"scope": {"type": "user", "value": ADA}, "role": "owner"}
    owner.acl().insert(calendarId=made, body=rule, sendNotifications=False).execute()
    student.calendarList().insert(body={"id": made, "selected": True, "colorId": "7"}).execute()
    return made


def refusal(request: Any) -> tuple[int, str]:  # noqa: ANN401
    """Status and reason of what Google's client makes of a refusal."""
    with pytest.raises(HttpError) as caught:
        request.execute()
    return caught.value.status_code, caught.value.error_details[0]["reason"]


def test_google_client_makes_and_shares_a_calendar(owner: Any, student: Any, calendar: str) -> None:  # noqa: ANN401
    entries = student.calendarList().list().execute()["items"]
    assert [(entry["id"], entry["accessRole"]) for entry in entries] == [(ADA, "owner"), (calendar, "owner")]
    rules = owner.acl().list(calendarId=calendar).execute()["items"]
    assert [rule["role"] for rule in rules] == ["owner", "owner"]
    owner.calendars().delete(calendarId=calendar).execute()
    assert refusal(student.calendars().get(calendarId=calendar)) == (404, "notFound")


def test_google_client_lives_with_a_series(student: Any, calendar: str) -> None:  # noqa: ANN401
    events = student.events()
    made = events.insert(calendarId=calendar, body=course(id="abcde"), sendUpdates="none").execute()
    assert refusal(events.insert(calendarId=calendar, body=course(id="abcde"))) == (409, "duplicate")

    change = events.patch(calendarId=calendar, eventId="abcde", body={"location": "Hall 7"})
    change.headers["If-Match"] = made["etag"]
    assert change.execute()["location"] == "Hall 7"
    assert refusal(change) == (412, "conditionNotMet")

    events.patch(calendarId=calendar, eventId=SECOND, body={"summary": "Exam"}).execute()
    events.delete(calendarId=calendar, eventId=THIRD).execute()
    instances = events.instances(calendarId=calendar, eventId="abcde", showDeleted=True).execute()["items"]
    assert [(item["summary"], item["status"]) for item in instances[:3]] == [
        ("Algebra", "confirmed"),
        ("Exam", "confirmed"),
        ("Algebra", "cancelled"),
    ]

    events.delete(calendarId=calendar, eventId="abcde").execute()
    assert refusal(events.delete(calendarId=calendar, eventId="abcde")) == (410, "deleted")
    again = events.patch(calendarId=calendar, eventId="abcde", body={"status": "confirmed"}).execute()
    assert again["recurrence"] == [MONDAYS]


def test_google_client_follows_pages_and_changes(student: Any, calendar: str) -> None:  # noqa: ANN401
    events = student.events()
    for number in range(5):
        events.insert(calendarId=calendar, body=meeting(id=f"event{number}")).execute()
    request, found, page = events.list(calendarId=calendar, maxResults=2), [], {}
    while request is not None:
        page = request.execute()
        found += [item["id"] for item in page["items"]]
        request = events.list_next(request, page)
    assert found == [f"event{number}" for number in range(5)]
    events.delete(calendarId=calendar, eventId="event3").execute()
    changes = events.list(calendarId=calendar, syncToken=page["nextSyncToken"]).execute()["items"]
    assert [(item["id"], item["status"]) for item in changes] == [("event3", "cancelled")]
    assert refusal(events.list(calendarId=calendar, syncToken="old")) == (410, "fullSyncRequired")


def test_google_client_sends_batches(student: Any, calendar: str) -> None:  # noqa: ANN401
    answers: dict[str, tuple[Json | None, HttpError | None]] = {}

    def note(request_id: str, answer: Json | None, error: HttpError | None) -> None:
        answers[request_id] = answer, error

    batch = student.new_batch_http_request(callback=note)
    for number in range(10):
        batch.add(
            student.events().insert(calendarId=calendar, body=meeting(id=f"event{number}"), quotaUser="ada"),
            request_id=f"insert {number}",
        )
    batch.add(student.events().delete(calendarId=calendar, eventId="event0"), request_id="delete")
    batch.add(student.events().delete(calendarId=calendar, eventId="none0"), request_id="in vain")
    batch.execute()
    assert answers["in vain"][1] is not None
    assert answers["in vain"][1].status_code == 404
    assert [request for request, (_, error) in answers.items() if error] == ["in vain"]
    assert answers["insert 4"][0] is not None
    assert answers["insert 4"][0]["id"] == "event4"
    remaining = student.events().list(calendarId=calendar, fields="items(id)").execute()["items"]
    assert len(remaining) == 9


@pytest.fixture
def simple(google: Simulators, student: Any, calendar: str) -> GoogleCalendar:  # noqa: ANN401
    """gcsa, pointed at the simulator by giving it Google's client for that address."""
    found = GoogleCalendar(calendar, credentials=person(google, consent(google, ADA)))
    found.service = student
    return found


def test_gcsa_lives_with_a_series(simple: GoogleCalendar) -> None:
    zone = ZoneInfo(NEW_YORK)
    made = simple.add_event(
        Event(
            "Algebra",
            start=datetime(2026, 9, 7, 9, tzinfo=zone),
            end=datetime(2026, 9, 7, 10, 15, tzinfo=zone),
            timezone=NEW_YORK,
            event_id="abcde",
            recurrence=[MONDAYS],
            reminders=[PopupReminder(minutes_before_start=30)],
            color_id="7",
        )
    )
    assert (made.event_id, made.start) == ("abcde", datetime(2026, 9, 7, 9, tzinfo=zone))
    made.summary = "Geometry"
    assert simple.update_event(made).summary == "Geometry"

    window = (date(2026, 9, 1), date(2026, 12, 1))
    [series] = simple.get_events(*window, timezone=NEW_YORK)
    assert series.recurrence == [MONDAYS]
    instances = list(simple.get_instances("abcde", *window, timezone=NEW_YORK))
    assert [instance.start.day for instance in instances] == [7, 14, 21, 28, 5]

    simple.delete_event(instances[1])
    single = simple.get_events(*window, order_by="startTime", single_events=True, timezone=NEW_YORK)
    assert [instance.event_id for instance in single] == [
        instance.event_id for instance in (instances[0], *instances[2:])
    ]
    simple.delete_event("abcde")
    assert list(simple.get_events(*window, timezone=NEW_YORK)) == []


def test_gcsa_knows_calendars_and_rules(simple: GoogleCalendar, calendar: str) -> None:
    assert simple.get_calendar().summary == "Courses"
    entry = simple.get_calendar_list_entry(calendar)
    assert isinstance(entry, CalendarListEntry)
    assert (entry.access_role, entry.color_id) == ("owner", "7")
    assert {rule.role for rule in simple.get_acl_rules()} == {"owner"}
