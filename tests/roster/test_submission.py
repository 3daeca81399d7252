"""What was approved gets into the planner: each row once, in an order in which nobody is booked twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from scheduling_pipeline.database.leases import is_held
from scheduling_pipeline.database.roster import RosterEmployee, RosterEvent
from scheduling_pipeline.roster.ids import mplan_id
from scheduling_pipeline.roster.model import Event
from scheduling_pipeline.roster.planner import PlannerError
from scheduling_pipeline.roster.requests import SUBMISSION_LEASE, RequestClosedError
from scheduling_pipeline.roster.review import retry_row
from tests.roster.office import BOSS, NOW, SETTINGS, Office, instant
from tests.roster.planner import Fault
from tests.roster.store import Store, place

PLACES = (place(4, "09:45", "US100001"), place(4, "10:30", "US100002"), place(4, "12:00", "US100003"))


@dataclass
class Bump:
    """A store where `urgent` takes the place of `old`, which takes that of `oldest`; the first two have
    Supervisor events."""

    office: Office
    urgent: Event
    old: Event
    oldest: Event
    urgent_supervisor: Event
    old_supervisor: Event

    def propose(self) -> None:
        ada, bo, boss = "US100001", "US100002", "US100003"
        self.office.propose(
            {
                self.urgent.ref: place(4, "09:45", ada),
                self.urgent_supervisor.ref: place(4, "12:00", boss),
                self.old.ref: place(5, "09:45", bo),
                self.old_supervisor.ref: place(5, "12:00", boss),
                self.oldest.ref: place(8, "10:30", bo),
            },
            bumps={self.urgent.ref: self.old.ref, self.old.ref: self.oldest.ref},
        )


@pytest.fixture
def bump(engine: Engine) -> Bump:
    store = Store()
    ada, bo, boss = store.lead(), store.specialist(), store.club_supervisor()
    urgent = store.core(4, 7, number="606001")
    old = store.core(3, 12, number="606002", committed=place(4, "09:45", ada))
    oldest = store.core(3, 15, number="606003", committed=place(5, "09:45", bo))
    urgent_supervisor = store.supervisor_of(urgent)
    old_supervisor = store.supervisor_of(old, committed=place(4, "12:00", boss))
    office = Office(engine, store)
    office.open()
    return Bump(office, urgent, old, oldest, urgent_supervisor, old_supervisor)


@pytest.fixture
def office(engine: Engine) -> Office:
    """Two open Core events, the first with a Supervisor event, and people for them."""
    store = Store()
    for add in (store.lead, store.specialist, store.club_supervisor):
        add()
    first = store.core(3, 12, number="606001")
    store.core(3, 12, number="606002")
    store.supervisor_of(first)
    office = Office(engine, store)
    office.open()
    office.propose({event.ref: where for event, where in zip(store.events, PLACES, strict=True)})
    return office


def test_all_that_was_approved_stands_in_the_planner_and_in_the_tables(office: Office) -> None:
    result = office.approve_and_submit()
    assert result.counts == {"submitted": 3, "failed": 0, "unknown": 0, "waiting": 0}
    for event, where in zip(office.store.events, PLACES, strict=True):
        row = office.row(event)
        assert (row.status, row.api_error_details) == ("api_submitted", None)
        assert row.api_submitted_at is not None
        office.assert_at(event, where)
    office.assert_planner_and_tables_agree()
    assert set(office.planner.effects().values()) == {1}


def test_the_schedule_id_is_kept_with_the_operation(office: Office) -> None:
    office.approve_and_submit()
    operation = office.operations()[0]
    booking = office.planner.booking(operation.event_ref_num)
    assert (operation.state, operation.schedule_id) == ("done", booking.schedule_id)
    assert (operation.milliseconds, operation.purpose) == (900, "place")


def test_an_event_takes_as_long_as_its_type_whatever_a_file_says(office: Office) -> None:
    with office.engine.begin() as connection:
        connection.execute(update(RosterEvent).values(estimated_time=15))
    office.approve_and_submit()
    minutes = {
        one.event_ref_num: (one.ends_at - one.starts_at) / timedelta(minutes=1)
        for one in office.operations()
        if one.starts_at and one.ends_at
    }
    assert minutes == {event.ref: event.minutes for event in office.store.events}


def test_nothing_is_submitted_without_an_approval(office: Office) -> None:
    with pytest.raises(RequestClosedError):
        office.submit(1)
    assert office.planner.calls == []


def test_a_request_that_is_done_is_not_carried_out_again(office: Office) -> None:
    request = office.approve()
    office.submit(request)
    with pytest.raises(RequestClosedError):
        office.submit(request)
    assert len(office.planner.calls) == 3
    assert office.request(request).state == "done"
    assert not is_held(office.engine, SUBMISSION_LEASE)


def test_who_makes_room_leaves_before_somebody_comes_and_is_placed_anew(bump: Bump) -> None:
    bump.propose()
    bump.office.approve_and_submit()
    calls = [(call.event, call.start is not None) for call in bump.office.planner.calls]
    assert calls == [
        (bump.oldest.ref, False),
        (bump.old.ref, False),
        (bump.urgent.ref, True),
        (bump.urgent_supervisor.ref, True),
        (bump.old.ref, True),
        (bump.old_supervisor.ref, True),
        (bump.oldest.ref, True),
    ]
    bump.office.assert_at(bump.old, place(5, "09:45", "US100002"))
    bump.office.assert_planner_and_tables_agree()


def test_an_event_that_merely_moves_keeps_its_entry_and_is_never_without_one(bump: Bump) -> None:
    bump.office.propose({bump.oldest.ref: place(8, "10:30", "US100002")})
    bump.office.approve_and_submit()
    assert [call.start for call in bump.office.planner.calls] == [instant(place(8, "10:30", "US100002"))]
    booking = bump.office.planner.booking(bump.oldest.ref)
    assert booking.schedule_id == bump.oldest.ref + 10_000_000


def test_a_victim_goes_back_when_what_it_made_room_for_is_refused(bump: Bump) -> None:
    bump.propose()
    bump.office.planner.fault_of[bump.urgent.ref] = Fault.REFUSED
    before = bump.office.planner.booked()
    result = bump.office.approve_and_submit()
    assert result.counts["failed"] == 5
    assert bump.office.planner.booked() == before
    assert "made room" not in str(bump.office.row(bump.urgent).api_error_details)
    assert str(bump.urgent.ref) in str(bump.office.row(bump.old).api_error_details)
    assert "compensate" in {one.purpose for one in bump.office.operations()}
    bump.office.assert_planner_and_tables_agree()


def test_the_end_of_a_chain_goes_back_when_its_middle_cannot_take_its_place(bump: Bump) -> None:
    bump.propose()
    bump.office.planner.faults = iter([None, None, None, None, Fault.REFUSED])
    bump.office.approve_and_submit()
    assert bump.office.statuses(bump.urgent, bump.urgent_supervisor) == ["api_submitted"] * 2
    assert bump.office.statuses(bump.old, bump.old_supervisor, bump.oldest) == ["api_failed"] * 3
    bump.office.assert_at(bump.old, None)  # its old place is taken
    bump.office.assert_at(bump.oldest, place(5, "09:45", "US100002"))
    bump.office.assert_planner_and_tables_agree()


def test_nobody_comes_when_a_victim_cannot_leave(bump: Bump) -> None:
    bump.propose()
    bump.office.planner.fault_of[bump.old.ref] = Fault.REFUSED
    before = bump.office.planner.booked()
    result = bump.office.approve_and_submit()
    assert result.counts["failed"] == 5
    assert bump.office.planner.booked() == before


def test_a_core_event_is_taken_back_when_its_supervisor_event_is_refused(office: Office) -> None:
    core, other, supervisor = office.store.events
    office.planner.fault_of[supervisor.ref] = Fault.REFUSED
    result = office.approve_and_submit()
    assert result.counts == {"submitted": 1, "failed": 2, "unknown": 0, "waiting": 0}
    assert office.statuses(core, other, supervisor) == ["api_failed", "api_submitted", "api_failed"]
    assert "Its Supervisor event" in str(office.row(core).api_error_details)
    assert "not possible" in str(office.row(supervisor).api_error_details)
    office.assert_at(core, None)
    office.assert_planner_and_tables_agree()


def test_a_moved_core_event_goes_back_to_where_it_was_when_its_supervisor_event_is_refused(
    bump: Bump,
) -> None:
    bump.office.propose(
        {bump.old.ref: place(6, "09:45", "US100001"), bump.old_supervisor.ref: place(6, "12:00", "US100003")}
    )
    bump.office.planner.fault_of[bump.old_supervisor.ref] = Fault.REFUSED
    bump.office.approve_and_submit()
    bump.office.assert_at(bump.old, place(4, "09:45", "US100001"))
    bump.office.assert_at(bump.old_supervisor, place(4, "12:00", "US100003"))
    assert bump.office.statuses(bump.old, bump.old_supervisor) == ["api_failed"] * 2


def test_a_core_event_that_cannot_be_taken_back_says_so(office: Office) -> None:
    core, _, supervisor = office.store.events
    office.planner.faults = iter([None, Fault.REFUSED, Fault.REFUSED])  # Core, Supervisor, taking back
    office.approve_and_submit()
    assert office.statuses(core, supervisor) == ["api_submitted", "api_failed"]
    assert "could not be put back" in str(office.row(core).api_error_details)
    office.assert_planner_and_tables_agree()


def test_what_failed_together_is_retried_together(bump: Bump) -> None:
    bump.propose()
    bump.office.planner.fault_of[bump.urgent.ref] = Fault.REFUSED
    bump.office.approve_and_submit()
    bump.office.planner.fault_of.clear()
    row = bump.office.row(bump.urgent).id
    request = retry_row(bump.office.engine, SETTINGS, row, who=BOSS, now=NOW)
    assert bump.office.submit(request).counts["submitted"] == 5
    bump.office.assert_at(bump.urgent, place(4, "09:45", "US100001"))
    bump.office.assert_at(bump.oldest, place(8, "10:30", "US100002"))
    bump.office.assert_planner_and_tables_agree()


def test_a_dropped_event_is_taken_off(bump: Bump) -> None:
    bump.office.propose({bump.old.ref: None, bump.old_supervisor.ref: None})
    assert bump.office.approve_and_submit().counts["submitted"] == 2
    bump.office.assert_at(bump.old, None)
    bump.office.assert_at(bump.old_supervisor, None)
    bump.office.assert_planner_and_tables_agree()


def test_the_others_go_on_when_one_fails(office: Office) -> None:
    office.planner.fault_of[30_000_001] = Fault.REFUSED
    result = office.approve_and_submit()
    assert result.counts == {"submitted": 1, "failed": 2, "unknown": 0, "waiting": 0}
    assert {failure.event for failure in result.failures} == {30_000_001, 30_000_003}


def test_what_somebody_booked_on_the_planners_own_pages_is_left_alone(office: Office) -> None:
    office.planner.by_hand(30_000_002, 999_999, instant(place(6, "11:00", "")))
    booked = office.planner.booked()[30_000_002]
    office.approve_and_submit()
    assert office.planner.booked()[30_000_002] == booked
    row = office.row(office.store.events[1])
    assert (row.status, row.failure_code) == ("api_failed", "OVERTAKEN")
    assert office.standing()[30_000_002] == (None, booked[1])


def test_what_stands_already_as_it_is_wanted_is_not_sent(office: Office) -> None:
    office.planner.by_hand(30_000_002, 200_002, instant(place(4, "10:30", "")))
    assert office.approve_and_submit().counts["submitted"] == 3
    assert 30_000_002 not in {call.event for call in office.planner.calls}


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        (RosterEvent.external_id, None, "MISSING_MPLAN_ID"),
        (RosterEvent.location_mvid, "", "MISSING_LOCATION"),
        (RosterEvent.due_datetime, instant(place(4, "00:00", "")), "OUTSIDE_EVENT_PERIOD"),
        (RosterEvent.closed_at, NOW, "ROW_VANISHED"),
    ],
)
def test_a_row_that_was_overtaken_is_not_sent(
    office: Office, column: object, value: object, code: str
) -> None:
    request = office.approve()
    with office.engine.begin() as connection:
        change = update(RosterEvent).where(RosterEvent.project_ref_num == 30_000_002)
        connection.execute(change.values({column: value}))
    office.submit(request)
    row = office.row(office.store.events[1])
    assert (row.status, row.failure_code) == ("api_failed", code)
    assert row.api_error_details
    assert 30_000_002 not in {call.event for call in office.planner.calls}


def test_somebody_whom_the_planner_does_not_know_by_number_is_not_sent(office: Office) -> None:
    request = office.approve()
    with office.engine.begin() as connection:
        change = update(RosterEmployee).where(RosterEmployee.id == "US100002")
        connection.execute(change.values(rep_id=None))
    office.submit(request)
    assert office.row(office.store.events[1]).failure_code == "MISSING_REP_ID"


def test_an_event_that_the_planner_does_not_have_any_more_is_not_sent(office: Office) -> None:
    del office.planner.listed[mplan_id(30_000_001)]
    office.approve_and_submit()
    assert office.row(office.store.events[0]).failure_code == "ROW_VANISHED"


def test_two_proposals_approved_one_after_the_other_book_nobody_twice(office: Office) -> None:
    """What was approved meanwhile stands by the time that the second one is submitted."""
    core, other, _ = office.store.events
    first = office.approve()
    office.propose({other.ref: place(4, "10:30", "US100001")})
    second = office.approve()
    office.submit(first)
    office.submit(second)
    assert office.row(other).failure_code == "OVERTAKEN"
    office.assert_at(core, place(4, "09:45", "US100001"))


def test_a_planner_that_cannot_be_read_leaves_the_request_open(office: Office) -> None:
    request = office.approve()
    office.planner.down = True
    with pytest.raises(PlannerError):
        office.submit(request)
    assert office.request(request).state == "running"
    assert office.planner.calls == []
    office.planner.down = False
    assert office.submit(request).counts["submitted"] == 3
