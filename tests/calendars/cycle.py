"""A whole run of the engine, as the pipeline puts it together, and what must be true after it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import Applied, apply
from scheduling_pipeline.calendars.brake import Braked, brake
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import ChangeSet, DesiredEvent, Window
from scheduling_pipeline.calendars.plan import Keep, plan
from scheduling_pipeline.calendars.provider import Provider
from scheduling_pipeline.calendars.stock import Stock, take_stock
from scheduling_pipeline.database.leases import Leases
from tests.calendars.builders import KINS, NOW, SCOPE, WINDOWS, occurrences
from tests.calendars.memory import Calendars

PATIENCE = timedelta(minutes=1)


@dataclass(frozen=True)
class Run:
    """What each step of a run came to."""

    stock: Stock
    plan: ChangeSet
    braked: Braked
    applied: Applied


def ledger_of(engine: Engine) -> Ledger:
    return Ledger(engine, "memory", run_id="run-1")


def sync(
    engine: Engine,
    provider: Provider,
    desired: Sequence[DesiredEvent],
    *,
    now: datetime = NOW,
    windows: Sequence[Window] = WINDOWS,
    kins: frozenset[str] = KINS,
    keep: Keep = frozenset(),
    released: Sequence[Collection[str]] = (),
    ledger: Ledger | None = None,
    leases: Leases | None = None,
) -> Run:
    """Take stock, plan, brake, apply."""
    ledger = ledger or ledger_of(engine)
    leases = leases or Leases(engine)
    calendars = {event.calendar for event in desired}
    stock = take_stock(SCOPE, calendars, provider=provider, ledger=ledger, leases=leases, now=now)
    live = ledger.live(SCOPE)
    change_set = plan(desired, live, windows=windows, kins=kins, keep=keep, now=now)
    changes = [change for change in change_set.changes if change.calendar not in stock.drift.unreadable]
    braked = brake(changes, live, now=now, released=released)
    applied = apply(
        braked.free, provider=provider, ledger=ledger, leases=leases, now=now, wait_for_calendar=PATIENCE
    )
    return Run(stock, change_set, braked, applied)


def assert_calendars_are_true(
    engine: Engine, calendars: Calendars, desired: Sequence[DesiredEvent], now: datetime = NOW
) -> None:
    """Ledger and calendars say the same, and a person sees what is desired: nothing missing or doubled."""
    live = ledger_of(engine).live(SCOPE)
    ledger = {(row.calendar, row.tag, row.provider_id, row.etag, row.content) for row in live}
    stands = {
        (event.calendar, event.tag, event.provider_id, event.etag, event.content)
        for event in calendars.owned()
    }
    assert ledger == stands
    assert occurrences(live, now) == occurrences(desired, now)


def assert_at_rest(engine: Engine, provider: Provider, desired: Sequence[DesiredEvent]) -> None:
    """One more run finds nothing open and nothing to write."""
    run = sync(engine, provider, desired)
    assert not run.stock.settled
    assert run.plan.changes == ()
    assert run.applied.writes == 0
    assert ledger_of(engine).open_operations(SCOPE) == []
