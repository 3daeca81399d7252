"""The greedy engine: the most urgent event first, each at the first place that is free, or that somebody who
can wait gives up. Fast and easy to follow; it never takes back what it has decided."""

from __future__ import annotations

from collections.abc import Iterator

from scheduling_pipeline.roster.assembly import plan_of
from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.model import Event, EventType, Snapshot
from scheduling_pipeline.roster.plan import Plan, Proof
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.standing import Standing, collides, shift_kind, standing

LEVELS = 4


class GreedyEngine:
    """Juicing by the rotation, then Core with single swaps; nothing is proven."""

    name = "greedy"

    def plan(self, snapshot: Snapshot, rules: Rules) -> Plan:
        eligibility = Eligibility(snapshot, rules)
        start = standing(eligibility)
        assigned = _Board(eligibility, start).fill()
        return plan_of(eligibility, start, assigned, Proof((False,) * LEVELS, gap=1.0), self.name)


class _Board:
    """Who has what on which day, while it is filled."""

    def __init__(self, eligibility: Eligibility, start: Standing) -> None:
        self._eligibility = eligibility
        self._start = start
        self._assigned: dict[int, PersonDay] = {}
        self._there: dict[PersonDay, list[Event]] = {}
        self._settled: set[int] = set()  # whom no one may bump any more

    def fill(self) -> dict[int, PersonDay]:
        """The person-days of Core and Juicer events."""
        waiting: list[Event] = []
        for event in self._start.shifts:
            place = event.committed
            if place is not None and self._eligibility.displaced(event) is None:
                self._put(event, (place.employee, place.day))
            else:
                waiting.append(event)
        for event in sorted(waiting, key=lambda one: one.type is not EventType.JUICER):
            self._place(event)
        return self._assigned

    def _place(self, event: Event) -> None:
        """Into the first empty place, else into that of the event which can wait longest."""
        empty = self._empty(event)
        if empty is not None:
            self._settle(event, empty)
            return
        bumped = min(
            self._bumpable(event), key=lambda other: (-other.due.toordinal(), other.ref), default=None
        )
        if bumped is None:
            return
        person_day = self._assigned.pop(bumped.ref)
        self._there[person_day].remove(bumped)
        self._settle(event, person_day)
        self._settled.add(bumped.ref)
        elsewhere = self._empty(bumped)
        if elsewhere is not None:
            self._put(bumped, elsewhere)

    def _places(self, event: Event) -> Iterator[PersonDay]:
        for day in self._eligibility.days(event):
            for employee in self._eligibility.people(event, day):
                yield employee, day

    def _empty(self, event: Event) -> PersonDay | None:
        kind = shift_kind(event)
        for person_day in self._places(event):
            if not collides(kind, self._kinds(person_day)):
                return person_day
        return None

    def _bumpable(self, event: Event) -> Iterator[Event]:
        """Events of the planner that are due later and whose place would then be empty."""
        kind = shift_kind(event)
        for person_day in self._places(event):
            for other in self._there.get(person_day, ()):
                if (
                    other.due > event.due
                    and other.ref not in self._settled
                    and self._eligibility.movable(other)
                    and not collides(kind, self._kinds(person_day, without=other))
                ):
                    yield other

    def _kinds(self, person_day: PersonDay, without: Event | None = None) -> list[str]:
        kinds = list(self._start.taken.get(person_day, ()))
        return kinds + [shift_kind(one) for one in self._there.get(person_day, ()) if one is not without]

    def _settle(self, event: Event, person_day: PersonDay) -> None:
        self._settled.add(event.ref)
        self._put(event, person_day)

    def _put(self, event: Event, person_day: PersonDay) -> None:
        self._assigned[event.ref] = person_day
        self._there.setdefault(person_day, []).append(event)
