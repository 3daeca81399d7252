"""Apply: carry a plan out through the outbox, many calendars at once, each at the pace it allows.

One thread plans and commits; a pool sends. A calendar takes part in one batch at a time and only while we
hold its lease, so that no calendar ever sees more than `limits.per_calendar` writes in flight, whichever
runs share it. Each batch costs one commit: the outcomes of the last and the intents of the next.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import Change, DesiredEvent, EventContent, LedgerEvent, Tag
from scheduling_pipeline.calendars.operations import (
    Generations,
    creation,
    is_superseded,
    operations_of,
    stands_already,
)
from scheduling_pipeline.calendars.outbox import OutboxEntry, Settlement
from scheduling_pipeline.calendars.provider import Cause, OperationKind, Provider
from scheduling_pipeline.calendars.settle import Verdict, send
from scheduling_pipeline.database.leases import POLL_SECONDS, Leases

MAX_TRIES = 5
RENEW_SECONDS = 10
WAIT_FOR_CALENDAR = timedelta(minutes=15)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """One write that did not come about, in words for a person."""

    calendar: str
    uid: str
    kind: str
    detail: str
    cause: Cause | None = None


@dataclass
class Applied:
    """What became of a plan. Every write ends in exactly one count; `superseded` counts changes not sent,
    THEIRS those that an event's owner had made void by changing or deleting it.

    `overtaken` are calendars with a change that was superseded by something else than what it was to bring.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    by_calendar: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    overtaken: set[str] = field(default_factory=set)

    def count(self, calendar: str, word: str) -> None:
        """One more outcome."""
        self.counts[word] += 1
        self.by_calendar[calendar][word] += 1

    @property
    def writes(self) -> int:
        """Writes that took effect."""
        return sum(self.counts[word] for word in _DONE.values())


THEIRS = "left to its owner"

_DONE = {
    OperationKind.CREATE: "created",
    OperationKind.UPDATE: "updated",
    OperationKind.DELETE: "deleted",
}


def lease_name(provider: Provider, calendar: str) -> str:
    """The lease that makes a run the one writer of a calendar."""
    return f"{provider.name}/{calendar}"


def apply(
    changes: Sequence[Change],
    *,
    provider: Provider,
    ledger: Ledger,
    leases: Leases,
    now: datetime,
    on_progress: Progress = lambda _done, _total: None,
    wait_for_calendar: timedelta = WAIT_FOR_CALENDAR,
    respect: bool = False,
) -> Applied:
    """Carry out `changes`. Returns when each write has its outcome.

    `respect`: what people changed or deleted by hand stays as they left it; else it is put right.

    A write that fails is counted and named, and the others go on. A change whose event is no longer what
    the plan was made from is superseded. A calendar that another run does not give up in time fails.
    Raises LeaseLostError when a lease expired under us: what was sent is in the outbox.
    """
    application = _Application(changes, provider, ledger, leases, now, respect=respect)
    flights: dict[Future[list[Verdict]], list[OutboxEntry]] = {}
    patience = wait_for_calendar.total_seconds()
    last_sign = time.monotonic()
    with ThreadPoolExecutor(max_workers=provider.limits.concurrent_batches) as pool:
        try:
            while not application.finished or flights:
                application.renew()
                application.open_calendars()
                batches = application.compose(provider.limits.concurrent_batches - len(flights))
                application.commit(batches)
                for batch in batches:
                    flights[pool.submit(send, provider, batch, now=now, respect=respect)] = batch
                if flights:
                    landed = wait(flights, timeout=RENEW_SECONDS, return_when=FIRST_COMPLETED).done
                    for flight in landed:
                        application.land(flights.pop(flight), flight.result())
                    on_progress(*application.progress)
                    last_sign = time.monotonic()
                elif time.monotonic() > last_sign + patience:
                    application.give_up()
                elif not application.finished:
                    time.sleep(POLL_SECONDS)  # every calendar left is another run's
            application.commit([])
        finally:
            for flight, batch in flights.items():
                if flight.exception() is None:  # waits for it
                    application.land(batch, flight.result())
            application.close()
    return application.result


@dataclass(frozen=True, slots=True)
class _Doubts:
    """Earlier writes that may have come about: events with one whose outcome is `open`, by calendar and uid,
    and creates that were looked for in vain, by calendar and tag."""

    open: frozenset[tuple[str, str]] = frozenset()
    lapsed: Mapping[tuple[str, Tag], EventContent] = field(default_factory=dict)


