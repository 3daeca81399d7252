"""Exceptions from the rotation."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.desk.people import JUICER, LEAD, Office, Person

TODAY = date(2026, 3, 2)


@pytest.fixture
def staffed(both: Office) -> Office:
    both.employ("US100001", JUICER, name="Jo Fruit")
    both.employ("US100002", LEAD, name="Lea First")
    return both


def body(**other: object) -> dict[str, object]:
    usual = {
        "date": "2026-03-10",
        "rotation_type": "juicer",
        "employee_id": "US100001",
        "reason": "Primary juicer on vacation",
    }
    return usual | other


def add(manager: Person, **other: object) -> int:
    answer = manager.ask("POST", "/api/rotation-exception", body(**other))
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is True
    number: int = answer.json()["exception_id"]
    return number


def test_one_is_added_listed_and_removed(staffed: Office) -> None:
    manager = staffed.person()
    number = add(manager)
    (listed,) = manager.look("/api/rotation-exceptions").json()
    assert listed == body(id=number, employee_name="Jo Fruit")
    assert manager.ask("DELETE", f"/api/rotation-exception/{number}").json() == {"success": True}
    assert manager.look("/api/rotation-exceptions").json() == []
    assert manager.ask("DELETE", f"/api/rotation-exception/{number}").status_code == 404


def test_the_list_shows_four_weeks_unless_other_days_are_asked_for(staffed: Office) -> None:
    manager = staffed.person()
    days = [TODAY, TODAY + timedelta(days=28), TODAY + timedelta(days=29)]
    for day in days:
        add(manager, date=day.isoformat())
    listed = [one["date"] for one in manager.look("/api/rotation-exceptions").json()]
    assert listed == [day.isoformat() for day in days[:2]]
    later = manager.look(f"/api/rotation-exceptions?first={days[2]}&last={days[2]}").json()
    assert [one["date"] for one in later] == [days[2].isoformat()]


def test_a_day_has_one_of_each_part(staffed: Office) -> None:
    manager = staffed.person()
    add(manager)
    again = manager.ask("POST", "/api/rotation-exception", body())
    assert again.status_code == 409
    assert again.json()["error"]["code"] == "EXCEPTION_EXISTS"
    add(manager, rotation_type="primary_lead", employee_id="US100002")
    assert len(staffed.audit("exception.add")) == 2


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"employee_id": "US100002"}, "Lea First is a Lead Event Specialist, not a Juicer Barista"),
        ({"employee_id": "EMP999"}, "there is no employee EMP999"),
        ({"date": "2026-03-01"}, "that day is over"),
        ({"date": "2026-03-12"}, "that person has time off then"),
    ],
)
def test_who_cannot_is_refused(staffed: Office, other: dict[str, object], why: str) -> None:
    manager = staffed.person()
    manager.send("/employees/US100001/time-off", {"first": "2026-03-12", "last": "2026-03-12"})
    answer = manager.ask("POST", "/api/rotation-exception", body(**other))
    assert answer.status_code == 400
    assert why in answer.json()["error"]["message"]
    assert manager.look("/api/rotation-exceptions").json() == []


@pytest.mark.parametrize(
    "other",
    [
        {"date": "soon"},
        {"date": "0001-01-01"},
        {"date": "9999-12-31"},
        {"rotation_type": "barista"},
        {"employee_id": ""},
        {"employee_id": "a\0b"},
        {"reason": "x" * 501},
        {"more": 1},
    ],
)
def test_what_is_no_exception_is_refused(staffed: Office, other: dict[str, object]) -> None:
    assert staffed.person().ask("POST", "/api/rotation-exception", body(**other)).status_code == 422


def test_a_link_fills_in_the_form(staffed: Office) -> None:
    page = staffed.person().look("/exceptions?date=2026-03-09&rotation_type=primary_lead").text
    assert 'name="date" required min="2026-03-02" value="2026-03-09"' in page
    assert '<option value="primary_lead" selected>' in page


def test_the_page_adds_and_removes(staffed: Office) -> None:
    manager = staffed.person()
    fields = {key: str(value) for key, value in body().items()}
    assert manager.send("/exceptions", fields).headers["location"] == "/exceptions?notice=added"
    assert "Jo Fruit" in manager.look("/exceptions").text.split("<tbody>")[1]
    again = manager.send("/exceptions", fields)
    assert again.status_code == 409
    assert "there is an exception already" in again.text
    assert 'value="Primary juicer on vacation"' in again.text  # nothing has to be typed twice
    (row,) = staffed.audit("exception.add")
    assert row.subject == "juicer on 2026-03-10"
    assert manager.send("/exceptions/1/remove").status_code == 303
    (removed,) = staffed.audit("exception.remove")
    assert removed.before == {"employee": "US100001", "reason": "Primary juicer on vacation"}


def test_the_form_says_all_that_is_missing(staffed: Office) -> None:
    answer = staffed.person().send("/exceptions", {"date": "31.12.2026", "rotation_type": "king"})
    assert answer.status_code == 400
    for said in ("is no date such as", "The person is missing", "is no part of the rotation"):
        assert said in answer.text
