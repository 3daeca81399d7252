"""When to look for new files: every so often, or at times of day in a zone; each with a little jitter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Cadence:
    """`times`, where there are any, replace `interval`. `jitter` is the most that a look is put off by."""

    interval: timedelta
    times: Sequence[time]
    zone: ZoneInfo
    jitter: timedelta

    def after(self, look: datetime, roll: float) -> datetime:
        """When to look next after a look; `roll` (0 to 1) says how much of the jitter to take.

        A time of day that summer time skips comes an hour later; one that winter time repeats comes once,
        the first time.
        """
        base = self._next_time(look) if self.times else look + self.interval
        return base.astimezone(UTC) + self.jitter * roll

    def _next_time(self, moment: datetime) -> datetime:
        today = moment.astimezone(self.zone).date()
        return min(
            found for day in (today, today + timedelta(days=1)) for found in self._on(day) if found > moment
        )

    def _on(self, day: date) -> list[datetime]:
        # By way of UTC, so that a skipped hour is not compared by its wall time.
        return [datetime.combine(day, at, self.zone).astimezone(UTC) for at in self.times]
