"""Every event without a place is told why, and what would help; both can be checked."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.roster import works
from benchmarks.rosters import instance, mended
from scheduling_pipeline.roster.engines import engine_named
from scheduling_pipeline.roster.explain import explain
from scheduling_pipeline.roster.model import Event, EventType, Snapshot
from scheduling_pipeline.roster.plan import Explanation, Plan
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules
from tests.roster.brute_force import EXCLUSIVE, World, clash, urgency
from tests.roster.tiny import (
    BARISTA,
    CHIEF,
    LEAD,
    RULES,
    SPECIALIST,
    STORE,
    core,
    day,
    juicing,
    place,
    roster,
    rosters,
    supervisor_of,
)


def explained(
    snapshot: Snapshot, rules: Rules = RULES, engine: str = "optimal"
) -> tuple[Plan, dict[int, Explanation]]:
    plan = engine_named(engine).plan(snapshot, rules)
    return plan, explain(snapshot, rules, plan)


def kinds(why: Explanation) -> dict[str, dict[str, str | int]]:
    return {fix.kind: dict(fix.params) for fix in why.fixes}


def test_who_competes_for_too_few_days() -> None:
    _, why = explained(roster(core(1, 1, 3), core(2, 1, 3), core(3, 1, 3), people=(LEAD,)))
    ((ref, told),) = why.items()
    assert sorted(told.blocking) == [1, 2, 3]
    assert told.blocking[0] == ref
    assert sorted(told.person_days) == [(LEAD.id, day(on).isoformat()) for on in (1, 2)]
    assert told.causes == {Code.DAILY_LIMIT: 2}


def test_absences_are_counted() -> None:
    away = {LEAD: {1: Code.TIME_OFF, 2: Code.HOLIDAY}, SPECIALIST: {1: Code.NOT_A_WORK_DAY, 2: Code.HOLIDAY}}
    plan, why = explained(roster(core(1, 1, 3), people=(LEAD, SPECIALIST), away=away))
    assert plan.failed[1].code is Code.NOBODY_AVAILABLE
    assert why[1].causes == {Code.TIME_OFF: 1, Code.HOLIDAY: 2, Code.NOT_A_WORK_DAY: 1}
    assert kinds(why[1]) == {
        "work_day": {"employee": SPECIALIST.id, "day": day(1).isoformat()},
        "later_due": {"event": 1, "due": day(4).isoformat()},
        "time_off": {"employee": LEAD.id, "day": day(1).isoformat()},
    }


def test_a_holiday_has_no_fix() -> None:
    _, why = explained(roster(core(1, 4, 5), people=(LEAD,), away={LEAD: {4: Code.HOLIDAY}}))
    assert why[1].fixes == []


def test_juicing_without_a_rotation_wants_an_exception() -> None:
    plan, why = explained(roster(juicing(1, 4, 5), people=(BARISTA,)))
    assert plan.failed[1].code is Code.NO_ROTATION_JUICER_BEFORE_DUE
    assert why[1].causes == {Code.NO_ROTATION_JUICER_BEFORE_DUE: 1}
    assert kinds(why[1]) == {
        "exception": {
            "store": STORE,
            "day": day(4).isoformat(),
            "rotation_type": "juicer",
            "employee": BARISTA.id,
        }
    }


def test_a_juicer_who_is_away() -> None:
    away = {BARISTA: {4: Code.TIME_OFF}}
    plan, why = explained(roster(juicing(1, 4, 5), people=(BARISTA,), away=away, juicers={4: BARISTA}))
    assert plan.failed[1].code is Code.ROTATION_PERSON_AWAY
    assert why[1].causes == {Code.TIME_OFF: 1}
    assert list(kinds(why[1])) == ["time_off"]


def test_nobody_to_hold_a_supervisor_event() -> None:
    event = core(1, 4, 5, place(4, SPECIALIST))
    away = {CHIEF: {4: Code.NOT_A_WORK_DAY}}
    people = (CHIEF, LEAD, SPECIALIST)
    plan, why = explained(roster(event, supervisor_of(event, 2), people=people, away=away))
    assert why[2].causes == {plan.failed[2].code: 1} == {Code.SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE: 1}
    named = {"store": STORE, "day": day(4).isoformat(), "rotation_type": "primary_lead", "employee": LEAD.id}
    assert kinds(why[2]) == {
        "exception": named,
        "work_day": {"employee": CHIEF.id, "day": day(4).isoformat()},
    }


def test_a_supervisor_event_names_its_core_event_or_the_lack_of_one() -> None:
    event = core(1, 1, 2)
    orphan = supervisor_of(core(8, 1, 2), 3)
    _, why = explained(roster(event, supervisor_of(event, 2), orphan, people=()))
    assert why[2].causes == {Code.CORE_FAILED: 1}
    assert set(why[3].causes) <= {Code.NO_MATCHING_CORE, Code.CORE_FAILED}


def test_a_window_that_ends_in_the_quiet_zone() -> None:
    rules = Rules(quiet_days=3)
    _, why = explained(roster(core(1, 1, 3), people=(LEAD,)), rules)
    assert why[1].causes == {Code.BUFFER_PAST_DUE: 1}
    assert kinds(why[1]) == {"later_due": {"event": 1, "due": day(4).isoformat()}}


def test_a_greedy_plan_claims_no_contest_where_a_longer_chain_would_do() -> None:
    standing = core(2, 1, 4, place(1, LEAD)), core(3, 2, 5, place(2, LEAD))
    snapshot = roster(core(1, 1, 2), *standing, core(4, 2, 4, place(3, LEAD)), people=(LEAD,))
    plan, why = explained(snapshot, engine="greedy")
    assert plan.failed
    assert all(told.causes or told.blocking for told in why.values())


def faults(snapshot: Snapshot, rules: Rules, plan: Plan, why: dict[int, Explanation]) -> list[str]:
    """What cannot be checked about explanations of a plan."""
    world = World(snapshot, rules)
    found = []
    for ref, told in why.items():
        mine = urgency_of(world, ref)
        if not told.causes and not told.blocking:
            found.append(f"{ref} is told nothing")
        if told.blocking:
            if (
                len(told.blocking) != len(set(told.blocking))
                or len(told.blocking) != len(told.person_days) + 1
            ):
                found.append(f"{ref} competes for as many days as there are events")
            if any(urgency_of(world, rival) > mine for rival in told.blocking):
                found.append(f"{ref} competes with something less urgent")
            if any(rival != ref and rival not in plan.placed for rival in told.blocking):
                found.append(f"{ref} competes with something that has no place")
        if plan.failed[ref].code is Code.NO_SLOT_OR_BUMP_IN_WINDOW and not (
            told.blocking or {Code.DAILY_LIMIT, Code.JUICING} & told.causes.keys()
        ):
            found.append(f"{ref} is told something else than in the plan")
    return found


def urgency_of(world: World, ref: int) -> tuple[int, int]:
    return urgency(world, world.events[ref])


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(rosters())
def test_every_failed_event_is_told_something_that_can_be_checked(made: tuple[Snapshot, Rules]) -> None:
    for engine in ("greedy", "optimal"):
        plan, why = explained(*made, engine)
        assert why.keys() == plan.failed.keys()
        assert faults(*made, plan, why) == []


@pytest.mark.parametrize(("events", "people", "seed"), [(300, 40, 1), (300, 40, 2), (1_000, 100, 1)])
def test_contests_of_an_optimal_plan(events: int, people: int, seed: int) -> None:
    snapshot = instance(events, people, seed=seed)
    plan, why = explained(snapshot, Rules())
    assert faults(snapshot, Rules(), plan, why) == []
    world = World(snapshot, Rules())
    for ref, reason in plan.failed.items():
        event = world.events[ref]
        if event.type in EXCLUSIVE and reason.code is Code.NO_SLOT_OR_BUMP_IN_WINDOW:
            seats = {(one, on) for on in world.days(event) for one in world.people(event, on)}
            assert bool(why[ref].blocking) == any(replaceable(world, plan, event, seat) for seat in seats)


def replaceable(world: World, plan: Plan, event: Event, seat: tuple[str, date]) -> bool:
    """Whether one event alone, and one that could be moved, keeps another from somebody's day."""
    there = [
        ref
        for ref, at in plan.placed.items()
        if (at.employee, at.day) == seat and clash(event, world.events[ref])
    ]
    return len(there) == 1 and there[0] not in world.kept


@pytest.mark.parametrize(("events", "people", "seed"), [(30, 10, 1), (30, 10, 5), (300, 40, 1), (300, 40, 3)])
def test_every_fix_works(events: int, people: int, seed: int) -> None:
    snapshot = instance(events, people, seed=seed)
    plan, why = explained(snapshot, Rules())
    shown = [(ref, fix) for ref, told in why.items() for fix in told.fixes]
    assert shown
    for ref, fix in shown:
        after = engine_named("optimal").plan(mended(snapshot, fix), Rules())
        assert works(snapshot, plan, after, ref), (ref, fix)


def test_most_events_have_a_fix() -> None:
    snapshot = instance(1_000, 100, seed=1)
    plan, why = explained(snapshot, Rules())
    types = {event.ref: event.type for event in snapshot.events}
    shifts = [bool(told.fixes) for ref, told in why.items() if types[ref] is not EventType.SUPERVISOR]
    assert sum(shifts) >= 0.85 * len(shifts)
    assert len(plan.failed) == len(why)
