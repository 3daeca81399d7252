"""A planner that lists what a test puts into it, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from scheduling_pipeline.roster.ids import EmployeeNumber, LocationId, MplanId, RepId, ScheduleId
from scheduling_pipeline.roster.planner import Booking, ListedEvent, ListedRep, Outcome, Visit
from scheduling_pipeline.roster.times import place_instant
from scheduling_pipeline.roster_settings import RosterSettings
from tests.roster.store import TODAY, ZONE, day

SETTINGS = RosterSettings()
NOW = place_instant(TODAY, time(2), ZONE)
LATER = NOW + timedelta(hours=1)
FIRST = 30_000_001


def at(number: int, clock: str) -> datetime:
    """The instant of a store time, on a day counted from `TODAY`."""
    return place_instant(day(number), time.fromisoformat(clock), ZONE)


def listed(
    ref: int = FIRST,
    name: str = "606001-ACME-Peach Tea (260302000001)  - V2-CORE",
    start: int = 3,
    due: int = 10,
    *,
    condition: str = "",
    location: int | None = 100_500,
    booking: Booking | None = None,
) -> ListedEvent:
    """An event as the planner lists it; days are counted from `TODAY`."""
    return ListedEvent(
        mplan_id=MplanId(ref),
        name=name,
        start=day(start),
        due=day(due),
        condition=condition or ("Scheduled" if booking else "Unstaffed"),
        location_id=None if location is None else LocationId(location),
        store_name="Market, Lakeside",
        staffed_reps=booking.rep_name if booking else "",
        sales_tools_url="",
        booking=booking,
    )


def booking(number: int, clock: str, rep: int = 200_001, schedule: int | None = 40_000_001) -> Booking:
    """An entry in the calendar of the rep with that RepID."""
    schedule_id = None if schedule is None else ScheduleId(schedule)
    return Booking(schedule_id, RepId(rep), "READ, ADA", at(number, clock))


def rep(number: int, name: str, employee: str | None = None, role: str = "") -> ListedRep:
    """Somebody whom the planner can schedule."""
    return ListedRep(RepId(number), None if employee is None else EmployeeNumber(employee), name, role)


@dataclass
class Listing:
    """The planner. `asked` are the windows that were asked for; `meanwhile` happens while it answers."""

    listing: list[ListedEvent] = field(default_factory=list)
    people: list[ListedRep] = field(default_factory=list)
    asked: list[tuple[date, date]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def events(self, first: date, last: date) -> Sequence[ListedEvent]:
        self.asked.append((first, last))
        self.meanwhile()
        return self.listing

    def look_up(self, events: Sequence[MplanId]) -> Mapping[MplanId, ListedEvent]:
        return {event.mplan_id: event for event in self.listing if event.mplan_id in events}

    def reps(self, first: date, last: date) -> Sequence[ListedRep]:
        self.asked.append((first, last))
        self.meanwhile()
        return self.people

    def schedule(self, visit: Visit) -> Outcome:
        raise AssertionError(f"a refresh writes nothing: {visit}")

    def unschedule(self, schedule: ScheduleId) -> Outcome:
        raise AssertionError(f"a refresh writes nothing: {schedule}")

    def reissue(self, schedule: ScheduleId, visit: Visit, expires: date) -> Outcome:
        raise AssertionError(f"a refresh writes nothing: {schedule}, {visit}, {expires}")
