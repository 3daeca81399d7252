"""Weekly hours and days in a row, in the optimal engine."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from random import Random

import pytest

from benchmarks.rosters import RULES as USUAL
from benchmarks.rosters import instance
from scheduling_pipeline.roster import hours
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.model import EventType, Place, Snapshot
from scheduling_pipeline.roster.objective import Value, value_of
from scheduling_pipeline.roster.optimal import OptimalEngine
from scheduling_pipeline.roster.plan import Plan
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.validator import Validator
from tests.roster.brute_force import broken_rules, clash
from tests.roster.tiny import (
    BARISTA,
    CHIEF,
    LEAD,
    RULES,
    SPECIALIST,
    STARTS,
    core,
    day,
    juicing,
    place,
    roster,
    supervisor_of,
)

Seats = dict[int, tuple[str, date]]
DAY = timedelta(days=1)
WEEKLY = replace(RULES, weekly_hours=True)


def planned(snapshot: Snapshot, rules: Rules) -> Plan:
    return OptimalEngine().plan(snapshot, rules)


def test_nobody_gets_more_than_their_hours_of_a_week() -> None:
    busy = replace(LEAD, weekly_minutes=2 * 390)
    events = [core(ref, ref, ref + 1) for ref in range(1, 5)]  # Tuesday to Friday
    plan = planned(roster(*events, people=(busy,)), WEEKLY)
    assert sorted(plan.placed) == [1, 2]
    assert all(plan.proof.proven)


def test_a_week_begins_on_sunday() -> None:
    busy = replace(LEAD, weekly_minutes=390)
    rules = replace(WEEKLY, horizon_days=7)
    events = [core(1, 5, 6), core(2, 6, 7)]  # Saturday and Sunday
    assert sorted(planned(roster(*events, people=(busy,)), rules).placed) == [1, 2]


def test_what_stands_there_counts() -> None:
    busy = replace(LEAD, weekly_minutes=2 * 390)
    events = core(1, 0, 1, place(0, LEAD)), core(2, 1, 2), core(3, 2, 3)
    plan = planned(roster(*events, people=(busy,)), WEEKLY)
    assert sorted(plan.placed) == [1, 2]


def test_people_without_a_limit_have_none() -> None:
    events = [core(ref, ref, ref + 1) for ref in range(1, 5)]
    assert len(planned(roster(*events, people=(LEAD,)), WEEKLY).placed) == 4


def test_juicing_takes_its_own_minutes() -> None:
    barista = replace(BARISTA, weekly_minutes=540 + 30)
    events = juicing(1, 1, 2), juicing(2, 1, 2, survey=True), core(3, 2, 3)
    snapshot = roster(*events, people=(barista,), juicers={1: BARISTA})
    assert sorted(planned(snapshot, WEEKLY).placed) == [1, 2]


def test_nobody_works_more_days_in_a_row_than_allowed() -> None:
    events = [core(ref, ref, ref + 1) for ref in range(1, 5)]
    plan = planned(roster(*events, people=(LEAD,)), replace(RULES, consecutive_days=2))
    assert sorted(plan.placed) == [1, 2, 4]  # the most urgent ones
    assert all(plan.proof.proven)


def test_days_that_are_worked_already_count_in_a_row() -> None:
    events = core(1, 0, 1, place(0, LEAD)), core(2, 1, 2, place(1, LEAD)), core(3, 2, 3), core(4, 3, 4)
    plan = planned(roster(*events, people=(LEAD,)), replace(RULES, consecutive_days=2))
    assert sorted(plan.placed) == [1, 2, 4]


def test_chains_are_no_longer_than_allowed() -> None:
    windows = {1: (1, 3), 2: (2, 4), 3: (3, 5)}  # each can only go on to the next day
    waiting = [core(ref, *window, committed=place(ref, LEAD)) for ref, window in windows.items()]
    rules = replace(WEEKLY, longest_chain=2)
    snapshot = roster(core(9, 1, 2), *waiting, people=(LEAD,))
    plan = planned(snapshot, rules)
    assert broken_rules(snapshot, rules, plan) == []
    assert all(plan.proof.proven)
    assert len(plan.placed) == 3


def drawn(seed: int) -> tuple[Snapshot, Rules]:
    """Four or five events, two or three people with few hours, some of it standing in the planner."""
    random = Random(seed)  # noqa: S311 - made-up data
    crew = [replace(one, weekly_minutes=390 * random.randint(1, 3)) for one in (LEAD, SPECIALIST, BARISTA)]
    crew = crew[: random.randint(2, 3)] if random.random() < 0.5 else [crew[0], crew[2]]
    events = []
    taken: set[tuple[int, str]] = set()
    for ref in range(1, random.randint(5, 6)):
        first = random.randint(1, 2)
        kind = random.random()
        if kind < 0.3:
            events.append(juicing(ref, first, first + random.randint(1, 3), survey=kind < 0.15))
            continue
        event = core(ref, first, first + random.randint(1, 3))
        one, on = random.choice(crew), (event.start - day(0)).days
        if random.random() < 0.4 and (on, one.id) not in taken:
            taken.add((on, one.id))
            event = replace(event, committed=place(on, one))
        events.append(event)
        if random.random() < 0.3:
            events.append(supervisor_of(event, 100 + ref))
    rules = replace(RULES, weekly_hours=random.random() < 0.7, consecutive_days=random.choice([None, 1, 2]))
    juicers = dict.fromkeys((1, 2, 3), BARISTA)
    return roster(*events, people=(CHIEF, *crew), juicers=juicers), rules


def every(snapshot: Snapshot, rules: Rules) -> Iterator[Seats]:
    """All ways to give shifts to people and days."""
    eligibility = Eligibility(snapshot, rules)
    shifts = [event for event in snapshot.events if event.type in (EventType.CORE, EventType.JUICER)]
    options: list[list[tuple[str, date] | None]] = []
    for event in shifts:
        seats = [(one, on) for on in eligibility.days(event) for one in eligibility.people(event, on)]
        if event.committed is not None and not eligibility.movable(event):
            seats = [(event.committed.employee, event.committed.day)]
            options.append([*seats])
        else:
            options.append([None, *seats])
    for chosen in product(*options):
        yield {event.ref: seat for event, seat in zip(shifts, chosen, strict=True) if seat is not None}


def is_legal(snapshot: Snapshot, rules: Rules, seats: Seats) -> bool:
    events = {event.ref: event for event in snapshot.events}
    by_seat: dict[tuple[str, date], list[int]] = defaultdict(list)
    for ref, seat in seats.items():
        if any(clash(events[ref], events[other]) for other in by_seat[seat]):
            return False
        by_seat[seat].append(ref)
    minutes: Counter[tuple[str, date]] = Counter()
    for ref, (one, on) in seats.items():
        minutes[one, on - timedelta(days=on.isoweekday() % 7)] += events[ref].minutes
    limits = {one.id: one.weekly_minutes for one in snapshot.employees}
    for (one, _), total in minutes.items():
        limit = limits[one]
        if rules.weekly_hours and limit is not None and total > limit:
            return False
    row = rules.consecutive_days
    if row is None:
        return True
    return not any(
        all((one, on + back * DAY) in by_seat for back in range(row + 1)) for one, on in [*by_seat]
    )


def worth(snapshot: Snapshot, rules: Rules, seats: Seats) -> Value:
    """With partners on the days of their Core events."""
    events = {event.ref: event for event in snapshot.events}
    placed: dict[int, Place] = {}
    for ref, (one, on) in seats.items():
        event = events[ref]
        stands = event.committed
        same = stands is not None and (stands.employee, stands.day) == (one, on)
        placed[ref] = stands if same and stands is not None else Place(on, STARTS[EventType.CORE], one)
    for event in snapshot.events:
        if event.parent in seats and event.parent is not None:
            placed[event.ref] = Place(seats[event.parent][1], STARTS[EventType.SUPERVISOR], CHIEF.id)
    return value_of(Eligibility(snapshot, rules), placed)


@pytest.mark.parametrize("seed", range(30))
def test_it_is_the_best_of_all_plans(seed: int) -> None:
    snapshot, rules = drawn(seed)
    best = max(
        worth(snapshot, rules, seats) for seats in every(snapshot, rules) if is_legal(snapshot, rules, seats)
    )
    plan = planned(snapshot, rules)
    assert plan.objective == best
    assert all(plan.proof.proven)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_plan_of_a_large_roster_breaks_a_rule(seed: int) -> None:
    snapshot = instance(300, 40, seed=seed)
    rules = replace(USUAL, weekly_hours=True, consecutive_days=5)
    plan = planned(snapshot, rules)
    assert all(plan.proof.proven)
    assert broken_rules(snapshot, rules, plan) == []
    assert hard(snapshot, rules, plan.placed) == {}
    free = planned(snapshot, USUAL)
    assert hard(snapshot, rules, free.placed) != {}
    assert plan.objective < free.objective


def hard(snapshot: Snapshot, rules: Rules, placed: Mapping[int, Place]) -> dict[int, list[str]]:
    validator = Validator(snapshot, rules, placed)
    found = {
        ref: [one.reason.code.value for one in validator.violations(ref, place, automatic=True) if one.hard]
        for ref, place in placed.items()
    }
    return {ref: codes for ref, codes in found.items() if codes}


@pytest.mark.parametrize(("seed", "published"), [(1, 0.25), (2, 0.25), (1, 1.0), (2, 1.0)])
def test_limits_that_nobody_reaches_change_nothing(seed: int, published: float) -> None:
    """Two solvers, one answer."""
    snapshot = instance(200, 30, seed=seed, tightness=1.0, published=published)
    loose = tuple(replace(one, weekly_minutes=7 * 1440) for one in snapshot.employees)
    same = replace(snapshot, employees=loose)
    with_limits, without = planned(same, replace(USUAL, weekly_hours=True)), planned(same, USUAL)
    assert with_limits.objective == without.objective
    assert all(with_limits.proof.proven)
    assert all(without.proof.proven)


def test_a_solver_that_gives_up_early_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "_PARAMETERS", replace(hours._PARAMETERS, time_limit=timedelta(0)))
    snapshot = instance(30, 10, seed=1)
    rules = replace(USUAL, weekly_hours=True)
    plan = planned(snapshot, rules)
    assert not any(plan.proof.proven)
    assert plan.proof.gap > 0
    assert not plan.proof.reproducible
    assert broken_rules(snapshot, rules, plan) == []


def test_the_same_roster_has_the_same_plan() -> None:
    snapshot, rules = instance(300, 40, seed=4), replace(USUAL, weekly_hours=True, consecutive_days=5)
    assert planned(snapshot, rules) == planned(snapshot, rules)
