"""A planner in memory that behaves on writes and look-ups as the real one does, faults included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Engine, select

from scheduling_pipeline.database.roster import RosterEmployee, RosterEvent, RosterSchedule
from scheduling_pipeline.roster.ids import LocationId, MplanId, RepId, ScheduleId
from scheduling_pipeline.roster.planner import (
    REISSUED,
    Booking,
    Done,
    ListedEvent,
    ListedRep,
    Outcome,
    PlannerError,
    Rejected,
    Unknown,
    Visit,
)


class Fault(StrEnum):
    """What may go wrong with one write."""

    REFUSED = "ok 0"
    WITHOUT_EFFECT = "ok 1 without effect"
    LOGIN_PAGE = "login page with 200"
    TIME_OUT_AFTER = "time-out after the write"
    TIME_OUT_BEFORE = "time-out before the write"
    ECHO_DIFFERS = "echo that differs"


@dataclass(frozen=True, slots=True)
class Call:
    """A write that reached the planner; `effect`: whether anything changed."""

    event: MplanId
    start: datetime | None  # None for one that takes the entry away, or offers the event again
    rep: RepId | None
    effect: bool


def no_boundary() -> None:
    """Nothing happens here."""


@dataclass
class MemoryPlanner:
    """`faults`: one for each write to come, None for a write that goes well; all go well after the last.
    `fault_of`: what happens to each write to an event, whenever it comes. `blind_to`: how many look-ups
    of an event fail once it was written to; `down`: all do. `cross`: called at every
    instant at which a run might die."""

    listed: dict[MplanId, ListedEvent] = field(default_factory=dict)
    faults: Iterator[Fault | None] = field(default_factory=lambda: iter(()))
    fault_of: dict[int, Fault] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    blind_to: dict[int, int] = field(default_factory=dict)
    down: bool = False
    cross: Callable[[], None] = no_boundary
    _next_id: int = 50_000_001

    @classmethod
    def of(cls, engine: Engine) -> MemoryPlanner:
        """One in which all stands that the tables say."""
        planner = cls()
        query = (
            select(
                RosterEvent.external_id,
                RosterEvent.project_name,
                RosterEvent.location_mvid,
                RosterEvent.condition,
                RosterSchedule.external_id.label("schedule"),
                RosterSchedule.schedule_datetime,
                RosterSchedule.rep_name,
                RosterEmployee.rep_id,
            )
            .outerjoin(RosterSchedule, RosterSchedule.event_ref_num == RosterEvent.project_ref_num)
            .outerjoin(RosterEmployee, RosterEmployee.id == RosterSchedule.employee_id)
            .where(RosterEvent.external_id.is_not(None))
        )
        with engine.connect() as connection:
            for row in connection.execute(query):
                booking = None
                if row.schedule_datetime is not None:
                    booking = Booking(row.schedule, row.rep_id, row.rep_name or "", row.schedule_datetime)
                mplan = MplanId(int(row.external_id))
                planner.listed[mplan] = ListedEvent(
                    mplan_id=mplan,
                    name=row.project_name,
                    start=date(2026, 3, 1),
                    due=date(2026, 4, 1),
                    condition=row.condition,
                    location_id=row.location_mvid and LocationId(int(row.location_mvid)),
                    store_name="",
                    staffed_reps="",
                    sales_tools_url="",
                    booking=booking,
                )
        return planner

    def events(self, first: date, last: date) -> Sequence[ListedEvent]:
        return [event for event in self.listed.values() if first <= event.due and event.start <= last]

    def reps(self, first: date, last: date) -> Sequence[ListedRep]:  # noqa: ARG002 - the port's
        return ()

    def look_up(self, events: Sequence[MplanId]) -> Mapping[MplanId, ListedEvent]:
        self.cross()
        if self.down:
            raise PlannerError("the planner is down")
        written = {call.event for call in self.calls}
        for event in events:
            if event in written and self.blind_to.get(event, 0):
                self.blind_to[event] -= 1
                raise PlannerError("the planner did not answer")
        return {event: self.listed[event] for event in events if event in self.listed}

    def schedule(self, visit: Visit) -> Outcome:
        before = self.listed[visit.mplan_id].booking
        number = before.schedule_id if before else None
        if number is None:
            number = ScheduleId(self._next_id)
            self._next_id += 1
        booking = Booking(number, visit.rep_id, f"REP {visit.rep_id}", visit.start)
        return self._write(self._listed(visit.mplan_id, booking), Done(number, 900))

    def unschedule(self, schedule: ScheduleId) -> Outcome:
        for event, listed in self.listed.items():
            if listed.booking and listed.booking.schedule_id == schedule:
                return self._write(self._listed(event, None), Done(schedule, 300))
        self.calls.append(Call(MplanId(0), None, None, effect=False))
        return Rejected("no such schedule")

    def reissue(self, schedule: ScheduleId, visit: Visit, expires: date) -> Outcome:
        listed = self.listed[visit.mplan_id]
        if listed.booking is None or listed.booking.schedule_id != schedule:
            self.calls.append(Call(visit.mplan_id, None, None, effect=False))
            return Rejected("no such work log entry")
        after = replace(listed, booking=None, condition=REISSUED, due=expires)
        return self._write(after, Done(schedule, 400))

    def by_hand(self, event: int, rep: int, start: datetime) -> None:
        """Somebody books it on the planner's own pages."""
        booking = Booking(ScheduleId(self._next_id), RepId(rep), "OTHER,PERSON", start)
        self._next_id += 1
        self.listed[MplanId(event)] = self._listed(MplanId(event), booking)

    def booking(self, event: int) -> Booking:
        """An event's entry, which there is."""
        booking = self.listed[MplanId(event)].booking
        assert booking is not None
        return booking

    def booked(self) -> dict[int, tuple[RepId | None, datetime]]:
        """Who does what, and from when on."""
        return {
            int(event): (listed.booking.rep_id, listed.booking.start)
            for event, listed in self.listed.items()
            if listed.booking
        }

    def effects(self) -> Counter[tuple[MplanId, datetime | None]]:
        """How often each write took effect."""
        return Counter((call.event, call.start) for call in self.calls if call.effect)

    def _write(self, after: ListedEvent, done: Done) -> Outcome:
        """Have an event be as it is to be after a write, unless something goes wrong."""
        self.cross()
        fault = next(self.faults, None) or self.fault_of.get(after.mplan_id)
        outcome: Outcome = done
        effect = True
        match fault:
            case Fault.REFUSED:
                outcome, effect = Rejected("not possible"), False
            case Fault.WITHOUT_EFFECT:
                effect = False
            case Fault.LOGIN_PAGE:
                outcome, effect = Unknown("a page to sign in came back"), False
            case Fault.TIME_OUT_BEFORE:
                outcome, effect = Unknown("no answer within 30 s", timed_out=True), False
            case Fault.TIME_OUT_AFTER:
                outcome = Unknown("no answer within 30 s", timed_out=True)
            case Fault.ECHO_DIFFERS:
                outcome = Unknown("the answer is about something else")
                if after.booking is not None:
                    late = replace(after.booking, start=after.booking.start + timedelta(hours=1))
                    after = replace(after, booking=late)
            case None:
                pass
        start, rep = (after.booking.start, after.booking.rep_id) if after.booking else (None, None)
        self.calls.append(Call(after.mplan_id, start, rep, effect))
        if effect:
            self.listed[after.mplan_id] = after
        self.cross()
        return outcome

    def _listed(self, event: MplanId, booking: Booking | None) -> ListedEvent:
        condition = "Scheduled" if booking else "Unstaffed"
        return replace(self.listed[event], booking=booking, condition=condition)
