"""A calendar provider for tests that behaves like a strict outside, and fails as outsides do.

What stands is kept in SQLite: in memory, or in a file that a killed process and its successor share.
"""

from __future__ import annotations

import json
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from scheduling_pipeline.calendars.model import EventContent, LedgerEvent, Tag
from scheduling_pipeline.calendars.provider import (
    Cause,
    Done,
    EditedDates,
    Limits,
    Operation,
    OperationKind,
    Outcome,
    OwnedEvent,
    Rejected,
    Unknown,
    Unreadable,
)

SCHEMA = """
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, calendar TEXT, tag TEXT, etag INTEGER DEFAULT 1, content TEXT,
    stands INTEGER DEFAULT 1
);
CREATE TABLE IF NOT EXISTS single_dates (id INTEGER, day TEXT, deleted INTEGER, PRIMARY KEY (id, day));
CREATE TABLE IF NOT EXISTS spent (calendar TEXT, tag TEXT, PRIMARY KEY (calendar, tag));
CREATE TABLE IF NOT EXISTS writes (kind TEXT, calendar TEXT);
"""


class Fault(StrEnum):
    """What can go wrong with one write."""

    DROPPED = "it took effect, and the answer was lost"
    LOST = "it never arrived, and nobody said so"
    LATE = "it took effect after everybody had looked"
    SERVER_ERROR = "the server failed before it took effect"
    THROTTLED = "the server refused it for now"


LIMITS = Limits(batch=8, per_calendar=4, concurrent_batches=2)

Faults = Callable[[Operation], Fault | None]


def no_faults(_operation: Operation) -> None:
    """A good day."""


def mixed_faults(seed: int, share: float) -> Faults:
    """A seeded mix of all faults, for a share of the writes."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible test, not a secret
    lock = threading.Lock()

    def draw(_operation: Operation) -> Fault | None:
        with lock:
            return chance.choice(list(Fault)) if chance.random() < share else None

    return draw


def first_time(fault: Fault, kind: OperationKind | None = None) -> Faults:
    """Each event's first write (of a kind) meets a fault, the next ones do not."""
    met: set[tuple[str, str, OperationKind]] = set()

    def meet(operation: Operation) -> Fault | None:
        key = (operation.calendar, str(operation.tag), operation.kind)
        if key in met or kind not in (None, operation.kind):
            return None
        met.add(key)
        return fault

    return meet


def always(fault: Fault, kind: OperationKind | None = None) -> Faults:
    """Every write (of a kind) meets a fault."""
    return lambda operation: fault if kind in (None, operation.kind) else None


