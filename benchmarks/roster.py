"""What a proposal costs and what it is worth: the greedy and the optimal engine on the same made-up rosters.

The peer of every figure is the greedy engine. Memory is that of a process which makes one plan and nothing
else:

    python -m benchmarks.roster ENGINE EVENTS PEOPLE SEED [limits]

is that process: it prints one line of JSON. `limits`: people's weekly hours and five days in a row hold.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from statistics import mean, median
from typing import TypeVar

from benchmarks.memory import peak_megabytes
from benchmarks.results import Result
from benchmarks.rosters import away, instance, mended
from scheduling_pipeline.roster.engines import engine_named
from scheduling_pipeline.roster.explain import explain
from scheduling_pipeline.roster.model import LEAD_TASKS, Event, EventType, Snapshot
from scheduling_pipeline.roster.plan import Plan
from scheduling_pipeline.roster.rules import Rules

Say = Callable[[str], None]

T = TypeVar("T")

RULES = Rules()
ROUNDS = 3  # the fastest counts: what else the machine does is not of interest
MOST_MEGABYTES = 200
MOST_EXPLAINED = 1e-3  # seconds an event
MOST_REPLAN = 0.2
MOST_MOVED = 10


@dataclass(frozen=True, slots=True)
class Size:
    """`seconds`: the most that an optimal plan may take, where that was promised; `limited`: the most with
    weekly hours and days in a row; None: not measured. `fixes`: how many are tried, `absences` likewise."""

    events: int
    people: int
    seconds: float | None = None
    limited: float | None = None
    fixes: int = 0
    absences: int = 0

    def __str__(self) -> str:
        return f"{self.events:,} / {self.people:,}"


SIZES = (
    Size(30, 10, fixes=20),
    Size(300, 40, fixes=40),
    Size(1_000, 100, seconds=0.2, limited=5, fixes=40, absences=15),
    Size(5_000, 400, limited=60),
    Size(20_000, 1_500, seconds=3),
)
SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process says of one plan. `left_out`: events without a place, by type. `explained`: seconds an
    event."""

    seconds: float
    megabytes: float
    left_out: dict[str, int]
    moved: int
    proven: int
    gap: float
    explained: float


def run(say: Say, sizes: Sequence[Size] = SIZES, seeds: Sequence[int] = SEEDS) -> list[Result]:
    """All sizes, and all seeds of each."""
    results: list[Result] = []
    for size in sizes:
        say(f"roster, {size}")
        results += _compare(size, seeds)
        if size.limited is not None:
            say(f"roster, {size}: with weekly hours and days in a row")
            results += _compare_limited(size, seeds)
        if size.fixes:
            say(f"roster, {size}: do the fixes work?")
            results.append(_fixes(size, seeds))
        if size.absences:
            say(f"roster, {size}: somebody falls ill")
            results += _replans(size, seeds)
    return results


def _compare(size: Size, seeds: Sequence[int]) -> list[Result]:
    greedy = [_apart("greedy", size, seed) for seed in seeds]
    optimal = [_apart("optimal", size, seed) for seed in seeds]

    def case(name: str, ours: float, peer: float | None = None, unit: str = "") -> Result:
        return Result("roster", f"{size}: {name}", unit, ours=ours, peer=peer)

    kinds = sorted({kind for cost in greedy for kind in cost.left_out})
    slow = max(cost.seconds for cost in optimal)
    memory = max(cost.megabytes for cost in optimal)
    return [
        *(case(f"{kind} left out", _mean(optimal, kind), _mean(greedy, kind)) for kind in kinds),
        case("moved", mean(cost.moved for cost in optimal), mean(cost.moved for cost in greedy)),
        replace(
            case("plan", slow, max(cost.seconds for cost in greedy), "s"),
            limit=size.seconds,
            aim_limit=1 if size.seconds else None,
        ),
        replace(
            case("memory", memory, max(cost.megabytes for cost in greedy), "MB"),
            limit=MOST_MEGABYTES,
            aim_limit=1,
        ),
        Result(
            "roster",
            f"{size}: levels not proven",
            "",
            ours=max(4 - cost.proven for cost in optimal),
            limit=0,
            aim_limit=1,
        ),
        Result("roster", f"{size}: gap", "", ours=max(cost.gap for cost in optimal), limit=0, aim_limit=1),
        Result(
            "roster",
            f"{size}: explanation an event",
            "ms",
            ours=1_000 * mean(cost.explained for cost in optimal),
            limit=1_000 * MOST_EXPLAINED,
            aim_limit=1,
        ),
    ]


def _mean(costs: Sequence[Cost], kind: str) -> float:
    return mean(cost.left_out.get(kind, 0) for cost in costs)


def _compare_limited(size: Size, seeds: Sequence[int]) -> list[Result]:
    costs = [[_apart(engine, size, seed, limited=True) for seed in seeds] for engine in ("optimal", "greedy")]
    left_out = [mean(sum(cost.left_out.values()) for cost in engine) for engine in costs]
    slowest = [max(cost.seconds for cost in engine) for engine in costs]
    optimal, _ = costs
    name = f"{size}, limits"
    return [
        Result("roster", f"{name}: left out", "", ours=left_out[0], peer=left_out[1]),
        Result(
            "roster", f"{name}: plan", "s", ours=slowest[0], peer=slowest[1], limit=size.limited, aim_limit=1
        ),
        Result("roster", f"{name}: memory", "MB", ours=max(cost.megabytes for cost in optimal)),
        Result(
            "roster",
            f"{name}: levels not proven",
            "",
            ours=max(4 - cost.proven for cost in optimal),
            limit=0,
            aim_limit=1,
        ),
        Result("roster", f"{name}: gap", "", ours=max(cost.gap for cost in optimal), limit=0, aim_limit=1),
    ]


