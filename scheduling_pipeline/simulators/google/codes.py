"""Authorization codes: what the consent page hands to the application's browser, good for one use."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal

from scheduling_pipeline.simulators.google.grants import Grant


@dataclass(frozen=True, slots=True)
class Challenge:
    """What PKCE lets the application prove later: that it is the one that asked."""

    value: str
    method: Literal["plain", "S256"]

    def met_by(self, verifier: str) -> bool:
        if self.method == "plain":
            return secrets.compare_digest(verifier.encode(), self.value.encode())
        digest = hashlib.sha256(verifier.encode()).digest()
        return secrets.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), self.value.encode())


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a code stands for."""

    grant: Grant
    redirect_uri: str
    challenge: Challenge | None


@dataclass(eq=False)
class Unusable(Exception):  # noqa: N818 - a refusal in the making
    """A code that gets no token: OAuth's word and Google's sentence."""

    error: str
    sentence: str


class Codes:
    """The codes that wait for their use. They are short-lived and do not outlive the simulator."""

    def __init__(self) -> None:
        self._waiting: dict[str, Allowed] = {}

    def issue(self, allowed: Allowed) -> str:
        code = "4/" + secrets.token_urlsafe(32)
        self._waiting[code] = allowed
        return code

    def redeem(self, code: str, redirect_uri: str, verifier: str | None) -> Allowed:
        """Use a code up, even if it turns out that the caller may not have it."""
        allowed = self._waiting.pop(code, None)
        if allowed is None:
            raise Unusable("invalid_grant", "Malformed auth code.")
        if redirect_uri != allowed.redirect_uri:
            raise Unusable("redirect_uri_mismatch", "Bad Request")
        if allowed.challenge is not None:
            if not verifier:
                raise Unusable("invalid_grant", "Missing code verifier.")
            if not allowed.challenge.met_by(verifier):
                raise Unusable("invalid_grant", "Invalid code verifier.")
        return allowed
