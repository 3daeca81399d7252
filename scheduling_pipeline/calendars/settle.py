"""What became of a write: from its answer, or, where there is none, by looking at what stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scheduling_pipeline.calendars.ledger import OutboxEntry, Settlement
from scheduling_pipeline.calendars.provider import (
    Cause,
    Done,
    Operation,
    OperationKind,
    Outcome,
    OwnedEvent,
    Provider,
    Rejected,
    Unknown,
    Unreadable,
)

HOPELESS = (Cause.NO_CALENDAR, Cause.FORBIDDEN)  # nothing else for that calendar would come through either


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one send ended, and the write to try next, if there is one worth trying."""

    settlement: Settlement
    again: OutboxEntry | None = None
    hopeless: bool = False


def send(provider: Provider, entries: Sequence[OutboxEntry]) -> list[Verdict]:
    """Send one batch and find out what became of each write, looking up those that are in doubt."""
    outcomes = provider.send([entry.operation for entry in entries])
    doubtful = [entry for entry, outcome in zip(entries, outcomes, strict=True) if _must_look(outcome)]
    standing = dict(zip([entry.id for entry in doubtful], _look_up(provider, doubtful), strict=True))
    return [
        _conclude(entry, outcome, standing[entry.id]) if entry.id in standing else _take(entry, outcome)
        for entry, outcome in zip(entries, outcomes, strict=True)
    ]


def settle(provider: Provider, entries: Sequence[OutboxEntry]) -> list[Settlement]:
    """Look up what stands for writes of a run that died: done, lapsed (never happened), or still unknown.

    The caller holds the leases of the calendars concerned, so that nobody else writes meanwhile.
    """
    return [
        _judge(entry, standing) for entry, standing in zip(entries, _look_up(provider, entries), strict=True)
    ]


def _look_up(provider: Provider, entries: Sequence[OutboxEntry]) -> list[OwnedEvent | Unreadable | None]:
    found: dict[str, OwnedEvent | Unreadable | None] = {}
    for batch in _batches(entries, provider.limits.batch, provider.limits.per_calendar):
        answers = provider.look_up([entry.operation for entry in batch])
        found.update(zip([entry.id for entry in batch], answers, strict=True))
    return [found[entry.id] for entry in entries]


def _batches(entries: Sequence[OutboxEntry], size: int, per_calendar: int) -> Iterator[list[OutboxEntry]]:
    """Cut entries into batches that respect a provider's limits."""
    waiting = list(entries)
    while waiting:
        batch: list[OutboxEntry] = []
        later: list[OutboxEntry] = []
        load: dict[str, int] = {}
        for entry in waiting:
            calendar = entry.operation.calendar
            if len(batch) < size and load.get(calendar, 0) < per_calendar:
                batch.append(entry)
                load[calendar] = load.get(calendar, 0) + 1
            else:
                later.append(entry)
        yield batch
        waiting = later


def _must_look(outcome: Outcome) -> bool:
    if isinstance(outcome, Rejected):
        return outcome.cause is Cause.CONFLICT
    return isinstance(outcome, Unknown)


def _take(entry: OutboxEntry, outcome: Outcome) -> Verdict:
    """An answer that says it all."""
    operation = entry.operation
    match outcome:
        case Done():
            return Verdict(Settlement(entry, "done", outcome))
        case Rejected(Cause.GONE, _) if operation.kind is OperationKind.DELETE:
            return Verdict(Settlement(entry, "done", Done(operation.provider_id)))
        case Rejected(Cause.GONE, detail) if operation.kind is OperationKind.UPDATE:
            return _recreate(entry, detail)
        case Rejected(cause, detail):
            refused = Settlement(entry, "rejected", detail=f"{cause}: {detail}" if detail else cause)
            return Verdict(refused, hopeless=cause in HOPELESS)
        case Unknown(detail):
            return Verdict(Settlement(entry, "unknown", detail=detail))


def _conclude(entry: OutboxEntry, outcome: Outcome, standing: OwnedEvent | Unreadable | None) -> Verdict:
    """A look-up after a doubtful answer, or after somebody else's change."""
    settlement = _judge(entry, standing)
    if settlement.state != "lapsed":
        return Verdict(settlement)
    operation = entry.operation
    if isinstance(outcome, Rejected):
        if operation.kind is OperationKind.CREATE:
            return Verdict(Settlement(entry, "rejected", detail=f"{outcome.cause}: {outcome.detail}"))
        settlement = Settlement(entry, "rejected", detail=f"{outcome.cause}: read again")
    if isinstance(standing, OwnedEvent):
        operation = replace(operation, etag=standing.etag, before=standing.content)
    elif operation.kind is OperationKind.UPDATE:
        return _recreate(entry, "looked up: no longer there")
    return Verdict(settlement, OutboxEntry(operation, entry.reason, entry.origin))


def _recreate(entry: OutboxEntry, detail: str) -> Verdict:
    """An event to update was deleted by hand: it must stand, so it is made again under a new generation."""
    operation = entry.operation
    creation = Operation(
        OperationKind.CREATE,
        operation.calendar,
        replace(operation.tag, generation=operation.tag.generation + 1),
        after=operation.after,
    )
    reason = f"{entry.reason}; it had been deleted by hand"
    return Verdict(
        Settlement(entry, "rejected", detail=detail or Cause.GONE, gone=True),
        OutboxEntry(creation, reason, entry.origin),
    )


def _judge(entry: OutboxEntry, standing: OwnedEvent | Unreadable | None) -> Settlement:
    """What a look-up says about one write."""
    if isinstance(standing, Unreadable):
        return Settlement(entry, "unknown", detail=str(standing))
    if _happened(entry.operation, standing):
        return Settlement(entry, "done", Done(standing.provider_id, standing.etag) if standing else Done())
    return Settlement(entry, "lapsed", detail="looked up: it did not happen")


def _happened(operation: Operation, standing: OwnedEvent | None) -> bool:
    match operation.kind:
        case OperationKind.DELETE:
            return standing is None
        case OperationKind.CREATE:
            return standing is not None
        case OperationKind.UPDATE:
            return standing is not None and standing.content == operation.after
