"""Taking over events that somebody else's program wrote: our tag goes into them, and they into the ledger.

Each tagging is an operation of the outbox like any other write, so a process may die at any instant: the
next stock-taking finds by tag what was taken over, and the rest can be taken over again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduling_pipeline.calendars.apply import Applied, Failure, Progress, lease_name
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import EventContent, Tag
from scheduling_pipeline.calendars.operations import Generations
from scheduling_pipeline.calendars.outbox import OutboxEntry, Settlement
from scheduling_pipeline.calendars.provider import (
    Done,
    Operation,
    OperationKind,
    Outcome,
    OwnedEvent,
    Provider,
    Rejected,
)
from scheduling_pipeline.calendars.stock import take_stock
from scheduling_pipeline.database.leases import Leases

CHUNK = 80  # events tagged between two commits
REASON = "taken over from an older script"


@dataclass(frozen=True, slots=True)
class Claim:
    """An event as it stands, and what it is to be known as; `uid`, `kin` and `origin` as in DesiredEvent."""

    calendar: str
    provider_id: str
    etag: str
    content: EventContent
    uid: str
    kin: str | None = None
    origin: str = ""


# Writes the tag of each operation into the event it names, unless that changed since; one outcome each.
Tagger = Callable[[Sequence[Operation]], Sequence[Outcome]]


def take_over(
    scope: str,
    claims: Iterable[Claim],
    *,
    tag_events: Tagger,
    provider: Provider,
    ledger: Ledger,
    leases: Leases,
    now: datetime,
    on_progress: Progress = lambda _done, _total: None,
) -> Applied:
    """Make the claimed events ours, with the content that they have.

    Counts are `taken over`, `failed` and `unknown`. Two claims of one (calendar, uid) become two
    generations of it, so that a plan sees that it stands twice.

    Raises LeaseTimeoutError when another run does not give up one of the calendars.
    """
    claimed = list(claims)
    calendars = {claim.calendar for claim in claimed}
    take_stock(scope, calendars, provider=provider, ledger=ledger, leases=leases, now=now)
    result = Applied()
    with leases.hold(*(lease_name(provider, calendar) for calendar in calendars)) as lease:
        generations = Generations()
        generations.learn(ledger.generations(scope, calendars))
        entries = [_entry(scope, claim, generations) for claim in claimed]
        for start in range(0, len(entries), CHUNK):
            chunk = entries[start : start + CHUNK]
            ledger.commit(now, sending=chunk)
            outcomes = tag_events([entry.operation for entry in chunk])
            _keep(ledger, now, chunk, outcomes)
            _count(result, chunk, outcomes)
            lease.renew()
            on_progress(start + len(chunk), len(entries))
    return result


def _entry(scope: str, claim: Claim, generations: Generations) -> OutboxEntry:
    tag = Tag(scope, claim.kin, claim.uid, generations.next(claim.calendar, claim.uid))
    operation = Operation(
        OperationKind.UPDATE,
        claim.calendar,
        tag,
        before=claim.content,
        after=claim.content,
        provider_id=claim.provider_id,
        etag=claim.etag,
    )
    return OutboxEntry(operation, REASON, claim.origin)


def _keep(ledger: Ledger, now: datetime, entries: Sequence[OutboxEntry], outcomes: Sequence[Outcome]) -> None:
    """Enter what is ours now, and how each write ended."""
    done = [
        (entry, outcome)
        for entry, outcome in zip(entries, outcomes, strict=True)
        if isinstance(outcome, Done)
    ]
    ledger.adopt(now, [_owned(entry.operation, outcome) for entry, outcome in done])
    ledger.refresh_origins(
        {(entry.operation.calendar, entry.operation.tag): entry.origin for entry, _ in done}
    )
    ledger.commit(
        now,
        settled=[_settlement(entry, outcome) for entry, outcome in zip(entries, outcomes, strict=True)],
    )


def _owned(operation: Operation, done: Done) -> OwnedEvent:
    assert operation.after is not None  # noqa: S101 - see _entry
    return OwnedEvent(operation.calendar, operation.tag, done.provider_id, done.etag, operation.after)


def _settlement(entry: OutboxEntry, outcome: Outcome) -> Settlement:
    match outcome:
        case Done():
            return Settlement(entry, "done", outcome)
        case Rejected(cause, detail):
            return Settlement(entry, "rejected", detail=f"{cause}: {detail}")
    return Settlement(entry, "unknown", detail=outcome.detail)


def _count(result: Applied, entries: Sequence[OutboxEntry], outcomes: Sequence[Outcome]) -> None:
    for entry, outcome in zip(entries, outcomes, strict=True):
        if isinstance(outcome, Done):
            result.counts["taken over"] += 1
            continue
        rejected = isinstance(outcome, Rejected)
        result.counts["failed" if rejected else "unknown"] += 1
        operation = entry.operation
        detail = _settlement(entry, outcome).detail
        result.failures.append(Failure(operation.calendar, operation.tag.uid, "take over", detail))
