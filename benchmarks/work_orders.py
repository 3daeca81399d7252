"""Work orders: what it takes to tell what changed between many orders and as many.

One order in ten is new, one in ten is gone, often on the same day; of the others, one in ten moved and as
many traded days. `limit` is what the aim allows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from benchmarks.results import Result
from scheduling_pipeline.work_orders.changes import classify
from scheduling_pipeline.work_orders.model import Card

Snapshot = dict[str, Card]

SIZES = (1_000, 50_000)
MOST_MILLISECONDS = {50_000: 1_000.0}
ROUNDS = 3  # the fastest counts: what else the machine does is not of interest
_MONDAY = date(2026, 3, 2)
_DAYS, _STORES = 40, 400
_SHARE = 10  # one in so many


def run(say: Callable[[str], None], sizes: Sequence[int] = SIZES) -> list[Result]:
    """Classify the changes of each size."""
    results = []
    for size in sizes:
        case = f"{size:,} orders against {size:,}"
        say(f"work orders, {case}")
        milliseconds = 1_000 * _seconds(*snapshots(size))
        limit = MOST_MILLISECONDS.get(size)
        aim = None if limit is None else 1
        results.append(Result("work_orders", case, "ms", milliseconds, limit=limit, aim_limit=aim))
    return results


def snapshots(size: int, seed: int = 1) -> tuple[Snapshot, Snapshot, frozenset[str]]:
    """Two lists of so many orders, and which of the orders that are gone were completed."""
    dice = Random(seed)  # noqa: S311 - made-up orders
    previous = {str(100_000 + n): _card(dice, 100_000 + n) for n in range(size)}
    numbers = list(previous)
    dice.shuffle(numbers)
    tenth = size // _SHARE
    gone, moved, trading, same = (
        numbers[:tenth],
        numbers[tenth : 2 * tenth],
        numbers[2 * tenth : 3 * tenth],
        numbers[3 * tenth :],
    )
    current = {number: previous[number] for number in same}
    current |= {number: replace(previous[number], day=_day(dice)) for number in moved}
    for one, other in zip(trading[::2], trading[1::2], strict=False):
        current[one] = replace(previous[one], day=previous[other].day)
        current[other] = replace(previous[other], day=previous[one].day)
    current |= {str(900_000 + n): _card(dice, 900_000 + n) for n in range(tenth)}
    return previous, current, frozenset(gone[::2])


def _card(dice: Random, number: int) -> Card:
    return Card(str(number), _day(dice), store=f"#{1000 + dice.randrange(_STORES)}")


def _day(dice: Random) -> date:
    return _MONDAY + timedelta(days=dice.randrange(_DAYS))


def _seconds(previous: Snapshot, current: Snapshot, completed: frozenset[str]) -> float:
    """How long it takes when nothing else is in the way."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        classify(previous, current, completed)
        times.append(time.perf_counter() - began)
    return min(times)
