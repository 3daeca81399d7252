"""Keeping below Google's limits, rather than running into them.

Calls are counted in a sliding window of a minute, for each user and for the project.
https://developers.google.com/workspace/calendar/api/guides/quota
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

WINDOW = 60.0
JITTER = 0.1  # of a wait, so that those who wait do not all come at the same instant


@dataclass(slots=True)
class _Window:
    """The calls of the last minute: when, and how many."""

    taken: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0

    def until_room(self, calls: int, limit: int, now: float) -> float:
        """Seconds until so many more calls keep within the limit. More than the limit go alone."""
        while self.taken and self.taken[0][0] <= now - WINDOW:
            self.total -= self.taken.popleft()[1]
        excess = self.total + calls - limit
        wait = 0.0
        for moment, count in self.taken:
            if excess <= 0:
                break
            wait = moment + WINDOW - now
            excess -= count
        return wait

    def take(self, calls: int, now: float) -> None:
        self.taken.append((now, calls))
        self.total += calls


class GooglePace:
    """When calls may be sent, for all threads together. Limits are calls a minute."""

    def __init__(
        self, *, user_calls: int, project_calls: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._user_calls = user_calls
        self._project_calls = project_calls
        self._clock = clock
        self._lock = threading.Lock()
        self._project = _Window()
        self._users: defaultdict[str, _Window] = defaultdict(_Window)

    def keep(self, calls: Mapping[str, int]) -> None:
        """Wait until so many calls for each of these users may be sent."""
        while wait := self.take(calls):
            time.sleep(wait * (1 + JITTER * random.random()))  # noqa: S311 - not a secret

    def take(self, calls: Mapping[str, int]) -> float:
        """Take places for all of the calls and return 0; or the seconds until it is worth asking again.

        Nothing is set aside for who waits: one user's wait holds up nobody else.
        """
        wanted = [
            (self._project, sum(calls.values()), self._project_calls),
            *((self._users[user], count, self._user_calls) for user, count in calls.items()),
        ]
        with self._lock:
            now = self._clock()
            wait = max(window.until_room(count, limit, now) for window, count, limit in wanted)
            if wait <= 0:
                for window, count, _ in wanted:
                    window.take(count, now)
            return max(wait, 0.0)
