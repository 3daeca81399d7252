"""Whose turn it is: one run at a time for each schedule, and only so many over all of them.

Both are leases in the database, whoever began the run and in whatever process. One that died frees them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine

from scheduling_pipeline.database.leases import POLL_SECONDS, HeldLease, Leases, is_held
from scheduling_pipeline.work_orders.runs import lease_name

TTL = timedelta(minutes=15)  # a page that does not come, and its other tries, renew nothing
WAIT = timedelta(minutes=10)  # for a place, while other schedules are read


class AlreadyRunningError(Exception):
    """Another run of the same schedule is under way: there is nothing to do."""


class NoPlaceError(Exception):
    """As many runs as may be were under way all the time: this one has not begun."""


def places(parallel: int) -> list[str]:
    """The leases of which every run holds one."""
    return [f"scrape-place-{number}" for number in range(1, parallel + 1)]


def places_taken(engine: Engine, parallel: int) -> int:
    """How many runs are under way."""
    return sum(is_held(engine, name) for name in places(parallel))


@contextmanager
def take_turn(
    engine: Engine,
    owner_id: int,
    schedule_type: str,
    *,
    parallel: int,
    wait: timedelta = WAIT,
    in_vain: Callable[[NoPlaceError], object] | None = None,
) -> Iterator[HeldLease]:
    """Hold the right to carry out a run; renew it often enough.

    Raises AlreadyRunningError at once, NoPlaceError after having waited for a place: `in_vain` is called
    before, while no other run of the schedule can begin.
    """
    leases = Leases(engine, ttl=TTL)
    held = leases.try_acquire([lease_name(owner_id, schedule_type)])
    if not held:
        raise AlreadyRunningError(f"{schedule_type.replace('_', ' ')} are being read by another run")
    try:
        try:
            held |= _wait_for_place(leases, held, parallel, wait)
        except NoPlaceError as error:
            if in_vain is not None:
                in_vain(error)
            raise
        yield HeldLease(leases, frozenset(held))
    finally:
        leases.release(held)


def _wait_for_place(leases: Leases, held: set[str], parallel: int, wait: timedelta) -> set[str]:
    deadline = time.monotonic() + wait.total_seconds()
    schedule = HeldLease(leases, frozenset(held))
    while True:
        for place in places(parallel):
            if taken := leases.try_acquire([place]):
                return taken
        if time.monotonic() > deadline:
            raise NoPlaceError(f"{parallel} other runs were under way for {wait.total_seconds():.0f} seconds")
        schedule.renew()
        time.sleep(POLL_SECONDS)
