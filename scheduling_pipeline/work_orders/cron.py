"""Cron expressions on somebody's clock: checked, and turned into instants.

Each time that an expression names happens once. One that the clock skips as it goes forward happens as much
later as the clock was moved; of one that it shows twice, the first counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from croniter import croniter
from croniter.croniter import CroniterError

SHORTEST_GAP = timedelta(minutes=30)
_FIELDS = 5  # minute, hour, day, month, weekday: no seconds, no years, no words such as @daily
_EXAMPLE = "write five fields, as in 30 6-20/2 * * 1-5"


def check_cron(expression: str) -> None:
    """Raises ValueError for what is no cron expression, or one with times that are too close together."""
    if len(expression.split()) != _FIELDS:
        raise ValueError(f"{expression!r} is no cron expression: {_EXAMPLE}")
    try:
        (minutes, hours, *_), _weekdays = croniter.expand(expression)
    except CroniterError:
        raise ValueError(f"{expression!r} is no cron expression: {_EXAMPLE}") from None
    times = sorted(60 * hour + minute for hour in _all(hours, 24) for minute in _all(minutes, 60))
    # The first time of the next day follows the last one of this day, whichever days there are.
    gaps = [later - earlier for earlier, later in pairwise([*times, times[0] + 24 * 60])]
    if timedelta(minutes=min(gaps)) < SHORTEST_GAP:
        raise ValueError(f"{expression!r} has times less than {SHORTEST_GAP.seconds // 60} minutes apart")


def next_time(expression: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant after `after` that an expression names, in UTC; None when there is none any more."""
    # A skipped time moves to a later instant than the wall times that follow it: begin before any such gap,
    # and look on until no wall time can be earlier than the best one so far.
    walls = croniter(expression, _wall(after, zone) - timedelta(hours=3))
    best: datetime | None = None
    try:
        while True:
            wall = walls.get_next(datetime)
            if best is not None and wall >= _wall(best, zone):
                return best
            instant = wall.replace(tzinfo=zone).astimezone(UTC)
            if instant > after and (best is None or instant < best):
                best = instant
    except CroniterError:  # no further date within the years that it looks at
        return best


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock shows, as croniter counts: a naive datetime, which goes no further than this module."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _all(field: Sequence[int | str], count: int) -> list[int]:
    return list(range(count)) if "*" in field else [int(value) for value in field]
