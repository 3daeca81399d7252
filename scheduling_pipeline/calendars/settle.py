"""What became of a write: from its answer, or, where there is none, by looking at what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scheduling_pipeline.calendars.changes import last_date_to_stay
from scheduling_pipeline.calendars.edits import carried_over, edits_between, respecting
from scheduling_pipeline.calendars.model import NO_EDITS, Edits
from scheduling_pipeline.calendars.outbox import OutboxEntry, Settlement
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
    is spent: somebody deleted the event that carried it. `theirs`: its owner had made the write void, and
    that stays so. `hopeless`: nothing would come through.
    """

    settlement: Settlement
    again: OutboxEntry | None = None
    anew: bool = False
    theirs: bool = False
    hopeless: bool = False


def send(
    provider: Provider, entries: Sequence[OutboxEntry], *, now: datetime, respect: bool = False
) -> list[Verdict]:
    """Send one batch and find out what became of each write, looking up those that are in doubt.

    `respect`: what people changed by hand stays as they left it; else it is put right.
    """
    outcomes = provider.send([entry.operation for entry in entries])
    doubtful = [entry for entry, outcome in zip(entries, outcomes, strict=True) if _must_look(outcome)]
    found = look_up(provider, [entry.operation for entry in doubtful])
    standing = dict(zip([entry.id for entry in doubtful], found, strict=True))
    return [
        _conclude(entry, outcome, standing[entry.id], now=now, respect=respect)
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
    entry: OutboxEntry,
    outcome: Outcome,
    standing: OwnedEvent | Unreadable | None,
    *,
    now: datetime,
    respect: bool,
) -> Verdict:
    """A look-up after a doubtful answer, or after somebody else's change."""
    operation = entry.operation
    refused = f"{outcome.cause}: {outcome.detail}" if isinstance(outcome, Rejected) else ""
    if refused and operation.kind is OperationKind.CREATE and not isinstance(standing, Unreadable):
        return _spent(entry, standing, refused, respect=respect)
    if respect and isinstance(standing, OwnedEvent) and not _happened(operation, standing):
        met = (
            _take_away(entry, standing, refused, now)
            if entry.removes
            else _around_edits(entry, standing, refused)
        )
        return replace(met, settlement=_explained(met.settlement, outcome))
    settlement = _judge(entry, standing, respect=respect)
    if settlement.state != "lapsed":
        return Verdict(settlement)
    if standing is None and operation.kind is OperationKind.UPDATE:
        return _gone(entry, "looked up: no longer there", respect=respect)
    if refused:
        settlement = replace(settlement, state="rejected", detail=refused)
    settlement = _explained(settlement, outcome)
    if isinstance(standing, OwnedEvent):
        operation = replace(operation, etag=standing.etag, before=standing.content)
    again = entry.anew(operation)
    if operation.kind is OperationKind.CREATE:
        again = replace(again, in_doubt=operation.after)
    return Verdict(settlement, again=again)


def _explained(settlement: Settlement, outcome: Outcome) -> Settlement:
    """What was looked up, and why it had to be."""
    if not isinstance(outcome, Unknown):
        return settlement
    return replace(settlement, detail=f"{outcome.detail}; {settlement.detail}")


def _gone(entry: OutboxEntry, detail: str, *, respect: bool) -> Verdict:
    """An event to update was deleted by hand. Where it was to be taken away, it may come back later."""
    declined = respect and not entry.removes
    settlement = Settlement(entry, "rejected", detail=detail or Cause.GONE, gone=True, declined=declined)
    return Verdict(settlement, anew=not respect, theirs=respect)


