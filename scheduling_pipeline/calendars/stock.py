"""Taking stock before a plan: settle what a dead run left open, and compare the ledger with what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scheduling_pipeline.calendars.apply import lease_name
from scheduling_pipeline.calendars.edits import edits_between
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import LedgerEvent
from scheduling_pipeline.calendars.observe import Drift, compare
from scheduling_pipeline.calendars.operations import deletion
from scheduling_pipeline.calendars.provider import Provider
from scheduling_pipeline.calendars.settle import look_up, settle
from scheduling_pipeline.database.leases import WAIT, Leases


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
    only: bool = False,
    respect: bool = False,
    wait: timedelta = WAIT,
) -> Stock:
    """Bring the ledger of a scope to what stands in `calendars` and, unless it is about these `only`, in
    those it knows of. With `respect`, what people changed or deleted by hand is noted as theirs.

    Nothing is written to any calendar. Raises LeaseTimeoutError when another run does not give one up.
    """
    concerned = set(calendars)
    if not only:
        concerned.update(entry.operation.calendar for entry in ledger.open_operations(scope))
        concerned.update(event.calendar for event in ledger.live(scope))
    with leases.hold(*(lease_name(provider, calendar) for calendar in concerned), wait=wait) as lease:
        settled = settle_reserved(scope, concerned, provider, ledger, now=now, respect=respect)
        lease.renew()
        standing = provider.list_owned(sorted(concerned), scope)
        live = ledger.live(scope, concerned)
        drift = compare(live, standing, removed=ledger.removed(scope, concerned), now=now)
        drift = replace(drift, missing=certainly_missing(provider, drift.missing))
        lease.renew()
        take_in(scope, drift, live, ledger, now=now, respect=respect)
    return Stock(settled, drift)


def take_in(
    scope: str, drift: Drift, live: Sequence[LedgerEvent], ledger: Ledger, *, now: datetime, respect: bool
) -> None:
    """Let the ledger, whose rows are `live`, take over what was found.

    With `respect`, an event with a write of ours that is still in doubt is left for later: what we wrote
    would be taken for what its owner did.
    """
    if not respect:
        ledger.adopt(now, drift.adopt)
        ledger.forget(now, drift.missing)
        return
    in_doubt = {(entry.operation.calendar, entry.operation.tag) for entry in ledger.open_operations(scope)}
    # The edits come first: a run that dies in between must not leave what people wrote as if it were ours.
    ledger.note_edits(
        [event for event in edited_by_hand(live, drift) if (event.calendar, event.tag) not in in_doubt]
    )
    ledger.adopt(now, [event for event in drift.adopt if (event.calendar, event.tag) not in in_doubt])
    missing = [event for event in drift.missing if (event.calendar, event.tag) not in in_doubt]
    ledger.forget(now, missing, declined=True)


def settle_open(
    scope: str,
    calendars: Iterable[str],
    *,
    provider: Provider,
    ledger: Ledger,
    leases: Leases,
    now: datetime,
    respect: bool = False,
    wait: timedelta = WAIT,
) -> Counter[str]:
    """Settle what a dead run left open in some calendars, without looking at anything else: by state.

    Raises LeaseTimeoutError when another run does not give up one of the calendars concerned.
    """
    asked = set(calendars)
    concerned = {entry.operation.calendar for entry in ledger.open_operations(scope)} & asked
    if not concerned:
        return Counter()
    with leases.hold(*(lease_name(provider, calendar) for calendar in concerned), wait=wait):
        return settle_reserved(scope, concerned, provider, ledger, now=now, respect=respect)


def settle_reserved(
    scope: str, calendars: set[str], provider: Provider, ledger: Ledger, *, now: datetime, respect: bool
) -> Counter[str]:
    """The same, by who holds the leases of these calendars already."""
    ours = [entry for entry in ledger.open_operations(scope) if entry.operation.calendar in calendars]
    settlements = settle(provider, ours, respect=respect)
    ledger.commit(now, settled=settlements)
    return Counter(settlement.state for settlement in settlements)


def edited_by_hand(live: Sequence[LedgerEvent], drift: Drift) -> list[LedgerEvent]:
    """The events that people changed, as they stand, with all that is known of their edits."""
    known = {(event.calendar, event.tag): event for event in live}
    edited = []
    for event in drift.edited:
        before = known[event.calendar, event.tag]
        edits = before.edits | edits_between(before.content, event.content)
        edited.append(replace(event, edits=edits))
    return edited


def certainly_missing(provider: Provider, missing: Sequence[LedgerEvent]) -> tuple[LedgerEvent, ...]:
    """Those that a look-up does not find either: what one listing leaves out must not be made twice."""
    found = look_up(provider, [deletion(event) for event in missing])
    return tuple(event for event, standing in zip(missing, found, strict=True) if standing is None)
