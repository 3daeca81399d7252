"""What the flow cannot say: juicing that shares a day, chains that are too long; and work that is limited."""

from __future__ import annotations

import pytest

from benchmarks.rosters import RULES, instance
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.greedy import GreedyEngine
from scheduling_pipeline.roster.model import Event, Snapshot
from scheduling_pipeline.roster.network import layout_of
from scheduling_pipeline.roster.objective import classes_of, urgency
from scheduling_pipeline.roster.optimal import OptimalEngine
from scheduling_pipeline.roster.relaxation import Choices, Relaxation
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.search import Found, search
from scheduling_pipeline.roster.standing import standing
from tests.roster import tiny
from tests.roster.brute_force import broken_rules
from tests.roster.tiny import BARISTA, LEAD, SPECIALIST, core, day, juicing, place, roster

TIGHT = [(seed, 1.0) for seed in range(1, 7)]


def relaxation_of(snapshot: Snapshot, rules: Rules) -> tuple[Eligibility, list[Event], Relaxation]:
    """Of a roster of one region without partners."""
    eligibility = Eligibility(snapshot, rules)
    start = standing(eligibility)
    rows = {key: row for row, key in enumerate(classes_of(eligibility))}
    events = list(start.shifts)
    own = [rows[urgency(event, eligibility.today)] for event in events]
    return eligibility, events, Relaxation(layout_of(eligibility, start, events, {}), own, len(rows))


def found(snapshot: Snapshot, rules: Rules = tiny.RULES, work: int = 1_000_000) -> Found:
    return search(*relaxation_of(snapshot, rules), work)


SHARED = roster(
    juicing(1, 1, 3),  # on either day
    juicing(2, 1, 2, survey=True),
    core(3, 1, 2),
    people=(BARISTA,),
    juicers={1: BARISTA, 2: BARISTA},
)


def test_a_flow_may_have_a_survey_beside_a_core_event() -> None:
    _, _, relaxation = relaxation_of(
        roster(
            juicing(1, 1, 4),
            juicing(2, 1, 3, survey=True),
            core(3, 1, 2),
            people=(BARISTA,),
            juicers={1: BARISTA, 2: BARISTA},
        ),
        tiny.RULES,
    )
    free = relaxation.solve(Choices())
    assert free.clash
    assert free.alone == [(BARISTA.id, day(1))]
    either = [
        relaxation.solve(Choices(juicing={(BARISTA.id, day(1)): juicing_day}), free)
        for juicing_day in (False, True)
    ]
    assert max(one.bound for one in either) < free.bound
    assert not any(one.clash for one in either)


def test_the_search_takes_the_better_of_juicing_and_core() -> None:
    answer = found(SHARED)
    assert answer.bound == answer.score
    assert answer.assigned == {1: (BARISTA.id, day(1)), 2: (BARISTA.id, day(1))}


@pytest.mark.parametrize("longest", [1, 2, 3])
def test_the_search_keeps_to_the_longest_chain(longest: int) -> None:
    waiting = [core(ref, 1, 5, place(ref, LEAD)) for ref in range(1, 4)]
    rules = Rules(horizon_days=4, quiet_days=1, bump_min_days=1, longest_chain=longest)
    windows = {1: (1, 3), 2: (2, 4), 3: (3, 5)}  # each can only go on to the next day
    waiting = [
        core(ref, *windows[ref], committed=event.committed)
        for ref, event in zip(windows, waiting, strict=True)
    ]
    snapshot = roster(core(9, 1, 2), *waiting, people=(LEAD,))
    answer = found(snapshot, rules)
    assert answer.bound == answer.score
    assert answer.assigned[9] == (LEAD.id, day(1))
    moved = [event.ref for event in waiting if answer.assigned.get(event.ref) != (LEAD.id, day(event.ref))]
    assert len(moved) == longest
    assert len(answer.assigned) == (4 if longest == 3 else 3)


def test_a_forbidden_place_leaves_the_others_of_that_day() -> None:
    snapshot = roster(core(1, 1, 2), people=(LEAD, SPECIALIST))
    _, _, relaxation = relaxation_of(snapshot, tiny.RULES)
    forbidden = frozenset({(1, (LEAD.id, day(1)))})
    relaxed = relaxation.solve(Choices(forbidden=forbidden))
    assert relaxation.assigned(relaxed) == {1: (SPECIALIST.id, day(1))}


@pytest.mark.parametrize(("seed", "tightness"), TIGHT)
def test_with_too_little_work_a_plan_is_good_and_says_that_it_is_not_proven(
    seed: int, tightness: float
) -> None:
    snapshot = instance(300, 40, seed=seed, tightness=tightness)
    best = OptimalEngine().plan(snapshot, RULES)
    hasty = OptimalEngine(work=1).plan(snapshot, RULES)
    assert all(best.proof.proven)
    assert GreedyEngine().plan(snapshot, RULES).objective <= hasty.objective <= best.objective
    assert broken_rules(snapshot, RULES, hasty) == []
    assert hasty.engine == "optimal"
    assert hasty.proof.reproducible
    levels = [one == other for one, other in zip(hasty.objective, best.objective, strict=True)]
    assert all(same for same, proven in zip(levels, hasty.proof.proven, strict=True) if proven)
    assert (hasty.proof.gap > 0) == (not all(hasty.proof.proven))


def test_too_little_work_does_happen() -> None:
    proofs = [
        OptimalEngine(work=1).plan(instance(300, 40, seed=seed, tightness=tightness), RULES).proof
        for seed, tightness in TIGHT
    ]
    assert not all(all(proof.proven) for proof in proofs)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_events_are_proven_with_few_flows(seed: int) -> None:
    plan = OptimalEngine(work=500_000).plan(instance(1_000, 100, seed=seed, tightness=1.0), RULES)
    assert all(plan.proof.proven)
