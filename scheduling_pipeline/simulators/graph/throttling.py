"""Outlook's limits for each mailbox (requests at the same time, and requests in ten minutes) and SharePoint's
for the application (resource units in a minute).

Limits are a matter of real time, not of the simulated clock, which may stand still.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scheduling_pipeline.simulators.graph.errors import GraphError
from scheduling_pipeline.simulators.graph.settings import Settings

CONCURRENT = 4
WINDOW_SECONDS = 600.0
ANNOUNCED_FROM = 0.8  # share of the resource units after which replies tell how many are left


@dataclass(slots=True)
class _Usage:
    running: int = 0
    window_start: float = 0.0
    requests: int = 0


class Throttle:
    """Counts what each mailbox is asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._usage: dict[str, _Usage] = {}

    @contextmanager
    def slot(self, mailbox: str) -> Iterator[None]:
        """Hold one of the mailbox's four places; refused requests count against the budget, too."""
        usage = self._usage.setdefault(mailbox, _Usage())
        now = time.monotonic()
        if now - usage.window_start >= WINDOW_SECONDS:
            usage.window_start, usage.requests = now, 0
        usage.requests += 1
        if usage.requests > self._settings.mailbox_budget:
            raise _throttled("MailboxRequests", int(usage.window_start + WINDOW_SECONDS - now) + 1)
        if usage.running >= CONCURRENT:
            raise _throttled("MailboxConcurrency", self._settings.retry_after)
        usage.running += 1
        try:
            yield
        finally:
            usage.running -= 1


class ResourceUnits:
    """Counts what the application uses of SharePoint; refused requests count, too."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._window_start = 0.0
        self._used = 0

    def spend(self, units: int) -> dict[str, str]:
        """Use so many units, or be refused. The headers that a reply gets: only where the end is near."""
        now = time.monotonic()
        limit, seconds = self._settings.resource_units, self._settings.resource_seconds
        if now - self._window_start >= seconds:
            self._window_start, self._used = now, 0
        self._used += units
        if self._used < ANNOUNCED_FROM * limit:
            return {}
        reset = math.ceil(self._window_start + seconds - now)
        headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(limit - self._used, 0)),
            "RateLimit-Reset": str(reset),
        }
        if self._used > limit:
            raise GraphError(
                429,
                "activityLimitReached",
                "The app or user has been throttled.",
                headers | {"Retry-After": str(reset)},
            )
        return headers


def _throttled(limit: str, retry_after: int) -> GraphError:
    return GraphError(
        429,
        "ApplicationThrottled",
        f"Application is over its {limit} limit.",
        {"Retry-After": str(retry_after)},
    )
