"""What a proposal starts from: what keeps its place, what is to be placed, what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import SHIFTS, Eligibility
from scheduling_pipeline.roster.model import LEAD_TASKS, Event, EventType, Place
from scheduling_pipeline.roster.objective import urgency
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.validator import Validator

PRODUCTION, SURVEY = "production", "survey"
CORE = "core"


def shift_kind(event: Event) -> str:
    """What an event of SHIFTS makes of somebody's day: no two of a kind fit, nor Core with juicing."""
    if event.type is EventType.CORE:
        return CORE
    return SURVEY if event.survey else PRODUCTION


def collides(kind: str, others: Iterable[str]) -> bool:
    """Whether a shift cannot be on a person-day that has others."""
    return any(kind == other or CORE in (kind, other) for other in others)


@dataclass(frozen=True)
class Standing:
    """`kept`: events that are not planned: they stand in the planner and stay, or a manager pinned them.
    `taken`: the kinds of shifts that those make of a person-day. `shifts`: Core and Juicer events to place,
    the most urgent first; those that stand in the planner and could make room are among them. `tasks`: lead
    tasks to place. `pins`: the legal ones, of Supervisor events too. The rest is as in a plan.
    """

    kept: Mapping[int, Place]
    taken: Mapping[PersonDay, Sequence[str]]
    shifts: Sequence[Event]
    tasks: Sequence[Event]
    pins: Mapping[int, Place]
    broken_pins: Mapping[int, Reason]
    skipped: Mapping[int, Reason]


def standing(eligibility: Eligibility) -> Standing:
    """What a proposal starts from. Pure, and in the order of urgency throughout."""
    return _Sorting(eligibility).sort()


@dataclass
class _Sorting:
    eligibility: Eligibility
    kept: dict[int, Place] = field(default_factory=dict)
    taken: dict[PersonDay, list[str]] = field(default_factory=dict)
    pins: dict[int, Place] = field(default_factory=dict)
    broken: dict[int, Reason] = field(default_factory=dict)
    skipped: dict[int, Reason] = field(default_factory=dict)

    def sort(self) -> Standing:
        today = self.eligibility.today
        events = sorted(
            self.eligibility.snapshot.events, key=lambda event: (*urgency(event, today), event.ref)
        )
        pinned = [event for event in events if event.pinned is not None]
        for event in events:
            if event.pinned is None:
                self._keep_committed(event)
        for event in pinned:
            self._keep_pin(event)
        for event in pinned:
            if event.ref in self.broken:
                self._keep_committed(event)
        open_events = [event for event in events if event.ref not in self.kept and self._is_planned(event)]
        shifts = [event for event in open_events if event.type in SHIFTS]
        tasks = [event for event in open_events if event.type in LEAD_TASKS]
        return Standing(self.kept, self.taken, shifts, tasks, self.pins, self.broken, self.skipped)

    def _is_planned(self, event: Event) -> bool:
        reason = None if event.ref in self.pins else self.eligibility.skip(event)
        if reason is not None:
            self.skipped[event.ref] = reason
        return reason is None

    def _keep_committed(self, event: Event) -> None:
        place = event.committed
        if place is None or event.type is EventType.SUPERVISOR:
            return
        if self.eligibility.displaced(event) is None and not self.eligibility.movable(event):
            self._keep(event, place)

    def _keep_pin(self, event: Event) -> None:
        place = event.pinned
        if place is None:
            return
        reason = self._against(event, place)
        if reason is not None:
            self.broken[event.ref] = reason
            return
        self.pins[event.ref] = place
        if event.type is not EventType.SUPERVISOR:
            self._keep(event, place)

    def _keep(self, event: Event, place: Place) -> None:
        self.kept[event.ref] = place
        if event.type in SHIFTS and place.employee:
            self.taken.setdefault((place.employee, place.day), []).append(shift_kind(event))

    def _against(self, event: Event, place: Place) -> Reason | None:
        """The hard rule that a pin breaks. Events that may make room do not count, and a Supervisor event's
        Core event has no place yet."""
        if place == event.committed and self.eligibility.displaced(event) is None:
            return None
        if place.employee not in self.eligibility.employees:
            return Reason(
                Code.INACTIVE, {"employee": place.employee, "name": "", "day": place.day.isoformat()}
            )
        validator = Validator(self.eligibility.snapshot, self.eligibility.rules, self.kept)
        for violation in validator.violations(event.ref, place):
            if violation.hard and violation.reason.code is not Code.NOT_WITH_CORE:
                return violation.reason
        return None
