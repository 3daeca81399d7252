"""Two runs at the same time: one writer a calendar, and a run that lost its lease stops."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Engine, select, update

from scheduling_pipeline.calendars import apply as apply_module
from scheduling_pipeline.calendars.apply import apply, lease_name
from scheduling_pipeline.calendars.changes import create
from scheduling_pipeline.calendars.provider import Operation, Outcome
from scheduling_pipeline.database.leases import LeaseLostError, Leases
from scheduling_pipeline.database.models import Lease
from tests.calendars.builders import ANA, JO, NOW, SCOPE, lessons
from tests.calendars.cycle import PATIENCE, assert_at_rest, assert_calendars_are_true, ledger_of, sync
from tests.calendars.memory import LIMITS, Calendars, Load, MemoryProvider, mixed_faults

WANTED = [*lessons(14), *lessons(14, calendar=JO), *lessons(9, calendar="lea")]


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that wait for one another look again soon."""
    monkeypatch.setattr("scheduling_pipeline.calendars.apply.POLL_SECONDS", 0.02)
    monkeypatch.setattr("scheduling_pipeline.database.leases.POLL_SECONDS", 0.02)


def test_two_runs_that_carry_out_one_plan_make_each_event_once(engine: Engine) -> None:
    calendars, load = Calendars(), Load(LIMITS)
    together = threading.Barrier(2)

    def run(_number: int) -> int:
        together.wait()
        applied = apply(
            [create(event) for event in WANTED],
            provider=MemoryProvider(calendars, load=load),
            ledger=ledger_of(engine),
            leases=Leases(engine),
            now=NOW,
            wait_for_calendar=PATIENCE,
        )
        assert applied.failures == []
        return applied.writes

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(run, range(2))) == len(WANTED)
    assert_calendars_are_true(engine, calendars, WANTED)
    assert 0 < load.most <= LIMITS.per_calendar


def test_whole_runs_side_by_side_on_a_bad_day_end_well(engine: Engine) -> None:
    calendars, load = Calendars(), Load(LIMITS)

    def run(seed: int) -> None:
        provider = MemoryProvider(calendars, mixed_faults(seed, share=0.2), load=load)
        sync(engine, provider, WANTED)
        provider.land_late()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run, range(3)))
    quiet = MemoryProvider(calendars)
    sync(engine, quiet, WANTED)
    assert_calendars_are_true(engine, calendars, WANTED)
    assert_at_rest(engine, quiet, WANTED)


def test_a_run_whose_lease_somebody_took_stops_before_it_sends_more(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_module, "RENEW_SECONDS", 0)
    calendars = Calendars()

    class Robbed(MemoryProvider):
        def send(self, operations: Sequence[Operation]) -> list[Outcome]:
            with engine.begin() as connection:
                connection.execute(
                    update(Lease).where(Lease.name == lease_name(self, ANA)).values(holder="another|1|1|x")
                )
            return super().send(operations)

    with pytest.raises(LeaseLostError, match="memory/ana"):
        sync(engine, Robbed(calendars), lessons(30))
    assert len(calendars.owned()) == LIMITS.per_calendar
    # What was sent is known; the lease is not ours to give back.
    assert len(ledger_of(engine).live(SCOPE)) == LIMITS.per_calendar
    assert Leases(engine).try_acquire(["memory/ana"]) == set()


def test_a_long_run_renews_its_leases(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_module, "RENEW_SECONDS", 0)
    expiries: list[datetime] = []

    def note_expiry(done: int, total: int) -> None:
        if done < total:
            with engine.connect() as connection:
                expiries.append(connection.execute(select(Lease.expires_at)).scalar_one())

    apply(
        [create(event) for event in lessons(20)],
        provider=MemoryProvider(Calendars()),
        ledger=ledger_of(engine),
        leases=Leases(engine),
        now=NOW,
        on_progress=note_expiry,
    )
    assert expiries == sorted(expiries)
    assert expiries[-1] > expiries[0]