def _fixes(size: Size, seeds: Sequence[int]) -> Result:
    """Fixes drawn by lot are carried out, and a new plan is made: of how many is the event still out?"""
    failures = tried = 0
    for seed in seeds:
        snapshot = instance(size.events, size.people, seed=seed)
        plan = engine_named("optimal").plan(snapshot, RULES)
        shown = [(ref, fix) for ref, why in explain(snapshot, RULES, plan).items() for fix in why.fixes]
        drawn = Random(seed).sample(shown, min(size.fixes, len(shown)))  # noqa: S311 - a draw
        for ref, fix in drawn:
            after = engine_named("optimal").plan(mended(snapshot, fix), RULES)
            failures += not works(snapshot, plan, after, ref)
            tried += 1
    return Result("roster", f"{size}: of {tried} fixes do not work", "", ours=failures, limit=0, aim_limit=1)


def works(snapshot: Snapshot, before: Plan, after: Plan, ref: int) -> bool:
    """Whether an event is placed now, and as many of all others that are equally urgent, class by class."""
    lost = _classes(snapshot, before, ref) - _classes(snapshot, after, ref)
    return ref in after.placed and not lost


def _classes(snapshot: Snapshot, plan: Plan, without: int) -> Counter[tuple[object, str]]:
    return Counter(
        (event.due, event.type.value)
        for event in snapshot.events
        if event.ref in plan.placed and event.ref != without and event.type is not EventType.SUPERVISOR
    )


def _replans(size: Size, seeds: Sequence[int]) -> list[Result]:
    """A plan stands in the planner; somebody is away on one day of theirs; what else moves?"""
    seconds: list[float] = []
    moved: list[int] = []
    for seed in seeds:
        snapshot = instance(size.events, size.people, seed=seed)
        standing = published(snapshot, engine_named("optimal").plan(snapshot, RULES))
        drawn = Random(seed).sample(_shifts(standing), size.absences)  # noqa: S311 - a draw
        for event in drawn:
            assert event.committed is not None
            ill = away(standing, event.committed.employee, event.committed.day)
            began = time.perf_counter()
            plan = engine_named("optimal").plan(ill, RULES)
            seconds.append(time.perf_counter() - began)
            moved.append(sum(move.for_event is not None for move in plan.moves))
    return [
        Result(
            "roster",
            f"{size}: replan",
            "s",
            ours=median(seconds),
            limit=MOST_REPLAN,
            aim_limit=1,
        ),
        Result(
            "roster",
            f"{size}: others moved in a replan",
            "",
            ours=median(moved),
            limit=MOST_MOVED,
            aim_limit=1,
        ),
    ]


def published(snapshot: Snapshot, plan: Plan) -> Snapshot:
    """The snapshot after a plan was submitted."""
    events = [replace(event, committed=plan.placed.get(event.ref)) for event in snapshot.events]
    return replace(snapshot, events=tuple(events))


def _shifts(snapshot: Snapshot) -> list[Event]:
    first = RULES.quiet_days
    return [
        event
        for event in snapshot.events
        if event.type is EventType.CORE
        and event.committed is not None
        and (event.committed.day - snapshot.today).days >= first
    ]


def _apart(engine: str, size: Size, seed: int, *, limited: bool = False) -> Cost:
    """Measured in a process of its own."""
    words = [engine, str(size.events), str(size.people), str(seed), *(["limits"] if limited else [])]
    command = [sys.executable, "-m", "benchmarks.roster", *words]
    told = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - our own words
    return Cost(**json.loads(told.stdout))


def measure(engine: str, events: int, people: int, seed: int, *, limited: bool) -> Cost:
    """One plan and its explanation."""
    snapshot = instance(events, people, seed=seed)
    rules = replace(RULES, weekly_hours=True, consecutive_days=5) if limited else RULES
    planner = engine_named(engine)
    planner.plan(instance(30, 10, seed=seed), rules)  # loads the solver
    seconds, plan = _fastest(lambda: planner.plan(snapshot, rules), 1 if limited else ROUNDS)
    explained, why = _fastest(lambda: explain(snapshot, rules, plan), ROUNDS)
    kinds = {event.ref: _kind(event) for event in snapshot.events}
    return Cost(
        seconds=seconds,
        megabytes=peak_megabytes(),
        left_out=dict(Counter(kinds[ref] for ref in plan.failed)),
        moved=len(plan.moves),
        proven=sum(plan.proof.proven),
        gap=plan.proof.gap,
        explained=explained / max(1, len(why)),
    )


def _fastest(work: Callable[[], T], rounds: int) -> tuple[float, T]:
    """The least that something took, and what came of it."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        made = work()
        times.append(time.perf_counter() - began)
    return min(times), made


def _kind(event: Event) -> str:
    return "lead task" if event.type in LEAD_TASKS else event.type.value


if __name__ == "__main__":
    name, *numbers = sys.argv[1:5]
    found = measure(name, *(int(number) for number in numbers), limited=sys.argv[5:] == ["limits"])
    print(json.dumps({name: getattr(found, name) for name in Cost.__slots__}))
