"""The greedy engine: the most urgent event first, each at the first place that is free, or that somebody who
can wait gives up. Fast and easy to follow; it never takes back what it has decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from scheduling_pipeline.roster.assembly import plan_of
from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import DAY, SHIFTS, Eligibility
from scheduling_pipeline.roster.model import Event, EventType, Snapshot
from scheduling_pipeline.roster.plan import Plan, Proof
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.standing import Standing, collides, shift_kind, standing
from scheduling_pipeline.roster.times import week_of

LEVELS = 4


class GreedyEngine:
    """Juicing by the rotation, then Core with single swaps; nothing is proven."""

    name = "greedy"

    def plan(self, snapshot: Snapshot, rules: Rules) -> Plan:
        eligibility = Eligibility(snapshot, rules)
        start = standing(eligibility)
        assigned = _Board(eligibility, start).fill()
        left_out = len(start.shifts) - len(assigned)  # no plan can place more than these besides
        return plan_of(eligibility, start, assigned, Proof((False,) * LEVELS, float(left_out)), self.name)


class _Board:
    """Who has what on which day, while it is filled."""

    def __init__(self, eligibility: Eligibility, start: Standing) -> None:
        self._eligibility = eligibility
        self._start = start
        self._rules = eligibility.rules
        self._assigned: dict[int, PersonDay] = {}
        self._shifts: dict[str, dict[date, list[Event]]] = {}
        self._bumped: set[int] = set()  # nobody is bumped twice
        for ref, place in start.kept.items():
            if eligibility.events[ref].type in SHIFTS:
                self._enter(eligibility.events[ref], (place.employee, place.day))

    def fill(self) -> dict[int, PersonDay]:
        """The person-days of Core and Juicer events."""
        waiting: list[Event] = []
        for event in self._start.shifts:
            place = event.committed
            stands = place is not None and self._eligibility.displaced(event) is None
            if place is not None and stands and self._fits(event, (place.employee, place.day)):
                self._put(event, (place.employee, place.day))
            else:
                waiting.append(event)
        for event in sorted(waiting, key=lambda one: one.type is not EventType.JUICER):
            self._place(event)
        return self._assigned

    def _place(self, event: Event) -> None:
        """Into the first empty place, else into that of the event which can wait longest."""
        if self._put_into_empty(event):
            return
        bumped = min(
            self._bumpable(event), key=lambda other: (-other.due.toordinal(), other.ref), default=None
        )
        if bumped is None:
            return
        employee, day = self._assigned.pop(bumped.ref)
        self._shifts[employee][day].remove(bumped)
        self._put(event, (employee, day))
        self._bumped.add(bumped.ref)
        self._put_into_empty(bumped)

    def _put_into_empty(self, event: Event) -> bool:
        for person_day in self._places(event):
            if self._fits(event, person_day):
                self._put(event, person_day)
                return True
        return False

    def _places(self, event: Event) -> Iterator[PersonDay]:
        for day in self._eligibility.days(event):
            for employee in self._eligibility.people(event, day):
                yield employee, day

    def _bumpable(self, event: Event) -> Iterator[Event]:
        """Events of the planner that are due later and whose place would then be empty."""
        for employee, day in self._places(event):
            for other in self._shifts.get(employee, {}).get(day, ()):
                if (
                    other.due > event.due
                    and other.ref in self._assigned
                    and other.ref not in self._bumped
                    and self._eligibility.movable(other)
                    and self._fits(event, (employee, day), without=other)
                ):
                    yield other

    def _fits(self, event: Event, person_day: PersonDay, without: Event | None = None) -> bool:
        employee, day = person_day
        there = self._shifts.get(employee, {}).get(day)
        if there and collides(shift_kind(event), [shift_kind(one) for one in there if one is not without]):
            return False
        return self._within_hours(event, person_day, without) and self._rests(employee, day)

    def _within_hours(self, event: Event, person_day: PersonDay, without: Event | None) -> bool:
        """Whether somebody's hours of the week are enough, if they are held to them."""
        employee, day = person_day
        person = self._eligibility.employees.get(employee)
        if not self._rules.weekly_hours or person is None or person.weekly_minutes is None:
            return True
        minutes = sum(
            one.minutes
            for on, shifts in self._shifts.get(employee, {}).items()
            for one in shifts
            if week_of(on) == week_of(day) and one is not without
        )
        return minutes + event.minutes <= person.weekly_minutes

    def _rests(self, employee: str, day: date) -> bool:
        """Whether somebody who works on a day would not work too many in a row."""
        longest = self._rules.consecutive_days
        if longest is None:
            return True
        shifts = self._shifts.get(employee, {})
        row = 1
        for step in (-DAY, DAY):
            other = day + step
            while shifts.get(other):
                row += 1
                other += step
        return row <= longest

    def _put(self, event: Event, person_day: PersonDay) -> None:
        self._assigned[event.ref] = person_day
        self._enter(event, person_day)

    def _enter(self, event: Event, person_day: PersonDay) -> None:
        employee, day = person_day
        self._shifts.setdefault(employee, {}).setdefault(day, []).append(event)
