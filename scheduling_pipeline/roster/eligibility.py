"""Who may do an event, and on which days, as far as the rest of the roster does not matter.

The one place of these rules: windows, the horizon, job titles, presence, rotations, what may be moved. What
depends on other events is in the validator.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from scheduling_pipeline.roster.model import Employee, Event, EventType, RotationType, Snapshot
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.staff import TITLES, Staff, core_cost

__all__ = ["DAY", "SHIFTS", "TITLES", "Eligibility", "core_cost", "last_possible"]

DAY = timedelta(days=1)
SHIFTS = frozenset({EventType.CORE, EventType.JUICER})  # what fills a person's day; weekly limits count these


def last_possible(event: Event) -> date:
    """The last day on which an event may take place (the first is `start`)."""
    return max(event.start, event.due - DAY)


class Eligibility:
    """The static rules on one snapshot. Lists that it answers are shared: do not change them.

    `first_day`, `last_day`: of an automatic proposal, both included.
    """

    def __init__(self, snapshot: Snapshot, rules: Rules) -> None:
        self.snapshot = snapshot
        self.rules = rules
        self.today = snapshot.today
        self.first_day = snapshot.today + timedelta(days=max(1, rules.quiet_days))
        self.last_day = snapshot.today + timedelta(days=rules.horizon_days)
        self.events: dict[int, Event] = {event.ref: event for event in snapshot.events}
        self.employees: dict[str, Employee] = {employee.id: employee for employee in snapshot.employees}
        self._staff = Staff(snapshot)
        self._people: dict[tuple[str, date, EventType], list[str]] = {}
        self._days: dict[tuple[date, date], list[date]] = {}

    def days(self, event: Event) -> list[date]:
        """The days on which a proposal may newly put an event: its window within the proposal's days."""
        first, last = max(event.start, self.first_day), min(last_possible(event), self.last_day)
        days = self._days.get((first, last))
        if days is None:
            days = self._days[first, last] = [first + n * DAY for n in range((last - first).days + 1)]
        return days

    def people(self, event: Event, day: date) -> list[str]:
        """Who is there on a day (inside the window or not) and may do the event, the preferred ones first."""
        key = (event.store, day, event.type)
        people = self._people.get(key)
        if people is None:
            asked = self._staff.asked(event.type, event.store, day)
            people = self._people[key] = [employee.id for employee in asked]
        return people

    def why_not(self, event: Event, employee_id: str, day: date) -> Reason | None:
        """The first of `reasons`; None inside the window means: one of `people`."""
        return next(self.reasons(event, employee_id, day), None)

    def reasons(self, event: Event, employee_id: str, day: date) -> Iterator[Reason]:
        """All static rules that somebody doing an event on a day would break; what an exception of the
        rotation or a manager can mend comes last. Raises KeyError for an employee who is not known."""
        employee = self.employees[employee_id]
        yield from self._outside(event, day)
        found = False
        for reason in self._against(event, employee, day):
            found = True
            yield reason
        if not found and employee_id not in self.people(event, day):
            yield _reason(Code.UNUSUAL_PERSON, employee, day, event_type=event.type.value)

    def skip(self, event: Event) -> Reason | None:
        """Why a proposal leaves an event out. One that stands in the planner and can stay is not left out."""
        if event.committed is not None and self.displaced(event) is None:
            return None
        if not event.auto:
            return Reason(Code.NOT_AUTOMATIC)
        if event.start > self.last_day:
            return Reason(
                Code.NOT_YET, {"start": event.start.isoformat(), "horizon": self.last_day.isoformat()}
            )
        if last_possible(event) < self.today:
            return Reason(Code.PAST_DUE, {"last": last_possible(event).isoformat()})
        return None

    def too_late(self, event: Event) -> Reason | None:
        """BUFFER_PAST_DUE where an event's window ends before the first day of a proposal."""
        if last_possible(event) >= self.first_day:
            return None
        return Reason(
            Code.BUFFER_PAST_DUE,
            {"last": last_possible(event).isoformat(), "first": self.first_day.isoformat()},
        )

    def displaced(self, event: Event) -> Reason | None:
        """Why an event cannot stay where it stands in the planner: its person is away, gone or elsewhere, or
        the day is no longer in its window. Where a manager wants it so, a day that is not usual is no reason.
        """
        place = event.committed
        if place is None or place.employee not in self.employees:
            return None
        employee = self.employees[place.employee]
        for reason in (*self._outside(event, place.day), *self._not_there(event, employee, place.day)):
            if reason.code is not Code.NOT_A_WORK_DAY or event.pinned != place:
                return reason
        return None

    def movable(self, event: Event) -> bool:
        """Whether an event that stands in the planner, and could stay there, may make room for another."""
        place = event.committed
        return (
            place is not None
            and event.type is EventType.CORE
            and event.auto
            and event.pinned is None
            and place.employee in self.employees
            and self.first_day <= place.day <= self.last_day
            and (event.due - self.today).days > self.rules.bump_min_days
            and self.displaced(event) is None
        )

    def rotation(self, store: str, day: date, kind: RotationType) -> str | None:
        """Whom the rotation, or its exception, names; there or not."""
        return self._staff.rotation(store, day, kind)

    def _outside(self, event: Event, day: date) -> Iterator[Reason]:
        last = last_possible(event)
        if not event.start <= day <= last:
            params = {"day": day.isoformat(), "start": event.start.isoformat(), "last": last.isoformat()}
            yield Reason(Code.OUTSIDE_WINDOW, params)

    def _against(self, event: Event, employee: Employee, day: date) -> Iterator[Reason]:
        if employee.title not in TITLES[event.type]:
            yield _reason(Code.ROLE, employee, day, title=employee.title.value, event_type=event.type.value)
        yield from self._not_there(event, employee, day)
        if event.type is EventType.JUICER:
            juicer = self.rotation(event.store, day, RotationType.JUICER)
            if juicer != employee.id:
                named = self.employees.get(juicer or "")
                rotation = {"rotation": juicer or "", "rotation_name": named.name if named else ""}
                yield _reason(Code.NOT_IN_ROTATION, employee, day, store=event.store, **rotation)

    def _not_there(self, event: Event, employee: Employee, day: date) -> Iterator[Reason]:
        if not employee.active:
            yield _reason(Code.INACTIVE, employee, day)
        if employee.last_day is not None and day > employee.last_day:
            yield _reason(Code.LEFT, employee, day, last=employee.last_day.isoformat())
        if not employee.works_at(event.store):
            yield _reason(Code.NOT_AT_STORE, employee, day, store=event.store)
        absence = self.snapshot.absences.get(employee.id, {}).get(day)
        if absence is not None:
            yield _reason(Code(absence.code), employee, day, detail=absence.detail)


def _reason(code: Code, employee: Employee, day: date, **more: str) -> Reason:
    return Reason(code, {"employee": employee.id, "name": employee.name, "day": day.isoformat(), **more})
