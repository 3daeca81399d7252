"""Leases: one holder at a time, for as long as it lives and renews."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from scheduling_pipeline.database import leases as module
from scheduling_pipeline.database.leases import LeaseLostError, Leases, LeaseTimeoutError
from scheduling_pipeline.database.models import Lease

EXPIRED = timedelta(seconds=-1)


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)


def test_a_lease_has_one_holder(engine: Engine) -> None:
    assert Leases(engine).try_acquire(["a", "b"]) == {"a", "b"}
    assert Leases(engine).try_acquire(["a", "b", "c"]) == {"c"}


def test_a_holder_may_take_its_own_again(engine: Engine) -> None:
    mine = Leases(engine)
    mine.try_acquire(["a"])
    assert mine.try_acquire(["a"]) == {"a"}


def test_nothing_asked_is_nothing_taken(engine: Engine) -> None:
    assert Leases(engine).try_acquire([]) == set()


def test_an_expired_lease_is_free(engine: Engine) -> None:
    Leases(engine, ttl=EXPIRED).try_acquire(["a"])
    assert Leases(engine).try_acquire(["a"]) == {"a"}


def test_renewing_keeps_a_lease(engine: Engine) -> None:
    late = Leases(engine, ttl=EXPIRED)
    late.try_acquire(["a"])
    Leases(engine, holder=late.holder).renew(["a"])
    assert Leases(engine).try_acquire(["a"]) == set()


def test_renewing_what_somebody_took_is_an_error(engine: Engine) -> None:
    late = Leases(engine, ttl=EXPIRED)
    late.try_acquire(["a", "b"])
    Leases(engine).try_acquire(["a"])
    with pytest.raises(LeaseLostError, match=r"no longer the holder of a$"):
        late.renew(["a", "b"])


def test_releasing_gives_back_what_is_ours_and_nothing_else(engine: Engine) -> None:
    mine, theirs = Leases(engine), Leases(engine)
    mine.try_acquire(["a"])
    theirs.try_acquire(["b"])
    mine.release(["a", "b"])
    assert Leases(engine).try_acquire(["a", "b"]) == {"a"}


def test_holding_ends_with_the_block_whatever_happens(engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="oh"), Leases(engine).hold("a", "b"):
        raise RuntimeError("oh")
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Lease)).scalar_one() == 0


def test_waiting_for_a_lease_has_an_end(engine: Engine) -> None:
    with (
        Leases(engine).hold("a"),
        pytest.raises(LeaseTimeoutError, match=r"still in use by another run: a$"),
        Leases(engine).hold("a", "b", wait=timedelta(0)),
    ):
        pytest.fail("two held one lease")
    assert Leases(engine).try_acquire(["b"]) == {"b"}


def test_a_holder_that_was_killed_on_this_machine_loses_its_lease_at_once(engine: Engine) -> None:
    engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            Leases(engine).try_acquire(["a"])
        finally:
            os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert Leases(engine).try_acquire(["a"]) == {"a"}, "dead, though its parent has not noticed yet"
    os.waitpid(child, 0)


@pytest.mark.parametrize(
    ("machine", "started", "free"),
    [("here", "0.0", True), ("elsewhere/1", "0.0", False), ("here/of another container", "0.0", False)],
)
def test_only_a_process_of_this_machine_is_known_to_be_dead(
    engine: Engine, machine: str, started: str, *, free: bool
) -> None:
    where = module._machine() if machine == "here" else machine
    Leases(engine, holder=f"{where}|{os.getpid()}|{started}|x").try_acquire(["a"])
    assert Leases(engine).try_acquire(["a"]) == ({"a"} if free else set())


def test_two_that_want_overlapping_leases_both_get_them_in_the_end(engine: Engine) -> None:
    inside, most = 0, 0
    lock, together = threading.Lock(), threading.Barrier(3)

    def work(names: tuple[str, ...]) -> None:
        nonlocal inside, most
        together.wait()
        for _ in range(5):
            with Leases(engine).hold(*names, wait=timedelta(minutes=1)):
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, [("a", "b", "c"), ("c", "b"), ("b", "a")]))
    assert most == 1


def test_a_held_lease_is_renewed_when_a_third_of_its_time_has_passed(engine: Engine) -> None:
    mine = Leases(engine)
    with mine.hold("a") as held:
        before = _expiry(engine)
        held.renew()
        assert _expiry(engine) == before
        held._renewed -= 21
        held.renew()
        assert _expiry(engine) > before


def _expiry(engine: Engine) -> datetime:
    with engine.connect() as connection:
        return connection.execute(select(Lease.expires_at)).scalar_one()
