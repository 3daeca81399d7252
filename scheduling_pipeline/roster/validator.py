"""Whether an event may have a place: the static rules, and those that depend on the rest of the roster.

Engine, edit, approval and hand scheduling all ask here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from scheduling_pipeline.roster.dealing import times_of
from scheduling_pipeline.roster.eligibility import DAY, SHIFTS, Eligibility
from scheduling_pipeline.roster.model import Event, EventType, Place, Snapshot
from scheduling_pipeline.roster.reasons import Code, Param, Reason
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.times import week_of

Shifts = Mapping[str, Mapping[date, Sequence[Event]]]  # by person and day

SOFT = frozenset(
    {Code.QUIET_ZONE, Code.WRONG_TIME, Code.UNUSUAL_PERSON, Code.NOT_A_WORK_DAY, Code.OPEN_PROPOSAL}
)


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a place breaks. A manager may go against one that is not hard, and says why."""

    reason: Reason
    hard: bool


class Proposed(NamedTuple):
    """Where a proposal that nobody has approved yet wants an event; `run`: its number."""

    run: int
    place: Place


def standing(snapshot: Snapshot) -> dict[int, Place]:
    """Where every event of the planner stands: what a roster is before anything of it is changed."""
    return {event.ref: event.committed for event in snapshot.events if event.committed is not None}


