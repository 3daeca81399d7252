"""Comparing the ledger with what stands: the first run, a lost ledger, and events changed by hand.

Events of ours are found by tag alone. What we do not own is never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scheduling_pipeline.calendars.model import LedgerEvent, Tag
from scheduling_pipeline.calendars.provider import OwnedEvent, Unreadable


@dataclass(frozen=True, slots=True)
class Drift:
    """Where the ledger and the calendars disagreed, and what the ledger must take over.

    `adopt` holds events as they stand (unknown to the ledger, edited, or merely saved again), `missing`
    coming events that somebody deleted, `copies` events that carry the tag of another one: somebody copied
    ours, so the copy is theirs and is left alone.
    """

    adopt: tuple[OwnedEvent, ...] = ()
    missing: tuple[LedgerEvent, ...] = ()
    found: int = 0
    edited: tuple[LedgerEvent, ...] = ()
    copies: tuple[OwnedEvent, ...] = ()
    unreadable: Mapping[str, Unreadable] = field(default_factory=dict)


def compare(
    ledger: Sequence[LedgerEvent],
    standing: Mapping[str, list[OwnedEvent] | Unreadable],
    *,
    removed: Mapping[tuple[str, Tag], str],
    now: datetime,
) -> Drift:
    """What differs, for the calendars that were listed. A calendar that could not be read says nothing.

    `removed` gives the provider's id of events that the ledger knows to stand no longer.
    """
    known = {(event.calendar, event.tag): event for event in ledger}
    ids = {(event.calendar, event.provider_id) for event in ledger}
    adopt: list[OwnedEvent] = []
    edited: list[LedgerEvent] = []
    copies: list[OwnedEvent] = []
    seen: set[tuple[str, Tag]] = set()
    found = 0
    for calendar, listing in standing.items():
        if isinstance(listing, Unreadable):
            continue
        for event in sorted(
            listing, key=lambda owned: ((calendar, owned.provider_id) not in ids, owned.provider_id)
        ):
            key = (calendar, event.tag)
            if key in seen or removed.get(key, event.provider_id) != event.provider_id:
                copies.append(event)
                continue
            seen.add(key)
            row = known.get(key)
            if row is None:
                found += 1
                adopt.append(event)
            elif row.etag != event.etag or row.provider_id != event.provider_id:
                adopt.append(event)
                if row.content != event.content:
                    edited.append(replace(row, content=event.content))
    missing = [
        event
        for key, event in known.items()
        if key not in seen
        and isinstance(standing.get(event.calendar), list)
        and event.content.goes_on_after(now)
    ]
    unreadable = {name: listing for name, listing in standing.items() if isinstance(listing, Unreadable)}
    return Drift(tuple(adopt), tuple(missing), found, tuple(edited), tuple(copies), unreadable)
