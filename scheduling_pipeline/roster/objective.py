"""How good a plan is: levels that are compared one after the other, greater is better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from scheduling_pipeline.roster.eligibility import SHIFTS, TITLES, Eligibility, core_cost
from scheduling_pipeline.roster.model import LEAD_TASKS, Event, EventType, Place

Value = tuple[tuple[int, ...], ...]  # by level: urgency classes, Supervisor events, moves, preferences

_RANKS: Mapping[EventType, int] = {
    EventType.JUICER: 1,
    EventType.DIGITAL_SETUP: 2,
    EventType.DIGITAL_REFRESH: 3,
    EventType.FREEOSK: 4,
    EventType.DIGITAL_TEARDOWN: 5,
    EventType.CORE: 6,
    EventType.SUPERVISOR: 7,
    EventType.OTHER: 9,
}
_LESS_WANTED_PERSON = 3  # for each step down the order of preference of a lead task


def urgency(event: Event, today: date) -> tuple[int, int]:
    """Days to due and the rank of the type: what is smaller comes first."""
    return (event.due - today).days, _RANKS[event.type]


def classes_of(eligibility: Eligibility) -> list[tuple[int, int]]:
    """The classes of urgency of all events but Supervisor ones, the most urgent first."""
    today = eligibility.today
    events = eligibility.snapshot.events
    return sorted({urgency(event, today) for event in events if event.type is not EventType.SUPERVISOR})


def lateness(eligibility: Eligibility, event: Event, day: date) -> int:
    """How many days after the first possible one."""
    return max(0, (day - max(event.start, eligibility.first_day)).days)


def core_preference(eligibility: Eligibility, event: Event, employee_id: str) -> int:
    """How little a person is wanted for a Core event; 0 for somebody who should not hold one at all."""
    employee = eligibility.employees.get(employee_id)
    if employee is None or employee.title not in TITLES[EventType.CORE]:
        return 0
    return core_cost(employee, event.store)


def load_cost(days: int) -> int:
    """What so many days of Core and juicing cost somebody: each one more than the one before."""
    return days * (days + 1) // 2


def is_moved(eligibility: Eligibility, event: Event, place: Place | None) -> bool:
    """Whether an event of the planner gives up its place. One that is left out of a proposal does not."""
    if event.committed is None or place == event.committed:
        return False
    return place is not None or eligibility.skip(event) is None


def value_of(eligibility: Eligibility, placed: Mapping[int, Place]) -> Value:
    """The value of a plan, given the places of all events that have one.

    1. for each class of urgency, the most urgent first, how many events other than Supervisor ones have a
    place; 2. how many Supervisor events; 3. minus the events of the planner that are moved or dropped;
    4. minus the cost of preferences: people for Core events, late days of what is new or moved, people for
    lead tasks, and an uneven load of Core and juicing days from tomorrow to the last day.
    """
    today = eligibility.today
    classes: Counter[tuple[int, int]] = Counter()
    supervisors = moved = cost = 0
    worked: set[tuple[str, date]] = set()
    for event in eligibility.snapshot.events:
        place = placed.get(event.ref)
        moved += is_moved(eligibility, event, place)
        if place is None:
            continue
        if event.type is EventType.SUPERVISOR:
            supervisors += 1
        else:
            classes[urgency(event, today)] += 1
        cost += _preference(eligibility, event, place)
        if event.type in SHIFTS and today < place.day <= eligibility.last_day:
            worked.add((place.employee, place.day))
    loads = Counter(employee for employee, _ in worked if employee)
    cost += sum(load_cost(days) for days in loads.values())
    return (tuple(classes[key] for key in classes_of(eligibility)), (supervisors,), (-moved,), (-cost,))


def _preference(eligibility: Eligibility, event: Event, place: Place) -> int:
    cost = core_preference(eligibility, event, place.employee) if event.type is EventType.CORE else 0
    if place == event.committed:
        return cost
    if event.type in LEAD_TASKS:
        people = eligibility.people(event, place.day)
        position = people.index(place.employee) if place.employee in people else len(people)
        cost += _LESS_WANTED_PERSON * position
    return cost + lateness(eligibility, event, place.day)
