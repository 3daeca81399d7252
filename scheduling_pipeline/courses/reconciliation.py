"""Comparing the ledger with what stands in course calendars: what a sync, which lists nothing, never sees."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from scheduling_pipeline.calendars.access import Calendars, in_portions
from scheduling_pipeline.calendars.model import LedgerEvent
from scheduling_pipeline.calendars.observe import Drift, compare
from scheduling_pipeline.calendars.provider import OwnedEvent, Unreadable
from scheduling_pipeline.calendars.stock import certainly_missing, settle_reserved, take_in
from scheduling_pipeline.courses.events import SCOPE
from scheduling_pipeline.courses.standing import make_due, save_sync_tokens, sync_tokens

WAIT_FOR_CALENDAR = timedelta(minutes=1)  # for another run, before the calendar is left to it


class ChangesInCalendar(Protocol):
    """What changed in a calendar since a token: events of ours, ids that were deleted, a new token; and
    whether the events are all that stand."""

    @property
    def events(self) -> Sequence[OwnedEvent]: ...
    @property
    def deleted(self) -> Collection[str]: ...
    @property
    def sync_token(self) -> str: ...
    @property
    def complete(self) -> bool: ...


ChangesSince = Callable[[str, "str | None"], ChangesInCalendar]


def reconcile(
    calendars_of: Collection[str],
    calendars: Calendars,
    *,
    changes_since: ChangesSince,
    now: datetime,
    dry_run: bool,
    complete: bool,
) -> Drift:
    """Compare what stands in these calendars with the ledger; only what changed since the last time, unless
    all of it is to be listed (`complete`).

    Not as a dry run, the ledger takes over what was found: events of ours that it does not know, what people
    changed, what they deleted. Whoever has an event that it did not know is due from then on.

    Calendars that another run does not give up are among the unreadable ones.
    """
    drifts: list[Drift] = []

    def work(some: Sequence[str], wait: timedelta) -> None:
        with calendars.reserve(some, wait=wait):
            drifts.append(
                _reconcile_some(some, calendars, changes_since, now=now, dry_run=dry_run, complete=complete)
            )

    busy = in_portions(calendars_of, work, wait=WAIT_FOR_CALENDAR)
    return _joined([*drifts, Drift(unreadable=busy)])


def _reconcile_some(
    some: Sequence[str],
    calendars: Calendars,
    changes_since: ChangesSince,
    *,
    now: datetime,
    dry_run: bool,
    complete: bool,
) -> Drift:
    ledger, provider = calendars.ledger, calendars.provider
    if not dry_run:
        settle_reserved(SCOPE, set(some), provider, ledger, now=now, respect=True)
    tokens = {} if complete else sync_tokens(calendars.engine, some)
    with ThreadPoolExecutor(provider.limits.concurrent_batches) as pool:
        answers = dict(
            zip(some, pool.map(lambda one: _changes(changes_since, one, tokens.get(one)), some), strict=True)
        )
    live = ledger.live(SCOPE, some)
    standing: dict[str, list[OwnedEvent] | Unreadable] = {
        calendar: answer if isinstance(answer, Unreadable) else _standing(calendar, answer, live)
        for calendar, answer in answers.items()
    }
    drift = compare(live, standing, removed=ledger.removed(SCOPE, some), now=now)
    drift = replace(drift, missing=certainly_missing(provider, drift.missing))
    if dry_run:
        return drift
    take_in(SCOPE, drift, live, ledger, now=now, respect=True)
    known = {(event.calendar, event.tag) for event in live}
    strange = {event.calendar for event in drift.adopt if (event.calendar, event.tag) not in known}
    make_due(calendars.engine, strange)
    save_sync_tokens(
        calendars.engine,
        {name: answer.sync_token for name, answer in answers.items() if not isinstance(answer, Unreadable)},
    )
    return drift


def _changes(changes_since: ChangesSince, calendar: str, token: str | None) -> ChangesInCalendar | Unreadable:
    try:
        return changes_since(calendar, token)
    except Unreadable as unreadable:
        return unreadable


def _standing(calendar: str, changes: ChangesInCalendar, live: Sequence[LedgerEvent]) -> list[OwnedEvent]:
    """What stands of ours, from all that stands or from what changed since the ledger was right."""
    events = {event.provider_id: event for event in changes.events if event.tag.scope == SCOPE}
    if changes.complete:
        return list(events.values())
    unchanged = [
        OwnedEvent(calendar, event.tag, event.provider_id, event.etag, event.content)
        for event in live
        if event.calendar == calendar
        and event.provider_id not in events
        and event.provider_id not in changes.deleted
    ]
    return [*unchanged, *events.values()]


def _joined(drifts: Sequence[Drift]) -> Drift:
    """What was found in several sets of calendars."""
    return Drift(
        adopt=tuple(event for drift in drifts for event in drift.adopt),
        missing=tuple(event for drift in drifts for event in drift.missing),
        found=sum(drift.found for drift in drifts),
        edited=tuple(event for drift in drifts for event in drift.edited),
        copies=tuple(event for drift in drifts for event in drift.copies),
        unreadable={name: why for drift in drifts for name, why in drift.unreadable.items()},
    )
