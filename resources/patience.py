"""Sending again what is worth it: how often, for how long, and after what wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import stamina

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)  # certainly not executed


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, and for how many seconds; no single wait is longer than that either."""

    attempts: int
    seconds: float


class AgainError(Exception):
    """Some calls are worth sending again, after `retry_after` seconds if we were asked to wait."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("calls that are worth sending again")
        self.retry_after = retry_after


def attempts(patience: Patience) -> Iterator[stamina.Attempt]:
    """Tries, as many as patience allows, while each ends in an AgainError; the last one's ends them quietly.

    A wait that we were asked for is kept; one beyond our patience is not begun.
    """

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, AgainError):
            return False
        return error.retry_after <= patience.seconds and (error.retry_after or True)

    with suppress(AgainError):
        yield from stamina.retry_context(
            on=wait,
            attempts=patience.attempts,
            timeout=patience.seconds,
            wait_initial=0.5,
            wait_max=patience.seconds / 4,
            wait_jitter=0.5,
        )


def seconds_to_wait(text: str) -> float:
    """What either form of a `Retry-After` header says, in seconds; 0 where it says nothing."""
    if text.isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0)
    except ValueError:
        return 0
