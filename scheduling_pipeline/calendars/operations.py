"""From a change to the writes it takes, and the check that it still means what was planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scheduling_pipeline.calendars.model import (
    Change,
    ChangeKind,
    DesiredEvent,
    EventContent,
    LedgerEvent,
    Tag,
)
from scheduling_pipeline.calendars.outbox import OutboxEntry
from scheduling_pipeline.calendars.provider import Operation, OperationKind


class Generations:
    """Hands out the next free generation of an event, by (calendar, uid) in one scope."""

    def __init__(self) -> None:
        self._highest: dict[tuple[str, str], int] = {}

    def learn(self, highest: Mapping[tuple[str, str], int]) -> None:
        """Take note of what ever stood."""
        self._highest.update(highest)

    def next(self, calendar: str, uid: str) -> int:
        self._highest[calendar, uid] = self._highest.get((calendar, uid), 0) + 1
        return self._highest[calendar, uid]


def is_superseded(change: Change, live: Mapping[Tag, LedgerEvent]) -> bool:
    """Whether the ledger of the change's calendar no longer says what the plan was made from."""
    if change.before is not None:
        row = live.get(change.before.tag)
        return row is None or row.content != change.before.content
    return change.after is not None and any(_stands_already(change.after, row) for row in live.values())


def stands_already(change: Change, live: Mapping[Tag, LedgerEvent]) -> bool:
    """Whether what a change was to bring is there: another run has done the same."""
    if change.after is None:
        return change.before is None or change.before.tag not in live
    return any(row.uid == change.after.uid and row.content == change.after.content for row in live.values())


def operations_of(
    change: Change, live: Mapping[Tag, LedgerEvent], generations: Generations
) -> Iterator[OutboxEntry]:
    """The writes of a change that is not superseded; a split takes two: the old series ends, then the new."""
    before = live[change.before.tag] if change.before else None
    if change.kind is ChangeKind.DELETE and before is not None:
        yield OutboxEntry(deletion(before), change.reason, before.origin, removes=True)
    elif change.kind in (ChangeKind.UPDATE, ChangeKind.END) and before is not None and change.after:
        operation = _update(before, change.after.content)
        yield OutboxEntry(operation, change.reason, change.after.origin, removes=change.kind.removes)
    elif change.kind is ChangeKind.SPLIT and before is not None and change.after and change.until:
        ended = before.content.ending_on(change.until)
        yield OutboxEntry(_update(before, ended), change.reason, before.origin)
        yield creation(change.after, generations, change.reason)
    elif change.kind is ChangeKind.REMAKE and before is not None and change.after:
        yield OutboxEntry(deletion(before), change.reason, before.origin)
        yield creation(change.after, generations, change.reason)
    elif change.kind is ChangeKind.CREATE and change.after:
        yield creation(change.after, generations, change.reason)


def creation(event: DesiredEvent, generations: Generations, reason: str) -> OutboxEntry:
    """The write that makes an event stand, under a generation that never stood before."""
    tag = Tag(event.scope, event.kin, event.uid, generations.next(event.calendar, event.uid))
    operation = Operation(OperationKind.CREATE, event.calendar, tag, after=event.content)
    return OutboxEntry(operation, reason, event.origin)


def deletion(row: LedgerEvent) -> Operation:
    """The write that takes an event away."""
    return Operation(
        OperationKind.DELETE, row.calendar, row.tag, row.content, None, row.provider_id, row.etag
    )


def _update(row: LedgerEvent, after: EventContent) -> Operation:
    return Operation(
        OperationKind.UPDATE, row.calendar, row.tag, row.content, after, row.provider_id, row.etag
    )


def _stands_already(event: DesiredEvent, row: LedgerEvent) -> bool:
    """Whether another run has made the event since. Several series may bear one uid, at different hours."""
    if event.kin is None or row.kin is None:
        return event.kin == row.kin and event.uid == row.uid
    return (
        event.kin == row.kin
        and event.content.slot == row.content.slot
        and event.content.last_start == row.content.last_start
    )
