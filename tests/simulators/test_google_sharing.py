"""Who may see and change what: access lists, and what strangers and readers are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulators.google_calendars import ADA, BRUNO, Google, Json, meeting

CLARA = "clara.meier@college.example"


@pytest.fixture
def google(tmp_path: Path) -> Google:
    return Google(tmp_path)


@pytest.fixture
def calendar(google: Google) -> str:
    """A calendar of Ada's with one event."""
    made = google.calendar()
    google.insert(meeting(id="abcde"), made)
    return made


def user(person: str, role: str = "reader") -> Json:
    return {"scope": {"type": "user", "value": person}, "role": role}


def roles(google: Google, calendar: str, **query: str) -> dict[str, str]:
    items = google.call("GET", f"/calendars/{calendar}/acl", None, None, **query)["items"]
    return {rule["id"]: rule["role"] for rule in items}


def test_a_rule_is_returned_as_google_returns_it(google: Google, calendar: str) -> None:
    rule = google.share(calendar, BRUNO, "writer")
    assert rule == {
        "kind": "calendar#aclRule",
        "etag": rule["etag"],
        "id": f"user:{BRUNO}",
        "scope": {"type": "user", "value": BRUNO},
        "role": "writer",
    }
    assert google.call("GET", f"/calendars/{calendar}/acl/user:{BRUNO}") == rule
    assert roles(google, calendar) == {f"user:{ADA}": "owner", f"user:{BRUNO}": "writer"}


def test_to_strangers_a_calendar_does_not_exist(google: Google, calendar: str) -> None:
    bruno = google.by(BRUNO)
    for method, path, body in [
        ("GET", "", None),
        ("GET", "/events", None),
        ("GET", "/events/abcde", None),
        ("POST", "/events", meeting()),
        ("PATCH", "/events/abcde", {}),
        ("DELETE", "/events/abcde", None),
        ("GET", "/acl", None),
        ("DELETE", "", None),
    ]:
        assert bruno.refused(method, f"/calendars/{calendar}{path}", body) == (404, "notFound")
    assert bruno.refused("GET", f"/calendars/{ADA}/events") == (404, "notFound")


def test_readers_may_not_write(google: Google, calendar: str) -> None:
    google.share(calendar, BRUNO, "reader")
    bruno = google.by(BRUNO)
    assert [event["id"] for event in bruno.listed(calendar)] == ["abcde"]
    assert bruno.page(calendar)["accessRole"] == "reader"
    for method, path, body in [
        ("POST", "/events", meeting()),
        ("PATCH", "/events/abcde", {}),
        ("PUT", "/events/abcde", meeting()),
        ("DELETE", "/events/abcde", None),
        ("GET", "/acl", None),
        ("PATCH", "", {"summary": "Mine"}),
    ]:
        assert bruno.refused(method, f"/calendars/{calendar}{path}", body) == (403, "requiredAccessLevel")


def test_who_sees_only_busy_times_reads_no_events(google: Google, calendar: str) -> None:
    google.share(calendar, BRUNO, "freeBusyReader")
    assert google.by(BRUNO).refused("GET", f"/calendars/{calendar}/events") == (403, "requiredAccessLevel")


def test_writers_write_but_do_not_share(google: Google, calendar: str) -> None:
    google.share(calendar, BRUNO, "writer")
    bruno = google.by(BRUNO)
    made = bruno.insert(meeting("Study group"), calendar)
    assert made["creator"] == {"email": BRUNO}
    assert made["organizer"]["email"] == calendar
    bruno.patch("abcde", {"summary": "Changed"}, calendar)
    assert f"user:{BRUNO}" in roles(bruno, calendar)
    address = f"/calendars/{calendar}/acl"
    assert bruno.refused("POST", address, user(CLARA)) == (403, "requiredAccessLevel")
    assert bruno.refused("DELETE", f"/calendars/{calendar}") == (403, "requiredAccessLevel")


def test_owners_share(google: Google, calendar: str) -> None:
    google.share(calendar, BRUNO, "owner")
    bruno = google.by(BRUNO)
    bruno.share(calendar, CLARA, "reader")
    bruno.call("PATCH", f"/calendars/{calendar}", {"summary": "Ours"})
    assert google.by(CLARA).page(calendar)["summary"] == "Ours"


def test_a_rule_for_the_whole_organisation(google: Google, calendar: str) -> None:
    domain = {"scope": {"type": "domain", "value": "college.example"}, "role": "reader"}
    assert google.call("POST", f"/calendars/{calendar}/acl", domain)["id"] == "domain:college.example"
    assert google.by(BRUNO).listed(calendar)
    google.share(calendar, BRUNO, "writer")
    assert google.by(BRUNO).page(calendar)["accessRole"] == "writer"
    outsider = google.by("someone@elsewhere.example")
    assert outsider.refused("GET", f"/calendars/{calendar}/events") == (404, "notFound")


def test_a_public_calendar(google: Google, calendar: str) -> None:
    public = {"scope": {"type": "default"}, "role": "reader"}
    assert google.call("POST", f"/calendars/{calendar}/acl", public)["id"] == "default"
    assert google.by("someone@elsewhere.example").listed(calendar)


