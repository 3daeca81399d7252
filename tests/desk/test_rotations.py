"""Rotations: seven days of two parts, saved as a whole or not at all."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scheduling_pipeline.desk.roles import Role
from tests.desk.people import JUICER, LEAD, SPECIALIST, Office, Person

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.fixture
def staffed(both: Office) -> Office:
    both.employ("US100001", JUICER, name="Jo Fruit")
    both.employ("US100002", LEAD, name="Lea First")
    both.employ("US100003", SPECIALIST, name="Sam Demo")
    both.employ("US100004", JUICER, name="Gone Pulp", is_active=False)
    both.employ("US100005", LEAD, name="Left Lead", termination_date=date(2026, 2, 20))
    return both


def whole(**juicers: str | None) -> dict[str, Any]:
    return {"juicer": dict.fromkeys(DAYS) | juicers, "primary_lead": dict.fromkeys(DAYS)}


def stored(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = person.look("/api/rotations").json()
    return found


def test_seven_days_of_both_parts_come_back_as_they_were_sent(staffed: Office) -> None:
    manager = staffed.person()
    wanted = {"juicer": dict.fromkeys(DAYS, "US100001"), "primary_lead": dict.fromkeys(DAYS, "US100002")}
    answer = manager.ask("POST", "/api/rotations", wanted)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "message": "Rotations updated"})
    assert stored(manager) == wanted


def test_a_day_that_is_left_out_has_nobody(staffed: Office) -> None:
    manager = staffed.person()
    manager.ask("POST", "/api/rotations", whole(sunday="US100001"))
    manager.ask("POST", "/api/rotations", {"juicer": {"monday": "US100001"}, "primary_lead": {}})
    assert stored(manager) == whole(monday="US100001")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("US999999", "there is no employee US999999"),
        ("US100002", "Lea First is a Lead Event Specialist, not a Juicer Barista"),
        ("US100003", "Sam Demo is an Event Specialist, not a Juicer Barista"),
        ("US100004", "Gone Pulp is no longer active"),
    ],
)
def test_one_wrong_person_and_nothing_is_saved(staffed: Office, number: str, why: str) -> None:
    manager = staffed.person()
    manager.ask("POST", "/api/rotations", whole(monday="US100001"))
    answer = manager.ask("POST", "/api/rotations", whole(tuesday="US100001", friday=number))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "INVALID_ROTATION"
    assert error["details"]["problems"] == [f"Friday, juicer: {why}."]
    assert stored(manager) == whole(monday="US100001")
    assert len(staffed.audit("rotations.save")) == 1


def test_all_that_is_wrong_is_told_at_once(staffed: Office) -> None:
    wanted = {"juicer": {"monday": "US100002"}, "primary_lead": {"sunday": "US100005"}}
    problems = staffed.person().ask("POST", "/api/rotations", wanted).json()["error"]["details"]["problems"]
    assert problems == [
        "Monday, juicer: Lea First is a Lead Event Specialist, not a Juicer Barista.",
        "Sunday, primary lead: Left Lead works until Fri 20 February 2026 only.",
    ]


@pytest.mark.parametrize(
    "body", [{}, {"juicer": {}}, {"juicer": {"0": "US100001"}, "primary_lead": {}}, [], None, {"juicer": 1}]
)
def test_what_is_no_rotation_is_refused(staffed: Office, body: object) -> None:
    answer = staffed.person().ask("POST", "/api/rotations", body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"


def test_the_page_offers_only_who_can(staffed: Office) -> None:
    page = staffed.person().look("/rotations").text
    assert page.count("<select") == 14
    juicer = page.split('name="juicer-sunday"')[1].split("</select>")[0]
    assert "Jo Fruit" in juicer
    assert "Lea First" not in juicer
    assert "Gone Pulp" not in juicer


def test_the_form_saves_and_the_page_says_so(staffed: Office) -> None:
    manager = staffed.person()
    answer = manager.send("/rotations", {"juicer-sunday": "US100001"})
    assert answer.headers["location"] == "/rotations?notice=saved"
    page = manager.look("/rotations?notice=saved").text
    assert '<option value="US100001" selected>' in page.split('name="juicer-sunday"')[1].split("</select>")[0]
    assert "Saved." in page


def test_a_refused_form_keeps_what_was_chosen(staffed: Office) -> None:
    answer = staffed.person().send("/rotations", {"juicer-monday": "US100002", "juicer-tuesday": "US100001"})
    assert answer.status_code == 400
    assert "Monday, juicer: Lea First is" in answer.text
    tuesday = answer.text.split('name="juicer-tuesday"')[1].split("</select>")[0]
    assert '<option value="US100001" selected>' in tuesday


def test_a_stale_page_does_not_overwrite_what_another_manager_saved(staffed: Office) -> None:
    app = staffed.app
    mia, noa = staffed.person(name="Mia", app=app), staffed.person(name="Noa", app=app)
    seen = mia.look("/rotations").text.split('name="seen" value="')[1].split('"')[0]
    noa.send("/rotations", {"juicer-monday": "US100001"})
    answer = mia.send("/rotations", {"juicer-friday": "US100001", "seen": seen})
    assert answer.status_code == 409
    assert "Somebody else has changed the rotations" in answer.text
    assert stored(mia) == whole(monday="US100001")


def test_a_viewer_sees_them_without_a_form(staffed: Office) -> None:
    app = staffed.app
    staffed.person(app=app).ask("POST", "/api/rotations", whole(monday="US100001"))
    page = staffed.person(Role.VIEWER, app=app).look("/rotations").text
    assert "Jo Fruit" in page
    assert "<select" not in page


def test_somebody_who_cannot_any_more_is_shown_as_such(staffed: Office) -> None:
    manager = staffed.person()
    manager.ask("POST", "/api/rotations", whole(monday="US100001"))
    manager.send("/employees/US100001/last-day", {"last_day": "2026-03-01"})
    assert "▲ Jo Fruit: cannot any more" in manager.look("/rotations").text


def test_the_audit_has_before_and_after(staffed: Office) -> None:
    manager = staffed.person()
    manager.ask("POST", "/api/rotations", whole(monday="US100001"))
    manager.ask("POST", "/api/rotations", whole())
    first, second = staffed.audit("rotations.save")
    assert (first.who, first.subject) == (manager.name, "rotations")
    assert (first.before, first.after) == (whole(), whole(monday="US100001"))
    assert (second.before, second.after) == (whole(monday="US100001"), whole())
