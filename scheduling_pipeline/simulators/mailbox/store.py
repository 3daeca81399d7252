"""The messages that arrived, on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scheduling_pipeline.simulators.state import open_state

_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
    n INTEGER PRIMARY KEY, at TEXT NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL,
    title TEXT NOT NULL, body TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it arrived. `channel` is email, pushover or teams."""

    n: int
    at: datetime
    channel: str
    recipient: str
    title: str
    body: str


class Store:
    """All messages, from any thread."""

    def __init__(self, path: Path) -> None:
        self._database = open_state(path, _TABLES)

    def add(self, at: datetime, channel: str, recipient: str, title: str, body: str) -> None:
        self._database.execute(
            "INSERT INTO messages (at, channel, recipient, title, body) VALUES (?, ?, ?, ?, ?)",
            (at.isoformat(), channel, recipient, title, body),
        )

    def messages(self, since: int = 0) -> list[Message]:
        """The messages with a number above `since`, oldest first."""
        query = "SELECT n, at, channel, recipient, title, body FROM messages WHERE n > ? ORDER BY n"
        rows = self._database.execute(query, (since,)).fetchall()
        return [Message(n, datetime.fromisoformat(at), *texts) for n, at, *texts in rows]

    def release(self) -> None:
        """Close the file."""
        self._database.close()
