"""What managers schedule by hand: validated as a whole, and submitted like a proposal."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine, func, select

from scheduling_pipeline.database.roster import RosterRequest, SchedulerRun
from scheduling_pipeline.roster.hand import (
    hand_over_day,
    reschedule,
    schedule_by_hand,
    swap_people,
    unschedule_by_hand,
)
from scheduling_pipeline.roster.hand_runs import ByHand
from scheduling_pipeline.roster.model import Event, EventType, Place
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.refused import (
    NotFoundError,
    NothingToSubmitError,
    OverrideNeededError,
    RowLockedError,
    RuleBrokenError,
)
from tests.roster.office import BOSS, NOW, SETTINGS, Office, instant
from tests.roster.planner import Fault
from tests.roster.store import Store, day, place

ADA, BO, CLEO, DAN = "US100001", "US100002", "US100003", "US100004"


@pytest.fixture
def office(engine: Engine) -> Office:
    """Ada and Bo lead, Cleo is the Club Supervisor, Dan a specialist.

    Events: an open Core with its open Supervisor event, a Core of Ada's with its Supervisor event, a Core of
    Dan's, a refresh and a Freeosk of Ada's on one day.
    """
    store = Store()
    for add in (store.lead, store.lead, store.club_supervisor, store.specialist):
        add()
    store.supervisor_of(store.core(1, 12, number="606001"))
    store.supervisor_of(
        store.core(1, 12, number="606002", committed=place(4, "09:45", ADA)),
        committed=place(4, "12:00", CLEO),
    )
    store.core(1, 12, number="606003", committed=place(5, "10:30", DAN))
    store.event(EventType.DIGITAL_REFRESH, 4, 6, committed=place(4, "10:15", ADA))
    store.event(EventType.FREEOSK, 4, 6, committed=place(4, "10:00", ADA))
    office = Office(engine, store)
    office.open()
    return office


def schedule(office: Office, event: Event, where: Place, override: str | None = None) -> ByHand:
    return schedule_by_hand(
        office.engine,
        SETTINGS,
        event.ref,
        employee_id=where.employee,
        start=instant(where),
        override=override,
        who=BOSS,
        now=NOW,
    )


def move(office: Office, event: Event, where: Place, override: str | None = None) -> ByHand:
    return reschedule(
        office.engine,
        SETTINGS,
        event.ref,
        employee_id=where.employee,
        start=instant(where),
        override=override,
        who=BOSS,
        now=NOW,
    )


def take_off(office: Office, event: Event) -> ByHand:
    return unschedule_by_hand(office.engine, SETTINGS, event.ref, who=BOSS, now=NOW)


def swap(office: Office, one: Event, other: Event) -> ByHand:
    return swap_people(office.engine, SETTINGS, one.ref, other.ref, who=BOSS, now=NOW)


def hand_over(office: Office, to: str, *types: EventType, when: date | None = None) -> ByHand:
    return hand_over_day(
        office.engine,
        SETTINGS,
        when or day(4),
        from_employee=ADA,
        to_employee=to,
        types=types,
        who=BOSS,
        now=NOW,
    )


def nothing_was_written(office: Office) -> bool:
    with office.engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (SchedulerRun, RosterRequest)
        ]
    return counts == [0, 0]


def test_an_event_is_scheduled_with_its_supervisor_event(office: Office) -> None:
    core, supervisor = office.store.events[:2]
    run, request = schedule(office, core, place(6, "09:45", ADA))
    assert (office.run(run).run_type, office.run(run).approved_by_user) == ("hand", BOSS)
    assert office.run(run).approved_revision == office.run(run).revision
    office.submit(request)
    office.assert_at(core, place(6, "09:45", ADA))
    office.assert_at(supervisor, place(6, "12:00", CLEO))
    office.assert_planner_and_tables_agree()


def test_the_quiet_zone_needs_a_reason_by_hand(office: Office) -> None:
    core = office.store.events[0]
    with pytest.raises(OverrideNeededError) as refused:
        schedule(office, core, place(1, "09:45", ADA))
    assert {violation.reason.code for violation in refused.value.violations} == {Code.QUIET_ZONE}
    assert nothing_was_written(office)
    office.run_id, request = schedule(office, core, place(1, "09:45", ADA), override="Urgent")
    assert office.row(core).override_reason == "Urgent"
    assert office.submit(request).failed == 0


def test_a_hard_rule_is_never_broken_by_hand(office: Office) -> None:
    with pytest.raises(RuleBrokenError):
        schedule(office, office.store.events[0], place(4, "10:30", ADA), override="I say so")
    assert nothing_was_written(office)


def test_what_was_approved_and_is_still_to_be_submitted_counts(office: Office) -> None:
    core, _, _, _, other, *_ = office.store.events
    schedule(office, core, place(6, "09:45", DAN))
    with pytest.raises(RuleBrokenError):
        move(office, other, place(6, "10:30", DAN))
    with pytest.raises(RowLockedError):
        schedule(office, core, place(7, "09:45", DAN))


def test_what_is_scheduled_is_moved_and_not_scheduled_again(office: Office) -> None:
    with pytest.raises(RowLockedError):
        schedule(office, office.store.events[4], place(6, "09:45", DAN))
    with pytest.raises(RowLockedError):
        move(office, office.store.events[0], place(6, "09:45", DAN))
    with pytest.raises(NothingToSubmitError):
        move(office, office.store.events[4], place(5, "10:30", DAN))
    with pytest.raises(NotFoundError):
        unschedule_by_hand(office.engine, SETTINGS, 39_999_999, who=BOSS, now=NOW)


def test_a_core_event_and_its_scheduled_partner_move_together(office: Office) -> None:
    core, supervisor = office.store.events[2:4]
    office.submit(move(office, core, place(7, "09:45", BO)).request_id)
    office.assert_at(core, place(7, "09:45", BO))
    office.assert_at(supervisor, place(7, "12:00", CLEO))


def test_a_core_event_without_a_partner_moves_alone(office: Office) -> None:
    orphan = office.store.events[4]
    office.run_id, request = move(office, orphan, place(6, "09:45", DAN))
    assert len(office.table()) == 1
    office.submit(request)
    office.assert_at(orphan, place(6, "09:45", DAN))


def test_a_partner_that_is_not_scheduled_is_left_alone(office: Office) -> None:
    core, supervisor = office.store.events[2:4]
    office.submit(take_off(office, supervisor).request_id)
    office.run_id, request = move(office, core, place(7, "09:45", BO))
    office.submit(request)
    office.assert_at(core, place(7, "09:45", BO))
    office.assert_at(supervisor, None)


def test_a_partner_that_the_planner_refuses_rolls_the_core_event_back(office: Office) -> None:
    core, supervisor = office.store.events[2:4]
    office.planner.fault_of[supervisor.ref] = Fault.REFUSED
    office.run_id, request = move(office, core, place(7, "09:45", BO))
    assert office.submit(request).failed == 2
    office.assert_at(core, place(4, "09:45", ADA))
    office.assert_at(supervisor, place(4, "12:00", CLEO))


def test_a_core_event_is_taken_off_with_its_partner(office: Office) -> None:
    core, supervisor = office.store.events[2:4]
    office.submit(take_off(office, core).request_id)
    office.assert_at(core, None)
    office.assert_at(supervisor, None)
    office.assert_planner_and_tables_agree()


def test_a_partner_that_cannot_be_taken_off_keeps_the_core_event(office: Office) -> None:
    core, supervisor = office.store.events[2:4]
    office.planner.fault_of[supervisor.ref] = Fault.REFUSED
    assert office.submit(take_off(office, core).request_id).failed == 2
    office.assert_at(core, place(4, "09:45", ADA))


def test_a_core_event_without_a_partner_is_taken_off_alone(office: Office) -> None:
    orphan = office.store.events[4]
    office.run_id, request = take_off(office, orphan)
    assert [row.event_ref_num for row in office.table()] == [orphan.ref]
    office.submit(request)
    office.assert_at(orphan, None)
    office.assert_planner_and_tables_agree()


def test_a_core_event_whose_partner_is_open_is_taken_off_alone(office: Office) -> None:
    core, supervisor = office.store.events[2:4]
    office.submit(take_off(office, supervisor).request_id)
    office.run_id, request = take_off(office, core)
    assert [row.event_ref_num for row in office.table()] == [core.ref]
    assert office.submit(request).counts["submitted"] == 1
    office.assert_at(core, None)
    office.assert_at(supervisor, None)


def test_two_people_trade_core_events_and_times_stay(office: Office) -> None:
    one, other = office.store.events[2], office.store.events[4]
    office.submit(swap(office, one, other).request_id)
    office.assert_at(one, place(4, "09:45", DAN))
    office.assert_at(other, place(5, "10:30", ADA))
    office.assert_planner_and_tables_agree()


def test_a_trade_on_one_day_is_judged_without_each_others_place(office: Office) -> None:
    one, other = office.store.events[2], office.store.events[4]
    office.submit(move(office, other, place(4, "10:30", DAN)).request_id)
    office.submit(swap(office, one, other).request_id)
    office.assert_at(one, place(4, "09:45", DAN))
    office.assert_at(other, place(4, "10:30", ADA))


@pytest.mark.parametrize("refused", [30_000_003, 30_000_005])
def test_a_trade_comes_about_as_a_whole_or_not_at_all(office: Office, refused: int) -> None:
    one, other = office.store.events[2], office.store.events[4]
    office.planner.fault_of[refused] = Fault.REFUSED
    assert office.submit(swap(office, one, other).request_id).failed == 2
    office.assert_at(one, place(4, "09:45", ADA))
    office.assert_at(other, place(5, "10:30", DAN))


def test_only_core_events_trade_people(office: Office) -> None:
    with pytest.raises(RowLockedError):
        swap(office, office.store.events[2], office.store.events[5])
    with pytest.raises(NothingToSubmitError):
        swap(office, office.store.events[2], office.store.events[2])
    assert nothing_was_written(office)


def test_a_day_of_lead_tasks_is_handed_over(office: Office) -> None:
    refresh, freeosk = office.store.events[5:7]
    office.submit(hand_over(office, BO, EventType.DIGITAL_REFRESH, EventType.FREEOSK).request_id)
    office.assert_at(refresh, place(4, "10:15", BO))
    office.assert_at(freeosk, place(4, "10:00", BO))
    office.assert_at(office.store.events[2], place(4, "09:45", ADA))


def test_a_day_is_handed_over_as_a_whole_or_not_at_all(office: Office) -> None:
    with pytest.raises(RuleBrokenError):  # a specialist does no lead tasks, though the Core would do
        hand_over(office, DAN, EventType.CORE, EventType.FREEOSK)
    assert nothing_was_written(office)
    with pytest.raises(NothingToSubmitError):
        hand_over(office, BO, EventType.FREEOSK, when=day(9))
