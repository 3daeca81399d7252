"""The calendars' state: in memory to be fast, on disk to survive the simulator.

Writes wait in memory and go to SQLite with `commit`, which is called once for each HTTP request before it is
answered: what was answered is never lost (the operating system is trusted to survive).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from scheduling_pipeline.simulators.state import open_state

Json = dict[str, Any]

PRIMARY_ZONE = "UTC"  # of a calendar whose owner never chose one


@dataclass(slots=True)
class Event:
    """A single event, a series, or the changed or cancelled instance of one.

    `fields`: Google's, but for what depends on the reader; of an instance only those that differ from what
    its series gives it (None where it lacks the series' value). `reminders` are each person's own. `number`:
    order of creation. `revision`: the calendar's when this was last changed. `series` and `original` are an
    instance's: the id of its series and the suffix of its own id.
    """

    id: str
    number: int
    revision: int
    fields: Json
    reminders: dict[str, Json] = field(default_factory=dict)
    series: str | None = None
    original: str = ""


@dataclass(slots=True)
class Rule:
    """One rule of an access list; `role` is "none" where it was deleted.

    `effective`: Unix time (real) from when on it counts.
    """

    id: str
    scope: Json
    role: str
    number: int
    revision: int
    effective: float = 0.0


@dataclass(slots=True)
class Calendar:
    """One calendar. `revision` grows with each change in it; `changed` is that of the last one of itself."""

    id: str
    owner: str
    fields: Json
    changed: int = 1
    revision: int = 1
    rules: dict[str, Rule] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    instances: dict[str, dict[str, Event]] = field(default_factory=dict)  # those that are kept, by series

    @property
    def zone(self) -> str:
        name: str = self.fields["timeZone"]
        return name

    @property
    def primary(self) -> bool:
        return self.id == self.owner

    def next_revision(self) -> int:
        self.revision += 1
        return self.revision


@dataclass(slots=True)
class Entry:
    """A calendar on somebody's list. `fields`: what is theirs, such as colour and default reminders."""

    calendar: str
    number: int
    revision: int
    fields: Json
    deleted: bool = False


@dataclass(slots=True)
class Account:
    """A person, or the service account, with their list of calendars."""

    email: str
    revision: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)


class Store:
    """All calendars and accounts."""

    def __init__(self, path: Path) -> None:
        self._database = open_state(
            path,
            "CREATE TABLE IF NOT EXISTS items (owner TEXT, kind TEXT, key TEXT, document BLOB NOT NULL,"
            " PRIMARY KEY (owner, kind, key)) WITHOUT ROWID;",
        )
        self.calendars: dict[str, Calendar] = {}
        self._accounts: dict[str, Account] = {}
        self._unwritten: dict[tuple[str, str, str], object] = {}
        self._load()

    def account(self, email: str) -> Account:
        """The account of an address; a new one has a primary calendar."""
        found = self._accounts.get(email)
        if found is None:
            found = self._accounts[email] = Account(email)
            reminders = {"defaultReminders": [{"method": "popup", "minutes": 30}]}
            self.put_calendar(Calendar(email, email, {"summary": email, "timeZone": PRIMARY_ZONE}))
            self.put_rule(self.calendars[email], Rule(f"user:{email}", _user(email), "owner", 1, 1))
            self.put_entry(found, Entry(email, 1, 1, {"selected": True, **reminders}))
        return found

    def put_calendar(self, calendar: Calendar) -> None:
        self.calendars[calendar.id] = calendar
        kept = {"owner": calendar.owner, "fields": calendar.fields, "changed": calendar.changed}
        self._unwritten[calendar.id, "calendar", ""] = kept

    def remove_calendar(self, calendar: Calendar) -> None:
        del self.calendars[calendar.id]
        self._unwritten[calendar.id, "calendar", ""] = None
        for rule in calendar.rules:
            self._unwritten[calendar.id, "rule", rule] = None
        for event in calendar.events:
            self._unwritten[calendar.id, "event", event] = None

    def put_rule(self, calendar: Calendar, rule: Rule) -> None:
        calendar.rules[rule.id] = rule
        calendar.revision = max(calendar.revision, rule.revision)
        self._unwritten[calendar.id, "rule", rule.id] = rule

    def put_event(self, calendar: Calendar, event: Event) -> None:
        _place(calendar, event)
        self._unwritten[calendar.id, "event", event.id] = event

    def remove_event(self, calendar: Calendar, event: Event) -> None:
        """Forget an event altogether: nothing of it remains, as with a deleted one."""
        del calendar.events[event.id]
        if event.series is not None:
            del calendar.instances[event.series][event.original]
        self._unwritten[calendar.id, "event", event.id] = None

    def put_entry(self, account: Account, entry: Entry) -> None:
        account.entries[entry.calendar] = entry
        account.revision = max(account.revision, entry.revision)
        self._unwritten[account.email, "entry", entry.calendar] = entry

    def commit(self) -> None:
        """Make all writes so far last."""
        if not self._unwritten:
            return
        put = [(*key, orjson.dumps(value)) for key, value in self._unwritten.items() if value is not None]
        gone = [key for key, value in self._unwritten.items() if value is None]
        self._unwritten.clear()
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", put)
        self._database.executemany("DELETE FROM items WHERE owner = ? AND kind = ? AND key = ?", gone)
        self._database.execute("COMMIT")

    def close(self) -> None:
        self.commit()
        self._database.close()

    def _load(self) -> None:
        # "calendar" comes before "event" and "rule" of the same owner: rows are in the order of their keys
        for owner, kind, key, document in self._database.execute(
            "SELECT owner, kind, key, document FROM items ORDER BY owner, kind, key"
        ):
            read: Mapping[str, Any] = orjson.loads(document)
            if kind == "calendar":
                self.calendars[owner] = Calendar(id=owner, revision=read["changed"], **read)
            elif kind == "event":
                _place(self.calendars[owner], Event(**read))
            elif kind == "rule":
                calendar, rule = self.calendars[owner], Rule(**read)
                calendar.rules[key] = rule
                calendar.revision = max(calendar.revision, rule.revision)
            else:
                account = self._accounts.setdefault(owner, Account(owner))
                account.entries[key] = Entry(**read)
                account.revision = max(account.revision, read["revision"])


def _place(calendar: Calendar, event: Event) -> None:
    calendar.events[event.id] = event
    calendar.revision = max(calendar.revision, event.revision)
    if event.series is not None:
        calendar.instances.setdefault(event.series, {})[event.original] = event


def _user(email: str) -> Json:
    return {"type": "user", "value": email}
