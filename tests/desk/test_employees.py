"""Employees and when they work: what a manager may change, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, select

from scheduling_pipeline.database.models import Base
from scheduling_pipeline.database.roster import (
    AvailabilityOverride,
    CompanyHoliday,
    DateAvailability,
    EmployeeStore,
    RosterEmployee,
    RosterEvent,
    TimeOff,
    WeeklyAvailability,
)
from scheduling_pipeline.desk.roles import Role
from tests.desk.people import JUICER, NOW, SPECIALIST, Office

NUMBER = "US100001"
PAGE = f"/employees/{NUMBER}"


@pytest.fixture
def staffed(both: Office) -> Office:
    both.employ(NUMBER, JUICER, name="Jo Fruit", rep_id=10001)
    return both


def rows(office: Office, table: type[Base]) -> list[dict[str, Any]]:
    with office.engine.connect() as connection:
        found = connection.execute(select(table.__table__)).mappings()
        return [{name: value for name, value in row.items() if name != "id"} for row in found]


def open_store(office: Office, location: str, name: str) -> None:
    values = {
        "project_name": "000001-CORE",
        "project_ref_num": int(location),
        "location_mvid": location,
        "store_name": name,
        "start_datetime": NOW,
        "due_datetime": NOW,
        "event_type": "core",
    }
    with office.engine.begin() as connection:
        connection.execute(insert(RosterEvent).values(values))


def test_the_list_is_searched_and_paged(both: Office) -> None:
    for number in range(60):
        both.employ(f"US2{number:05}", SPECIALIST, name=f"Ann {number:02}")
    both.employ("US300000", JUICER, name="100% Juice")
    both.employ("US300001", JUICER, name="Former Juice", is_active=False)
    manager = both.person()
    first, second = manager.look("/employees?q=ann").text, manager.look("/employees?q=ann&page=2").text
    assert "60 people" in first
    assert "Ann 49" in first
    assert "Ann 50" not in first
    assert "Ann 50" in second
    assert "1 person<" in manager.look("/employees?q=100%25").text
    assert "Former Juice" not in manager.look("/employees?title=Juicer Barista").text
    assert "Former Juice" in manager.look("/employees?former=true").text
    assert "Nobody is like that" in manager.look("/employees?q=zzz").text


def test_an_unknown_employee_is_said_so(staffed: Office) -> None:
    manager = staffed.person()
    for path in ("/employees/US999999", "/employees/a%00b"):
        assert manager.look(path).status_code in {404, 422}
    for form in ("", "/week", "/last-day"):
        answer = manager.send(f"/employees/US999999{form}", {"title": JUICER})
        assert answer.status_code == 404
        assert "There is no such employee." in answer.text


def test_title_hours_and_stores_are_saved(staffed: Office) -> None:
    open_store(staffed, "157384", "Club 8135")
    open_store(staffed, "157385", "Club 4735")
    fields = {"title": SPECIALIST, "max_weekly_hours": "32.5", "store-157384": "on", "home": "157384"}
    assert staffed.person().send(PAGE, fields).status_code == 303
    (row,) = rows(staffed, RosterEmployee)
    assert (row["job_title"], row["max_weekly_hours"]) == (SPECIALIST, 32.5)
    (store,) = rows(staffed, EmployeeStore)
    assert (store["location_mvid"], store["is_home"]) == ("157384", True)
    (entry,) = staffed.audit("employee.change")
    assert (entry.before["title"], entry.after["title"]) == (JUICER, SPECIALIST)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"title": "Boss"}, "Choose a title."),
        ({"title": ""}, "Choose a title."),
        ({"title": JUICER, "max_weekly_hours": "many"}, "is no number of hours"),
        ({"title": JUICER, "max_weekly_hours": "0"}, "more than 0, and at most 168"),
        ({"title": JUICER, "max_weekly_hours": "nan"}, "more than 0, and at most 168"),
        ({"title": JUICER, "store-1": "on"}, "There is no store 1."),
        ({"title": JUICER, "home": "157384"}, "must be one of the stores"),
    ],
)
def test_a_wrong_profile_changes_nothing(staffed: Office, fields: dict[str, str], why: str) -> None:
    before = rows(staffed, RosterEmployee)
    answer = staffed.person().send(PAGE, fields)
    assert answer.status_code == 400
    assert why in answer.text
    assert rows(staffed, RosterEmployee) == before
    assert not staffed.audit("employee.change")


def test_who_juices_keeps_the_title_until_somebody_else_does(staffed: Office) -> None:
    manager = staffed.person()
    manager.ask(
        "POST", "/api/rotations", {"juicer": {"monday": NUMBER, "friday": NUMBER}, "primary_lead": {}}
    )
    answer = manager.send(PAGE, {"title": SPECIALIST})
    assert answer.status_code == 400
    assert "Jo Fruit is juicer on Mondays, juicer on Fridays" in answer.text
    assert rows(staffed, RosterEmployee)[0]["job_title"] == JUICER


def test_the_last_day_is_noted_and_taken_back(staffed: Office) -> None:
    manager = staffed.person()
    manager.send(f"{PAGE}/last-day", {"last_day": "2026-03-31"})
    assert rows(staffed, RosterEmployee)[0]["termination_date"] == date(2026, 3, 31)
    manager.send(f"{PAGE}/last-day", {"last_day": ""})
    assert rows(staffed, RosterEmployee)[0]["termination_date"] is None
    assert manager.send(f"{PAGE}/last-day", {"last_day": "31.3."}).status_code == 400
    first, second = staffed.audit("employee.last_day")
    assert (first.after, second.before) == ({"last day": "2026-03-31"}, {"last day": "2026-03-31"})


def test_the_usual_week_is_saved_again_and_again(staffed: Office) -> None:
    manager = staffed.person()
    for ticked in ({"monday": "on", "sunday": "on"}, {"tuesday": "on"}):
        assert manager.send(f"{PAGE}/week", ticked).status_code == 303
        (row,) = rows(staffed, WeeklyAvailability)
        assert {day for day, works in row.items() if works is True} == set(ticked)
    first, second = staffed.audit("week.save")
    assert all(first.before.values())
    assert first.after == second.before


def test_time_off_is_noted_and_taken_back(staffed: Office) -> None:
    manager = staffed.person()
    manager.send(f"{PAGE}/time-off", {"first": "2026-03-10", "last": "2026-03-12", "reason": "wedding"})
    (row,) = rows(staffed, TimeOff)
    assert (row["start_date"], row["end_date"], row["reason"]) == (
        date(2026, 3, 10),
        date(2026, 3, 12),
        "wedding",
    )
    assert "Tue 10 March 2026" in manager.look(PAGE).text
    assert manager.send(f"{PAGE}/time-off/1/remove").status_code == 303
    assert not rows(staffed, TimeOff)
    assert staffed.audit("time-off.remove")[0].before["reason"] == "wedding"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-03-10", "2026-03-12"),
        ("2026-03-12", "2026-03-20"),
        ("2026-03-01", "2026-03-10"),
        ("2026-03-11", "2026-03-11"),
        ("2026-03-01", "2026-03-31"),
    ],
)
def test_time_off_may_not_overlap(staffed: Office, first: str, last: str) -> None:
    manager = staffed.person()
    manager.send(f"{PAGE}/time-off", {"first": "2026-03-10", "last": "2026-03-12"})
    answer = manager.send(f"{PAGE}/time-off", {"first": first, "last": last, "reason": "again"})
    assert answer.status_code == 400
    assert "There is time off already, Tue 10 March 2026 to Thu 12 March 2026." in answer.text
    assert f'name="first" required value="{first}"' in answer.text
    assert len(rows(staffed, TimeOff)) == 1


def test_time_off_beside_other_time_off_is_fine(staffed: Office) -> None:
    staffed.employ("US100002", JUICER)
    manager = staffed.person()
    for number, first, last in (
        (NUMBER, "2026-03-10", "2026-03-12"),
        (NUMBER, "2026-03-13", "2026-03-13"),
        ("US100002", "2026-03-10", "2026-03-12"),
    ):
        sent = manager.send(f"/employees/{number}/time-off", {"first": first, "last": last})
        assert sent.status_code == 303


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"first": "2026-03-12", "last": "2026-03-10"}, "The last day is before the first."),
        ({"first": "2026-03-10", "last": "2028-03-10"}, "more than 366 days"),
        ({"first": "2026-03-10"}, "The last day is missing."),
        ({"first": "1066-10-14", "last": "2026-03-10"}, "must be between 2000 and 2100"),
        ({"first": "2026-03-10", "last": "2026-03-10", "reason": "x" * 501}, "longer than 500 characters"),
    ],
)
def test_days_that_cannot_be_are_refused(staffed: Office, fields: dict[str, str], why: str) -> None:
    answer = staffed.person().send(f"{PAGE}/time-off", fields)
    assert answer.status_code == 400
    assert why in answer.text
    assert not rows(staffed, TimeOff)


def test_a_single_day_is_noted_once(staffed: Office) -> None:
    manager = staffed.person()
    fields = {"date": "2026-03-11", "works": "no", "reason": "dentist"}
    assert manager.send(f"{PAGE}/day", fields).status_code == 303
    again = manager.send(f"{PAGE}/day", fields | {"works": "yes"})
    assert again.status_code == 400
    assert "Wed 11 March 2026 is noted already" in again.text
    assert [row["is_available"] for row in rows(staffed, DateAvailability)] == [False]
    assert manager.send(f"{PAGE}/day", {"date": "2026-03-12"}).status_code == 400


def test_another_week_says_only_what_is_different(staffed: Office) -> None:
    manager = staffed.person()
    days = {"first": "2026-03-09", "last": "2026-03-22"}
    assert manager.send(f"{PAGE}/override", days).status_code == 400
    assert manager.send(f"{PAGE}/override", days | {"monday": "no", "sunday": "yes"}).status_code == 303
    (row,) = rows(staffed, AvailabilityOverride)
    assert (row["monday"], row["tuesday"], row["sunday"]) == (False, None, True)
    overlapping = {"first": "2026-03-22", "last": "2026-03-23", "monday": "yes"}
    assert "There is another week already" in manager.send(f"{PAGE}/override", overlapping).text
    assert manager.send(f"{PAGE}/override/1/remove").status_code == 303
    assert not rows(staffed, AvailabilityOverride)


def test_nobody_takes_away_what_is_anothers(staffed: Office) -> None:
    staffed.employ("US100002", JUICER)
    manager = staffed.person()
    manager.send(f"{PAGE}/time-off", {"first": "2026-03-10", "last": "2026-03-12"})
    for path in ("/employees/US100002/time-off/1/remove", f"{PAGE}/hours/1/remove", f"{PAGE}/day/1/remove"):
        assert manager.send(path).status_code == 404
    assert len(rows(staffed, TimeOff)) == 1


def test_a_viewer_sees_everything_and_can_change_nothing(staffed: Office) -> None:
    page = staffed.person(Role.VIEWER).look(PAGE).text
    assert "Jo Fruit" in page
    assert "Add time off" not in page
    assert page.count("<button") == 1  # signing out


def test_holidays_are_added_once_and_removed(both: Office) -> None:
    manager = both.person()
    fields = {"name": "Store fair", "date": "2026-07-03", "every_year": "on"}
    assert manager.send("/holidays", fields).status_code == 303
    assert [row["is_recurring"] for row in rows(both, CompanyHoliday)] == [True]
    again = manager.send("/holidays", fields)
    assert again.status_code == 400
    assert "is there already" in again.text
    assert "every year on 3 July" in manager.look("/holidays").text
    assert manager.send("/holidays/1/remove").status_code == 303
    assert manager.send("/holidays/1/remove").status_code == 404
    assert [row.subject for row in both.audit("holiday.remove")] == ["holiday Store fair"]


def test_names_from_outside_are_text_not_markup(staffed: Office) -> None:
    nasty = '<script>alert("1")</script>'
    staffed.employ("US666666", JUICER, name=nasty)
    open_store(staffed, "157386", nasty)
    manager = staffed.person()
    manager.send(
        "/employees/US666666/time-off", {"first": "2026-03-10", "last": "2026-03-10", "reason": nasty}
    )
    manager.send("/holidays", {"name": nasty, "date": "2026-03-10"})
    body = {"date": "2026-03-20", "rotation_type": "juicer", "employee_id": "US666666", "reason": nasty}
    assert manager.ask("POST", "/api/rotation-exception", body).status_code == 200
    pages = ("/employees", "/employees/US666666", "/exceptions", "/rotations", "/holidays", "/audit")
    for path in pages:
        text = manager.look(path).text
        assert "<script>alert" not in text, path
        assert "&lt;script&gt;" in text, path