def test_sharing_again_changes_the_role(google: Google, calendar: str) -> None:
    first = google.share(calendar, BRUNO, "reader")
    second = google.share(calendar, BRUNO.upper(), "owner")
    assert second["id"] == first["id"]
    assert roles(google, calendar)[f"user:{BRUNO}"] == "owner"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_role_can_be_changed_but_not_its_scope(google: Google, calendar: str, method: str) -> None:
    rule = google.share(calendar, BRUNO, "reader")
    address = f"/calendars/{calendar}/acl/user:{BRUNO}"
    changed = google.call(method, address, user(BRUNO, "writer"), {"if-match": rule["etag"]})
    assert changed["role"] == "writer"
    assert google.refused(method, address, user(BRUNO), {"if-match": rule["etag"]}) == (
        412,
        "conditionNotMet",
    )
    assert google.refused(method, address, user(CLARA)) == (400, "invalid")


def test_access_can_be_taken_away(google: Google, calendar: str) -> None:
    google.share(calendar, BRUNO, "writer")
    address = f"/calendars/{calendar}/acl/user:{BRUNO}"
    assert google.reply("DELETE", address).status == 204
    assert google.by(BRUNO).refused("GET", f"/calendars/{calendar}/events") == (404, "notFound")
    assert google.refused("GET", address) == (404, "notFound")
    assert google.refused("DELETE", address) == (404, "notFound")
    assert roles(google, calendar) == {f"user:{ADA}": "owner"}
    assert roles(google, calendar, showDeleted="true")[f"user:{BRUNO}"] == "none"


def test_nobody_loses_the_own_calendar(google: Google, calendar: str) -> None:
    address = f"/calendars/{calendar}/acl/user:{ADA}"
    assert google.refused("DELETE", address) == (403, "cannotChangeOwnAcl")
    assert google.refused("PATCH", address, {"role": "reader"}) == (403, "cannotChangeOwnAcl")
    google.share(calendar, BRUNO, "owner")
    assert google.by(BRUNO).refused("DELETE", address) == (403, "cannotChangeOwnAcl")


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        ({"role": "reader"}, (400, "required")),
        ({"scope": {"type": "user", "value": BRUNO}}, (400, "required")),
        ({"scope": {"value": BRUNO}, "role": "reader"}, (400, "required")),
        (user(BRUNO, "admin"), (400, "invalid")),
        (user("bruno"), (400, "invalid")),
        ({"scope": {"type": "user"}, "role": "reader"}, (400, "invalid")),
        ({"scope": {"type": "planet", "value": "earth"}, "role": "reader"}, (400, "invalid")),
        (
            {"scope": {"type": "group", "value": "all@college.example"}, "role": "reader"},
            (501, "notImplemented"),
        ),
        (user(BRUNO) | {"name": "x"}, (400, "badRequest")),
    ],
)
def test_bad_rules_are_refused(google: Google, calendar: str, rule: Json, refusal: tuple[int, str]) -> None:
    assert google.refused("POST", f"/calendars/{calendar}/acl", rule) == refusal


def test_notifications_are_accepted(google: Google, calendar: str) -> None:
    address = f"/calendars/{calendar}/acl"
    google.call("POST", address, user(BRUNO), sendNotifications="false")
    assert google.refused("POST", address, user(BRUNO), sendNotifications="no") == (400, "invalid")


def test_rules_come_in_pages_and_can_be_followed(google: Google, calendar: str) -> None:
    address = f"/calendars/{calendar}/acl"
    google.share(calendar, BRUNO, "reader")
    first = google.call("GET", address, maxResults="1")
    rest = google.call("GET", address, maxResults="1", pageToken=first["nextPageToken"])
    assert [rule["id"] for rule in first["items"] + rest["items"]] == [f"user:{ADA}", f"user:{BRUNO}"]
    google.reply("DELETE", f"{address}/user:{BRUNO}")
    changes = google.call("GET", address, syncToken=rest["nextSyncToken"])["items"]
    assert [(rule["id"], rule["role"]) for rule in changes] == [(f"user:{BRUNO}", "none")]


def test_a_rule_may_take_a_while_to_have_effect(
    google: Google, calendar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    google.settings.acl_delay_seconds = 20
    google.share(calendar, BRUNO, "writer")
    bruno = google.by(BRUNO)
    address = "/users/me/calendarList"
    assert bruno.refused("POST", address, {"id": calendar}) == (404, "notFound")
    assert bruno.refused("GET", f"/calendars/{calendar}/events") == (404, "notFound")
    now[0] += 19
    assert bruno.refused("POST", address, {"id": calendar}) == (404, "notFound")
    google.share(calendar, BRUNO, "owner")  # asking again does not make it take longer
    now[0] += 1
    assert bruno.call("POST", address, {"id": calendar})["accessRole"] == "owner"


def test_rules_survive_a_restart(google: Google, calendar: str) -> None:
    google.share(calendar, BRUNO, "writer")
    before = google.call("GET", f"/calendars/{calendar}/acl")["items"]
    google.restart()
    assert google.call("GET", f"/calendars/{calendar}/acl")["items"] == before
    assert google.by(BRUNO).listed(calendar)