class Calendars:
    """What stands in everybody's calendars, and what a person may do to it behind our back.

    `guards_deletes`: whether a delete, too, is refused for an event that changed meanwhile.
    """

    def __init__(self, path: Path | None = None, *, guards_deletes: bool = False) -> None:
        self._guards_deletes = guards_deletes
        self.lock = threading.RLock()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    def owned(self, calendar: str | None = None) -> list[OwnedEvent]:
        """The events that carry a tag of ours, oldest first."""
        query = "SELECT id, calendar, tag, etag, content FROM events WHERE stands AND tag <> ''"
        some = () if calendar is None else (calendar,)
        rows = self._rows(query + " AND calendar = ?" * len(some) + " ORDER BY id", *some)
        return [
            OwnedEvent(
                name, Tag.parse(tag), f"id-{number}", str(etag), EventContent.from_json(json.loads(content))
            )
            for number, name, tag, etag, content in rows
        ]

    def summaries(self, calendar: str) -> list[str]:
        """What a person sees, ours or not."""
        rows = self._rows("SELECT content FROM events WHERE stands AND calendar = ? ORDER BY id", calendar)
        return [json.loads(content)["summary"] for (content,) in rows]

    @property
    def writes(self) -> Counter[str]:
        """How many writes of each kind ever took effect."""
        return Counter(kind for (kind,) in self._rows("SELECT kind FROM writes"))

    def by_hand_add(self, calendar: str, content: EventContent, tag: Tag | None = None) -> None:
        """A person's own event, or their copy of one of ours."""
        self._insert(calendar, str(tag or ""), content)

    def by_hand_edit(self, event: OwnedEvent, content: EventContent) -> None:
        self._rows(
            "UPDATE events SET content = ?, etag = etag + 1 WHERE id = ?",
            json.dumps(content.to_json()),
            _number(event.provider_id),
        )

    def by_hand_delete(self, event: OwnedEvent) -> None:
        self._rows("UPDATE events SET stands = 0 WHERE id = ?", _number(event.provider_id))

    def by_hand_date(self, event: OwnedEvent, day: date, *, deleted: bool) -> None:
        """A person deletes one date of a series, or changes something on that date alone."""
        self._rows(
            "INSERT OR REPLACE INTO single_dates VALUES (?, ?, ?)",
            _number(event.provider_id),
            day.isoformat(),
            deleted,
        )

    def edited_dates(self, provider_id: str) -> EditedDates:
        """The dates of a series that a person deleted or changed alone."""
        rows = self._rows("SELECT day, deleted FROM single_dates WHERE id = ?", _number(provider_id))
        return EditedDates(
            deleted=frozenset(date.fromisoformat(day) for day, deleted in rows if deleted),
            changed=frozenset(date.fromisoformat(day) for day, deleted in rows if not deleted),
        )

    def by_hand_restore(self, event: OwnedEvent) -> None:
        """Take a deleted event back out of the bin."""
        self._rows("UPDATE events SET stands = 1, etag = etag + 1 WHERE id = ?", _number(event.provider_id))

    def write(self, operation: Operation) -> Outcome:
        """Let one write take effect, or refuse it."""
        with self.lock:
            outcome = (
                self._create(operation) if operation.kind is OperationKind.CREATE else self._alter(operation)
            )
            if isinstance(outcome, Done):
                self._rows("INSERT INTO writes VALUES (?, ?)", operation.kind.value, operation.calendar)
            return outcome

    def find(self, operation: Operation) -> OwnedEvent | None:
        """What stands for a write: by tag for a create, by id otherwise."""
        for event in self.owned(operation.calendar):
            if operation.provider_id in ("", event.provider_id) and event.tag == operation.tag:
                return event
        return None

    def _create(self, operation: Operation) -> Outcome:
        assert operation.after is not None, "a create has content"
        tag = (operation.calendar, str(operation.tag))
        if self._rows("SELECT 1 FROM spent WHERE calendar = ? AND tag = ?", *tag):
            return Rejected(Cause.CONFLICT, "an event with this key was made before")
        self._rows("INSERT INTO spent VALUES (?, ?)", *tag)
        number = self._insert(*tag, operation.after)
        return Done(f"id-{number}", "1")

    def _alter(self, operation: Operation) -> Outcome:
        assert operation.before is not None, "what is changed was there before"
        number = _number(operation.provider_id)
        found = self._rows("SELECT etag FROM events WHERE stands AND id = ?", number)
        if not found:
            return Rejected(Cause.GONE)
        etag = found[0][0]
        deletes = operation.kind is OperationKind.DELETE
        if operation.etag != str(etag) and (self._guards_deletes or not deletes):
            return Rejected(Cause.CONFLICT)
        if deletes:
            self._rows("UPDATE events SET stands = 0 WHERE id = ?", number)
            return Done(operation.provider_id)
        assert operation.after is not None, "an update has content"
        assert operation.after != operation.before, "an update changes something"
        if operation.after.slot != operation.before.slot:  # its single dates move with the others
            self._rows("DELETE FROM single_dates WHERE id = ?", number)
        self._rows(
            "UPDATE events SET content = ?, etag = etag + 1 WHERE id = ?",
            json.dumps(operation.after.to_json()),
            number,
        )
        return Done(operation.provider_id, str(etag + 1))

    def _insert(self, calendar: str, tag: str, content: EventContent) -> int:
        rows = self._rows(
            "INSERT INTO events (calendar, tag, content) VALUES (?, ?, ?) RETURNING id",
            calendar,
            tag,
            json.dumps(content.to_json()),
        )
        number: int = rows[0][0]
        return number

    def _rows(self, query: str, *values: str | int) -> list[Any]:
        with self.lock:
            return self._database.execute(query, values).fetchall()


