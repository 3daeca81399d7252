"""From a change to the writes it takes, and the check that it still means what was planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scheduling_pipeline.calendars.ledger import OutboxEntry
from scheduling_pipeline.calendars.model import (
    Change,
    ChangeKind,
    DesiredEvent,
    EventContent,
    LedgerEvent,
    Tag,
    WeeklyRule,
)
from scheduling_pipeline.calendars.provider import Operation, OperationKind


class Generations:
    """Hands out the next free generation of an event; `highest` is what ever stood, by (calendar, uid)."""

    def __init__(self, highest: dict[tuple[str, str], int]) -> None:
        self._highest = highest

    def next(self, calendar: str, uid: str) -> int:
        self._highest[calendar, uid] = self._highest.get((calendar, uid), 0) + 1
        return self._highest[calendar, uid]


def is_superseded(change: Change, live: Sequence[LedgerEvent]) -> bool:
    """Whether the ledger of the change's calendar no longer says what the plan was made from."""
    if change.before is None:
        single = change.after is not None and change.after.kin is None
        return single and any(row.uid == change.uid for row in live)
    row = _row_of(change.before, live)
    return row is None or row.content != change.before.content


def operations_of(
    change: Change, live: Sequence[LedgerEvent], generations: Generations
) -> Iterator[OutboxEntry]:
    """The writes of a change that is not superseded; a split takes two: the old series ends, then the new."""
    before = _row_of(change.before, live) if change.before else None
    if change.kind is ChangeKind.DELETE and before is not None:
        yield OutboxEntry(_write(OperationKind.DELETE, before, None), change.reason, before.origin)
    elif change.kind in (ChangeKind.UPDATE, ChangeKind.END) and before is not None and change.after:
        yield OutboxEntry(
            _write(OperationKind.UPDATE, before, change.after.content), change.reason, change.after.origin
        )
    elif change.kind is ChangeKind.SPLIT and before is not None and change.after:
        ended = replace(before.content, rrule=WeeklyRule(change.until))
        yield OutboxEntry(_write(OperationKind.UPDATE, before, ended), change.reason, before.origin)
        yield creation(change.after, generations, change.reason)
    elif change.kind is ChangeKind.CREATE and change.after:
        yield creation(change.after, generations, change.reason)


def creation(event: DesiredEvent, generations: Generations, reason: str) -> OutboxEntry:
    """The write that makes an event stand, under a generation that never stood before."""
    tag = Tag(event.scope, event.kin, event.uid, generations.next(event.calendar, event.uid))
    operation = Operation(OperationKind.CREATE, event.calendar, tag, after=event.content)
    return OutboxEntry(operation, reason, event.origin)


def _write(kind: OperationKind, before: LedgerEvent, after: EventContent | None) -> Operation:
    return Operation(
        kind, before.calendar, before.tag, before.content, after, before.provider_id, before.etag
    )


def _row_of(before: LedgerEvent, live: Sequence[LedgerEvent]) -> LedgerEvent | None:
    return next((row for row in live if row.tag == before.tag and row.calendar == before.calendar), None)
