"""Taking stock before a plan: settle what a dead run left open, and compare the ledger with what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scheduling_pipeline.calendars.apply import lease_name
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import LedgerEvent
from scheduling_pipeline.calendars.observe import Drift, compare
from scheduling_pipeline.calendars.operations import deletion
from scheduling_pipeline.calendars.provider import Provider
from scheduling_pipeline.calendars.settle import look_up, settle
from scheduling_pipeline.database.leases import Leases


@dataclass(frozen=True, slots=True)
class Stock:
    """What was found: how open writes had ended, by state, and where ledger and calendars disagreed."""

    settled: Counter[str]
    drift: Drift


def take_stock(
    scope: str,
    calendars: Iterable[str],
    *,
    provider: Provider,
    ledger: Ledger,
    leases: Leases,
    now: datetime,
) -> Stock:
    """Bring the ledger of a scope to what stands in `calendars` and in those it knows of.

    Nothing is written to any calendar. Raises LeaseTimeoutError when another run does not give one up.
    """
    concerned = {
        *calendars,
        *(entry.operation.calendar for entry in ledger.open_operations(scope)),
        *(event.calendar for event in ledger.live(scope)),
    }
    with leases.hold(*(lease_name(provider, calendar) for calendar in concerned)) as lease:
        ours = [entry for entry in ledger.open_operations(scope) if entry.operation.calendar in concerned]
        settlements = settle(provider, ours)
        ledger.commit(now, settled=settlements)
        lease.renew()
        standing = provider.list_owned(sorted(concerned), scope)
        drift = compare(ledger.live(scope), standing, removed=ledger.removed(scope), now=now)
        drift = replace(drift, missing=_certainly_missing(provider, drift.missing))
        lease.renew()
        ledger.adopt(now, drift.adopt)
        ledger.forget(now, drift.missing)
    return Stock(Counter(settlement.state for settlement in settlements), drift)


def _certainly_missing(provider: Provider, missing: Sequence[LedgerEvent]) -> tuple[LedgerEvent, ...]:
    """Those that a look-up does not find either: what one listing leaves out must not be made twice."""
    found = look_up(provider, [deletion(event) for event in missing])
    return tuple(event for event, standing in zip(missing, found, strict=True) if standing is None)
