"""Changes by hand beside a proposal that waits for an approval: what it would collide with is told first."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.roster.hand import reschedule, schedule_by_hand
from scheduling_pipeline.roster.model import Event, EventType, Place
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.refused import OverrideNeededError, RuleBrokenError
from scheduling_pipeline.roster.review import edit_row, reject_runs
from tests.roster.office import BOSS, NOW, SETTINGS, Office, instant
from tests.roster.store import Store, place

ADA, BO, EVE = "US100001", "US100002", "US100003"


@pytest.fixture
def office(engine: Engine) -> Office:
    """Ada leads, Bo is a specialist, Eve the juicer. A proposal has a Core event for Ada on day 5, and would
    move one of Bo's from day 4 to day 6. A Core and a Juicer event are in no proposal."""
    store = Store()
    for add in (store.lead, store.specialist, store.barista):
        add()
    store.juicer(EVE)
    proposed, moved = store.core(1, 12), store.core(1, 12, committed=place(4, "09:45", BO))
    store.core(1, 12)
    store.event(EventType.JUICER, 1, 12)
    office = Office(engine, store)
    office.open()
    office.propose({proposed.ref: place(5, "09:45", ADA), moved.ref: place(6, "09:45", BO)})
    return office


@pytest.fixture
def core(office: Office) -> Event:
    """The one that is in no proposal."""
    return office.store.events[2]


def schedule(office: Office, event: Event, where: Place, override: str | None = None) -> int:
    return schedule_by_hand(
        office.engine,
        SETTINGS,
        event.ref,
        employee_id=where.employee,
        start=instant(where),
        override=override,
        who=BOSS,
        now=NOW,
    ).request_id


@pytest.mark.parametrize("where", [place(5, "10:30", ADA), place(6, "10:30", BO)])
def test_a_second_core_event_of_a_day_needs_a_reason(office: Office, core: Event, where: Place) -> None:
    with pytest.raises(OverrideNeededError) as refused:
        schedule(office, core, where)
    (violation,) = refused.value.violations
    assert (violation.reason.code, violation.reason.params["run"]) == (Code.OPEN_PROPOSAL, office.run_id)
    assert f"Proposal {office.run_id}" in str(refused.value)


def test_what_is_scheduled_all_the_same_wins_over_the_proposal(office: Office, core: Event) -> None:
    office.submit(schedule(office, core, place(5, "10:30", ADA), override="It cannot wait"))
    office.approve_and_submit()
    proposed, moved = office.store.events[:2]
    assert office.row(proposed).failure_code == "DAILY_LIMIT"
    office.assert_at(core, place(5, "10:30", ADA))
    office.assert_at(moved, place(6, "09:45", BO))


def test_juicing_beside_a_proposed_core_event_needs_a_reason(office: Office) -> None:
    juicing = office.store.events[3]
    office.propose({office.store.events[0].ref: place(5, "09:45", EVE)})
    with pytest.raises(OverrideNeededError):
        schedule(office, juicing, place(5, "09:00", EVE))


def test_a_day_that_the_proposal_would_free_is_not_free_yet(office: Office, core: Event) -> None:
    with pytest.raises(RuleBrokenError) as refused:
        schedule(office, core, place(4, "10:30", BO), override="It will be free")
    assert Code.DAILY_LIMIT in {violation.reason.code for violation in refused.value.violations}


def test_what_the_proposal_leaves_where_it_stands_is_told_once(office: Office, core: Event) -> None:
    office.propose({office.store.events[1].ref: place(4, "09:45", BO)})
    with pytest.raises(RuleBrokenError) as refused:
        schedule(office, core, place(4, "10:30", BO))
    assert Code.OPEN_PROPOSAL not in {violation.reason.code for violation in refused.value.violations}


def test_the_proposed_event_itself_is_scheduled_without_a_reason(office: Office) -> None:
    assert schedule(office, office.store.events[0], place(5, "10:30", ADA))


def test_a_rejected_proposal_is_in_nobodys_way(office: Office, core: Event) -> None:
    reject_runs(office.engine, office.run_id, who=BOSS, now=NOW)
    assert schedule(office, core, place(5, "10:30", ADA))


def test_an_edit_of_the_proposal_does_not_collide_with_itself(office: Office) -> None:
    proposed, moved = office.store.events[:2]
    decided = edit_row(
        office.engine,
        SETTINGS,
        office.rows[moved.ref],
        employee_id=ADA,
        start=instant(place(7, "09:45", ADA)),
        revision=None,
        override=None,
        who=BOSS,
        now=NOW,
    )
    assert [change.event for change in decided.changes] == [moved.ref]
    assert office.row(proposed).status == "proposed"


def test_moving_by_hand_is_told_as_well(office: Office) -> None:
    with pytest.raises(OverrideNeededError):
        reschedule(
            office.engine,
            SETTINGS,
            office.store.events[1].ref,
            employee_id=ADA,
            start=instant(place(5, "10:30", ADA)),
            override=None,
            who=BOSS,
            now=NOW,
        )