class Validator:
    """The rules on one roster. `placed`: where every event is, those that stay in the planner included; what
    is not in it has no place. `proposed`: what may come beside it, if somebody approves it. Shifts (Core and
    Juicer) end on the day on which they begin; the limits of a week and of days in a row count shifts, from
    `today` on."""

    def __init__(
        self,
        snapshot: Snapshot,
        rules: Rules,
        placed: Mapping[int, Place],
        proposed: Mapping[int, Proposed] | None = None,
    ) -> None:
        self.eligibility = Eligibility(snapshot, rules)
        self._rules = rules
        self._placed = placed
        self._shifts = self._by_person_and_day(placed)
        self._proposed = proposed or {}
        self._proposed_shifts = self._by_person_and_day(
            {ref: place for ref, (_, place) in self._proposed.items() if placed.get(ref) != place}
        )

    def violations(self, ref: int, place: Place, *, automatic: bool = False) -> list[Violation]:
        """All rules that an event would break at a place, where it is now notwithstanding.

        For an `automatic` proposal all rules are hard, but for what stays where it stands in the planner or
        where a manager wants it. Raises KeyError for an event or an employee that is not known.
        """
        event = self.eligibility.events[ref]
        new = place not in (event.committed, event.pinned)
        strict = automatic and new
        found = [
            *self.eligibility.reasons(event, place.employee, place.day),
            *self._day_and_time(event, place, strict=strict),
            *self._with_core(event, place, strict=strict),
            *self._kept(event, place, strict=strict),
        ]
        if event.type in SHIFTS:
            found += [
                *self._other_shifts(event, place),
                *self._open_proposal(event, place),
                *self._limits(event, place),
            ]
        return [Violation(reason, strict or reason.code not in SOFT) for reason in found]

    def _day_and_time(self, event: Event, place: Place, *, strict: bool) -> Iterator[Reason]:
        today = self.eligibility.today
        quiet_until = self.eligibility.first_day if strict else today + timedelta(days=self._rules.quiet_days)
        stood = event.committed
        # Somebody has to stand in at a Supervisor event whose day is its Core's, however near that is.
        stands_in = (
            event.type is EventType.SUPERVISOR and stood is not None and stood.day == place.day and strict
        )
        if place.day < today:
            yield Reason(Code.DAY_IS_OVER, {"day": place.day.isoformat()})
        elif place.day < quiet_until and place != stood and not stands_in:
            params = {"day": place.day.isoformat(), "first": quiet_until.isoformat()}
            yield Reason(Code.QUIET_ZONE, params)
        starts = times_of(event.type, self._rules, survey=event.survey, day=place.day)
        if place.start not in starts:
            times = [f"{start:%H:%M}" for start in starts]
            yield Reason(Code.WRONG_TIME, {"time": f"{place.start:%H:%M}", "times": times})

    def _with_core(self, event: Event, place: Place, *, strict: bool) -> Iterator[Reason]:
        if event.type is not EventType.SUPERVISOR or (event.parent is None and not strict):
            return
        core = self.eligibility.events.get(event.parent or 0)
        stands = self._placed.get(core.ref) if core else None
        if stands is None or stands.day != place.day:
            yield Reason(
                Code.NOT_WITH_CORE,
                {
                    "core": core.ref if core else 0,
                    "core_name": core.name if core else "",
                    "core_day": stands.day.isoformat() if stands else "",
                },
            )

    def _kept(self, event: Event, place: Place, *, strict: bool) -> Iterator[Reason]:
        """A proposal moves what stands in the planner only where the rules of moving say so."""
        stood = event.committed
        if stood is None or not strict or self.eligibility.movable(event):
            return
        follows = event.type is EventType.SUPERVISOR and place.day != stood.day
        if not follows and self.eligibility.displaced(event) is None:
            yield already_scheduled(event, self._name(stood.employee))

    def _other_shifts(self, event: Event, place: Place) -> Iterator[Reason]:
        begin, end = _span(place, event)
        for other in _excluding(self._shifts_of(place.employee).get(place.day, ()), event):
            about = self._about(place, other)
            yield Reason(Code.DAILY_LIMIT if other.type is event.type else Code.JUICING, about)
            other_begin, other_end = _span(self._placed[other.ref], other)
            if begin < other_end and other_begin < end:
                span = {"from": f"{other_begin:%H:%M}", "until": f"{other_end:%H:%M}"}
                yield Reason(Code.OVERLAP, {**about, **span})

    def _open_proposal(self, event: Event, place: Place) -> Iterator[Reason]:
        for other in _excluding(self._proposed_shifts.get(place.employee, {}).get(place.day, ()), event):
            yield Reason(
                Code.OPEN_PROPOSAL, {**self._about(place, other), "run": self._proposed[other.ref].run}
            )

    def _limits(self, event: Event, place: Place) -> Iterator[Reason]:
        employee = self.eligibility.employees[place.employee]
        shifts = {
            day: others
            for day, events in self._shifts_of(employee.id).items()
            if (others := [other for other in events if other.ref != event.ref])
        }
        about = {"employee": employee.id, "name": employee.name, "day": place.day.isoformat()}
        if self._rules.weekly_hours and employee.weekly_minutes is not None:
            week = week_of(place.day)
            minutes = event.minutes + sum(
                other.minutes for day, others in shifts.items() if week_of(day) == week for other in others
            )
            if minutes > employee.weekly_minutes:
                hours = {"hours": round(minutes / 60, 2), "limit": round(employee.weekly_minutes / 60, 2)}
                yield Reason(Code.WEEKLY_HOURS, {**about, **hours})
        longest = self._rules.consecutive_days
        if longest is not None:
            run = 1 + _in_a_row(shifts, place.day, DAY) + _in_a_row(shifts, place.day, -DAY)
            if run > longest:
                yield Reason(Code.CONSECUTIVE_DAYS, {**about, "days": run, "limit": longest})

    def _shifts_of(self, employee_id: str) -> Mapping[date, Sequence[Event]]:
        return self._shifts.get(employee_id, {})

    def _by_person_and_day(self, places: Mapping[int, Place]) -> Shifts:
        found: dict[str, dict[date, list[Event]]] = defaultdict(lambda: defaultdict(list))
        for ref, place in places.items():
            event = self.eligibility.events.get(ref)
            if event is not None and event.type in SHIFTS:
                found[place.employee][place.day].append(event)
        return found

    def _about(self, place: Place, other: Event) -> dict[str, Param]:
        """What is told of another event that a person has on a day."""
        return {
            "employee": place.employee,
            "name": self._name(place.employee),
            "day": place.day.isoformat(),
            "other": other.ref,
            "other_name": other.name,
        }

    def _name(self, employee_id: str) -> str:
        employee = self.eligibility.employees.get(employee_id)
        return employee.name if employee else "somebody else"


def already_scheduled(event: Event, name: str) -> Reason:
    """That an event stands in the planner, with somebody of this name."""
    place = event.committed
    if place is None:
        raise ValueError(f"event {event.ref} does not stand in the planner")
    return Reason(
        Code.ALREADY_SCHEDULED,
        {
            "employee": place.employee,
            "name": name,
            "day": place.day.isoformat(),
            "time": f"{place.start:%H:%M}",
        },
    )


def _excluding(shifts: Iterable[Event], event: Event) -> Iterator[Event]:
    """The shifts of a person's day that an event does not go with."""
    for other in shifts:
        together = event.type is other.type is EventType.JUICER and event.survey != other.survey
        if other.ref != event.ref and not together:
            yield other


def _span(place: Place, event: Event) -> tuple[datetime, datetime]:
    begin = datetime.combine(place.day, place.start)
    return begin, begin + timedelta(minutes=event.minutes)


def _in_a_row(shifts: Mapping[date, object], day: date, step: timedelta) -> int:
    days = 0
    while (day := day + step) in shifts:
        days += 1
    return days