def _number(provider_id: str) -> int:
    return int(provider_id.removeprefix("id-"))


class MemoryProvider:
    """A provider of such calendars. It asserts that its limits are kept, by all who share `load`."""

    name = "memory"

    def __init__(
        self,
        calendars: Calendars,
        faults: Faults = no_faults,
        *,
        limits: Limits = LIMITS,
        load: Load | None = None,
    ) -> None:
        self.calendars = calendars
        self.limits = limits
        self.refused: dict[str, Cause] = {}  # calendars that nobody may read or write, and why
        self.blind: dict[str, Cause | None] = {}  # calendars that cannot be read
        self.blurred: set[str] = set()  # calendars whose listing leaves everything out
        self.sent: list[Operation] = []
        self.reads: Counter[str] = Counter()  # events looked up, calendars listed
        self._faults = faults
        self._late: list[Operation] = []
        self._load = load or Load(limits)

    def send(self, operations: Sequence[Operation]) -> list[Outcome]:
        with self._load.of(operations):
            return [self._send(operation) for operation in operations]

    def look_up(self, operations: Sequence[Operation]) -> list[OwnedEvent | Unreadable | None]:
        self.reads["looked up"] += len(operations)
        with self._load.of(operations):
            return [self._look_up(operation) for operation in operations]

    def list_owned(self, calendars: Sequence[str], scope: str) -> Mapping[str, list[OwnedEvent] | Unreadable]:
        self.reads["listed"] += len(calendars)
        return {calendar: self._list(calendar, scope) for calendar in calendars}

    def edited_dates(self, events: Sequence[LedgerEvent]) -> list[EditedDates | Unreadable]:
        """What Google's provider has beyond others."""
        self.reads["listed for single dates"] += len({event.calendar for event in events})
        return [
            self._hidden(event.calendar) or self.calendars.edited_dates(event.provider_id) for event in events
        ]

    def land_late(self) -> None:
        """The writes that were under way arrive."""
        for operation in self._late:
            self.calendars.write(operation)
        self._late.clear()

    def _send(self, operation: Operation) -> Outcome:
        self.sent.append(operation)
        if cause := self.refused.get(operation.calendar):
            return Rejected(cause)
        fault = self._faults(operation)
        if fault is None:
            return self.calendars.write(operation)
        if fault is Fault.THROTTLED:
            return Rejected(Cause.THROTTLED, "429")
        if fault is Fault.DROPPED:
            self.calendars.write(operation)
        elif fault is Fault.LATE:
            self._late.append(operation)
        return Unknown(fault)

    def _look_up(self, operation: Operation) -> OwnedEvent | Unreadable | None:
        return self._hidden(operation.calendar) or self.calendars.find(operation)

    def _list(self, calendar: str, scope: str) -> list[OwnedEvent] | Unreadable:
        if calendar in self.blurred:
            return []
        return self._hidden(calendar) or [
            event for event in self.calendars.owned(calendar) if event.tag.scope == scope
        ]

    def _hidden(self, calendar: str) -> Unreadable | None:
        if calendar in self.blind:
            return Unreadable(calendar, self.blind[calendar], "503")
        if cause := self.refused.get(calendar):
            return Unreadable(calendar, cause, "refused")
        return None


class Load:
    """How much is in flight, for all providers that share it. Asserts that limits are kept."""

    def __init__(self, limits: Limits) -> None:
        self.most = 0
        self._limits = limits
        self._lock = threading.Lock()
        self._in_flight: Counter[str] = Counter()

    @contextmanager
    def of(self, operations: Sequence[Operation]) -> Iterator[None]:
        mine = Counter(operation.calendar for operation in operations)
        assert len(operations) <= self._limits.batch, "a batch is too large"
        with self._lock:
            self._in_flight += mine
            self.most = max(self.most, *self._in_flight.values(), 0)
            too_many = [name for name, count in self._in_flight.items() if count > self._limits.per_calendar]
        try:
            assert not too_many, f"too many at once: {too_many}"
            yield
        finally:
            with self._lock:
                self._in_flight -= mine
