"""What became of a write: from its answer, or, where there is none, by looking at what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scheduling_pipeline.calendars.changes import last_date_to_stay
from scheduling_pipeline.calendars.edits import carried_over, edits_between, respecting
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
    refused = isinstance(outcome, Rejected)
    operation = entry.operation
    if refused and operation.kind is OperationKind.CREATE and not isinstance(standing, Unreadable):
        return _spent(entry, outcome, standing, respect=respect)
    settlement = _judge(entry, standing, respect=respect)
    if settlement.state == "unknown" or (settlement.state == "done" and not refused):
        return Verdict(settlement)
    if isinstance(standing, OwnedEvent) and standing.content == operation.after:
        return Verdict(settlement)
    ...
