"""An event that was reported wrong or not done is offered again, and scheduled anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from scheduling_pipeline.database.roster import RosterEvent, TimeOff
from scheduling_pipeline.roster.hand import reissue, schedule_by_hand
from scheduling_pipeline.roster.hand_runs import ByHand
from scheduling_pipeline.roster.ids import mplan_id
from scheduling_pipeline.roster.model import Event, Place
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.refused import (
    NotFoundError,
    OverrideNeededError,
    RowLockedError,
    RuleBrokenError,
)
from scheduling_pipeline.roster.review import edit_row, retry_row
from scheduling_pipeline.roster.snapshot import load_snapshot
from tests.databases import empty
from tests.roster.office import BOSS, NOW, SETTINGS, Office, instant
from tests.roster.planner import Fault
from tests.roster.store import Store, day, place
from tests.roster.test_submission_deaths import die_at

ADA, BO, CLEO = "US100001", "US100002", "US100003"
WAS, NEW = place(-2, "09:45", ADA), place(5, "10:30", BO)
FOR_LONG = 1_000
MOST_INSTANTS = 100


def opened(engine: Engine) -> Office:
    """Ada made a visit two days ago that was reported wrong; its Supervisor event was done. Another Core
    event of hers is to come, and one is open."""
    store = Store()
    for add in (store.lead, store.lead, store.club_supervisor):
        add()
    core = store.core(-9, 1, number="606001", committed=WAS)
    store.supervisor_of(core, committed=place(-2, "12:00", CLEO))
    store.core(1, 12, number="606002", committed=place(7, "09:45", ADA))
    store.core(1, 12, number="606003")
    office = Office(engine, store)
    office.open()
    report(office, core, "Submitted")
    return office


def report(office: Office, event: Event, condition: str) -> None:
    """The planner has it in a condition, and so have the tables."""
    mplan = mplan_id(event.ref)
    office.planner.listed[mplan] = replace(office.planner.listed[mplan], condition=condition)
    with office.engine.begin() as connection:
        change = update(RosterEvent).where(RosterEvent.project_ref_num == event.ref)
        connection.execute(change.values(condition=condition))


@pytest.fixture
def office(engine: Engine) -> Office:
    return opened(engine)


@pytest.fixture
def core(office: Office) -> Event:
    return office.store.events[0]


def again(
    office: Office,
    event: Event,
    where: Place = NEW,
    *,
    expires: date | None = None,
    override: str | None = None,
) -> ByHand:
    made = reissue(
        office.engine,
        SETTINGS,
        event.ref,
        employee_id=where.employee,
        start=instant(where),
        expires=expires,
        override=override,
        who=BOSS,
        now=NOW,
    )
    office.run_id = made.run_id
    return made


def written(office: Office) -> list[tuple[str, str]]:
    return [(one.kind, one.state) for one in office.operations()]


@pytest.mark.parametrize("condition", ["Submitted", "Expired", "In Progress", "Scheduled"])
def test_it_is_offered_again_and_then_scheduled(office: Office, core: Event, condition: str) -> None:
    report(office, core, condition)
    entry = office.planner.booking(core.ref).schedule_id
    assert office.submit(again(office, core).request_id).counts["submitted"] == 1
    assert written(office) == [("reissue", "done"), ("schedule", "done")]
    assert office.operations()[0].schedule_id == entry
    office.assert_at(core, NEW)
    assert office.planner.booking(core.ref).schedule_id != entry
    office.assert_planner_and_tables_agree()


def test_its_supervisor_event_stays_as_it_is(office: Office, core: Event) -> None:
    supervisor = office.store.events[1]
    office.submit(again(office, core).request_id)
    assert [row.event_ref_num for row in office.table()] == [core.ref]
    office.assert_at(supervisor, place(-2, "12:00", CLEO))


@pytest.mark.parametrize(("new_day", "due"), [(0, 2), (5, 6)])
def test_it_is_due_a_day_after_its_due_day_or_else_after_its_new_day(
    office: Office, core: Event, new_day: int, due: int
) -> None:
    office.submit(again(office, core, place(new_day, "10:30", BO), override="Soon").request_id)
    assert office.row(core).reissue_until == office.operations()[0].expires_on == day(due)
    assert office.planner.listed[mplan_id(core.ref)].due == day(due)


def test_the_new_day_must_be_before_it_expires(office: Office, core: Event) -> None:
    with pytest.raises(RuleBrokenError) as refused:
        again(office, core, expires=day(5))
    assert [violation.reason.code for violation in refused.value.violations] == [Code.OUTSIDE_WINDOW]
    assert again(office, core, expires=day(6)).run_id


def test_the_rules_hold_as_for_any_other(office: Office, core: Event) -> None:
    with pytest.raises(RuleBrokenError):
        again(office, core, place(5, "10:30", CLEO))
    with pytest.raises(RuleBrokenError):
        again(office, core, place(7, "10:30", ADA))  # who has another one that day
    with pytest.raises(OverrideNeededError):
        again(office, core, place(1, "10:30", BO))
    assert office.submit(again(office, core, place(1, "10:30", BO), override="Urgent").request_id).submitted


def test_what_was_never_made_is_not_made_again(office: Office) -> None:
    with pytest.raises(RowLockedError):
        again(office, office.store.events[2])  # it is to come
    with pytest.raises(RowLockedError):
        again(office, office.store.events[3])  # it was never scheduled
    with pytest.raises(NotFoundError):
        again(office, replace(office.store.events[3], ref=39_999_999))


def test_it_counts_as_soon_as_it_was_asked_for(office: Office, core: Event) -> None:
    again(office, core)
    with pytest.raises(RowLockedError):
        again(office, core)
    with pytest.raises(RuleBrokenError):
        schedule_by_hand(
            office.engine,
            SETTINGS,
            office.store.events[3].ref,
            employee_id=BO,
            start=instant(place(5, "09:45", BO)),
            override=None,
            who=BOSS,
            now=NOW,
        )


def test_a_proposal_knows_it_as_open_until_it_is_submitted(office: Office, core: Event) -> None:
    assert core.ref not in snapshot(office)
    request = again(office, core, expires=day(9)).request_id
    offered = snapshot(office)[core.ref]
    assert (offered.committed, offered.start, offered.due) == (None, core.start, day(9))
    office.submit(request)
    assert snapshot(office)[core.ref].committed == NEW


def snapshot(office: Office) -> dict[int, Event]:
    with office.engine.connect() as connection:
        return {event.ref: event for event in load_snapshot(connection, SETTINGS, NOW).events}


def test_what_the_planner_does_not_offer_again_stays_as_it_was(office: Office, core: Event) -> None:
    office.planner.fault_of[core.ref] = Fault.REFUSED
    assert office.submit(again(office, core).request_id).counts["failed"] == 1
    assert written(office) == [("reissue", "rejected")]
    office.assert_at(core, WAS)
    office.planner.fault_of.clear()
    retried = retry_row(office.engine, SETTINGS, office.row(core).id, who=BOSS, now=NOW)
    assert office.submit(retried).counts["submitted"] == 1
    office.assert_at(core, NEW)


def test_what_is_offered_again_and_refused_stays_open_and_is_not_offered_twice(
    office: Office, core: Event
) -> None:
    office.planner.faults = iter([None, Fault.REFUSED])
    assert office.submit(again(office, core).request_id).counts["failed"] == 1
    office.assert_at(core, None)
    assert "not possible" in str(office.row(core).api_error_details)
    retried = retry_row(office.engine, SETTINGS, office.row(core).id, who=BOSS, now=NOW)
    office.submit(retried)
    assert written(office) == [("reissue", "done"), ("schedule", "rejected"), ("schedule", "done")]
    office.assert_at(core, NEW)
    office.assert_planner_and_tables_agree()


def test_an_old_visit_is_not_brought_back_when_the_new_one_may_not_be(office: Office, core: Event) -> None:
    office.planner.faults = iter([None, Fault.REFUSED])
    office.submit(again(office, core).request_id)
    with Session(office.engine) as session, session.begin():
        session.add(TimeOff(employee_id=BO, start_date=NEW.day, end_date=NEW.day))
    retried = retry_row(office.engine, SETTINGS, office.row(core).id, who=BOSS, now=NOW)
    assert office.submit(retried).counts["failed"] == 1
    office.assert_at(core, None)
    assert office.row(core).failure_code == "TIME_OFF"


def test_one_that_failed_is_edited_and_retried(office: Office, core: Event) -> None:
    office.planner.fault_of[core.ref] = Fault.REFUSED
    office.submit(again(office, core, expires=day(9)).request_id)
    office.planner.fault_of.clear()
    row = office.row(core).id
    edit_row(
        office.engine,
        SETTINGS,
        row,
        employee_id=BO,
        start=instant(place(8, "09:45", BO)),
        revision=None,
        override=None,
        who=BOSS,
        now=NOW,
    )
    office.submit(retry_row(office.engine, SETTINGS, row, who=BOSS, now=NOW))
    office.assert_at(core, place(8, "09:45", BO))


@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize(
    "fault", [Fault.WITHOUT_EFFECT, Fault.LOGIN_PAGE, Fault.TIME_OUT_BEFORE, Fault.TIME_OUT_AFTER]
)
def test_whatever_goes_wrong_once_each_step_takes_effect_once(
    office: Office, core: Event, step: int, fault: Fault
) -> None:
    office.planner.faults = iter([None] * step + [fault])
    assert office.submit(again(office, core).request_id).counts["submitted"] == 1
    assert set(office.planner.effects().values()) == {1}
    office.assert_at(core, NEW)
    office.assert_planner_and_tables_agree()


def test_an_offer_in_doubt_is_looked_up_and_not_repeated(office: Office, core: Event) -> None:
    office.planner.faults = iter([Fault.TIME_OUT_AFTER])
    office.planner.blind_to[core.ref] = FOR_LONG
    assert office.submit(again(office, core).request_id).counts["unknown"] == 1
    office.planner.blind_to.clear()
    office.submit(retry_row(office.engine, SETTINGS, office.row(core).id, who=BOSS, now=NOW))
    assert written(office) == [("reissue", "done"), ("schedule", "done")]
    office.assert_at(core, NEW)


def test_each_step_takes_effect_once_wherever_it_dies(engine: Engine) -> None:
    for last in range(1, MOST_INSTANTS):
        empty(engine)
        office = opened(engine)
        request = again(office, office.store.events[0]).request_id
        died = die_at(office, request, last)
        if office.request(request).state != "done":
            office.submit(request)
        assert list(office.planner.effects().values()) == [1, 1], last
        office.assert_at(office.store.events[0], NEW)
        office.assert_planner_and_tables_agree()
        if not died:
            assert last > 20, "two writes have more instants than that"
            return
    pytest.fail("the submission never came to its end")
