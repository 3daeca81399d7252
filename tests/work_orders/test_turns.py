"""One run of a schedule at a time, and only so many over all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.database.leases import POLL_SECONDS, LeaseLostError, is_held
from scheduling_pipeline.work_orders.runs import lease_name
from scheduling_pipeline.work_orders.turns import (
    AlreadyRunningError,
    NoPlaceError,
    places_taken,
    take_turn,
)

AT_ONCE = timedelta(0)
THREE = 3


def test_11_a_second_run_of_a_schedule_has_nothing_to_do(engine: Engine) -> None:
    with (
        take_turn(engine, 1, "work_orders", parallel=THREE),
        pytest.raises(AlreadyRunningError, match="work orders are being read by another run"),
        take_turn(engine, 1, "work_orders", parallel=THREE),
    ):
        pass
    assert not is_held(engine, lease_name(1, "work_orders"))


def test_11_there_are_three_places_whosever_runs_they_are(engine: Engine) -> None:
    with ExitStack() as stack:
        for owner, what in ((1, "work_orders"), (1, "dispensers"), (2, "work_orders")):
            stack.enter_context(take_turn(engine, owner, what, parallel=THREE))
        assert places_taken(engine, THREE) == THREE
        with (
            pytest.raises(NoPlaceError, match="3 other runs were under way"),
            take_turn(engine, 3, "work_orders", parallel=THREE, wait=AT_ONCE),
        ):
            pass
        assert not is_held(engine, lease_name(3, "work_orders"))
    assert places_taken(engine, THREE) == 0


def test_a_place_that_is_given_back_is_taken_by_who_waits(engine: Engine) -> None:
    had_it = Event()

    def wait_for_it() -> None:
        with take_turn(engine, 1, "work_orders", parallel=1):
            had_it.set()

    with ThreadPoolExecutor(1) as pool:
        with take_turn(engine, 2, "work_orders", parallel=1):
            waiting = pool.submit(wait_for_it)
            assert not had_it.wait(POLL_SECONDS / 2)
        waiting.result(timeout=30)
    assert had_it.is_set()


def test_a_turn_that_is_lost_is_found_out(engine: Engine) -> None:
    with take_turn(engine, 1, "work_orders", parallel=THREE) as lease:
        lease.leases.release(lease.names)
        with pytest.raises(LeaseLostError, match="scrape-1-work_orders"):
            lease.leases.renew(lease.names)
