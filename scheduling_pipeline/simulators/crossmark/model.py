"""What the simulated planner shows: stores, the people who can be sent there, and the events to be worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Indiana/Indianapolis")  # of the stores: wall times in listings are told in it


class Condition(StrEnum):
    """Where an event stands, in the planner's words."""

    UNSTAFFED = "Unstaffed"
    STAFFED = "Staffed"
    SCHEDULED = "Scheduled"
    IN_PROGRESS = "In Progress"
    PAUSED = "Paused"
    SUBMITTED = "Submitted"
    REISSUED = "Reissued"
    EXPIRED = "Expired"
    CANCELED = "Canceled"


FINAL = frozenset({Condition.SUBMITTED, Condition.EXPIRED, Condition.CANCELED})  # nobody can be sent any more


@dataclass(frozen=True, slots=True)
class Location:
    """A store; its id has 6 digits."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Rep:
    """Somebody who can be sent. `id`: the RepID, 5 or 6 digits; `number`: the employee number.

    `local`: on the schedule of the stores, not merely qualified for them. `away`: the first and the last day
    of an absence. `hours`: already scheduled, None where nobody knows.
    """

    id: int
    number: str
    first_name: str
    last_name: str
    role: str | None = None
    zone: str = ZONE.key
    local: bool = True
    away: tuple[date, date] | None = None
    hours: float | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def available(self, first: date, last: date) -> bool:
        """Whether there is a day from `first` to `last` on which they are not away."""
        return self.away is None or first < self.away[0] or last > self.away[1]


@dataclass(frozen=True, slots=True)
class Visit:
    """An event's entry in somebody's calendar: the schedule id (8 digits), the RepID, and when."""

    id: int
    rep: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Mplan:
    """An event as the store has it, before anybody wrote to the planner.

    It can be worked on days from `start` to before `due`, or on `start` alone where `due` is not later.
    `condition`: where it stands instead of what follows from its visit and the time, as long as nobody writes
    to it. `staffed_by`: the RepID of who has it without a time. `reported`: whether its visit, once over, is
    reported.
    """

    id: int
    name: str
    location: Location
    start: date
    due: date
    visit: Visit | None = None
    condition: Condition | None = None
    staffed_by: int | None = None
    reported: bool = True


class Store(Protocol):
    """What there is to be planned, at any instant."""

    @property
    def reps(self) -> Sequence[Rep]: ...

    def mplans(self, now: datetime) -> Sequence[Mplan]:
        """The events that exist at that instant, their ids rising."""
        ...


def over(start: date, due: date) -> datetime:
    """The instant from which on an event of these days can no longer be worked."""
    return datetime.combine(max(due, start + timedelta(days=1)), time(), ZONE)
