"""Who is signed in: a random key in a cookie, its hash in the database, and when it ends."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select

from scheduling_pipeline.database.desk import DeskSession, DeskUser
from scheduling_pipeline.desk.roles import Role

COOKIE = "desk_session"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in; `csrf_token` proves that a form came from one of their pages."""

    user_id: int
    name: str
    role: Role
    csrf_token: str

    def may(self, role: str) -> bool:
        """Whether they may do what that role may."""
        return self.role.covers(Role(role))


def start(connection: Connection, user_id: int, now: datetime, lasts: timedelta) -> str:
    """Begin a session: the key for the cookie. Sessions that have ended are cleared away."""
    key = secrets.token_urlsafe(32)
    connection.execute(delete(DeskSession).where(DeskSession.expires_at <= now))
    connection.execute(
        insert(DeskSession).values(
            key_hash=_hash(key),
            user_id=user_id,
            csrf_token=secrets.token_urlsafe(32),
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return key


def find(engine: Engine, key: str | None, now: datetime) -> Visitor | None:
    """Whose key that is, while the session lasts and they may sign in."""
    if not key:
        return None
    query = (
        select(DeskUser.id, DeskUser.name, DeskUser.role, DeskSession.csrf_token)
        .join(DeskUser, DeskUser.id == DeskSession.user_id)
        .where(DeskSession.key_hash == _hash(key), DeskSession.expires_at > now, DeskUser.is_active)
    )
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return Visitor(row.id, row.name, Role(row.role), row.csrf_token) if row else None


def end(connection: Connection, key: str) -> None:
    """End one session."""
    connection.execute(delete(DeskSession).where(DeskSession.key_hash == _hash(key)))


def end_all_of(connection: Connection, user_id: int) -> None:
    """End all sessions of somebody."""
    connection.execute(delete(DeskSession).where(DeskSession.user_id == user_id))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
