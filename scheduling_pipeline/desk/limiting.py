"""How often somebody may try to sign in, or start a run. Counted in memory: the desk is one process."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.roster_settings import DeskSettings


class Limits:
    """The limits of one desk."""

    def __init__(self, settings: DeskSettings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._sign_ins = RateLimitItemPerMinute(settings.sign_ins_per_minute)
        self._runs = RateLimitItemPerHour(settings.runs_per_hour)

    def count_sign_in(self, address: str, name: str) -> None:
        """Raises Problem (429) when there were too many from the address or for the name."""
        self._count(
            self._sign_ins, "too many tries to sign in", ("address", address), ("name", name.casefold())
        )

    def count_run(self, who: str) -> None:
        """Raises Problem (429) when the person has started too many."""
        self._count(self._runs, "you have started many runs by hand within the hour", ("run", who))

    def _count(self, limit: RateLimitItem, what: str, *subjects: tuple[str, str]) -> None:
        over = [subject for subject in subjects if not self._limiter.hit(limit, *subject)]
        if not over:
            return
        free_at = max(self._limiter.get_window_stats(limit, *subject).reset_time for subject in over)
        seconds = max(1, math.ceil(free_at - time.time()))
        raise Problem(
            429,
            "TOO_MANY_REQUESTS",
            f"{what[0].upper()}{what[1:]}: try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )
