"""Rows as real exports have them: padding, no zone, milliseconds, float counts, and cells left empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import repeat
from random import Random

from scheduling_pipeline.simulators.reports.layout import (
    ACQ,
    CAMPAIGN_INTERACTIONS,
    DIALS,
    IB_CALLS,
    PRODUCTIVITY,
    QCBS,
    RESC,
    Report,
)
from scheduling_pipeline.simulators.reports.people import Agent
from scheduling_pipeline.simulators.school.model import ZURICH

ZONE = ZURICH
"""The zone of the library: days begin at its midnight, and times are of its clocks."""

LENGTH, MIN_ROWS, MAX_ROWS = 999, 6, 50
TYPICAL_ROWS = {
    ACQ: 24,
    RESC: 24,
    IB_CALLS: 29,
    QCBS: 14,
    DIALS: 6,
    PRODUCTIVITY: 50,
    CAMPAIGN_INTERACTIONS: 10,
}

_QUEUES = ("Q-ONE", "Q-TWO", "Q-THREE", "Q-FOUR", "Q-FIVE", "Q-SIX")
_LONG = 120  # queues in a long list of filters
_EMPTY = 0.2  # how often nothing happened


def rows(
    report: Report, at: datetime, agents: Sequence[Agent], rng: Random, filled: int
) -> Iterator[list[str]]:
    """The `filled` rows of the day so far, each of another agent, and padding up to the usual length."""
    local = at.astimezone(ZONE)
    filters = _filters(report, rng)
    for agent in rng.sample(agents, filled):
        if report is CAMPAIGN_INTERACTIONS:
            yield _interaction(agent, local, filters, rng)
        else:
            media = {QCBS: [rng.choice(("voice", "callback"))], PRODUCTIVITY: []}.get(report, ["voice"])
            numbers = _numbers(report, rng)
            yield [*_day(local), "0.0", filters, *media, agent.id, agent.name, *numbers]
    yield from repeat([""] * len(report.columns), LENGTH - filled)


def _day(local: datetime) -> tuple[str, str]:
    """The interval: the day, which is not over, from midnight to midnight on the wall."""
    midnight = _midnight(local)
    return str(midnight), str(midnight + timedelta(days=1))


def _midnight(local: datetime) -> datetime:
    return datetime.combine(local.date(), time())


def _interaction(agent: Agent, local: datetime, filters: str, rng: Random) -> list[str]:
    midnight = _midnight(local)
    begun = midnight + timedelta(seconds=rng.randint(0, (local.replace(tzinfo=None) - midnight).seconds))
    users = agent.id if rng.random() < _EMPTY else ""
    direction = rng.choice(("Inbound", "Outbound"))
    return ["YES", "", filters, users, str(begun), direction, rng.choice(_QUEUES)]


def _filters(report: Report, rng: Random) -> str:
    direction = "Outbound" if report in {DIALS, QCBS} else "Inbound"
    queues = rng.sample(_QUEUES, rng.randint(1, 3))
    if rng.random() < _EMPTY:  # a list that long is broken into lines
        queues = [f"Q-{number}" + "\n" * (number % 40 == 0) for number in range(1, _LONG + 1)]
    return "; ".join((f"Initial Direction: {direction}", *(f"Queue: {queue}" for queue in queues)))


def _numbers(report: Report, rng: Random) -> Sequence[str]:
    if report is PRODUCTIVITY:
        return _times(rng)
    count = rng.randint(1, 25)
    if report is IB_CALLS:
        return f"{count}.0", str(rng.randint(20_000 * count, 1_900_000 * count) / count)
    if report is DIALS:
        talk = rng.randint(15_000, 600_000) * count
        hold = 0 if rng.random() < _EMPTY else rng.randint(1_000, 90_000 * count)
        wrap_up = rng.randint(5_000, 60_000 * count)
        totals = (talk + hold + wrap_up, talk, hold, wrap_up)
        return f"{count}.0", *(_cell(total / count) for total in totals), *(_cell(total) for total in totals)
    return (f"{count}.0",)


def _times(rng: Random) -> Sequence[str]:
    """Logged in, on queue, idle, off queue, interacting: the last four are never more than the first."""
    off_queue = rng.randint(100_000, 6_000_000)
    on_queue, idle, interacting = (rng.randint(100_000, limit) for limit in (9_000_000, 4_000_000, 9_000_000))
    if rng.random() < _EMPTY:
        on_queue = idle = interacting = 0
    logged_in = on_queue + idle + off_queue + interacting + rng.randint(0, 2_000_000)
    return [_cell(spent) for spent in (logged_in, on_queue, idle, off_queue, interacting)]


def _cell(milliseconds: float) -> str:
    """A duration; one of nothing is an empty cell."""
    return str(float(milliseconds)) if milliseconds else ""