class _Application:
    """Queues by calendar, what is in flight, and what is settled but not yet committed."""

    def __init__(
        self,
        changes: Sequence[Change],
        provider: Provider,
        ledger: Ledger,
        leases: Leases,
        now: datetime,
        *,
        respect: bool,
    ) -> None:
        self.result = Applied()
        self._respect = respect
        self._provider, self._ledger, self._leases, self._now = provider, ledger, leases, now
        self._waiting: dict[str, list[Change]] = defaultdict(list)
        for change in changes:
            self._waiting[change.calendar].append(change)
        self._total = len(changes)
        self._queues: dict[str, deque[OutboxEntry]] = {}
        self._held: set[str] = set()
        self._renewed = time.monotonic()
        self._in_flight: set[str] = set()
        self._tries: Counter[tuple[str, str, str, OperationKind]] = Counter()
        self._generations: dict[str, Generations] = defaultdict(Generations)
        self._settled: list[Settlement] = []

    @property
    def finished(self) -> bool:
        return not self._waiting and not self._queues

    @property
    def progress(self) -> tuple[int, int]:
        """Changes dealt with, and changes in all (writes of a split count as one when both are done)."""
        left = sum(map(len, self._waiting.values())) + sum(map(len, self._queues.values()))
        return max(self._total - left, 0), self._total

    def open_calendars(self) -> None:
        """Lease as many calendars as can be served at once, and queue their writes."""
        limits = self._provider.limits
        room = limits.concurrent_batches * limits.batch
        room -= sum(min(len(queue), limits.per_calendar) for queue in self._queues.values())
        names: dict[str, str] = {}
        for calendar, changes in self._waiting.items():
            if room <= 0:
                break
            names[lease_name(self._provider, calendar)] = calendar
            room -= min(len(changes), limits.per_calendar)
        taken = {names[name] for name in self._leases.try_acquire(names)}
        self._held |= taken
        for calendar in names.values():
            if calendar not in taken:  # another run's: the next ones get their turn first
                self._waiting[calendar] = self._waiting.pop(calendar)
        by_scope: dict[str, set[str]] = defaultdict(set)
        for calendar in taken:
            for change in self._waiting[calendar]:
                by_scope[change.scope].add(calendar)
        for scope, calendars in by_scope.items():
            self._queue(scope, calendars)
        for calendar in taken:
            del self._waiting[calendar]
            self._close_if_empty(calendar)

    def _queue(self, scope: str, calendars: Iterable[str]) -> None:
        live: dict[str, dict[Tag, LedgerEvent]] = defaultdict(dict)
        for row in self._ledger.live(scope, calendars, self._uids(scope, calendars)):
            live[row.calendar][row.tag] = row
        generations = self._generations[scope]
        generations.learn(self._ledger.generations(scope, calendars))
        doubts = self._doubts(scope, calendars)
        for calendar in calendars:
            queue = self._queues.setdefault(calendar, deque())
            for change in self._waiting[calendar]:
                if change.scope != scope:
                    continue
                if is_superseded(change, live[calendar]):
                    self.result.count(calendar, "superseded")
                    if not stands_already(change, live[calendar]):
                        self.result.overtaken.add(calendar)
                elif (calendar, change.uid) in doubts.open:
                    self._refuse(change, "what became of an earlier write is not known yet")
                else:
                    for entry in operations_of(change, live[calendar], generations):
                        in_doubt = doubts.lapsed.get((calendar, entry.operation.tag))
                        queue.append(replace(entry, in_doubt=in_doubt))

    def _uids(self, scope: str, calendars: Iterable[str]) -> set[str] | None:
        """What the changes are about; None where they are about kin, any of which may have been there."""
        changes = [change for name in calendars for change in self._waiting[name] if change.scope == scope]
        if any(change.after is not None and change.after.kin is not None for change in changes):
            return None
        return {change.uid for change in changes}

    def _doubts(self, scope: str, calendars: Iterable[str]) -> _Doubts:
        """Where people's changes count, what we may have written must not be taken for theirs."""
        if not self._respect:
            return _Doubts()
        still_open = (entry.operation for entry in self._ledger.open_operations(scope))
        return _Doubts(
            frozenset((operation.calendar, operation.tag.uid) for operation in still_open),
            self._ledger.lapsed_creates(scope, calendars),
        )

    def compose(self, count: int) -> list[list[OutboxEntry]]:
        """The next batches, at most `count`: the longest queues first, no calendar in two of them."""
        limits = self._provider.limits
        ready = deque(
            sorted(
                (calendar for calendar in self._queues if calendar not in self._in_flight),
                key=lambda calendar: -len(self._queues[calendar]),
            )
        )
        batches: list[list[OutboxEntry]] = []
        while ready and len(batches) < count:
            batch: list[OutboxEntry] = []
            while ready and len(batch) < limits.batch:
                calendar = ready.popleft()
                self._in_flight.add(calendar)
                queue = self._queues[calendar]
                share = min(limits.per_calendar, limits.batch - len(batch), len(queue))
                batch += [queue.popleft() for _ in range(share)]
            batches.append(batch)
        return batches

    def commit(self, batches: Iterable[list[OutboxEntry]]) -> None:
        """Write down what is settled and what is about to be sent, in one transaction."""
        sending = [entry for batch in batches for entry in batch]
        self._ledger.commit(self._now, settled=self._settled, sending=sending)
        self._settled = []
        if finished := self._held - self._queues.keys():
            self._release(finished)

    def renew(self) -> None:
        """Keep the leases of calendars we still write to. Raises LeaseLostError."""
        if self._held and time.monotonic() - self._renewed > RENEW_SECONDS:
            self._leases.renew(lease_name(self._provider, calendar) for calendar in self._held)
            self._renewed = time.monotonic()

    def land(self, entries: Sequence[OutboxEntry], verdicts: Sequence[Verdict]) -> None:
        """Take the outcomes of one batch; what is worth another try goes to the front of its queue."""
        for entry, verdict in zip(entries, verdicts, strict=True):
            self._settled.append(verdict.settlement)
            operation = entry.operation
            calendar, tag = operation.calendar, operation.tag
            tries = (calendar, tag.scope, tag.uid, operation.kind)
            self._tries[tries] += 1
            again = self._anew(entry) if verdict.anew else verdict.again
            if again is not None and self._tries[tries] < MAX_TRIES:
                self._queues[calendar].appendleft(again)
            elif again is None and verdict.theirs:
                self.result.count(calendar, THEIRS)
            elif again is None and verdict.settlement.gone:
                self.result.count(calendar, "superseded")
            else:
                self._count(verdict.settlement)
            if verdict.hopeless:
                for unsent in self._queues[calendar]:
                    self._fail(unsent, verdict.settlement)
                self._queues[calendar].clear()
        for calendar in {entry.operation.calendar for entry in entries}:
            self._in_flight.discard(calendar)
            self._close_if_empty(calendar)

    def _anew(self, entry: OutboxEntry) -> OutboxEntry | None:
        """The event once more under a tag that never stood; None when all of it lies in the past."""
        operation = entry.operation
        if operation.after is None or not operation.after.goes_on_after(self._now):
            return None
        tag = operation.tag
        event = DesiredEvent(tag.scope, operation.calendar, tag.uid, operation.after, tag.kin, entry.origin)
        reason = f"{entry.reason}; it had been deleted by hand"
        return creation(event, self._generations[tag.scope], reason)

    def give_up(self) -> None:
        """Fail what waits for calendars that another run does not give up."""
        for changes in self._waiting.values():
            for change in changes:
                self._refuse(change, "another run is still writing to this calendar")
        self._waiting.clear()

    def _refuse(self, change: Change, why: str) -> None:
        self.result.count(change.calendar, "failed")
        self.result.failures.append(Failure(change.calendar, change.uid, change.kind, why))

    def close(self) -> None:
        """Keep what is known and give the leases back, however we end."""
        self.commit([])
        self._release(set(self._held))

    def _release(self, calendars: set[str]) -> None:
        self._leases.release(lease_name(self._provider, calendar) for calendar in calendars)
        self._held -= calendars

    def _close_if_empty(self, calendar: str) -> None:
        if not self._queues.get(calendar) and calendar not in self._in_flight:
            self._queues.pop(calendar, None)

    def _count(self, settlement: Settlement) -> None:
        operation = settlement.entry.operation
        if settlement.state == "done":
            self.result.count(operation.calendar, _DONE[operation.kind])
        elif settlement.state == "unknown":
            self.result.count(operation.calendar, "unknown")
            self._name(settlement.entry, settlement)
        else:
            self._fail(settlement.entry, settlement)

    def _fail(self, entry: OutboxEntry, settlement: Settlement) -> None:
        self.result.count(entry.operation.calendar, "failed")
        self._name(entry, settlement)

    def _name(self, entry: OutboxEntry, settlement: Settlement) -> None:
        operation = entry.operation
        self.result.failures.append(
            Failure(
                operation.calendar, operation.tag.uid, operation.kind, settlement.detail, settlement.cause
            )
        )
