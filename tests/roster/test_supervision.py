"""Supervisor events follow their Core events."""

from __future__ import annotations

from dataclasses import replace

from scheduling_pipeline.roster.model import EventType, Snapshot
from scheduling_pipeline.roster.optimal import OptimalEngine
from scheduling_pipeline.roster.plan import Plan
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules
from tests.roster.tiny import CHIEF, LEAD, RULES, SPECIALIST, core, day, place, roster, supervisor_of

SUPERVISOR = EventType.SUPERVISOR


def planned(snapshot: Snapshot, rules: Rules = RULES) -> Plan:
    return OptimalEngine().plan(snapshot, rules)


def test_it_is_on_the_day_of_its_core_event_at_noon() -> None:
    event = core(1, 2, 4)
    assert planned(roster(event, supervisor_of(event, 2))).placed[2] == place(2, CHIEF, SUPERVISOR)


def test_the_primary_lead_stands_in_for_the_club_supervisor() -> None:
    event = core(1, 1, 2)
    snapshot = roster(event, supervisor_of(event, 2), leads={1: LEAD}, away={CHIEF: {1: Code.TIME_OFF}})
    assert planned(snapshot).placed[2] == place(1, LEAD, SUPERVISOR)


def test_one_club_supervisor_holds_any_number_at_once() -> None:
    people = tuple(replace(SPECIALIST, id=f"US{number:06}") for number in range(10, 20))
    cores = [core(ref, 1, 2) for ref in range(1, 11)]
    partners = [supervisor_of(event, 100 + event.ref) for event in cores]
    plan = planned(roster(*cores, *partners, people=(CHIEF, *people)))
    assert plan.failed == {}
    assert {plan.placed[partner.ref] for partner in partners} == {place(1, CHIEF, SUPERVISOR)}


def test_the_core_event_goes_where_its_partner_can_follow() -> None:
    event = core(1, 1, 4)
    away = {CHIEF: {1: Code.TIME_OFF, 2: Code.TIME_OFF}}
    plan = planned(roster(event, supervisor_of(event, 2), away=away))
    assert plan.placed[1].day == plan.placed[2].day == day(3)


def test_nobody_to_hold_it() -> None:
    event = core(1, 1, 2)
    plan = planned(roster(event, supervisor_of(event, 2), people=(LEAD,)))
    assert plan.placed == {1: place(1, LEAD)}
    assert plan.failed[2].code is Code.SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE


def test_it_fails_with_its_core_event() -> None:
    event = core(1, 1, 2)
    plan = planned(roster(event, supervisor_of(event, 2), people=(CHIEF,)))
    assert plan.failed[1].code is Code.NOBODY_AVAILABLE
    assert plan.failed[2].code is Code.CORE_FAILED
    assert plan.failed[2].params["core"] == 1


def test_it_needs_a_core_event_and_a_number() -> None:
    lonely = replace(supervisor_of(core(1, 1, 3), 2), parent=None)
    unnumbered = replace(lonely, ref=3, number="")
    plan = planned(roster(lonely, unnumbered))
    assert plan.failed[2].code is Code.NO_MATCHING_CORE
    assert plan.failed[3].code is Code.NO_EVENT_NUMBER


def test_it_moves_with_its_core_event() -> None:
    event = core(1, 1, 4, place(1, LEAD))
    partner = supervisor_of(event, 2, place(1, CHIEF, SUPERVISOR))
    plan = planned(roster(event, partner, core(3, 1, 2), people=(CHIEF, LEAD)))
    assert plan.placed == {1: place(2, LEAD), 2: place(2, CHIEF, SUPERVISOR), 3: place(1, LEAD)}
    assert [(move.event, move.for_event) for move in plan.moves] == [(1, 3), (2, 3)]


def test_it_is_dropped_with_its_core_event() -> None:
    event = core(1, 1, 4, place(1, LEAD))
    partner = supervisor_of(event, 2, place(1, CHIEF, SUPERVISOR))
    one_day = replace(RULES, horizon_days=1)
    plan = planned(roster(event, partner, core(3, 1, 2), people=(CHIEF, LEAD)), one_day)
    assert plan.placed == {3: place(1, LEAD)}
    assert plan.failed[1].code is Code.MADE_ROOM
    assert plan.failed[2].code is Code.CORE_FAILED
    assert [(move.event, move.to) for move in plan.moves] == [(1, None), (2, None)]


def test_it_stays_while_its_core_event_only_changes_hands() -> None:
    event = core(1, 1, 2, place(1, LEAD))
    partner = supervisor_of(event, 2, place(1, CHIEF, SUPERVISOR))
    plan = planned(roster(event, partner, away={LEAD: {1: Code.TIME_OFF}}))
    assert plan.placed[1].employee == SPECIALIST.id
    assert plan.placed[2] == partner.committed
    assert [move.event for move in plan.moves] == [1]


def test_somebody_else_holds_it_the_same_day_even_in_the_quiet_zone() -> None:
    event = core(1, 1, 4, place(1, SPECIALIST))
    partner = supervisor_of(event, 2, place(1, CHIEF, SUPERVISOR))
    away = {CHIEF: {1: Code.TIME_OFF}}
    snapshot = roster(event, partner, leads={1: LEAD}, away=away)
    plan = planned(snapshot, replace(RULES, quiet_days=3))
    assert plan.placed == {1: place(1, SPECIALIST), 2: place(1, LEAD, SUPERVISOR)}
    (move,) = plan.moves
    assert (move.event, move.for_event, move.why.code) == (2, None, Code.TIME_OFF)


def test_a_new_one_is_not_put_into_the_quiet_zone() -> None:
    event = core(1, 1, 4, place(1, SPECIALIST))
    plan = planned(roster(event, supervisor_of(event, 2)), replace(RULES, quiet_days=3))
    assert plan.failed[2].code is Code.QUIET_ZONE


def test_a_pin_holds_on_the_day_of_the_core_event_and_is_named_otherwise() -> None:
    event = core(1, 1, 2)
    pin = place(1, LEAD, SUPERVISOR)
    kept = planned(roster(event, replace(supervisor_of(event, 2), pinned=pin)))
    assert kept.placed[2] == pin
    assert kept.broken_pins == {}
    late = core(1, 1, 3, place(2, SPECIALIST))
    broken = planned(roster(late, replace(supervisor_of(late, 2), pinned=pin)))
    assert broken.placed[2] == place(2, CHIEF, SUPERVISOR)
    assert broken.broken_pins[2].code is Code.NOT_WITH_CORE
