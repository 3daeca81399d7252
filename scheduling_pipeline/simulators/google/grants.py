"""What people allowed, and the tokens that were issued for it. On disk: a token outlives the simulator."""

from __future__ import annotations

import secrets
import time
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from scheduling_pipeline.simulators.state import open_state


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody's permission to act as them. `offline`: a refresh token stands behind it."""

    email: str
    scopes: frozenset[str]
    offline: bool = False


@dataclass(frozen=True, slots=True)
class AccessToken:
    """`expires` is Unix time."""

    token: str
    grant: Grant
    expires: float


class Grants:
    """All tokens. Every change is on disk at once."""

    def __init__(self, path: Path) -> None:
        self._database = open_state(
            path,
            "CREATE TABLE IF NOT EXISTS refresh_tokens"
            " (token TEXT PRIMARY KEY, email TEXT NOT NULL, scopes TEXT NOT NULL, revoked INTEGER NOT NULL);"
            "CREATE INDEX IF NOT EXISTS refresh_tokens_of ON refresh_tokens (email);"
            "CREATE TABLE IF NOT EXISTS access_tokens"
            " (token TEXT PRIMARY KEY, email TEXT NOT NULL, scopes TEXT NOT NULL, offline INTEGER NOT NULL,"
            " expires REAL NOT NULL);"
            "CREATE INDEX IF NOT EXISTS access_tokens_of ON access_tokens (email);",
        )

    def close(self) -> None:
        self._database.close()

    def consent(self, email: str, scopes: Set[str]) -> str:
        """A new refresh token."""
        token = "1//" + secrets.token_urlsafe(48)
        self._database.execute(
            "INSERT INTO refresh_tokens VALUES (?, ?, ?, 0)", (token, email, " ".join(sorted(scopes)))
        )
        return token

    def has_consented(self, email: str) -> bool:
        """A refresh token of this account is good."""
        row = self._database.execute(
            "SELECT 1 FROM refresh_tokens WHERE email = ? AND NOT revoked LIMIT 1", (email,)
        ).fetchone()
        return row is not None

    def refreshed(self, token: str) -> tuple[Grant, bool] | None:
        """What a refresh token stands for, and whether it is still good; None for one never issued."""
        row = self._database.execute(
            "SELECT email, scopes, revoked FROM refresh_tokens WHERE token = ?", (token,)
        ).fetchone()
        if row is None:
            return None
        email, scopes, revoked = row
        return Grant(email, frozenset(scopes.split()), offline=True), not revoked

    def issue(self, grant: Grant, seconds: int) -> str:
        """A new access token that is good for so long."""
        token = "ya29." + secrets.token_urlsafe(48)
        self._database.execute(
            "INSERT INTO access_tokens VALUES (?, ?, ?, ?, ?)",
            (token, grant.email, " ".join(sorted(grant.scopes)), grant.offline, time.time() + seconds),
        )
        return token

    def find(self, token: str) -> AccessToken | None:
        """An access token that is good now."""
        row = self._database.execute(
            "SELECT email, scopes, offline, expires FROM access_tokens WHERE token = ?", (token,)
        ).fetchone()
        if row is None:
            return None
        email, scopes, offline, expires = row
        found = AccessToken(token, Grant(email, frozenset(scopes.split()), bool(offline)), expires)
        return found if expires > time.time() else None

    def expire(self, token: str) -> None:
        """End an access token before its time."""
        self._database.execute("DELETE FROM access_tokens WHERE token = ?", (token,))

    def revoke(self, email: str) -> None:
        """End everything that an account allowed."""
        self._database.execute("UPDATE refresh_tokens SET revoked = 1 WHERE email = ?", (email,))
        self._database.execute("DELETE FROM access_tokens WHERE email = ?", (email,))

    def accounts(self) -> list[str]:
        """The e-mail addresses that have ever consented, in order."""
        rows = self._database.execute("SELECT DISTINCT email FROM refresh_tokens ORDER BY email")
        return [email for (email,) in rows]
