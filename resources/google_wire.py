"""Calls of the Calendar API and its replies as plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx
import orjson

from resources.patience import NOT_SENT, seconds_to_wait

NO_ANSWER = 0
# Our words for a call that could not be signed: for the time being, or until its owner signs in again.
NO_TOKEN = "noToken"  # noqa: S105 - no password
NO_CONSENT = "signInNeeded"

Json = dict[str, Any]

# Limits on calls a minute. Others (quotaExceeded, dailyLimitExceeded) take hours to pass.
_RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_LIMITS = _RATE | {"quotaExceeded", "dailyLimitExceeded"}
_READS = frozenset({"get", "list", "instances"})


class GoogleError(Exception):
    """What came instead of success: HTTP status, Google's reason and message.

    With status NO_ANSWER nothing came back; `sent` tells whether the call may have been executed.
    `retry_after` is in seconds.
    """

    def __init__(
        self, status: int, reason: str, message: str = "", *, retry_after: float = 0, sent: bool = True
    ) -> None:
        super().__init__(f"{status or 'no answer'} {reason}: {message}".removesuffix(": "))
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        self.sent = sent

    @property
    def over_limit(self) -> bool:
        """The call was not executed, because there were too many."""
        return self.over_rate or (self.status == HTTPStatus.FORBIDDEN and self.reason in _LIMITS)

    @property
    def over_rate(self) -> bool:
        """So for a minute at most. Google says it with 403 or 429, and means the same."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or (
            self.status == HTTPStatus.FORBIDDEN and self.reason in _RATE
        )


Reply = Json | GoogleError


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method, such as "events.insert", about a calendar and with its owner's token.

    `params` are the method's own, as the API names them, besides `calendarId`.
    """

    method: str
    calendar: str
    params: Mapping[str, Any] = field(default_factory=dict)
    if_match: str = ""

    @property
    def reads(self) -> bool:
        """It changes nothing."""
        return self.method.rpartition(".")[2] in _READS


@cache
def quota_user(calendar: str) -> str:
    """What Google counts the calls about a calendar for; at most 40 characters, which ids may exceed."""
    return hashlib.sha256(calendar.encode()).hexdigest()[:32]


def refused(status: int, content: bytes, retry_after: str = "") -> GoogleError:
    """The error that an HTTP response is; `retry_after` is the header of that name."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        error = {"status": "noErrorBody"}
    details = error.get("errors") or [{}]
    reason = details[0].get("reason") or error.get("status")
    message = str(error.get("message") or "")
    return GoogleError(status, str(reason), message, retry_after=seconds_to_wait(retry_after))


def unanswered(error: httpx.RequestError) -> GoogleError:
    """The error that it is when no HTTP response comes."""
    if isinstance(error, NOT_SENT):
        return GoogleError(NO_ANSWER, type(error).__name__, "no connection", sent=False)
    return GoogleError(NO_ANSWER, type(error).__name__)
