"""Events one at a time: creating, reading, changing, deleting, bringing back, and what Google refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.simulators.google_calendars import ADA, BRUNO, NEW_YORK, Google, Json, all_day, course, meeting


@pytest.fixture
def google(tmp_path: Path) -> Google:
    return Google(tmp_path)


def test_an_event_is_returned_as_google_returns_it(google: Google) -> None:
    calendar = google.calendar()
    body = meeting(
        "Algebra",
        id="alge0bra1",
        location="Hall 112",
        description="Dr. Ines Moser",
        colorId="7",
        visibility="private",
    )
    event = google.insert(body, calendar)
    assert event == {
        "kind": "calendar#event",
        "etag": event["etag"],
        "id": "alge0bra1",
        "status": "confirmed",
        "htmlLink": event["htmlLink"],
        "created": "2026-03-02T05:00:00.000Z",
        "updated": "2026-03-02T05:00:00.000Z",
        "summary": "Algebra",
        "description": "Dr. Ines Moser",
        "location": "Hall 112",
        "colorId": "7",
        "visibility": "private",
        "creator": {"email": ADA},
        "organizer": {"email": calendar, "displayName": "Courses", "self": True},
        "start": {"dateTime": "2026-09-07T09:00:00-04:00", "timeZone": NEW_YORK},
        "end": {"dateTime": "2026-09-07T10:15:00-04:00", "timeZone": NEW_YORK},
        "iCalUID": "alge0bra1@google.com",
        "sequence": 0,
        "reminders": {"useDefault": True},
        "eventType": "default",
    }
    assert event["etag"].startswith('"')
    assert event["htmlLink"].startswith("https://www.google.com/calendar/event?eid=")
    assert google.get("alge0bra1", calendar) == event
    answer = google.reply("GET", f"/calendars/{calendar}/events/alge0bra1")
    assert answer.headers["ETag"] == event["etag"]


def test_an_event_without_an_id_gets_one(google: Google) -> None:
    first, second = google.insert(meeting()), google.insert(meeting())
    assert first["id"] != second["id"]
    assert first["iCalUID"] == f"{first['id']}@google.com"


@pytest.mark.parametrize("good", ["abcde", "0123456789", "v" * 1024])
def test_ids_are_base32hex(google: Google, good: str) -> None:
    assert google.insert(meeting(id=good))["id"] == good


@pytest.mark.parametrize("bad", ["abcd", "w1234", "Abcde", "abc-de", "a_b_c", "é1234", "v" * 1025])
def test_other_ids_are_refused(google: Google, bad: str) -> None:
    assert google.refused("POST", "/calendars/primary/events", meeting(id=bad)) == (400, "invalid")


def test_an_id_serves_once_in_each_calendar(google: Google) -> None:
    calendar = google.calendar()
    google.insert(meeting(id="abcde"))
    google.insert(meeting(id="abcde"), calendar)
    assert google.refused("POST", "/calendars/primary/events", meeting(id="abcde")) == (409, "duplicate")


def test_a_deleted_event_holds_its_id_and_can_be_brought_back(google: Google) -> None:
    google.insert(meeting("Algebra", id="abcde"))
    google.delete("abcde")
    assert google.get("abcde")["status"] == "cancelled"
    assert google.listed() == []
    assert google.refused("POST", "/calendars/primary/events", meeting(id="abcde")) == (409, "duplicate")
    assert google.refused("DELETE", "/calendars/primary/events/abcde") == (410, "deleted")
    back = google.patch("abcde", {"status": "confirmed"})
    assert (back["status"], back["summary"]) == ("confirmed", "Algebra")
    assert [event["id"] for event in google.listed()] == ["abcde"]


def test_a_put_brings_a_deleted_event_back(google: Google) -> None:
    google.insert(meeting("Algebra", id="abcde"))
    google.delete("abcde")
    back = google.call("PUT", "/calendars/primary/events/abcde", meeting("Geometry", status="confirmed"))
    assert (back["status"], back["summary"]) == ("confirmed", "Geometry")


def test_a_patch_of_a_deleted_event_leaves_it_deleted(google: Google) -> None:
    google.insert(meeting(id="abcde"))
    google.delete("abcde")
    assert google.patch("abcde", {"summary": "Geometry"})["status"] == "cancelled"


def test_an_unknown_event_is_not_found(google: Google) -> None:
    for method in ("GET", "DELETE", "PATCH"):
        assert google.refused(method, "/calendars/primary/events/abcde", {}) == (404, "notFound")


def test_each_write_changes_etag_sequence_and_time_of_change(google: Google) -> None:
    first = google.insert(meeting(id="abcde"))
    second = google.patch("abcde", {"summary": "Geometry"})
    google.wait(hours=1)
    google.delete("abcde")
    third = google.get("abcde")
    assert len({event["etag"] for event in (first, second, third)}) == 3
    assert [event["sequence"] for event in (first, second, third)] == [0, 1, 2]
    assert first["updated"] < second["updated"] < third["updated"] == "2026-03-02T06:00:00.000Z"
    assert first["created"] == third["created"]


def test_reminders_are_no_change_of_the_event(google: Google) -> None:
    first = google.insert(meeting(id="abcde"))
    overrides = [{"method": "popup", "minutes": 30}]
    second = google.patch("abcde", {"reminders": {"useDefault": False, "overrides": overrides}})
    assert second["reminders"] == {"useDefault": False, "overrides": overrides}
    assert second["updated"] == first["updated"]
    assert second["etag"] != first["etag"]


def test_reminders_are_each_persons_own(google: Google) -> None:
    calendar = google.calendar()
    google.share(calendar, BRUNO, "writer")
    google.insert(meeting(id="abcde", reminders={"useDefault": False}), calendar)
    assert google.get("abcde", calendar)["reminders"] == {"useDefault": False}
    assert google.by(BRUNO).get("abcde", calendar)["reminders"] == {"useDefault": True}


def test_default_reminders_replace_own_ones(google: Google) -> None:
    own = {"useDefault": False, "overrides": [{"method": "email", "minutes": 60}]}
    google.insert(meeting(id="abcde", reminders=own))
    assert google.patch("abcde", {"reminders": {"useDefault": True}})["reminders"] == {"useDefault": True}


@pytest.mark.parametrize(
    ("reminders", "reason"),
    [
        (
            {"useDefault": True, "overrides": [{"method": "popup", "minutes": 5}]},
            "cannotUseDefaultRemindersAndSpecifyOverride",
        ),
        ({"useDefault": False, "overrides": [{"method": "sms", "minutes": 5}]}, "invalid"),
        ({"useDefault": False, "overrides": [{"method": "popup", "minutes": 40321}]}, "invalid"),
        ({"useDefault": False, "overrides": [{"method": "popup"}]}, "invalid"),
        (
            {"useDefault": False, "overrides": [{"method": "popup", "minutes": n} for n in range(6)]},
            "invalid",
        ),
    ],
)
def test_reminders_that_google_does_not_have_are_refused(
    google: Google, reminders: Json, reason: str
) -> None:
    assert google.refused("POST", "/calendars/primary/events", meeting(reminders=reminders)) == (400, reason)


def test_if_match_guards_every_write(google: Google) -> None:
    old = google.insert(meeting(id="abcde"))["etag"]
    new = google.patch("abcde", {"summary": "Geometry"}, headers={"if-match": old})["etag"]
    address = "/calendars/primary/events/abcde"
    for method, body in (("PATCH", {"summary": "Lost"}), ("PUT", meeting("Lost")), ("DELETE", None)):
        assert google.refused(method, address, body, headers={"if-match": old}) == (412, "conditionNotMet")
    assert google.get("abcde")["summary"] == "Geometry"
    google.patch("abcde", {"summary": "Any"}, headers={"if-match": "*"})
    google.delete("abcde", headers={"if-match": google.get("abcde")["etag"]})
    assert new != old


def test_if_none_match_saves_reading_again(google: Google) -> None:
    etag = google.insert(meeting(id="abcde"))["etag"]
    address = "/calendars/primary/events/abcde"
    answer = google.reply("GET", address, headers={"if-none-match": etag})
    assert (answer.status, answer.body) == (304, None)
    google.patch("abcde", {"summary": "Geometry"})
    assert google.reply("GET", address, headers={"if-none-match": etag}).status == 200


def test_a_patch_merges(google: Google) -> None:
    private = {"owner": "timetable", "digest": "1"}
    google.insert(
        meeting("Algebra", id="abcde", location="Hall 112", extendedProperties={"private": private})
    )
    change = {
        "location": None,
        "extendedProperties": {"private": {"digest": "2", "owner": None, "kind": "class"}},
    }
    event = google.patch("abcde", change)
    assert "location" not in event
    assert event["summary"] == "Algebra"
    assert event["extendedProperties"] == {"private": {"digest": "2", "kind": "class"}}


def test_a_patch_of_the_start_keeps_its_zone(google: Google) -> None:
    google.insert(meeting(id="abcde"))
    event = google.patch("abcde", {"start": {"dateTime": "2026-09-07T08:30:00"}})
    assert event["start"] == {"dateTime": "2026-09-07T08:30:00-04:00", "timeZone": NEW_YORK}


def test_a_put_replaces(google: Google) -> None:
    made = google.insert(
        meeting("Algebra", id="abcde", location="Hall 112", colorId="5", reminders={"useDefault": False})
    )
    event = google.call("PUT", "/calendars/primary/events/abcde", meeting("Geometry"))
    assert event["summary"] == "Geometry"
    assert event.keys().isdisjoint({"location", "colorId"})
    assert event["reminders"] == {"useDefault": True}
    assert (event["created"], event["iCalUID"], event["creator"]) == (
        made["created"],
        made["iCalUID"],
        made["creator"],
    )


def test_a_put_of_what_was_read_changes_nothing_but_its_version(google: Google) -> None:
    made = google.insert(course("Algebra", id="abcde", location="Hall 112"))
    again = google.call("PUT", "/calendars/primary/events/abcde", made)
    changing = {"etag", "sequence", "updated"}
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in made.items() if k not in changing
    }


def test_a_put_of_an_old_state_is_noticed_by_its_sequence(google: Google) -> None:
    old = google.insert(meeting(id="abcde"))
    google.patch("abcde", {"summary": "Geometry"})
    assert google.refused("PUT", "/calendars/primary/events/abcde", old) == (400, "invalid")
    assert google.refused("PATCH", "/calendars/primary/events/abcde", old) == (400, "invalid")


def test_fields_that_only_google_sets_are_ignored(google: Google) -> None:
    google.insert(meeting(id="abcde"))
    event = google.patch(
        "abcde", {"htmlLink": "x", "creator": {"email": BRUNO}, "id": "other", "etag": '"1"'}
    )
    assert (event["id"], event["creator"]) == ("abcde", {"email": ADA, "self": True})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"sumary": "x"}, "sumary"),
        ({"colorId": 5}, "colorId"),
        ({"start": {"datetime": "2026-09-07T09:00:00"}}, "datetime"),
        ({"reminders": {"overrides": [{"minutes": "5"}]}}, "overrides[0].minutes"),
        ({"extendedProperties": {"private": {"digest": 1}}}, "digest"),
        ({"recurrence": "RRULE:FREQ=DAILY"}, "recurrence"),
    ],
)
def test_a_body_that_the_schema_does_not_allow_is_refused_by_name(
    google: Google, change: Json, named: str
) -> None:
    google.insert(meeting(id="abcde"))
    with pytest.raises(Exception, match="badRequest") as caught:
        google.patch("abcde", change)
    assert named in str(caught.value)


@pytest.mark.parametrize("color", ["0", "12", "blue"])
def test_there_are_eleven_colors(google: Google, color: str) -> None:
    assert google.refused("POST", "/calendars/primary/events", meeting(colorId=color)) == (400, "invalid")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"end": {"dateTime": "2026-09-07T08:59:59", "timeZone": NEW_YORK}}, "timeRangeEmpty"),
        ({"end": {"date": "2026-09-08"}}, "invalid"),
        ({"end": {}}, "required"),
        ({"start": None}, "required"),
        ({"start": {"dateTime": "2026-09-07T09:00:00"}}, "required"),
        ({"start": {"dateTime": "2026-09-07 09:00"}}, "invalid"),
        ({"start": {"dateTime": "2026-13-07T09:00:00Z"}}, "invalid"),
        ({"start": {"date": "2026-09-07", "dateTime": "2026-09-07T09:00:00Z"}}, "invalid"),
        ({"start": {"dateTime": "2026-09-07T09:00:00", "timeZone": "Eastern"}}, "invalid"),
        (all_day("Break", "2026-09-08", "2026-09-08"), "timeRangeEmpty"),
        (all_day("Break", "2026-9-8", "2026-9-9"), "invalid"),
        ({"status": "gone"}, "invalid"),
        ({"transparency": "glass"}, "invalid"),
        ({"attendees": [{"displayName": "Bruno"}]}, "invalid"),
        ({"start": {"timeZone": NEW_YORK}}, "required"),
        (all_day("Break", "2026-02-30", "2026-03-01"), "invalid"),
    ],
)
def test_an_event_needs_good_times_and_values(google: Google, change: Json, reason: str) -> None:
    body: dict[str, Any] = meeting() | change
    assert google.refused("POST", "/calendars/primary/events", body) == (400, reason)


def test_a_meeting_of_no_length_is_allowed(google: Google) -> None:
    google.insert(meeting(end="2026-09-07T09:00:00"))


def test_a_patch_cannot_make_a_timed_event_all_day_halfway(google: Google) -> None:
    google.insert(meeting(id="abcde"))
    halfway = {"start": {"date": "2026-09-07"}, "end": {"date": "2026-09-08"}}
    assert google.refused("PATCH", "/calendars/primary/events/abcde", halfway) == (400, "invalid")
    nothing = {"dateTime": None, "timeZone": None}
    event = google.patch("abcde", {name: edge | nothing for name, edge in halfway.items()})
    assert (event["start"], event["end"]) == ({"date": "2026-09-07"}, {"date": "2026-09-08"})


def test_times_are_shown_in_the_calendars_zone_or_the_asked_one(google: Google) -> None:
    calendar = google.calendar(zone="Europe/Zurich")
    google.insert(meeting(id="abcde"), calendar)
    assert google.get("abcde", calendar)["start"] == {
        "dateTime": "2026-09-07T15:00:00+02:00",
        "timeZone": NEW_YORK,
    }
    assert google.get("abcde", calendar, timeZone="UTC")["start"]["dateTime"] == "2026-09-07T13:00:00Z"
    assert google.refused("GET", f"/calendars/{calendar}/events/abcde", timeZone="Nowhere") == (
        400,
        "invalid",
    )


def test_a_single_event_with_an_offset_needs_no_zone(google: Google) -> None:
    calendar = google.calendar(zone=NEW_YORK)
    times = {"start": {"dateTime": "2026-09-07T13:00:00Z"}, "end": {"dateTime": "2026-09-07T16:00:00+02:00"}}
    event = google.insert(times, calendar)
    assert event["start"] == {"dateTime": "2026-09-07T09:00:00-04:00", "timeZone": NEW_YORK}
    assert event["end"]["dateTime"] == "2026-09-07T10:00:00-04:00"


def test_extended_properties_have_limits(google: Google) -> None:
    private = {"k" * 44: "v" * 1025, "k" * 45: "dropped"}
    event = google.insert(meeting(extendedProperties={"private": private}))
    assert event["extendedProperties"] == {"private": {"k" * 44: "v" * 1024}}
    many = {"private": {f"key{number}": "" for number in range(301)}}
    assert google.refused("POST", "/calendars/primary/events", meeting(extendedProperties=many)) == (
        400,
        "invalid",
    )


def test_send_updates_takes_three_values(google: Google) -> None:
    for value in ("all", "externalOnly", "none"):
        google.insert(meeting(), sendUpdates=value)
    address = "/calendars/primary/events"
    assert google.refused("POST", address, meeting(), sendUpdates="nobody") == (400, "invalid")
    assert google.refused("POST", address, meeting(), sendupdates="none") == (400, "badRequest")


def test_a_service_account_invites_nobody(google: Google) -> None:
    guests = meeting(attendees=[{"email": BRUNO}])
    assert google.insert(guests)["attendees"] == [{"email": BRUNO, "responseStatus": "needsAction"}]
    robot = google.by(google.settings.service_account)
    assert robot.refused("POST", "/calendars/primary/events", guests) == (403, "forbiddenForServiceAccounts")


def test_a_partial_reply_has_only_what_was_asked(google: Google) -> None:
    google.insert(meeting("Algebra", id="abcde"))
    assert google.get("abcde", fields="id,start/timeZone") == {"id": "abcde", "start": {"timeZone": NEW_YORK}}
    page = google.page(fields="items(id,summary),nextPageToken")
    assert page == {"items": [{"id": "abcde", "summary": "Algebra"}]}
    assert google.page(fields="items/id") == {"items": [{"id": "abcde"}]}
    assert google.get("abcde", fields="id/value") == {"id": "abcde"}
    for bad in ("items(id", "items)", "items//id", "a b", "items(,)", "id!"):
        assert google.refused("GET", "/calendars/primary/events", fields=bad) == (400, "invalid")


def test_attachments_are_ignored_unless_the_client_knows_them(google: Google) -> None:
    body = meeting(attachments=[{"fileUrl": "https://files.example/1"}])
    assert "attachments" not in google.insert(body)
    refusal = google.refused("POST", "/calendars/primary/events", body, supportsAttachments="true")
    assert refusal == (501, "notImplemented")


def test_a_parameter_stands_once(google: Google) -> None:
    twice = ["none", "all"]
    assert google.refused("POST", "/calendars/primary/events", meeting(), sendUpdates=twice) == (
        400,
        "invalid",
    )


def test_an_import_is_found_again_by_its_uid(google: Google) -> None:
    address = "/calendars/primary/events/import"
    first = google.call(
        "POST", address, meeting("Feed", iCalUID="term@feed", organizer={"email": "feed@x.example"})
    )
    second = google.call("POST", address, meeting("Feed, changed", iCalUID="term@feed"))
    assert first["organizer"] == {"email": "feed@x.example"}
    assert (second["id"], second["summary"]) == (first["id"], "Feed, changed")
    google.delete(first["id"])
    assert google.call("POST", address, meeting("Feed", iCalUID="term@feed"))["status"] == "confirmed"
    assert google.refused("POST", address, meeting()) == (400, "required")


def test_a_uid_serves_once_too(google: Google) -> None:
    google.insert(meeting(iCalUID="term@feed"))
    address = "/calendars/primary/events"
    assert google.refused("POST", address, meeting(iCalUID="term@feed")) == (409, "duplicate")
    assert google.refused("POST", address, meeting(id="abcde", iCalUID="x@feed")) == (400, "invalid")


def test_a_moved_event_leaves_a_cancelled_one_behind(google: Google) -> None:
    calendar = google.calendar()
    google.insert(course(id="abcde"))
    google.delete("abcde_20260914T130000Z")
    moved = google.call("POST", "/calendars/primary/events/abcde/move", destination=calendar)
    assert moved["organizer"]["email"] == calendar
    assert google.get("abcde")["status"] == "cancelled"
    assert len(google.instances("abcde", calendar)) == 4
    address = f"/calendars/{calendar}/events/abcde_20260907T130000Z/move"
    assert google.refused("POST", address, destination="primary") == (400, "cannotMoveInstance")
    assert google.refused("POST", f"/calendars/{calendar}/events/abcde/move") == (400, "required")
    address = "/calendars/primary/events/abcde/move"
    assert google.refused("POST", address, destination=calendar) == (403, "forbidden")
    google.patch("abcde", {"status": "confirmed"})
    assert google.refused("POST", address, destination=calendar) == (409, "duplicate")


def test_what_is_not_simulated_is_said(google: Google) -> None:
    assert google.refused("POST", "/freeBusy", {}) == (501, "notImplemented")
    assert google.refused("POST", "/calendars/primary/events", meeting(eventType="focusTime")) == (
        501,
        "notImplemented",
    )
    assert google.refused("GET", "/nowhere") == (404, "notFound")


def test_events_survive_a_restart(google: Google) -> None:
    calendar = google.calendar()
    google.insert(course(id="abcde", reminders={"useDefault": False}), calendar)
    google.patch("abcde_20260914T130000Z", {"location": "Hall 7"}, calendar)
    google.delete("abcde_20260921T130000Z", calendar)
    before = google.page(calendar, showDeleted="true")
    google.restart()
    after = google.page(calendar, showDeleted="true")
    assert after["items"] == before["items"]
    assert google.insert(meeting(), calendar)["etag"] not in {item["etag"] for item in after["items"]}


def test_an_address_is_unquoted(google: Google) -> None:
    google.insert(meeting(id="abcde"))
    assert google.get("abcde", "ada.frey%40college.example")["id"] == "abcde"
