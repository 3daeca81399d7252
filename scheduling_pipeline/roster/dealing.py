"""Times of day. They are dealt once it is known who works what on which day; no objective depends on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, time

from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.model import LEAD_TASKS, Event, EventType, JobTitle, Place
from scheduling_pipeline.roster.rules import Rules

PersonDay = tuple[str, date]  # an employee's id and a day


def times_of(
    kind: EventType, rules: Rules, *, survey: bool = False, day: date | None = None
) -> Sequence[time]:
    """The starts that are configured for a type of event; those of a day, where that makes a difference."""
    slots = rules.core_slots_on(day) if day else rules.core_slots
    starts: Mapping[EventType, Sequence[time]] = {
        EventType.CORE: [slot.start for slot in slots],
        EventType.JUICER: [rules.survey_time if survey else rules.production_time],
        EventType.SUPERVISOR: [rules.supervisor_time],
        EventType.FREEOSK: [rules.freeosk_time],
        EventType.OTHER: [rules.other_time],
        EventType.DIGITAL_TEARDOWN: rules.teardown_times,
    }
    return starts.get(kind, rules.setup_times)


def deal_shifts(
    eligibility: Eligibility, assigned: Mapping[int, PersonDay], kept: Mapping[int, Place]
) -> dict[int, Place]:
    """Places for Core and Juicer events that have a person and a day.

    A Core event gets the start that is least used at its store on that day, the earliest of several; leads
    choose first. An event that is where it stands in the planner keeps its time. `kept`: what stands besides.
    """
    rules = eligibility.rules
    used: Counter[tuple[str, date, time]] = Counter()
    placed: dict[int, Place] = {}
    new: list[Event] = []
    for ref, (employee, day) in assigned.items():
        event = eligibility.events[ref]
        committed = event.committed
        if committed is not None and (committed.employee, committed.day) == (employee, day):
            placed[ref] = committed
        elif event.type is EventType.CORE:
            new.append(event)
        else:
            (start,) = times_of(event.type, rules, survey=event.survey)
            placed[ref] = Place(day, start, employee)
    for ref, place in (*kept.items(), *placed.items()):
        event = eligibility.events[ref]
        if event.type is EventType.CORE:
            used[event.store, place.day, place.start] += 1

    def turn(event: Event) -> tuple[bool, int]:
        return eligibility.employees[assigned[event.ref][0]].title is not JobTitle.LEAD, event.ref

    for event in sorted(new, key=turn):
        employee, day = assigned[event.ref]
        on_day = {slot: used[event.store, day, slot] for slot in times_of(EventType.CORE, rules, day=day)}
        start = min(on_day, key=lambda slot: (on_day[slot], slot))
        used[event.store, day, start] += 1
        placed[event.ref] = Place(day, start, employee)
    return placed


class TaskTimes:
    """Deals the starts of lead tasks in turn, to each person on each day, and then from the first again."""

    def __init__(self, eligibility: Eligibility, kept: Mapping[int, Place]) -> None:
        self._times = {kind: tuple(times_of(kind, eligibility.rules)) for kind in LEAD_TASKS}
        self._dealt: Counter[tuple[str, date, tuple[time, ...]]] = Counter()
        for ref, place in kept.items():
            kind = eligibility.events[ref].type
            if kind in LEAD_TASKS:
                self.next(kind, place.employee, place.day)

    def next(self, kind: EventType, employee: str, day: date) -> time:
        """Digital set-up and refresh share their starts."""
        times = self._times[kind]
        key = employee, day, times
        self._dealt[key] += 1
        return times[(self._dealt[key] - 1) % len(times)]
