"""Keeping below SharePoint's limits, rather than running into them.

From some 80 % of a limit on, answers say what is left of it and for how long. What is left is spread over
that time, for all threads together. Who still runs into a limit is told by 429 how long to wait.
https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

UNITS_A_CALL = 2  # what Microsoft says to count on; most of ours cost less


class Pace:
    """When the next calls may be sent. `longest`: seconds that no wait is longer than."""

    def __init__(self, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest
        self._clock = clock
        self._lock = threading.Lock()
        self._interval = 0.0  # seconds from one call to the next
        self._until = 0.0  # when the limit starts afresh
        self._next = 0.0

    def keep(self, calls: int = 1) -> None:
        """Wait until so many calls may be sent."""
        if delay := self.reserve(calls):
            time.sleep(delay)

    def reserve(self, calls: int = 1) -> float:
        """Take the next place for so many calls; the seconds until it comes."""
        with self._lock:
            now = self._clock()
            if now >= self._until:
                return 0.0
            start = min(max(now, self._next), self._until)
            self._next = start + calls * self._interval
            return min(start - now, self._longest)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take note of what an answer says about limits, if anything."""
        said = {name.lower(): value for name, value in headers.items()}
        remaining, reset = said.get("ratelimit-remaining", ""), said.get("ratelimit-reset", "")
        if not (remaining.isdecimal() and reset.isdecimal()):
            return
        with self._lock:
            self._until = self._clock() + int(reset)
            self._interval = int(reset) / max(int(remaining) / UNITS_A_CALL, 1)
