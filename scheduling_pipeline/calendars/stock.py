"""Taking stock before a plan: settle what a dead run left open, and compare the ledger with what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scheduling_pipeline.calendars.apply import lease_name
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.observe import Drift, compare
from scheduling_pipeline.calendars.provider import Provider
from scheduling_pipeline.calendars.settle import settle
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
    open_entries = ledger.open_operations(scope)
    concerned = {
        *calendars,
        *(entry.operation.calendar for entry in open_entries),
        *(event.calendar for event in ledger.live(scope)),
    }
    with leases.hold(*(lease_name(provider, calendar) for calendar in concerned)) as lease:
        settlements = settle(provider, ledger.open_operations(scope))
        ledger.commit(now, settled=settlements)
        lease.renew()
        drift = compare(ledger.live(scope), provider.list_owned(sorted(concerned), scope), now=now)
        lease.renew()
        ledger.adopt(now, drift.adopt)
        ledger.forget(now, drift.missing)
    return Stock(Counter(settlement.state for settlement in settlements), drift)
