"""The greedy engine, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from scheduling_pipeline.roster.greedy import GreedyEngine
from scheduling_pipeline.roster.model import Event, EventType, Snapshot
from scheduling_pipeline.roster.plan import Plan
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules
from tests.roster.tiny import (
    BARISTA,
    LEAD,
    RULES,
    SPECIALIST,
    STORE,
    core,
    day,
    juicing,
    place,
    roster,
    supervisor_of,
)


def planned(snapshot: Snapshot, rules: Rules = RULES) -> Plan:
    return GreedyEngine().plan(snapshot, rules)


def test_the_most_urgent_core_event_has_the_lead() -> None:
    plan = planned(roster(core(1, 1, 4), core(2, 1, 2), people=(LEAD, SPECIALIST)))
    assert plan.placed[2] == place(1, LEAD)
    assert plan.placed[1].employee == SPECIALIST.id
    assert plan.placed[1].start == time(10, 30)  # the slot that is least used


def test_a_free_day_is_taken_before_anybody_is_bumped() -> None:
    plan = planned(roster(core(1, 1, 5, place(1, LEAD)), core(2, 1, 3), people=(LEAD,)))
    assert plan.placed == {1: place(1, LEAD), 2: place(2, LEAD)}
    assert plan.moves == []


def test_who_can_wait_longest_makes_room_and_is_placed_again() -> None:
    standing = core(1, 1, 3, place(1, LEAD)), core(2, 1, 5, place(1, SPECIALIST))
    plan = planned(roster(*standing, core(3, 1, 2), people=(LEAD, SPECIALIST)))
    assert (plan.placed[3].day, plan.placed[3].employee) == (day(1), SPECIALIST.id)
    assert plan.placed[2].day == day(2)
    (move,) = plan.moves
    assert (move.event, move.to, move.for_event) == (2, plan.placed[2], 3)
    assert move.why.code is Code.MADE_ROOM


def test_who_made_room_and_finds_no_other_place_fails_for_that() -> None:
    one_day = replace(RULES, horizon_days=1)
    plan = planned(roster(core(1, 1, 5, place(1, LEAD)), core(2, 1, 2), people=(LEAD,)), one_day)
    assert plan.placed == {2: place(1, LEAD)}
    assert plan.failed[1].code is Code.MADE_ROOM
    assert [(move.event, move.to, move.for_event) for move in plan.moves] == [(1, None, 2)]


def test_nobody_makes_room_for_an_event_that_is_due_on_the_same_day() -> None:
    plan = planned(roster(core(1, 1, 3, place(1, LEAD)), core(2, 1, 3), core(3, 1, 3), people=(LEAD,)))
    assert plan.placed[1] == place(1, LEAD)
    assert len(plan.failed) == 1


def test_a_juicer_takes_the_day_on_which_they_have_the_rotation_before_any_core_event() -> None:
    plan = planned(roster(core(1, 1, 2), juicing(2, 1, 2), people=(BARISTA,), juicers={1: BARISTA}))
    assert plan.placed == {2: place(1, BARISTA, EventType.JUICER)}
    assert plan.failed[1].code is Code.NO_SLOT_OR_BUMP_IN_WINDOW


def test_a_production_and_a_survey_share_a_day() -> None:
    events: list[Event] = [juicing(1, 1, 2), juicing(2, 1, 2, survey=True), juicing(3, 1, 2)]
    plan = planned(roster(*events, people=(BARISTA,), juicers={1: BARISTA}))
    assert {ref: one.start for ref, one in plan.placed.items()} == {1: time(9), 2: time(17)}
    assert list(plan.failed) == [3]


def test_a_supervisor_event_fails_with_its_core_event() -> None:
    event = core(1, 1, 2)
    plan = planned(roster(event, supervisor_of(event, 2), people=()))
    assert plan.failed[1].code is Code.NOBODY_AVAILABLE
    assert plan.failed[2].code is Code.CORE_FAILED


def test_five_core_events_and_one_person() -> None:
    plan = planned(roster(*(core(ref, 1, 2) for ref in range(1, 6)), people=(LEAD,)))
    assert list(plan.placed) == [1]
    assert sorted(plan.failed) == [2, 3, 4, 5]


def test_saturdays_and_sundays_count() -> None:
    plan = planned(roster(core(1, 5, 6), core(2, 6, 7), people=(LEAD,)), replace(RULES, horizon_days=7))
    assert {one.day.isoweekday() for one in plan.placed.values()} == {6, 7}


def test_weekly_hours_hold() -> None:
    lead = replace(LEAD, weekly_minutes=2 * 390)
    snapshot = roster(core(1, 1, 4), core(2, 1, 4), core(3, 1, 4), people=(lead,))
    assert len(planned(snapshot).placed) == 3
    assert len(planned(snapshot, replace(RULES, weekly_hours=True)).placed) == 2


def test_nobody_works_too_many_days_in_a_row() -> None:
    snapshot = roster(core(1, 1, 4), core(2, 1, 4), core(3, 1, 4, place(2, LEAD)), people=(LEAD,))
    plan = planned(snapshot, replace(RULES, consecutive_days=2))
    assert {one.day for one in plan.placed.values()} == {day(1), day(2)}


def test_the_horizon_and_the_quiet_zone_are_for_all() -> None:
    rules = Rules(quiet_days=3, horizon_days=21)
    events = core(1, -1, 9), core(2, 1, 9), core(3, 3, 9), core(4, 10, 14), core(5, 1, 3), core(6, 22, 30)
    plan = planned(roster(*events), rules)
    days = {ref: (one.day - day(0)).days for ref, one in plan.placed.items()}
    assert days == {1: 3, 2: 3, 3: 3, 4: 10}
    assert plan.failed[5].code is Code.BUFFER_PAST_DUE
    assert plan.skipped[6].code is Code.NOT_YET
    assert all(event.store == STORE for event in events)
