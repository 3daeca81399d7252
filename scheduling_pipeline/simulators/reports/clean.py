"""Rows as the report service describes them: every cell but one filled, instants with their offset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random

from scheduling_pipeline.simulators.reports.layout import (
    CAMPAIGN_INTERACTIONS,
    DIALS,
    IB_CALLS,
    PRODUCTIVITY,
    Report,
)
from scheduling_pipeline.simulators.reports.people import Agent

DEFAULT_ROWS, MIN_ROWS, MAX_ROWS = 50, 10, 1000

_CALLS = 5  # averages stand for so many calls in the totals


def rows(report: Report, at: datetime, agents: Sequence[Agent], rng: Random) -> Iterator[list[str]]:
    """Rows without end. The interval is the minute of `at`; an agent is drawn anew for each row."""
    moment = at.astimezone(UTC).replace(second=0, microsecond=0)
    now = moment.isoformat()
    while True:
        agent = rng.choice(agents)
        if report is CAMPAIGN_INTERACTIONS:
            direction = rng.choice(("inbound", "outbound"))
            yield [now, now, "", agent.id, moment.date().isoformat(), direction, "q1"]
        else:
            media = [] if report is PRODUCTIVITY else ["voice"]
            numbers = map(str, _numbers(report, rng))
            yield [now, now, "true", "", *media, agent.id, agent.name, *numbers]


def _numbers(report: Report, rng: Random) -> Sequence[int]:
    if report is PRODUCTIVITY:
        return _times(rng)
    handle = rng.randint(0, 25)
    if report is IB_CALLS:
        return handle, handle
    if report is DIALS:
        talk = rng.randint(0, handle)
        averages = (handle, talk, rng.randint(0, handle - talk), rng.randint(0, 10))
        return handle, *averages, *(average * _CALLS for average in averages)
    return (handle,)


def _times(rng: Random) -> Sequence[int]:
    """Logged in, on queue, idle, off queue, interacting: the last four are never more than the first."""
    logged_in = rng.randint(200, 480)
    least_interacting = 20
    on_queue = rng.randint(50, min(300, logged_in - least_interacting))
    left = logged_in - on_queue
    interacting = rng.randint(least_interacting, min(200, left))
    left -= interacting
    idle = rng.randint(0, min(120, left))
    off_queue = rng.randint(0, min(60, left - idle))
    return logged_in, on_queue, idle, off_queue, interacting
