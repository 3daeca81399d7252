"""Google's limits on calls: for each user and for the project, in any sixty seconds.

Limits are a matter of real time, not of the simulated clock, which may stand still.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from itertools import cycle

from scheduling_pipeline.simulators.google.errors import GoogleError
from scheduling_pipeline.simulators.google.settings import Settings

WINDOW_SECONDS = 60.0


class Quota:
    """Counts calls. `now` tells seconds, from any beginning."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._now = now
        self._project: deque[float] = deque()
        self._users: defaultdict[str, deque[float]] = defaultdict(deque)
        self._statuses = cycle((403, 429))  # both are documented for the same reason: clients must know both

    def spend(self, caller: str, quota_user: str | None) -> None:
        """Count one call for `quota_user`, else for the caller; refuse what is over a limit.

        Refused calls count, too: whoever goes on calling stays over it.
        """
        of_project = self._count(self._project)
        of_user = self._count(self._users[quota_user or caller])
        if of_user > self._settings.user_quota:
            raise self._exceeded("userRateLimitExceeded", "User Rate Limit Exceeded")
        if of_project > self._settings.project_quota:
            raise self._exceeded("rateLimitExceeded", "Rate Limit Exceeded")

    def _count(self, calls: deque[float]) -> int:
        """The calls in the window, this one included."""
        now = self._now()
        while calls and calls[0] <= now - WINDOW_SECONDS:
            calls.popleft()
        calls.append(now)
        return len(calls)

    def _exceeded(self, reason: str, message: str) -> GoogleError:
        status = next(self._statuses)
        if status == 429:  # noqa: PLR2004 - HTTP: too many requests
            reason, message = "rateLimitExceeded", "Rate Limit Exceeded"
        return GoogleError(status, reason, message, domain="usageLimits")
