"""Outlook's limits for each mailbox: requests at the same time, and requests in ten minutes.

Limits are a matter of real time, not of the simulated clock, which may stand still.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scheduling_pipeline.simulators.graph.errors import GraphError
from scheduling_pipeline.simulators.graph.settings import Settings

CONCURRENT = 4
WINDOW_SECONDS = 600.0


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


def _throttled(limit: str, retry_after: int) -> GraphError:
    return GraphError(
        429,
        "ApplicationThrottled",
        f"Application is over its {limit} limit.",
        {"Retry-After": str(retry_after)},
    )
