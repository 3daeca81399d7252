"""The mailboxes' state: in memory to be fast, on disk to survive the simulator.

Writes go to SQLite at once and are committed once for each HTTP request, before it is answered: what was
answered is never lost, even when the simulator is killed (the operating system is trusted to survive).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from scheduling_pipeline.simulators.graph.documents import Calendar, Event
from scheduling_pipeline.simulators.state import open_state


@dataclass(slots=True)
class Transaction:
    """A `transactionId` that was used: by which event, and a digest of what was asked."""

    event: str
    digest: str


@dataclass(slots=True)
class Mailbox:
    """Everything of one user. `categories` are Graph documents by id."""

    user: str
    calendars: dict[str, Calendar] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    categories: dict[str, dict[str, Any]] = field(default_factory=dict)
    transactions: dict[str, Transaction] = field(default_factory=dict)

    @property
    def default_calendar(self) -> Calendar:
        return next(calendar for calendar in self.calendars.values() if calendar.default)


class Store:
    """All mailboxes and the tokens that were issued."""

    def __init__(self, path: Path) -> None:
        self._database = open_state(
            path,
            "CREATE TABLE IF NOT EXISTS items (mailbox TEXT, kind TEXT, key TEXT, document BLOB NOT NULL,"
            " PRIMARY KEY (mailbox, kind, key)) WITHOUT ROWID;",
        )
        self._mailboxes: dict[str, Mailbox] = {}
        self.tokens: dict[str, float] = {}
        self._load()

    def mailbox(self, user: str) -> Mailbox:
        """The mailbox of a user id; a new one has an empty default calendar."""
        found = self._mailboxes.get(user)
        if found is None:
            found = self._mailboxes[user] = Mailbox(user)
            self.put_calendar(found, Calendar(uuid.uuid4().hex, "Calendar", default=True))
        return found

    def put_event(self, mailbox: Mailbox, event: Event) -> None:
        mailbox.events[event.key] = event
        self._put(mailbox.user, "event", event.key, event)

    def remove_event(self, mailbox: Mailbox, event: Event) -> None:
        del mailbox.events[event.key]
        self._remove(mailbox.user, "event", event.key)

    def put_calendar(self, mailbox: Mailbox, calendar: Calendar) -> None:
        mailbox.calendars[calendar.key] = calendar
        self._put(mailbox.user, "calendar", calendar.key, asdict(calendar))

    def put_category(self, mailbox: Mailbox, category: dict[str, Any]) -> None:
        mailbox.categories[category["id"]] = category
        self._put(mailbox.user, "category", category["id"], category)

    def remove_category(self, mailbox: Mailbox, key: str) -> None:
        del mailbox.categories[key]
        self._remove(mailbox.user, "category", key)

    def put_transaction(self, mailbox: Mailbox, transaction_id: str, transaction: Transaction) -> None:
        mailbox.transactions[transaction_id] = transaction
        self._put(mailbox.user, "transaction", transaction_id, asdict(transaction))

    def put_token(self, token: str, expires: float) -> None:
        """Remember a token until `expires` (Unix time)."""
        self.tokens[token] = expires
        self._put("", "token", token, expires)

    def remove_tokens(self) -> None:
        self.tokens.clear()
        self._begin()
        self._database.execute("DELETE FROM items WHERE kind = 'token'")

    def commit(self) -> None:
        """Make all writes so far last."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")

    def close(self) -> None:
        self.commit()
        self._database.close()

    def _begin(self) -> None:
        if not self._database.in_transaction:
            self._database.execute("BEGIN")

    def _put(self, mailbox: str, kind: str, key: str, document: object) -> None:
        self._begin()
        self._database.execute(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", (mailbox, kind, key, orjson.dumps(document))
        )

    def _remove(self, mailbox: str, kind: str, key: str) -> None:
        self._begin()
        self._database.execute(
            "DELETE FROM items WHERE mailbox = ? AND kind = ? AND key = ?", (mailbox, kind, key)
        )

    def _rows(self) -> Iterator[tuple[str, str, str, Any]]:
        for mailbox, kind, key, document in self._database.execute("SELECT * FROM items"):
            yield mailbox, kind, key, orjson.loads(document)

    def _load(self) -> None:
        for user, kind, key, document in self._rows():
            if kind == "token":
                self.tokens[key] = document
                continue
            mailbox = self._mailboxes.setdefault(user, Mailbox(user))
            if kind == "event":
                mailbox.events[key] = Event.from_json(document)
            elif kind == "calendar":
                mailbox.calendars[key] = Calendar(**document)
            elif kind == "category":
                mailbox.categories[key] = document
            else:
                mailbox.transactions[key] = Transaction(**document)
