"""A schedule: what its owner set, and how it stands. Shapes only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
HOURS_A_DAY = 24


class ScheduleType(StrEnum):
    """What can be read on a schedule."""

    WORK_ORDERS = "work_orders"
    DISPENSERS = "dispensers"


class Trigger(StrEnum):
    """What began a run."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"


class State(StrEnum):
    """How a schedule stands: FAILED wins over the others."""

    ACTIVE = "active"
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Hours:
    """Whole hours of the day, from `start` until before `end`; past midnight where start is the later one,
    and the whole day where both are the same."""

    start: int  # 0-23
    end: int  # 0-24

    def __contains__(self, hour: int) -> bool:
        if self.start == self.end:
            return True
        if self.start < self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end


@dataclass(frozen=True, slots=True)
class Rule:
    """When something is read, as its owner set it: every `interval_hours`, or as `cron` says.

    Runs stay within `hours` (None: the whole day) and rest on the public holidays of a country and on
    `rest_days`; all of that on the clock of `zone`.
    """

    zone: ZoneInfo
    interval_hours: float | None = 1.0
    cron: str | None = None
    hours: Hours | None = None
    holiday_country: str | None = None
    rest_days: frozenset[date] = frozenset()

    @property
    def interval(self) -> timedelta:
        """To the minute. Raises ValueError for a rule with a cron expression."""
        if self.interval_hours is None:
            raise ValueError("a rule with a cron expression has no interval")
        return MINUTE * round(self.interval_hours * 60)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it stands; `type` may be one that nobody knows. Instants are in UTC.

    `stopped_at`: when too many failures in a row ended its automatic runs, until it is reset.
    `requested_at`: when somebody asked for a run by hand that has not begun yet.
    `slot_taken_at`: when the last scheduled run began.
    """

    id: int
    owner_id: int
    type: str
    rule: Rule
    enabled: bool = True
    waits_for: int | None = None
    next_run: datetime | None = None
    slot_taken_at: datetime | None = None
    last_run: datetime | None = None
    last_success: datetime | None = None
    consecutive_failures: int = 0
    stopped_at: datetime | None = None
    requested_at: datetime | None = None

    @property
    def state(self) -> State:
        if self.stopped_at is not None:
            return State.FAILED
        return State.ACTIVE if self.enabled else State.PAUSED

    @property
    def known(self) -> bool:
        """Whether its type is one that can be read."""
        return self.type in set(ScheduleType)