def _spent(entry: OutboxEntry, standing: OwnedEvent | None, refused: str, *, respect: bool) -> Verdict:
    """A create whose tag was used before: the ledger was lost, or an earlier try came about after all.

    Only in that case is it known what we wrote, and so what its owner has done to it since.
    """
    operation = entry.operation
    assert operation.after is not None  # noqa: S101 - a create has one
    written = entry.in_doubt if respect else None
    if standing is None:
        settlement = Settlement(entry, "rejected", detail=refused)
        if written is None:
            return Verdict(settlement, anew=True)
        return Verdict(replace(settlement, gone=True, declined=True), theirs=True)
    after, edits = operation.after, NO_EDITS
    if written is not None:
        after, edits = carried_over(written, after, standing.content)
    settlement = _stands(entry, standing, edits)
    if after == standing.content:
        return Verdict(settlement)
    correction = replace(
        operation,
        kind=OperationKind.UPDATE,
        before=standing.content,
        after=after,
        provider_id=standing.provider_id,
        etag=standing.etag,
    )
    return Verdict(settlement, again=entry.anew(correction))


def _around_edits(entry: OutboxEntry, standing: OwnedEvent, refused: str) -> Verdict:
    """An update of an event that its owner changed meanwhile: what they changed stays, the rest is sent."""
    operation, before = entry.operation, entry.operation.before
    assert before is not None and operation.after is not None  # noqa: PT018, S101 - an update
    after, edits = carried_over(before, operation.after, standing.content)
    if after != standing.content:
        operation = replace(operation, etag=standing.etag, before=standing.content, after=after)
        return Verdict(_met(entry, standing, edits, refused), again=entry.anew(operation))
    if refused or respecting(before, standing.content, edits) == standing.content:
        return Verdict(_met(entry, standing, edits, refused), theirs=True)
    return Verdict(_stands(entry, standing, edits))  # it did happen: they changed other things


def _take_away(entry: OutboxEntry, standing: OwnedEvent, refused: str, now: datetime) -> Verdict:
    """A removal of an event that stands otherwise than we knew: what took place stays, the rest goes."""
    operation, content = entry.operation, standing.content
    assert operation.before is not None  # noqa: S101 - what is removed was there
    settlement = _met(entry, standing, edits_between(operation.before, content, operation.after), refused)
    if not content.goes_on_after(now):
        return Verdict(settlement, theirs=True)
    until = last_date_to_stay(content, now)
    removal = replace(
        operation,
        kind=OperationKind.DELETE if until is None else OperationKind.UPDATE,
        etag=standing.etag,
        before=content,
        after=None if until is None else content.ending_on(until),
    )
    return Verdict(settlement, again=entry.anew(removal))


def _met(entry: OutboxEntry, standing: OwnedEvent, edits: Edits, refused: str) -> Settlement:
    """A write that did not come about as it was meant, and what was found instead."""
    detail = "looked up: changed by its owner" if edits else "looked up: it did not happen"
    return Settlement(entry, "rejected" if refused else "lapsed", detail=detail, edits=edits, seen=standing)


def _stands(entry: OutboxEntry, standing: OwnedEvent, edits: Edits) -> Settlement:
    """A write that came about, and what was found."""
    done = Done(standing.provider_id, standing.etag)
    return Settlement(entry, "done", done, stands=standing.content, edits=edits)


def _judge(entry: OutboxEntry, standing: OwnedEvent | Unreadable | None, *, respect: bool) -> Settlement:
    """What a look-up says about one write."""
    operation = entry.operation
    if isinstance(standing, Unreadable):
        return Settlement(entry, "unknown", detail=str(standing))
    if not _happened(operation, standing):
        if respect and operation.kind is OperationKind.UPDATE and standing is not None:
            return _around_edits(entry, standing, "").settlement
        return Settlement(entry, "lapsed", detail="looked up: it did not happen")
    if standing is None or operation.after is None:
        return Settlement(entry, "done", Done())
    edits = edits_between(operation.after, standing.content) if respect else NO_EDITS
    return _stands(entry, standing, edits)


def _happened(operation: Operation, standing: OwnedEvent | None) -> bool:
    match operation.kind:
        case OperationKind.DELETE:
            return standing is None
        case OperationKind.CREATE:
            return standing is not None
        case OperationKind.UPDATE:
            return standing is not None and standing.content == operation.after
