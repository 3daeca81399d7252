"""What became of a write: from its answer, or, where there is none, by looking at what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scheduling_pipeline.calendars.edits import carried_over, edits_between
from scheduling_pipeline.calendars.ledger import OutboxEntry, Settlement
from scheduling_pipeline.calendars.model import NO_EDITS
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

HOPELESS = (
    Cause.NO_CALENDAR,
    Cause.FORBIDDEN,
    Cause.SIGN_IN,
)  # nothing else for that calendar would come through either


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one send ended, and what is worth doing next.

    `again` is the write to try once more. `anew`: the event must be made under another tag, because this one
    is spent: somebody deleted the event that carried it. `hopeless`: nothing would come through.
    """

    settlement: Settlement
    again: OutboxEntry | None = None
    anew: bool = False
    hopeless: bool = False


def send(provider: Provider, entries: Sequence[OutboxEntry], *, respect: bool = False) -> list[Verdict]:
    """Send one batch and find out what became of each write, looking up those that are in doubt.

    `respect`: what people changed by hand stays as they left it; else it is put right.
    """
    outcomes = provider.send([entry.operation for entry in entries])
    doubtful = [entry for entry, outcome in zip(entries, outcomes, strict=True) if _must_look(outcome)]
    found = look_up(provider, [entry.operation for entry in doubtful])
    standing = dict(zip([entry.id for entry in doubtful], found, strict=True))
    return [
        _conclude(entry, outcome, standing[entry.id], respect=respect)
        if entry.id in standing
        else _take(entry, outcome, respect=respect)
        for entry, outcome in zip(entries, outcomes, strict=True)
    ]


def settle(provider: Provider, entries: Sequence[OutboxEntry], *, respect: bool = False) -> list[Settlement]:
    """Look up what stands for writes of a run that died: done, lapsed (never happened), or still unknown.

    The caller holds the leases of the calendars concerned, so that nobody else writes meanwhile.
    """
    found = look_up(provider, [entry.operation for entry in entries])
    return [_judge(entry, standing, respect=respect) for entry, standing in zip(entries, found, strict=True)]


def look_up(provider: Provider, operations: Sequence[Operation]) -> list[OwnedEvent | Unreadable | None]:
    """What stands for each operation, as `Provider.look_up` says it, within the provider's limits."""
    found: list[OwnedEvent | Unreadable | None] = [None] * len(operations)
    for batch in _batches(operations, provider.limits.batch, provider.limits.per_calendar):
        answers = provider.look_up([operations[index] for index in batch])
        for index, answer in zip(batch, answers, strict=True):
            found[index] = answer
    return found


def _batches(operations: Sequence[Operation], size: int, per_calendar: int) -> Iterator[list[int]]:
    """Cut operations into batches (their indexes) that respect a provider's limits."""
    waiting: Sequence[int] = range(len(operations))
    while waiting:
        batch: list[int] = []
        later: list[int] = []
        load: Counter[str] = Counter()
        for index in waiting:
            calendar = operations[index].calendar
            if len(batch) < size and load[calendar] < per_calendar:
                batch.append(index)
                load[calendar] += 1
            else:
                later.append(index)
        yield batch
        waiting = later


def _must_look(outcome: Outcome) -> bool:
    if isinstance(outcome, Rejected):
        return outcome.cause is Cause.CONFLICT
    return isinstance(outcome, Unknown)


def _take(entry: OutboxEntry, outcome: Outcome, *, respect: bool) -> Verdict:
    """An answer that says it all."""
    operation = entry.operation
    match outcome:
        case Done():
            return Verdict(Settlement(entry, "done", outcome))
        case Rejected(Cause.GONE, _) if operation.kind is OperationKind.DELETE:
            return Verdict(Settlement(entry, "done", Done(operation.provider_id)))
        case Rejected(Cause.GONE, detail) if operation.kind is OperationKind.UPDATE:
            return _gone(entry, detail, respect=respect)
        case Rejected(cause, detail):
            words = f"{cause}: {detail}" if detail else cause
            refused = Settlement(entry, "rejected", detail=words, cause=cause)
            return Verdict(refused, hopeless=cause in HOPELESS)
        case Unknown(detail):
            return Verdict(Settlement(entry, "unknown", detail=detail))


