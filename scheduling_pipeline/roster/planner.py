"""What the roster asks of the planner (Crossmark): its port. Three outcomes, as everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from scheduling_pipeline.roster.ids import EmployeeNumber, LocationId, MplanId, RepId, ScheduleId

REISSUED = "Reissued"
"""The condition of an event that is offered again."""

OPEN_CONDITIONS = ("Unstaffed", REISSUED)
"""The conditions of events that nobody has yet, or has anew."""

OVER_CONDITIONS = ("Submitted", "Expired", "Canceled")
"""The conditions in which nothing can be scheduled any more."""


class PlannerError(Exception):
    """The planner could not be read: nobody knows what stands there. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry of an event in a rep's calendar. `end` is not listed by the planner."""

    schedule_id: ScheduleId | None
    rep_id: RepId | None
    rep_name: str
    start: datetime  # aware


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event as the planner lists it; `start` and `due` are store days. `booking` is None while it has no
    time."""

    mplan_id: MplanId
    name: str
    start: date
    due: date
    condition: str
    location_id: LocationId | None
    store_name: str
    staffed_reps: str
    sales_tools_url: str
    booking: Booking | None


@dataclass(frozen=True, slots=True)
class ListedRep:
    """Somebody whom the planner can schedule."""

    rep_id: RepId
    employee_number: EmployeeNumber | None
    name: str
    role: str  # empty where it does not say


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to stand in the planner."""

    mplan_id: MplanId
    location_id: LocationId
    rep_id: RepId
    start: datetime  # aware
    end: datetime  # aware


@dataclass(frozen=True, slots=True)
class Done:
    """It is so, and the answer proved it."""

    schedule_id: ScheduleId | None = None
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """Certainly nothing happened."""

    detail: str
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """Perhaps it happened: look before doing anything again."""

    detail: str
    timed_out: bool = False
    milliseconds: int = 0


Outcome = Done | Rejected | Unknown


class Planner(Protocol):
    """Crossmark, signed in. Reading raises PlannerError; writing never raises for what the planner does."""

    def events(self, first: date, last: date) -> Sequence[ListedEvent]:
        """All events of the stores between two days, both included; complete, or PlannerError."""

    def look_up(self, events: Sequence[MplanId]) -> Mapping[MplanId, ListedEvent]:
        """How these events stand now; one that the planner does not have is not in it."""

    def reps(self, first: date, last: date) -> Sequence[ListedRep]:
        """Everybody who can be scheduled between two days."""

    def schedule(self, visit: Visit) -> Outcome:
        """Make it so; an event that has an entry already keeps its id. Sent once."""

    def unschedule(self, schedule: ScheduleId) -> Outcome:
        """Take an entry away. Sent once."""

    def reissue(self, schedule: ScheduleId, visit: Visit, expires: date) -> Outcome:
        """Offer an event again whose entry was done wrong or not at all, until before the store day
        `expires`; `visit` says which event it is and for whom. It is open afterwards, in the condition
        `REISSUED`, and still to be scheduled. Sent once."""
