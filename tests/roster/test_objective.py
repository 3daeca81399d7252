"""What a plan is worth, level by level."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.model import Employee, Event, EventType, Place, RotationType, Snapshot
from scheduling_pipeline.roster.objective import Value, classes_of, load_cost, urgency, value_of
from tests.roster.tiny import (
    BARISTA,
    CHIEF,
    LEAD,
    OTHER_STORE,
    RULES,
    SPECIALIST,
    STORE,
    TODAY,
    core,
    day,
    juicing,
    place,
    roster,
    supervisor_of,
)


def value(snapshot: Snapshot, placed: dict[int, Place]) -> Value:
    return value_of(Eligibility(snapshot, RULES), placed)


def task(ref: int, kind: EventType) -> Event:
    return Event(ref, kind.value, kind, STORE, day(1), day(3), 30)


def test_what_is_due_first_comes_first_and_then_the_type_decides() -> None:
    events = [core(1, 1, 2), juicing(2, 1, 3), task(3, EventType.OTHER), core(4, 1, 3)]
    assert [urgency(event, TODAY) for event in events] == [(2, 6), (3, 1), (3, 9), (3, 6)]
    assert classes_of(Eligibility(roster(*events), RULES)) == [(2, 6), (3, 1), (3, 6), (3, 9)]


def test_one_urgent_event_is_worth_more_than_many_that_can_wait() -> None:
    snapshot = roster(core(1, 1, 2), core(2, 1, 3), core(3, 1, 3))
    urgent = value(snapshot, {1: place(1, LEAD)})
    others = value(snapshot, {2: place(1, LEAD), 3: place(1, SPECIALIST)})
    assert urgent[0] == (1, 0)
    assert others[0] == (0, 2)
    assert urgent > others


def test_supervisor_events_are_a_level_of_their_own() -> None:
    event = core(1, 1, 3)
    snapshot = roster(event, supervisor_of(event, 2))
    without = value(snapshot, {1: place(1, LEAD)})
    both = value(snapshot, {1: place(1, LEAD), 2: place(1, CHIEF, EventType.SUPERVISOR)})
    assert (without[0], without[1]) == ((1,), (0,))
    assert (both[0], both[1]) == ((1,), (1,))


def test_a_dropped_event_counts_as_moved_and_one_that_is_left_out_does_not() -> None:
    snapshot = roster(core(1, 1, 3, place(1, LEAD)))
    assert value(snapshot, {1: place(1, LEAD)})[2] == (0,)
    assert value(snapshot, {1: place(2, LEAD)})[2] == (-1,)
    assert value(snapshot, {})[2] == (-1,)
    left_out = replace(snapshot.events[0], committed=place(3, LEAD), auto=False)  # outside its window
    assert value(replace(snapshot, events=(left_out,)), {})[2] == (0,)


@pytest.mark.parametrize(("person", "cost"), [(LEAD, 0), (SPECIALIST, 2), (BARISTA, 3)])
def test_leads_are_wanted_for_core_events(person: Employee, cost: int) -> None:
    assert value(roster(core(1, 1, 3)), {1: place(1, person)})[3] == (-cost - 1,)  # and one day of work


def test_people_of_other_stores_are_wanted_less() -> None:
    guest = replace(LEAD, home=OTHER_STORE)
    assert value(roster(core(1, 1, 3), people=(guest,)), {1: place(1, guest)})[3] == (-4 - 1,)


def test_a_late_day_costs_what_is_new_or_moved_but_not_what_stays() -> None:
    assert value(roster(core(1, 1, 4)), {1: place(3, LEAD)})[3] == (-2 - 1,)
    stays = roster(core(1, 1, 4, place(3, LEAD)))
    assert value(stays, {1: place(3, LEAD)})[3] == (-1,)
    assert value(stays, {1: place(2, LEAD)})[3] == (-1 - 1,)


def test_lead_tasks_cost_three_for_each_step_down_the_order() -> None:
    snapshot = roster(task(1, EventType.FREEOSK), leads={1: LEAD})
    assert value(snapshot, {1: place(1, LEAD, EventType.FREEOSK)})[3] == (0,)
    assert value(snapshot, {1: place(1, CHIEF, EventType.FREEOSK)})[3] == (-3,)


def test_each_day_of_the_same_person_costs_more_than_the_one_before() -> None:
    assert [load_cost(days) for days in range(4)] == [0, 1, 3, 6]
    events = [core(number, number, number + 1) for number in (1, 2)]
    one = value(roster(*events), {1: place(1, LEAD), 2: place(2, LEAD)})
    two = value(roster(*events), {1: place(1, LEAD), 2: place(2, SPECIALIST)})
    assert (one[3], two[3]) == ((-3,), (-2 - 2,))


def test_production_and_survey_of_one_day_are_one_day_of_work() -> None:
    events = juicing(1, 1, 2), juicing(2, 1, 2, survey=True)
    snapshot = roster(*events, juicers={1: BARISTA})
    assert snapshot.rotations[STORE, day(1), RotationType.JUICER] == BARISTA.id
    placed = {1: place(1, BARISTA, EventType.JUICER), 2: place(1, BARISTA, EventType.JUICER, survey=True)}
    assert value(snapshot, placed)[3] == (-1,)


def test_work_of_today_or_after_the_last_day_is_no_load() -> None:
    events = core(1, 0, 9, place(0, LEAD)), core(2, 0, 9, place(5, LEAD))
    assert value(roster(*events), {1: place(0, LEAD), 2: place(5, LEAD)})[3] == (0,)