def _conclude(
    entry: OutboxEntry, outcome: Outcome, standing: OwnedEvent | Unreadable | None, *, respect: bool
) -> Verdict:
    """A look-up after a doubtful answer, or after somebody else's change."""
    refused = isinstance(outcome, Rejected)
    # A create that is refused because the event stands already was not ours: nothing tells what we wrote.
    settlement = _judge(entry, standing, respect=respect and not refused)
    operation = entry.operation
    if refused and operation.kind is OperationKind.CREATE and isinstance(standing, OwnedEvent):
        return Verdict(settlement, again=_correction(entry, standing))
    if settlement.state != "lapsed":
        return Verdict(settlement)
    if respect and operation.kind is OperationKind.UPDATE and isinstance(standing, OwnedEvent):
        return _around_edits(entry, outcome, standing)
    if isinstance(outcome, Rejected):
        settlement = Settlement(entry, "rejected", detail=f"{outcome.cause}: {outcome.detail}")
        if operation.kind is OperationKind.CREATE:
            return Verdict(settlement, anew=True)
    elif isinstance(outcome, Unknown):
        settlement = replace(settlement, detail=f"{outcome.detail}; {settlement.detail}")
    if isinstance(standing, OwnedEvent):
        operation = replace(operation, etag=standing.etag, before=standing.content)
    elif operation.kind is OperationKind.UPDATE:
        return _gone(entry, "looked up: no longer there", respect=respect)
    return Verdict(settlement, again=OutboxEntry(operation, entry.reason, entry.origin))


def _gone(entry: OutboxEntry, detail: str, *, respect: bool) -> Verdict:
    """An event to update was deleted by hand."""
    settlement = Settlement(entry, "rejected", detail=detail or Cause.GONE, gone=True, declined=respect)
    return Verdict(settlement, anew=not respect)


def _correction(entry: OutboxEntry, standing: OwnedEvent) -> OutboxEntry | None:
    """What makes an event that stood already (the ledger did not know of it) what it should be."""
    after = entry.operation.after
    if after is None or after == standing.content:
        return None
    operation = replace(
        entry.operation,
        kind=OperationKind.UPDATE,
        before=standing.content,
        provider_id=standing.provider_id,
        etag=standing.etag,
    )
    return OutboxEntry(operation, entry.reason, entry.origin)


def _around_edits(entry: OutboxEntry, outcome: Outcome, standing: OwnedEvent) -> Verdict:
    """An update of an event that its owner changed meanwhile: what they changed stays, the rest is sent."""
    operation = entry.operation
    assert operation.before is not None and operation.after is not None  # noqa: PT018, S101 - an update
    after, edits = carried_over(operation.before, operation.after, standing.content)
    settlement = Settlement(
        entry,
        "rejected" if isinstance(outcome, Rejected) else "lapsed",
        detail="looked up: changed by its owner" if edits else "looked up: it did not happen",
        edits=edits,
        seen=standing,
    )
    if after == standing.content:
        return Verdict(settlement)
    operation = replace(operation, etag=standing.etag, before=standing.content, after=after)
    return Verdict(settlement, again=OutboxEntry(operation, entry.reason, entry.origin))


def _judge(entry: OutboxEntry, standing: OwnedEvent | Unreadable | None, *, respect: bool) -> Settlement:
    """What a look-up says about one write."""
    if isinstance(standing, Unreadable):
        return Settlement(entry, "unknown", detail=str(standing))
    if not _happened(entry.operation, standing):
        return Settlement(entry, "lapsed", detail="looked up: it did not happen")
    if standing is None:
        return Settlement(entry, "done", Done())
    sent = entry.operation.after
    edits = edits_between(sent, standing.content) if respect and sent else NO_EDITS
    done = Done(standing.provider_id, standing.etag)
    return Settlement(entry, "done", done, stands=standing.content, edits=edits)


def _happened(operation: Operation, standing: OwnedEvent | None) -> bool:
    match operation.kind:
        case OperationKind.DELETE:
            return standing is None
        case OperationKind.CREATE:
            return standing is not None
        case OperationKind.UPDATE:
            return standing is not None and standing.content == operation.after
