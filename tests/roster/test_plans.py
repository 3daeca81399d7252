"""What is true of every plan of either engine, on made-up rosters: no rule is broken, nothing forgotten, and
the optimal engine's plan is the best there is."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.rosters import instance, store_size
from scheduling_pipeline.roster.engines import engine_named
from scheduling_pipeline.roster.model import Snapshot
from scheduling_pipeline.roster.plan import Plan
from scheduling_pipeline.roster.rules import Rules
from tests.roster.brute_force import best, broken_rules
from tests.roster.tiny import rosters

ENGINES = ("greedy", "optimal")
MADE_UP = [(30, 10, 1), (30, 10, 2), (300, 40, 1), (300, 40, 2), (1_000, 100, 1)]

thorough = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def planned(engine: str, snapshot: Snapshot, rules: Rules) -> Plan:
    return engine_named(engine).plan(snapshot, rules)


@pytest.mark.parametrize("engine", ENGINES)
@thorough
@given(rosters())
def test_no_plan_of_a_tiny_roster_breaks_a_rule(engine: str, roster: tuple[Snapshot, Rules]) -> None:
    assert broken_rules(*roster, planned(engine, *roster)) == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("events", "people", "seed"), MADE_UP)
def test_no_plan_of_a_large_roster_breaks_a_rule(engine: str, events: int, people: int, seed: int) -> None:
    snapshot = instance(events, people, seed=seed)
    assert broken_rules(snapshot, Rules(), planned(engine, snapshot, Rules())) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_no_plan_of_a_real_store_breaks_a_rule(engine: str) -> None:
    snapshot = store_size(1)
    assert broken_rules(snapshot, Rules(), planned(engine, snapshot, Rules())) == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_plan_breaks_a_limit_on_working_time(engine: str, seed: int) -> None:
    rules = Rules(weekly_hours=True, consecutive_days=3)
    snapshot = instance(300, 40, seed=seed)
    assert broken_rules(snapshot, rules, planned(engine, snapshot, rules)) == []


@thorough
@given(rosters())
def test_the_optimal_plan_is_as_good_as_the_best_of_all(roster: tuple[Snapshot, Rules]) -> None:
    plan = planned("optimal", *roster)
    assert plan.objective == best(*roster)
    assert all(plan.proof.proven)
    assert plan.proof.gap == 0


@thorough
@given(rosters())
def test_the_greedy_plan_is_never_better_than_the_best_of_all(roster: tuple[Snapshot, Rules]) -> None:
    assert planned("greedy", *roster).objective <= best(*roster)


@pytest.mark.parametrize(("events", "people", "seed"), MADE_UP)
def test_the_optimal_plan_is_never_worse_than_the_greedy_one(events: int, people: int, seed: int) -> None:
    snapshot = instance(events, people, seed=seed)
    greedy, optimal = (planned(engine, snapshot, Rules()) for engine in ENGINES)
    assert optimal.objective > greedy.objective
    assert len(optimal.placed) >= len(greedy.placed)


def digest(engine: str) -> str:
    """Of all that an engine says of one roster."""
    plan = planned(engine, instance(300, 40, seed=3), Rules())
    return hashlib.sha256(json.dumps(asdict(plan), default=str).encode()).hexdigest()


@pytest.mark.process
@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_roster_has_the_same_plan_in_any_process(engine: str) -> None:
    script = f"from tests.roster.test_plans import digest; print(digest({engine!r}))"
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert told == {digest(engine)}
