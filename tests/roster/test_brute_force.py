"""The independent judge is judged: it finds what is wrong, and nothing where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time

import pytest

from scheduling_pipeline.roster.greedy import GreedyEngine
from scheduling_pipeline.roster.model import EventType, Place
from scheduling_pipeline.roster.plan import Plan
from scheduling_pipeline.roster.reasons import Code, Reason
from tests.roster.brute_force import best, broken_rules
from tests.roster.tiny import (
    BARISTA,
    CHIEF,
    LEAD,
    RULES,
    SPECIALIST,
    core,
    juicing,
    place,
    roster,
    supervisor_of,
)

CORE = core(1, 1, 4)
STANDING = core(4, 1, 5, place(3, SPECIALIST))
SNAPSHOT = roster(
    CORE,
    supervisor_of(CORE, 2),
    juicing(3, 1, 3),
    STANDING,
    replace(STANDING, ref=5, type=EventType.FREEOSK, committed=place(2, LEAD, EventType.FREEOSK)),
    core(6, 1, 4, pinned=place(2, SPECIALIST)),
    away={LEAD: {3: Code.TIME_OFF}},
    juicers={1: BARISTA, 2: BARISTA},
    leads={1: LEAD, 2: LEAD},
)


def put(ref: int, where: Place) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, placed={**plan.placed, ref: where})


def lose(ref: int) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, placed={one: at for one, at in plan.placed.items() if one != ref})


def test_a_good_plan_has_no_faults() -> None:
    assert broken_rules(SNAPSHOT, RULES, GreedyEngine().plan(SNAPSHOT, RULES)) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(lose(1), "1 is in 0 of", id="forgotten"),
        pytest.param(
            lambda plan: replace(plan, failed={1: Reason(Code.NOBODY_AVAILABLE)}), "1 is in 2 of", id="twice"
        ),
        pytest.param(put(9, place(1, LEAD)), "nobody knows [9]", id="unknown"),
        pytest.param(put(1, place(4, SPECIALIST)), "no day of its", id="past due"),
        pytest.param(put(1, place(3, LEAD)), "who may not", id="time off"),
        pytest.param(put(1, place(1, CHIEF)), "who may not", id="Club Supervisor on Core"),
        pytest.param(put(3, place(1, LEAD, EventType.JUICER)), "who may not", id="juicing without rotation"),
        pytest.param(put(1, place(2, SPECIALIST)), "has", id="two Core on one day"),
        pytest.param(put(1, place(1, BARISTA)), "has", id="Core and juicing"),
        pytest.param(put(2, place(3, CHIEF, EventType.SUPERVISOR)), "day of its Core", id="away from Core"),
        pytest.param(put(2, place(1, LEAD, EventType.SUPERVISOR)), "who may not", id="lead beside the chief"),
        pytest.param(put(1, replace(place(1, LEAD), start=time(8))), "starts at", id="wrong time"),
        pytest.param(put(5, place(1, LEAD, EventType.FREEOSK)), "must not be moved", id="moved lead task"),
        pytest.param(put(4, place(1, SPECIALIST)), "not among the moves", id="move not told"),
        pytest.param(put(6, place(1, SPECIALIST)), "pinned, but elsewhere", id="pin"),
    ],
)
def test_a_spoiled_plan_is_told_from_a_good_one(spoil: Callable[[Plan], Plan], told: str) -> None:
    faults = broken_rules(SNAPSHOT, RULES, spoil(GreedyEngine().plan(SNAPSHOT, RULES)))
    assert any(told in fault for fault in faults), faults


def chain_of_three() -> list[int]:
    """How many of four Core events are placed when each has to make room for the one before."""
    first = core(1, 1, 2)
    links = (
        core(ref, 1 + number, 3 + number, place(1 + number, LEAD)) for number, ref in enumerate((2, 3, 4))
    )
    snapshot = roster(first, *links, people=(LEAD,))
    return [sum(best(snapshot, replace(RULES, longest_chain=length))[0]) for length in (1, 2, 3)]


def test_the_best_plan_keeps_to_the_longest_chain() -> None:
    # the shorter chains end with an event that is dropped, in favour of a more urgent one
    assert chain_of_three() == [3, 3, 4]


def test_what_the_best_plan_is_worth() -> None:
    event = core(1, 1, 3)
    snapshot = roster(event, supervisor_of(event, 2), core(3, 1, 4, place(1, LEAD)), people=(CHIEF, LEAD))
    # both Core events, the partner, no move; the second day twice (Core and partner), and a load of two days
    assert best(snapshot, RULES) == ((1, 1), (1,), (0,), (-(1 + 1 + 3),))
