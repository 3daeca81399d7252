"""Single events: creating, reading, changing and deleting, and what Outlook refuses."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import (
    ADA,
    BRUNO,
    EVENTS,
    IMMUTABLE,
    TAG,
    Json,
    create,
    lesson,
    refusal,
    tagged,
)


def test_an_event_is_returned_as_outlook_returns_it(simulators: Simulators, graph: httpx.Client) -> None:
    answer = graph.post(EVENTS, json=lesson(location={"displayName": "Room 1"}, showAs="Busy"))
    event = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(event["id"])
    assert event["@odata.context"].startswith(simulators.graph_url + "/$metadata#users(")
    assert event["@odata.etag"] == f'W/"{event["changeKey"]}"'
    assert event["start"] == {"dateTime": "2026-03-10T09:00:00.0000000", "timeZone": "UTC"}
    assert event["originalStartTimeZone"] == "Europe/Zurich"
    assert (event["type"], event["showAs"], event["isReminderOn"]) == ("singleInstance", "busy", True)
    assert event["locations"] == [event["location"]]
    assert event["createdDateTime"] == event["lastModifiedDateTime"] == "2026-03-02T05:00:00.0000000Z"
    assert event["organizer"]["emailAddress"]["address"] == ADA
    assert graph.get(f"{EVENTS}/{event['id']}").json() == event


def test_every_reply_can_be_traced(graph: httpx.Client) -> None:
    answer = graph.get(EVENTS, headers={"client-request-id": "mine"})
    assert answer.headers["request-id"]
    assert answer.headers["client-request-id"] == "mine"


@pytest.mark.parametrize("path", ["/calendar/events", "/events", "/calendars/{id}/events"])
def test_events_can_be_made_at_each_address(graph: httpx.Client, path: str) -> None:
    calendar = graph.get(f"/users/{ADA}/calendar").json()
    made = create(graph, lesson(), path=f"/users/{ADA}" + path.format(id=calendar["id"]))
    for address in ("/events", "/calendar/events", f"/calendars/{calendar['id']}/events"):
        assert graph.get(f"/users/{ADA}{address}/{made['id']}").json()["id"] == made["id"]
    assert graph.get(f"/users/{BRUNO}/events").json()["value"] == []


def test_replies_are_in_the_preferred_zone(graph: httpx.Client) -> None:
    made = create(graph, lesson())
    prefer = {"Prefer": 'outlook.timezone="W. Europe Standard Time", IdType="ImmutableId", return=minimal'}
    answer = graph.get(f"{EVENTS}/{made['id']}", headers=prefer)
    assert answer.json()["start"] == {
        "dateTime": "2026-03-10T10:00:00.0000000",
        "timeZone": "W. Europe Standard Time",
    }
    applied = answer.headers["Preference-Applied"]
    assert applied == 'outlook.timezone="W. Europe Standard Time", IdType="ImmutableId"'


def test_windows_and_iana_names_mean_the_same(graph: httpx.Client) -> None:
    windows = create(graph, lesson(zone="W. Europe Standard Time"))
    assert windows["start"] == create(graph, lesson(zone="Europe/Berlin"))["start"]


def test_an_unknown_zone_is_refused(graph: httpx.Client) -> None:
    expected = (400, "TimeZoneNotSupportedException")
    assert refusal(graph.post(EVENTS, json=lesson(zone="Europe/Nowhere"))) == expected
    for path in (EVENTS, "/users"):
        prefer = {"Prefer": 'outlook.timezone="Middle Earth Standard Time"'}
        assert refusal(graph.get(path, headers=prefer)) == expected


def test_a_patch_changes_what_it_names_and_nothing_else(simulators: Simulators, graph: httpx.Client) -> None:
    made = create(graph, lesson(categories=["Blue"], location={"displayName": "Room 1"}, importance="high"))
    simulators.clock.advance(timedelta(minutes=5))
    changed = graph.patch(f"{EVENTS}/{made['id']}", json={"subject": "Other", "importance": None}).json()
    different = {name for name in made if made[name] != changed[name]}
    assert different == {"subject", "importance", "changeKey", "@odata.etag", "lastModifiedDateTime"}
    assert (changed["subject"], changed["importance"]) == ("Other", "normal")
    cleared = graph.patch(f"{EVENTS}/{made['id']}", json={"location": None, "categories": None}).json()
    assert (cleared["location"]["displayName"], cleared["categories"]) == ("", [])


def test_a_stale_etag_is_refused(graph: httpx.Client) -> None:
    made = create(graph, lesson())
    address, stale = f"{EVENTS}/{made['id']}", {"If-Match": made["@odata.etag"]}
    assert graph.patch(address, json={"subject": "First"}, headers=stale).status_code == 200
    for answer in (
        graph.patch(address, json={"subject": "Second"}, headers=stale),
        graph.delete(address, headers=stale),
    ):
        assert refusal(answer) == (412, "ErrorIrresolvableConflict")
    assert graph.get(address).json()["subject"] == "First"
    assert graph.patch(address, json={"subject": "Third"}, headers={"If-Match": "*"}).status_code == 200


def test_a_deleted_event_is_gone(graph: httpx.Client) -> None:
    address = f"{EVENTS}/{create(graph, lesson())['id']}"
    assert graph.delete(address).status_code == 204
    for answer in (graph.get(address), graph.delete(address), graph.patch(address, json={})):
        assert refusal(answer) == (404, "ErrorItemNotFound")
    assert refusal(graph.get(f"{EVENTS}/not-an-id")) == (400, "ErrorInvalidIdMalformed")


def test_the_same_transaction_is_not_done_twice(graph: httpx.Client) -> None:
    body = lesson(transactionId="one")
    made = create(graph, body)
    assert create(graph, body)["id"] == made["id"]
    assert len(graph.get(EVENTS).json()["value"]) == 1
    spent = (409, "ErrorDuplicateTransactionId")
    assert refusal(graph.post(EVENTS, json=body | {"subject": "Other"})) == spent
    graph.delete(f"{EVENTS}/{made['id']}")
    assert refusal(graph.post(EVENTS, json=body)) == spent
    elsewhere = create(graph, body, path=f"/users/{BRUNO}/events")
    assert elsewhere["transactionId"] == "one"


def test_extended_properties_are_shown_only_when_expanded(graph: httpx.Client) -> None:
    made = create(graph, lesson(singleValueExtendedProperties=tagged("a")))
    assert "singleValueExtendedProperties" not in made
    address = f"{EVENTS}/{made['id']}"
    assert "singleValueExtendedProperties" not in graph.get(address).json()
    assert _expanded(graph, address) == tagged("a")
    other = {"id": "String {66F5A359-4659-4830-9070-00047EC6AC6E} Name Other", "value": "b"}
    graph.patch(address, json={"singleValueExtendedProperties": [other]})
    graph.patch(address, json={"singleValueExtendedProperties": tagged("c")})
    assert _expanded(graph, address, f"id eq '{TAG}' or id eq '{other['id']}'") == [
        {"id": TAG, "value": "c"},
        {"id": "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Other", "value": "b"},
    ]


def _expanded(graph: httpx.Client, address: str, condition: str = f"id eq '{TAG}'") -> list[Json]:
    expand = {"$expand": f"singleValueExtendedProperties($filter={condition})", "$select": "subject"}
    found: list[Json] = graph.get(address, params=expand).json()["singleValueExtendedProperties"]
    return found


def test_ordinary_ids_change_with_the_calendar_and_immutable_ones_do_not(
    simulators: Simulators, web: httpx.Client, graph: httpx.Client
) -> None:
    fixed = create(graph, lesson(), headers=IMMUTABLE)["id"]
    ordinary = graph.get(f"{EVENTS}/{fixed}").json()["id"]
    assert ordinary != fixed
    calendar = graph.post(f"/users/{ADA}/calendars", json={"name": "Private"}).json()
    origin = simulators.graph_url.removesuffix("/v1.0")
    asked = {"mailbox": ADA, "event": ordinary, "calendar": calendar["id"]}
    assert web.post(f"{origin}/control/move", json=asked).status_code == 200
    assert refusal(graph.get(f"{EVENTS}/{ordinary}")) == (404, "ErrorItemNotFound")
    moved = graph.get(f"{EVENTS}/{fixed}", headers=IMMUTABLE).json()
    assert moved["id"] == fixed
    assert graph.get(f"/users/{ADA}/calendar/events").json()["value"] == []
    [listed] = graph.get(f"/users/{ADA}/calendars/{calendar['id']}/events").json()["value"]
    assert listed["id"] not in (fixed, ordinary)


def test_an_all_day_event_is_the_same_day_everywhere(graph: httpx.Client) -> None:
    day = lesson("Holiday", "2026-05-01T00:00:00", "2026-05-02T00:00:00", isAllDay=True)
    made = create(graph, day, headers={"Prefer": 'outlook.timezone="Pacific Standard Time"'})
    assert made["start"]["dateTime"] == "2026-05-01T00:00:00.0000000"
    wrong = lesson("Holiday", "2026-05-01T08:00:00", "2026-05-02T00:00:00", isAllDay=True)
    assert refusal(graph.post(EVENTS, json=wrong)) == (400, "ErrorPropertyValidationFailure")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": "x"}, "RequestBodyRead"),
        ({"start": {"dateTime": "2026-03-10T10:00:00", "zone": "UTC"}}, "RequestBodyRead"),
        ({"isAllDay": "yes"}, "RequestBodyRead"),
        ({"subject": 7}, "RequestBodyRead"),
        ({"showAs": "occupied"}, "UnableToDeserializePostBody"),
        ({"start": {"dateTime": "10.3.2026 10:00", "timeZone": "UTC"}}, "UnableToDeserializePostBody"),
        ({"start": None}, "ErrorPropertyValidationFailure"),
        ({"start": {"timeZone": "UTC"}}, "ErrorPropertyValidationFailure"),
        (
            {"end": {"dateTime": "2026-03-10T09:59:00", "timeZone": "Europe/Zurich"}},
            "ErrorCalendarEndDateIsEarlierThanStartDate",
        ),
        ({"singleValueExtendedProperties": [{"id": "Lesson", "value": "x"}]}, "ErrorInvalidExtendedProperty"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(graph: httpx.Client, change: Json, code: str) -> None:
    assert refusal(graph.post(EVENTS, json=lesson() | change)) == (400, code)
    assert graph.get(EVENTS).json()["value"] == []


def test_the_error_names_the_property_and_its_type(graph: httpx.Client) -> None:
    body = lesson(location={"displayname": "Room 1"})
    message = graph.post(EVENTS, json=body).json()["error"]["message"]
    assert message.startswith("The property 'displayname' does not exist on type 'microsoft.graph.location'.")


def test_an_event_that_was_read_can_be_sent_back(graph: httpx.Client) -> None:
    read = create(graph, lesson(body={"contentType": "HTML", "content": "<p>Bring the book</p>"}))
    copy = create(graph, read, path=f"/users/{BRUNO}/events")
    assert copy["id"] != read["id"]
    assert copy["iCalUId"] != read["iCalUId"]
    assert (copy["body"], copy["bodyPreview"]) == (read["body"], "Bring the book")


def test_broken_json_and_empty_bodies_are_refused(graph: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert refusal(graph.post(EVENTS, content=b"{", headers=headers)) == (400, "BadRequest")
    assert refusal(graph.post(EVENTS, headers=headers)) == (400, "RequestBodyRead")


def test_what_is_not_simulated_is_said_openly(graph: httpx.Client) -> None:
    assert graph.post(EVENTS, json=lesson(attachments=[{"name": "x"}])).status_code == 501
    assert graph.get(EVENTS, params={"$search": "x"}).status_code == 501


def test_addresses_and_methods_that_lead_nowhere(graph: httpx.Client) -> None:
    assert refusal(graph.get(f"/users/{ADA}/messages")) == (400, "BadRequest")
    assert refusal(graph.put(EVENTS, json={})) == (405, "UnsupportedMethod")
