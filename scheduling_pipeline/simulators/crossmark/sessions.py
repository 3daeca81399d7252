"""Who is logged in, on disk so that a restart of the simulator logs nobody out."""

from __future__ import annotations

import secrets
import string
from datetime import datetime, timedelta
from pathlib import Path

from scheduling_pipeline.simulators.crossmark.settings import Settings
from scheduling_pipeline.simulators.state import open_state

COOKIE = "PHPSESSID"
_ALPHABET = string.ascii_lowercase + string.digits
_KEY_LENGTH = 26  # as PHP makes them


class Sessions:
    """Sessions by the key in their cookie. They end after an idle time or a number of calls."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._settings = settings
        self._database = open_state(
            path,
            "CREATE TABLE IF NOT EXISTS sessions"
            " (key TEXT PRIMARY KEY, seen TEXT NOT NULL, calls INTEGER NOT NULL)",
        )

    def open(self, now: datetime) -> str:
        """The key of a new session."""
        key = "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_LENGTH))
        self._database.execute("INSERT INTO sessions VALUES (?, ?, 0)", (key, now.isoformat()))
        return key

    def enter(self, key: str, now: datetime) -> bool:
        """Whether the session lives. This call counts as one of it."""
        row = self._database.execute("SELECT seen, calls FROM sessions WHERE key = ?", (key,)).fetchone()
        if row is None:
            return False
        seen, calls = datetime.fromisoformat(row[0]), row[1]
        idle = now - seen > timedelta(seconds=self._settings.session_seconds)
        if idle or 0 < self._settings.session_calls <= calls:
            self.close(key)
            return False
        self._database.execute(
            "UPDATE sessions SET seen = ?, calls = calls + 1 WHERE key = ?", (now.isoformat(), key)
        )
        return True

    def close(self, key: str) -> None:
        self._database.execute("DELETE FROM sessions WHERE key = ?", (key,))

    def release(self) -> None:
        """Release the file."""
        self._database.close()
