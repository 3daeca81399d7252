"""The optimal engine, case by case."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import pytest

from benchmarks.rosters import RULES as USUAL
from benchmarks.rosters import instance
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.engines import engine_named
from scheduling_pipeline.roster.model import Absence, Event, EventType, Snapshot
from scheduling_pipeline.roster.optimal import OptimalEngine
from scheduling_pipeline.roster.plan import Plan
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.regions import regions
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.standing import standing
from tests.roster.tiny import (
    BARISTA,
    LEAD,
    OTHER_STORE,
    RULES,
    SPECIALIST,
    STORE,
    core,
    day,
    juicing,
    place,
    roster,
)


def planned(snapshot: Snapshot, rules: Rules = RULES) -> Plan:
    plan = OptimalEngine().plan(snapshot, rules)
    assert all(plan.proof.proven)
    return plan


def test_engines_have_names() -> None:
    assert [engine_named(name).name for name in ("optimal", "greedy")] == ["optimal", "greedy"]
    with pytest.raises(ValueError, match="no engine 'best'; there are optimal, greedy"):
        engine_named("best")


def test_nothing_to_do() -> None:
    plan = planned(roster())
    assert (plan.placed, plan.failed, plan.skipped, plan.moves) == ({}, {}, {}, [])


def test_five_core_events_and_one_person_on_one_day() -> None:
    plan = planned(roster(*(core(ref, 1, 2) for ref in range(1, 6)), people=(LEAD,)))
    assert len(plan.placed) == 1
    assert [reason.code for reason in plan.failed.values()] == [Code.NO_SLOT_OR_BUMP_IN_WINDOW] * 4


def test_a_chain_of_events_makes_room() -> None:
    standing_there = core(2, 1, 3, place(1, LEAD)), core(3, 1, 4, place(2, LEAD))
    plan = planned(roster(core(1, 1, 2), *standing_there, people=(LEAD,)))
    assert plan.placed == {1: place(1, LEAD), 2: place(2, LEAD), 3: place(3, LEAD)}
    assert [(move.event, move.for_event) for move in plan.moves] == [(2, 1), (3, 1)]


def test_no_chain_is_longer_than_is_allowed() -> None:
    standing_there = core(2, 1, 3, place(1, LEAD)), core(3, 1, 4, place(2, LEAD))
    short = replace(RULES, longest_chain=1)
    plan = planned(roster(core(1, 1, 2), *standing_there, people=(LEAD,)), short)
    assert plan.placed[1] == place(1, LEAD)  # what is more urgent is placed, and the other one dropped
    assert len(plan.moves) == 1
    assert plan.failed[2].code is Code.MADE_ROOM


def test_as_few_as_possible_are_moved() -> None:
    there = core(2, 1, 4, place(1, LEAD)), core(3, 1, 4, place(1, SPECIALIST))
    plan = planned(roster(core(1, 1, 2), *there, people=(LEAD, SPECIALIST)))
    assert len(plan.moves) == 1
    undisturbed = planned(roster(core(1, 1, 3), *there, people=(LEAD, SPECIALIST)))
    assert undisturbed.moves == []
    assert undisturbed.placed[1] == place(2, LEAD)


@pytest.mark.parametrize(
    "stays",
    [
        core(2, 1, 2, place(1, LEAD)),  # due within two days
        replace(core(2, 1, 5, place(1, LEAD)), auto=False),
        replace(core(2, 1, 5, place(1, LEAD)), pinned=place(1, LEAD)),
    ],
)
def test_what_must_not_be_moved_stays(stays: Event) -> None:
    rules = replace(RULES, bump_min_days=2)
    plan = planned(roster(core(1, 1, 2), stays, people=(LEAD,)), rules)
    assert plan.placed == {2: place(1, LEAD)}
    assert plan.moves == []


def test_nothing_is_moved_within_the_quiet_zone() -> None:
    stays = core(2, 1, 5, place(1, LEAD))
    plan = planned(roster(core(1, 1, 5), stays, people=(LEAD,)), replace(RULES, quiet_days=2))
    assert plan.placed == {1: place(2, LEAD), 2: place(1, LEAD)}


def test_an_urgent_juicer_event_takes_the_day_of_a_core_event() -> None:
    snapshot = roster(
        juicing(1, 1, 2), core(2, 1, 4, place(1, BARISTA)), people=(BARISTA,), juicers={1: BARISTA}
    )
    plan = planned(snapshot)
    assert plan.placed == {1: place(1, BARISTA, EventType.JUICER), 2: place(2, BARISTA)}
    assert [(move.event, move.for_event) for move in plan.moves] == [(2, 1)]


def test_a_core_event_that_is_due_before_keeps_its_day() -> None:
    snapshot = roster(juicing(1, 1, 3), core(2, 1, 2), people=(BARISTA,), juicers={1: BARISTA})
    plan = planned(snapshot)
    assert plan.placed == {2: place(1, BARISTA)}
    assert plan.failed[1].code is Code.NO_SLOT_OR_BUMP_IN_WINDOW


def test_production_and_survey_share_a_day_rather_than_take_two() -> None:
    events = juicing(1, 1, 3), juicing(2, 1, 3, survey=True), core(3, 1, 3)
    plan = planned(roster(*events, people=(BARISTA,), juicers={1: BARISTA, 2: BARISTA}))
    assert plan.failed == {}
    assert plan.placed[1].day == plan.placed[2].day != plan.placed[3].day


def test_two_of_a_kind_do_not_share_a_day() -> None:
    events = juicing(1, 1, 3), juicing(2, 1, 3)
    plan = planned(roster(*events, people=(BARISTA,), juicers={1: BARISTA, 2: BARISTA}))
    assert {one.day for one in plan.placed.values()} == {day(1), day(2)}


def test_juicing_needs_the_rotation_and_its_person() -> None:
    assert planned(roster(juicing(1, 1, 3))).failed[1].code is Code.NO_ROTATION_JUICER_BEFORE_DUE
    away = {BARISTA: {1: Code.TIME_OFF}}
    plan = planned(roster(juicing(1, 1, 2), juicers={1: BARISTA}, away=away))
    assert plan.failed[1].code is Code.ROTATION_PERSON_AWAY


def test_a_legal_pin_is_kept_as_it_is_and_may_take_a_place() -> None:
    pinned = core(1, 1, 4, pinned=replace(place(1, LEAD), start=place(1, LEAD).start.replace(minute=50)))
    plan = planned(roster(pinned, core(2, 1, 4, place(1, LEAD)), people=(LEAD,)))
    assert plan.placed[1] == pinned.pinned
    assert [(move.event, move.for_event) for move in plan.moves] == [(2, 1)]


def test_a_pin_may_be_in_the_quiet_zone() -> None:
    plan = planned(roster(core(1, 1, 4, pinned=place(1, LEAD))), replace(RULES, quiet_days=3))
    assert plan.placed == {1: place(1, LEAD)}


def test_a_pin_that_breaks_a_rule_is_named_and_the_event_placed_otherwise() -> None:
    away = {LEAD: {1: Code.TIME_OFF}}
    plan = planned(roster(core(1, 1, 4, pinned=place(1, LEAD)), people=(LEAD,), away=away))
    assert plan.placed == {1: place(2, LEAD)}
    assert plan.broken_pins[1].code is Code.TIME_OFF


def test_of_two_pins_at_one_place_the_more_urgent_one_holds() -> None:
    events = core(1, 1, 4, pinned=place(1, LEAD)), core(2, 1, 3, pinned=place(1, LEAD))
    plan = planned(roster(*events, people=(LEAD,)))
    assert plan.placed == {1: place(2, LEAD), 2: place(1, LEAD)}
    assert plan.broken_pins[1].code is Code.DAILY_LIMIT


def test_windows_the_horizon_and_the_quiet_zone() -> None:
    events = [core(1, -1, 9), core(2, 4, 9), core(3, 2, 2), core(4, 0, 1), core(5, 1, 2), core(6, 5, 9)]
    plan = planned(roster(*events), replace(RULES, quiet_days=2))
    assert {ref: one.day for ref, one in plan.placed.items()} == {1: day(2), 2: day(4), 3: day(2)}
    assert {ref: reason.code for ref, reason in plan.failed.items()} == {
        4: Code.BUFFER_PAST_DUE,
        5: Code.BUFFER_PAST_DUE,
    }
    assert plan.skipped[6].code is Code.NOT_YET


def test_what_happened_to_somebody_is_mended() -> None:
    away = {LEAD: {2: Code.TIME_OFF}}
    plan = planned(roster(core(1, 1, 5, place(2, LEAD)), away=away, people=(LEAD,)))
    assert plan.placed == {1: place(1, LEAD)}
    (move,) = plan.moves
    assert (move.for_event, move.why.code) == (None, Code.TIME_OFF)


def test_the_order_of_the_snapshot_does_not_matter() -> None:
    snapshot = instance(300, 40, seed=3)
    turned = replace(snapshot, events=snapshot.events[::-1], employees=snapshot.employees[::-1])
    one, other = (OptimalEngine().plan(made, USUAL) for made in (snapshot, turned))
    assert one.placed == other.placed
    assert one.moves == other.moves


def test_regions_have_nobody_in_common() -> None:
    here, there = (
        replace(LEAD, stores=frozenset([STORE])),
        replace(SPECIALIST, stores=frozenset([OTHER_STORE])),
    )
    events = core(1, 1, 3), replace(core(2, 1, 3), store=OTHER_STORE)
    apart = Eligibility(roster(*events, people=(here, there)), RULES)
    assert [[event.ref for event in part] for part in regions(apart, standing(apart))] == [[1], [2]]
    joined = Eligibility(roster(*events, people=(here, there, BARISTA)), RULES)  # who works everywhere
    assert [[event.ref for event in part] for part in regions(joined, standing(joined))] == [[1, 2]]


def test_somebody_who_falls_ill_moves_few_others() -> None:
    """Somebody is away for a day, on a roster that stands in the planner as it was planned before."""
    snapshot = instance(1_000, 100, seed=1)
    before = OptimalEngine().plan(snapshot, USUAL)
    events = tuple(replace(event, committed=before.placed.get(event.ref)) for event in snapshot.events)
    assert OptimalEngine().plan(replace(snapshot, events=events), USUAL).moves == []
    others: list[int] = []
    for ill in [event for event in events if event.type is EventType.CORE and event.committed][::60]:
        assert ill.committed is not None
        who, when = ill.committed.employee, ill.committed.day
        away = {**snapshot.absences, who: {**snapshot.absences.get(who, {}), when: Absence(Code.TIME_OFF)}}
        plan = OptimalEngine().plan(replace(snapshot, events=events, absences=away), USUAL)
        assert all(plan.proof.proven)
        hit = {
            event.ref
            for event in events
            if event.committed and (event.committed.employee, event.committed.day) == (who, when)
        }
        assert ill.ref in hit
        others.append(sum(move.event not in hit for move in plan.moves))
    assert len(others) >= 5
    assert median(others) < 10
