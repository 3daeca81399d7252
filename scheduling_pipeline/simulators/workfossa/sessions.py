"""Who is logged in, on disk so that a restart of the simulator logs nobody out."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from pathlib import Path

from scheduling_pipeline.simulators.state import open_state
from scheduling_pipeline.simulators.workfossa.settings import Settings

COOKIE = "workfossa_session"
_KEY_BYTES, _TOKEN_BYTES = 30, 30  # 40 characters each, as Laravel makes them


class Sessions:
    """Sessions by the key in their cookie: a visitor's until the login, an account's after it.

    An account's session ends after an idle time or a number of requests. Each login form has a token of its
    own, which only the session that was shown the form can use, once.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self._settings = settings
        self._database = open_state(
            path,
            "CREATE TABLE IF NOT EXISTS sessions (key TEXT PRIMARY KEY, email TEXT NOT NULL,"
            " error TEXT NOT NULL, seen TEXT NOT NULL, requests INTEGER NOT NULL);"
            "CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, session TEXT NOT NULL);",
        )

    def visitor(self, key: str, now: datetime) -> str:
        """The key of the visitor's session: this one, or a new one where there is none of that key."""
        if self._database.execute("SELECT 1 FROM sessions WHERE key = ?", (key,)).fetchone():
            return key
        return self.open("", now)

    def open(self, email: str, now: datetime) -> str:
        """The key of a new session of an account, or of a visitor without one."""
        key = secrets.token_urlsafe(_KEY_BYTES)
        self._database.execute("INSERT INTO sessions VALUES (?, ?, '', ?, 0)", (key, email, now.isoformat()))
        return key

    def enter(self, key: str, now: datetime) -> str:
        """The account of a live session, "" where there is none. This request counts as one of it."""
        row = self._database.execute(
            "SELECT email, seen, requests FROM sessions WHERE key = ? AND email <> ''", (key,)
        ).fetchone()
        if row is None:
            return ""
        email, seen, requests = row
        idle = now - datetime.fromisoformat(seen) > timedelta(seconds=self._settings.session_seconds)
        if idle or 0 < self._settings.session_requests <= requests:
            self.close(key)
            return ""
        self._database.execute(
            "UPDATE sessions SET seen = ?, requests = requests + 1 WHERE key = ?", (now.isoformat(), key)
        )
        return str(email)

    def close(self, key: str) -> None:
        self._database.execute("DELETE FROM sessions WHERE key = ?", (key,))
        self._database.execute("DELETE FROM tokens WHERE session = ?", (key,))

    def issue_token(self, key: str) -> str:
        """A token for one login form."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._database.execute("INSERT INTO tokens VALUES (?, ?)", (token, key))
        return token

    def use_token(self, token: str, key: str) -> bool:
        """Whether the token is one of the session's that was not used yet. Now it is."""
        used = self._database.execute("DELETE FROM tokens WHERE token = ? AND session = ?", (token, key))
        return used.rowcount > 0

    def flash(self, key: str, error: str) -> None:
        """Keep an error for the next form that the session is shown."""
        self._database.execute("UPDATE sessions SET error = ? WHERE key = ?", (error, key))

    def take_error(self, key: str) -> str:
        """The error that was kept, once."""
        (error,) = self._database.execute("SELECT error FROM sessions WHERE key = ?", (key,)).fetchone()
        self.flash(key, "")
        return str(error)

    def release(self) -> None:
        """Release the file."""
        self._database.close()
