"""Calendars and the lists on which people have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulators.google_calendars import ADA, BRUNO, NEW_YORK, Google, Json, course, meeting

LIST = "/users/me/calendarList"


@pytest.fixture
def google(tmp_path: Path) -> Google:
    return Google(tmp_path)


def entries(google: Google, **query: str) -> list[str]:
    return [entry["id"] for entry in google.call("GET", LIST, None, None, **query)["items"]]


def test_everybody_has_a_primary_calendar(google: Google) -> None:
    bruno = google.by(BRUNO)
    calendar = bruno.call("GET", "/calendars/primary")
    assert (calendar["id"], calendar["summary"], calendar["timeZone"]) == (BRUNO, BRUNO, "UTC")
    assert bruno.call("GET", f"/calendars/{BRUNO}") == calendar
    entry = bruno.call("GET", f"{LIST}/primary")
    assert (entry["primary"], entry["accessRole"]) == (True, "owner")
    event = bruno.insert(meeting())
    assert event["creator"] == event["organizer"] == {"email": BRUNO, "self": True}


def test_a_calendar_is_owned_by_who_made_it(google: Google) -> None:
    body = {"summary": "Courses", "description": "Fall 2026", "timeZone": NEW_YORK}
    calendar = google.call("POST", "/calendars", body)
    assert calendar == {
        "kind": "calendar#calendar",
        "etag": calendar["etag"],
        "id": calendar["id"],
        "dataOwner": ADA,
        **body,
    }
    assert calendar["id"].endswith("@group.calendar.google.com")
    assert google.call("GET", f"/calendars/{calendar['id']}") == calendar
    entry = google.call("GET", f"{LIST}/{calendar['id']}")
    assert (entry["kind"], entry["accessRole"]) == ("calendar#calendarListEntry", "owner")
    assert (entry["summary"], entry["timeZone"], entry["selected"]) == ("Courses", NEW_YORK, True)
    assert "primary" not in entry


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "required"),
        ({"summary": ""}, "required"),
        ({"summary": "x", "timeZone": "Eastern"}, "invalid"),
        ({"summary": "x", "title": "y"}, "badRequest"),
        ({"summary": 5}, "badRequest"),
    ],
)
def test_a_calendar_needs_a_title_and_a_real_zone(google: Google, body: Json, reason: str) -> None:
    assert google.refused("POST", "/calendars", body) == (400, reason)


def test_a_patch_merges_and_a_put_replaces(google: Google) -> None:
    calendar = google.calendar()
    address = f"/calendars/{calendar}"
    first = google.call("PATCH", address, {"description": "Fall"})
    assert (first["summary"], first["description"]) == ("Courses", "Fall")
    second = google.call("PUT", address, {"summary": "Classes"}, {"if-match": first["etag"]})
    assert (second["summary"], second["timeZone"]) == ("Classes", NEW_YORK)
    assert "description" not in second
    assert google.refused("PATCH", address, {}, {"if-match": first["etag"]}) == (412, "conditionNotMet")
    assert google.refused("PATCH", address, {"summary": None}) == (400, "invalid")


def test_a_deleted_calendar_is_gone_for_everybody(google: Google) -> None:
    calendar = google.calendar()
    google.share(calendar, BRUNO, "owner")
    google.insert(meeting(), calendar)
    bruno = google.by(BRUNO)
    bruno.call("POST", LIST, {"id": calendar})
    assert google.reply("DELETE", f"/calendars/{calendar}").status == 204
    for person in (google, bruno):
        assert calendar not in entries(person)
        assert person.refused("GET", f"/calendars/{calendar}/events") == (404, "notFound")
        assert person.refused("DELETE", f"/calendars/{calendar}") == (404, "notFound")
    google.restart()
    assert google.refused("GET", f"/calendars/{calendar}") == (404, "notFound")


def test_a_primary_calendar_is_cleared_not_deleted(google: Google) -> None:
    google.insert(course(id="abcde"))
    google.delete("abcde_20260914T130000Z")
    assert google.refused("DELETE", "/calendars/primary") == (403, "cannotDeletePrimaryCalendar")
    assert google.reply("POST", "/calendars/primary/clear").status == 204
    assert google.listed() == []
    assert google.get("abcde")["status"] == "cancelled"
    assert google.refused("POST", f"/calendars/{google.calendar()}/clear") == (400, "invalid")


def test_who_is_given_a_calendar_puts_it_on_the_list(google: Google) -> None:
    calendar = google.calendar()
    google.share(calendar, BRUNO, "writer")
    bruno = google.by(BRUNO)
    assert entries(bruno) == [BRUNO]
    entry = bruno.call("POST", LIST, {"id": calendar, "selected": True, "colorId": "7"})
    assert (entry["accessRole"], entry["selected"], entry["colorId"]) == ("writer", True, "7")
    assert entries(bruno) == [BRUNO, calendar]
    again = bruno.call("POST", LIST, {"id": calendar})
    assert (again["selected"], again["colorId"]) == (True, "7")


def test_a_calendar_without_access_cannot_be_put_on_the_list(google: Google) -> None:
    calendar = google.calendar()
    bruno = google.by(BRUNO)
    assert bruno.refused("POST", LIST, {"id": calendar}) == (404, "notFound")
    assert bruno.refused("POST", LIST, {"id": "nowhere"}) == (404, "notFound")
    assert bruno.refused("POST", LIST, {}) == (400, "required")


def test_who_loses_access_loses_the_entry(google: Google) -> None:
    calendar = google.calendar()
    google.share(calendar, BRUNO, "writer")
    bruno = google.by(BRUNO)
    bruno.call("POST", LIST, {"id": calendar})
    google.reply("DELETE", f"/calendars/{calendar}/acl/user:{BRUNO}")
    assert entries(bruno) == [BRUNO]
    assert bruno.refused("GET", f"{LIST}/{calendar}") == (404, "notFound")


def test_an_entry_can_leave_the_list_and_come_back(google: Google) -> None:
    calendar = google.calendar()
    assert google.reply("DELETE", f"{LIST}/{calendar}").status == 204
    assert entries(google) == [ADA]
    assert entries(google, showDeleted="true") == [ADA, calendar]
    assert google.refused("DELETE", f"{LIST}/{calendar}") == (404, "notFound")
    assert google.listed(calendar) == []
    google.call("POST", LIST, {"id": calendar})
    assert entries(google) == [ADA, calendar]
    assert google.refused("DELETE", f"{LIST}/primary") == (403, "cannotUnsubscribePrimary")


def test_default_reminders_are_part_of_a_list_of_events(google: Google) -> None:
    calendar = google.calendar()
    reminders = [{"method": "popup", "minutes": 10}]
    google.call("PATCH", f"{LIST}/{calendar}", {"defaultReminders": reminders})
    assert google.page(calendar)["defaultReminders"] == reminders
    bad = {"defaultReminders": [{"method": "pigeon", "minutes": 10}]}
    assert google.refused("PATCH", f"{LIST}/{calendar}", bad) == (400, "invalid")


def test_colors_are_rgb_only_on_request(google: Google) -> None:
    address = f"{LIST}/{google.calendar()}"
    change = {"backgroundColor": "#039be5", "foregroundColor": "#ffffff"}
    assert google.call("PATCH", address, change)["backgroundColor"] != "#039be5"
    assert google.call("PATCH", address, change, colorRgbFormat="true")["backgroundColor"] == "#039be5"
    blue = {"backgroundColor": "blue"}
    assert google.refused("PATCH", address, blue, colorRgbFormat="true") == (400, "invalid")
    assert google.refused("PATCH", address, {"colorId": "25"}) == (400, "invalid")


def test_an_entry_has_an_etag_of_its_own(google: Google) -> None:
    address = f"{LIST}/{google.calendar()}"
    old = google.call("GET", address)["etag"]
    google.call("PUT", address, {"summaryOverride": "Mine"}, {"if-match": old})
    for method, body in (("PATCH", {"selected": False}), ("DELETE", None)):
        assert google.refused(method, address, body, {"if-match": old}) == (412, "conditionNotMet")
    assert google.call("GET", address)["summaryOverride"] == "Mine"
    assert (
        google.reply("GET", address, None, {"if-none-match": google.call("GET", address)["etag"]}).status
        == 304
    )


def test_hidden_entries_and_weak_roles_are_left_out(google: Google) -> None:
    own, other = google.calendar(), google.by(BRUNO).calendar()
    google.by(BRUNO).share(other, ADA, "reader")
    google.call("POST", LIST, {"id": other})
    assert entries(google, minAccessRole="owner") == [ADA, own]
    assert entries(google, minAccessRole="reader") == [ADA, own, other]
    google.call("PATCH", f"{LIST}/{own}", {"hidden": True})
    assert entries(google) == [ADA, other]
    assert entries(google, showHidden="true") == [ADA, own, other]


def test_the_list_comes_in_pages_and_can_be_followed(google: Google) -> None:
    calendars = [google.calendar() for _ in range(3)]
    first = google.call("GET", LIST, maxResults="3")
    rest = google.call("GET", LIST, maxResults="3", pageToken=first["nextPageToken"])
    found = [entry["id"] for entry in first["items"] + rest["items"]]
    assert found == [ADA, *calendars]
    token = rest["nextSyncToken"]
    google.reply("DELETE", f"{LIST}/{calendars[0]}")
    google.call("PATCH", f"{LIST}/{calendars[1]}", {"hidden": True})
    changes = google.call("GET", LIST, syncToken=token)["items"]
    assert [(entry["id"], entry.get("deleted", False)) for entry in changes] == [
        (calendars[0], True),
        (calendars[1], False),
    ]
    assert google.refused("GET", LIST, syncToken=token, minAccessRole="owner") == (400, "invalid")
    assert google.refused("GET", LIST, syncToken="nonsense") == (410, "fullSyncRequired")


def test_the_list_survives_a_restart(google: Google) -> None:
    google.calendar()
    before = google.call("GET", LIST)["items"]
    google.restart()
    assert google.call("GET", LIST)["items"] == before
