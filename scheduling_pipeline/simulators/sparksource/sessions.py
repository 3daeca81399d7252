"""The site's sessions, on disk so that a restart of the simulator logs nobody out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from scheduling_pipeline.simulators.state import open_state


@dataclass
class Session:
    """What the site remembers of one login: the agenda and the week (its Monday) last looked at."""

    key: str
    agenda: str
    week: date


class SessionStore:
    """Sessions by the key in their cookie. They end when they were idle for too long."""

    def __init__(self, path: Path, idle: timedelta) -> None:
        self._idle = idle
        self._database = open_state(
            path,
            "CREATE TABLE IF NOT EXISTS sessions"
            " (key TEXT PRIMARY KEY, agenda TEXT NOT NULL, week TEXT NOT NULL, seen TEXT NOT NULL)",
        )

    def open(self, agenda: str, week: date, now: datetime) -> Session:
        session = Session(secrets.token_urlsafe(24), agenda, week)
        self._database.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?)",
            (session.key, agenda, week.isoformat(), now.isoformat()),
        )
        return session

    def enter(self, key: str, now: datetime) -> Session | None:
        """The session of that key, which is used now; None when there is none or it was idle for too long."""
        row = self._database.execute(
            "SELECT agenda, week, seen FROM sessions WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        agenda, week, seen = row
        if now - datetime.fromisoformat(seen) > self._idle:
            self.close(key)
            return None
        self._database.execute("UPDATE sessions SET seen = ? WHERE key = ?", (now.isoformat(), key))
        return Session(key, agenda, date.fromisoformat(week))

    def save(self, session: Session) -> None:
        self._database.execute(
            "UPDATE sessions SET agenda = ?, week = ? WHERE key = ?",
            (session.agenda, session.week.isoformat(), session.key),
        )

    def close(self, key: str) -> None:
        self._database.execute("DELETE FROM sessions WHERE key = ?", (key,))
