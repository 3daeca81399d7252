"""What the planner may do to a write, and what becomes of the row: told from what stands afterwards."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.roster.model import Event
from scheduling_pipeline.roster.planner import Booking
from scheduling_pipeline.roster.review import retry_row
from tests.roster.office import BOSS, NOW, SETTINGS, Office, instant
from tests.roster.planner import Fault
from tests.roster.store import Store, place

HERE = place(4, "09:45", "US100001")
FOR_LONG = 1_000
THERE = place(6, "09:45", "US100001")


@pytest.fixture
def office(engine: Engine) -> Office:
    """An open Core event that is to be placed, and one that is to be moved."""
    store = Store()
    store.lead()
    store.specialist()
    store.core(3, 12, number="606001")
    store.core(3, 12, number="606002", committed=place(5, "09:45", "US100001"))
    office = Office(engine, store)
    office.open()
    office.propose({30_000_001: HERE, 30_000_002: THERE})
    return office


@pytest.fixture
def event(office: Office) -> Event:
    return office.store.events[0]


@pytest.mark.parametrize("fault", [Fault.WITHOUT_EFFECT, Fault.LOGIN_PAGE, Fault.TIME_OUT_BEFORE])
def test_what_certainly_did_not_happen_is_sent_once_more(office: Office, event: Event, fault: Fault) -> None:
    office.planner.faults = iter([fault])
    assert office.approve_and_submit().counts["submitted"] == 2
    assert [one.state for one in office.operations() if one.event_ref_num == event.ref] == [
        "rejected",
        "done",
    ]
    office.assert_at(event, HERE)
    office.assert_planner_and_tables_agree()


@pytest.mark.parametrize("fault", [Fault.WITHOUT_EFFECT, Fault.LOGIN_PAGE, Fault.TIME_OUT_BEFORE])
def test_and_not_a_third_time(office: Office, event: Event, fault: Fault) -> None:
    office.planner.fault_of[event.ref] = fault
    assert office.approve_and_submit().counts["failed"] == 1
    assert [one.state for one in office.operations() if one.event_ref_num == event.ref] == ["rejected"] * 2
    assert office.row(event).failure_code == "API_EXCEPTION"
    assert "did not happen" in str(office.row(event).api_error_details)


def test_what_happened_although_the_answer_was_lost_is_not_sent_again(office: Office, event: Event) -> None:
    office.planner.faults = iter([Fault.TIME_OUT_AFTER])
    assert office.approve_and_submit().counts["submitted"] == 2
    operations = [one for one in office.operations() if one.event_ref_num == event.ref]
    assert [(one.state, one.timed_out) for one in operations] == [("done", True)]
    assert operations[0].schedule_id == office.planner.booking(event.ref).schedule_id


def test_what_the_planner_refuses_is_not_sent_again(office: Office, event: Event) -> None:
    office.planner.fault_of[event.ref] = Fault.REFUSED
    office.approve_and_submit()
    assert len([call for call in office.planner.calls if call.event == event.ref]) == 1
    row = office.row(event)
    assert (row.status, row.failure_code) == ("api_failed", "API_MESSAGE")
    assert row.failure_params == {"message": "not possible"}


def test_an_entry_that_is_not_what_was_sent_is_left_alone_and_told(office: Office, event: Event) -> None:
    office.planner.faults = iter([Fault.ECHO_DIFFERS])
    office.approve_and_submit()
    assert len([call for call in office.planner.calls if call.event == event.ref]) == 1
    assert "which is not what was sent" in str(office.row(event).api_error_details)
    assert office.row(event).status == "api_failed"
    office.assert_planner_and_tables_agree()


def test_what_cannot_be_looked_up_stays_unknown_and_is_never_sent_again_blindly(
    office: Office, event: Event
) -> None:
    office.planner.faults = iter([Fault.TIME_OUT_AFTER])
    office.planner.blind_to[event.ref] = 1
    request = office.approve()
    assert office.submit(request).counts["submitted"] == 2  # at the end it could be looked up
    assert len([call for call in office.planner.calls if call.event == event.ref]) == 1


def test_an_unknown_row_waits_for_somebody_to_look_again(office: Office, event: Event) -> None:
    stay = office.store.events[1]
    office.planner.faults = iter([Fault.TIME_OUT_AFTER])
    office.planner.blind_to[event.ref] = FOR_LONG
    request = office.approve()
    result = office.submit(request)
    assert result.counts == {"submitted": 1, "failed": 0, "unknown": 1, "waiting": 0}
    assert office.request(request).state == "failed"
    assert office.statuses(event, stay) == ["unknown", "api_submitted"]
    office.planner.blind_to.clear()
    again = retry_row(office.engine, SETTINGS, office.rows[event.ref], who=BOSS, now=NOW)
    assert office.submit(again).counts["submitted"] == 1
    assert office.statuses(event, stay) == ["api_submitted"] * 2
    assert set(office.planner.effects().values()) == {1}
    office.assert_planner_and_tables_agree()


def test_what_another_submission_left_in_doubt_is_looked_up_first(office: Office, event: Event) -> None:
    office.planner.faults = iter([Fault.TIME_OUT_BEFORE])
    office.planner.blind_to[event.ref] = FOR_LONG
    office.submit(office.approve())
    office.planner.blind_to.clear()
    run = office.run_id
    third = office.propose({office.store.events[1].ref: None})
    office.submit(office.approve())  # of another proposal
    assert {row.status for row in office.table(third)} == {"api_failed"}  # the event has moved since
    assert {row.status for row in office.table(run)} == {"api_submitted"}
    office.assert_at(event, HERE)


def test_what_is_in_doubt_is_known_before_anything_else_is_decided(office: Office, event: Event) -> None:
    """Else the person would be booked twice, since the tables do not know of the first visit yet."""
    office.propose({event.ref: HERE})
    office.planner.faults = iter([Fault.TIME_OUT_AFTER])
    office.planner.blind_to[event.ref] = FOR_LONG
    office.approve_and_submit()
    assert office.standing().get(event.ref) is None
    office.planner.blind_to.clear()
    other = office.store.events[1]
    office.propose({other.ref: place(4, "10:30", HERE.employee)})
    office.approve_and_submit()
    assert office.row(other).failure_code == "DAILY_LIMIT"
    office.assert_at(event, HERE)
    office.assert_at(other, place(5, "09:45", "US100001"))
    office.assert_planner_and_tables_agree()


def test_somebody_elses_entry_after_a_lost_answer_is_told(office: Office, event: Event) -> None:
    office.planner.faults = iter([Fault.TIME_OUT_BEFORE])
    office.planner.blind_to[event.ref] = FOR_LONG
    office.submit(office.approve())
    office.planner.blind_to.clear()
    office.planner.by_hand(event.ref, 200_002, instant(place(7, "11:00", "")))
    again = retry_row(office.engine, SETTINGS, office.rows[event.ref], who=BOSS, now=NOW)
    office.submit(again)
    row = office.row(event)
    assert row.status == "api_failed"
    assert "OTHER,PERSON" in str(row.api_error_details)
    office.assert_planner_and_tables_agree()


def test_an_entry_of_the_same_rep_at_the_same_time_is_ours(office: Office, event: Event) -> None:
    office.planner.faults = iter([Fault.TIME_OUT_BEFORE])
    office.planner.blind_to[event.ref] = FOR_LONG
    office.submit(office.approve())
    office.planner.blind_to.clear()
    office.planner.by_hand(event.ref, 200_001, instant(HERE))
    retry_row(office.engine, SETTINGS, office.rows[event.ref], who=BOSS, now=NOW)
    office.submit(2)
    assert office.row(event).status == "api_submitted"


def test_an_entry_without_an_id_cannot_be_taken_off(office: Office) -> None:
    stay = office.store.events[1]
    listed = office.planner.listed
    number = next(mplan for mplan in listed if mplan == stay.ref)
    booking = office.planner.booking(stay.ref)
    listed[number] = replace(
        listed[number], booking=Booking(None, booking.rep_id, booking.rep_name, booking.start)
    )
    office.propose({stay.ref: None})
    office.approve_and_submit()
    assert "which entry" in str(office.row(stay).api_error_details)


@pytest.mark.parametrize("seed", range(4))
def test_a_fifth_of_all_writes_going_wrong(engine: Engine, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    store = Store()
    people = [store.specialist() for _ in range(5)]
    for number in range(10):
        store.core(3, 15, number=f"{606001 + number}")
    office = Office(engine, store)
    office.open()
    wanted = {
        event.ref: place(4 + number // 5, "09:45", people[number % 5])
        for number, event in enumerate(store.events)
    }
    office.propose(wanted)
    office.planner.faults = iter([dice.choice([*Fault]) if dice.random() < 0.2 else None for _ in range(200)])
    result = office.approve_and_submit()
    assert result.submitted + result.failed == len(wanted)
    office.assert_planner_and_tables_agree()
    for event in store.events:
        if office.row(event).status == "api_submitted":
            office.assert_at(event, wanted[event.ref])
    assert max(office.planner.effects().values()) == 1
