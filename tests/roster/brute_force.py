"""The rules of the roster told a second time, slowly and from scratch: whether a plan keeps them all, and how
good the best plan of a tiny roster is. Nothing here may be shared with the engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cached_property

from scheduling_pipeline.roster.model import (
    LEAD_TASKS,
    Employee,
    Event,
    EventType,
    JobTitle,
    Place,
    RotationType,
    Snapshot,
)
from scheduling_pipeline.roster.plan import Plan
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules

Seat = tuple[date, str]  # a day of somebody's
Seats = Mapping[int, Seat]
Objective = tuple[tuple[int, ...], ...]

EXCLUSIVE = (EventType.CORE, EventType.JUICER)
RANKS = {
    EventType.JUICER: 1,
    EventType.DIGITAL_SETUP: 2,
    EventType.DIGITAL_REFRESH: 3,
    EventType.FREEOSK: 4,
    EventType.DIGITAL_TEARDOWN: 5,
    EventType.CORE: 6,
    EventType.SUPERVISOR: 7,
    EventType.OTHER: 9,
}
CORE_COSTS = {JobTitle.LEAD: 0, JobTitle.SPECIALIST: 2, JobTitle.JUICER: 3}
AWAY_FROM_HOME = 4
NEXT_IN_LINE = 3


@dataclass(frozen=True)
class World:
    """A snapshot and its rules, and what follows from them."""

    snapshot: Snapshot
    rules: Rules

    @cached_property
    def events(self) -> dict[int, Event]:
        return {event.ref: event for event in self.snapshot.events}

    @cached_property
    def staff(self) -> dict[str, Employee]:
        return {one.id: one for one in self.snapshot.employees}

    def day(self, offset: int) -> date:
        return self.snapshot.today + timedelta(days=offset)

    def window(self, event: Event) -> list[date]:
        length = max(1, (event.due - event.start).days)
        return [event.start + timedelta(days=offset) for offset in range(length)]

    def days(self, event: Event) -> list[date]:
        """Those that a proposal may use."""
        first, last = self.day(max(1, self.rules.quiet_days)), self.day(self.rules.horizon_days)
        return [day for day in self.window(event) if first <= day <= last]

    def left(self, employee: str, day: date) -> bool:
        one = self.staff[employee]
        return not one.active or (one.last_day is not None and day > one.last_day)

    def present(self, employee: str, day: date, store: str) -> bool:
        one = self.staff.get(employee)
        if one is None or self.left(employee, day):
            return False
        return day not in self.snapshot.absences.get(employee, {}) and (not one.stores or store in one.stores)

    def here(self, title: JobTitle, day: date, store: str) -> list[str]:
        return sorted(
            one.id for one in self.staff.values() if one.title is title and self.present(one.id, day, store)
        )

    def people(self, event: Event, day: date) -> list[str]:
        """Who may hold it that day as far as titles, rotations and absences go, the best first."""
        chiefs = self.here(JobTitle.CLUB_SUPERVISOR, day, event.store)
        leads = self.here(JobTitle.LEAD, day, event.store)
        named = self.snapshot.rotations.get((event.store, day, RotationType.PRIMARY_LEAD), "")
        primary = [named] if self.present(named, day, event.store) else []
        others = [lead for lead in leads if lead != named]
        match event.type:
            case EventType.CORE:
                specialists = self.here(JobTitle.SPECIALIST, day, event.store)
                return leads + specialists + self.here(JobTitle.JUICER, day, event.store)
            case EventType.JUICER:
                juicer = self.snapshot.rotations.get((event.store, day, RotationType.JUICER), "")
                return [one for one in self.here(JobTitle.JUICER, day, event.store) if one == juicer]
            case EventType.SUPERVISOR:
                return chiefs or primary
            case EventType.DIGITAL_TEARDOWN:
                return others[:1] + chiefs + primary
            case EventType.OTHER:
                return chiefs + primary + others
            case _:
                return primary + others + chiefs

    def displaced(self, event: Event) -> bool:
        """Whether it cannot stay where it stands in the planner."""
        place = event.committed
        if place is None or place.employee not in self.staff:
            return False
        absence = self.snapshot.absences.get(place.employee, {}).get(place.day)
        wanted_there = event.pinned == place and absence is not None and absence.code == Code.NOT_A_WORK_DAY
        stores = self.staff[place.employee].stores
        return (
            (absence is not None and not wanted_there)
            or self.left(place.employee, place.day)
            or place.day not in self.window(event)
            or (bool(stores) and event.store not in stores)
        )

    def movable(self, event: Event) -> bool:
        """Whether it may be moved so that another event has its place."""
        place, rules = event.committed, self.rules
        return (
            place is not None
            and event.type is EventType.CORE
            and event.auto
            and event.pinned is None
            and place.employee in self.staff
            and not self.displaced(event)
            and (event.due - self.snapshot.today).days > rules.bump_min_days
            and self.day(max(1, rules.quiet_days)) <= place.day <= self.day(rules.horizon_days)
        )

    def skipped(self, event: Event) -> bool:
        if event.ref in self.pins or (event.committed is not None and not self.displaced(event)):
            return False
        window = self.window(event)
        late = window[0] > self.day(self.rules.horizon_days)
        return not event.auto or late or window[-1] < self.snapshot.today

    @cached_property
    def standing(self) -> dict[int, Place]:
        """What stands in the planner, stays there and is nobody's to move. Partners are not among them."""
        return {
            event.ref: event.committed
            for event in self.snapshot.events
            if event.committed is not None
            and event.pinned is None
            and event.type is not EventType.SUPERVISOR
            and not self.displaced(event)
            and not self.movable(event)
        }

    @cached_property
    def pins(self) -> dict[int, Place]:
        """The wishes of managers that break no hard rule, where the more urgent event's wish comes first."""
        held: dict[int, Place] = {}
        pinned = [event for event in self.snapshot.events if event.pinned is not None]
        for event in sorted(pinned, key=lambda event: (*urgency(self, event), event.ref)):
            pin = event.pinned
            assert pin is not None
            rivals = [
                self.events[ref] for ref, place in {**self.standing, **held}.items() if _same_seat(place, pin)
            ]
            if self._may_be_wanted(event, pin) and not any(clash(event, rival) for rival in rivals):
                held[event.ref] = pin
        return held

    def _may_be_wanted(self, event: Event, pin: Place) -> bool:
        one = self.staff.get(pin.employee)
        if one is None or self.left(one.id, pin.day) or pin.day not in self.window(event):
            return False
        absence = self.snapshot.absences.get(one.id, {}).get(pin.day)
        if absence is not None and absence.code != Code.NOT_A_WORK_DAY:
            return False
        if one.stores and event.store not in one.stores:
            return False
        if event.type is EventType.JUICER:
            named = self.snapshot.rotations.get((event.store, pin.day, RotationType.JUICER))
            return one.title is JobTitle.JUICER and one.id == named
        if event.type is EventType.CORE:
            return one.title is not JobTitle.CLUB_SUPERVISOR
        return one.title in (JobTitle.LEAD, JobTitle.CLUB_SUPERVISOR)

    @cached_property
    def kept(self) -> dict[int, Place]:
        """What is not up for planning."""
        broken = {
            event.ref: event.committed
            for event in self.snapshot.events
            if event.pinned is not None
            and event.ref not in self.pins
            and event.committed is not None
            and event.type is not EventType.SUPERVISOR
            and not self.displaced(event)
        }
        pins = {
            ref: pin for ref, pin in self.pins.items() if self.events[ref].type is not EventType.SUPERVISOR
        }
        return {**self.standing, **broken, **pins}

    def seats(self, event: Event) -> list[Seat]:
        """All day and person pairs that an event to be planned could have, if nothing were in the way."""
        free = [(day, one) for day in self.days(event) for one in self.people(event, day)]
        place = event.committed
        if place is None or self.displaced(event):
            return free
        return [_seat(place), *(seat for seat in free if seat != _seat(place))]

    def considered(self) -> list[Event]:
        return [event for event in self.snapshot.events if not self.skipped(event)]


def broken_rules(snapshot: Snapshot, rules: Rules, plan: Plan) -> list[str]:
    """What is wrong with a whole plan, in words; nothing, if it is good."""
    world = World(snapshot, rules)
    if unknown := {*plan.placed, *plan.failed, *plan.skipped} - world.events.keys():
        return [f"nobody knows {sorted(unknown)}"]
    return [
        *_accounts(world, plan),
        *(
            fault
            for ref, place in sorted(plan.placed.items())
            for fault in _place_faults(world, plan, ref, place)
        ),
        *_shared_days(world, plan),
        *_moves(world, plan),
        *_limits(world, plan),
    ]


def _accounts(world: World, plan: Plan) -> Iterator[str]:
    times = Counter([*plan.placed, *plan.failed, *plan.skipped])
    for event in world.snapshot.events:
        if times[event.ref] != 1:
            yield f"{event.ref} is in {times[event.ref]} of placed, failed and skipped"
        if world.skipped(event) != (event.ref in plan.skipped):
            yield f"{event.ref} is skipped, or is not, for no reason"


def _place_faults(world: World, plan: Plan, ref: int, place: Place) -> Iterator[str]:
    event = world.events[ref]
    pin = world.pins.get(ref)
    if pin is not None and (event.type is not EventType.SUPERVISOR or ref not in plan.broken_pins):
        if place != pin:
            yield f"{ref} is pinned, but elsewhere"
    elif place == event.committed:
        if world.displaced(event):
            yield f"{ref} stays where it cannot"
    else:
        yield from _new_place_faults(world, plan, event, place)


def _new_place_faults(world: World, plan: Plan, event: Event, place: Place) -> Iterator[str]:
    supervisor = event.type is EventType.SUPERVISOR
    stood = event.committed is not None and not world.displaced(event)
    if stood and not world.movable(event) and not supervisor:
        yield f"{event.ref} must not be moved"
    same_day = supervisor and event.committed is not None and event.committed.day == place.day
    if place.day not in (world.window(event) if same_day else world.days(event)):
        yield f"{event.ref} is on {place.day}, which is no day of its"
    if place.employee not in world.people(event, place.day):
        yield f"{event.ref} is held by {place.employee}, who may not"
    if supervisor:
        parent = plan.placed.get(event.parent) if event.parent is not None else None
        if parent is None or parent.day != place.day:
            yield f"{event.ref} is not on the day of its Core"
    if place.start not in _starts(world.rules, event, place.day):
        yield f"{event.ref} starts at {place.start}"


def _starts(rules: Rules, event: Event, day: date) -> Sequence[time]:
    sunday = day.weekday() == 6 and rules.sunday_core_slots
    juicing = rules.survey_time if event.survey else rules.production_time
    starts: dict[EventType, Sequence[time]] = {
        EventType.CORE: [slot.start for slot in (rules.sunday_core_slots if sunday else rules.core_slots)],
        EventType.JUICER: [juicing],
        EventType.SUPERVISOR: [rules.supervisor_time],
        EventType.FREEOSK: [rules.freeosk_time],
        EventType.OTHER: [rules.other_time],
        EventType.DIGITAL_TEARDOWN: rules.teardown_times,
    }
    return starts.get(event.type, rules.setup_times)


def clash(one: Event, other: Event) -> bool:
    """Whether two events are too much for one day of one person."""
    if one.type not in EXCLUSIVE or other.type not in EXCLUSIVE:
        return False
    return EventType.CORE in (one.type, other.type) or one.survey == other.survey


def _shared_days(world: World, plan: Plan) -> Iterator[str]:
    by_seat: dict[Seat, list[Event]] = {}
    for ref, place in plan.placed.items():
        if place.employee:
            by_seat.setdefault((place.day, place.employee), []).append(world.events[ref])
    for (day, employee), events in sorted(by_seat.items()):
        for number, one in enumerate(events):
            for other in events[number + 1 :]:
                stood = one.ref in world.kept and other.ref in world.kept
                if clash(one, other) and not stood:
                    yield f"{employee} has {one.ref} and {other.ref} on {day}"


def _limits(world: World, plan: Plan) -> Iterator[str]:
    """Weekly hours and days in a row, where they hold; what stands and stays is not the plan's fault."""
    work: dict[str, dict[date, list[Event]]] = {}
    for ref, place in plan.placed.items():
        if world.events[ref].type in EXCLUSIVE and place.employee in world.staff:
            work.setdefault(place.employee, {}).setdefault(place.day, []).append(world.events[ref])
    for employee, days in sorted(work.items()):
        planned = {day for day, events in days.items() if any(one.ref not in world.kept for one in events)}
        most = world.staff[employee].weekly_minutes
        for sunday in {day - timedelta(days=day.isoweekday() % 7) for day in planned}:
            week = [event for day in days if 0 <= (day - sunday).days < 7 for event in days[day]]
            if world.rules.weekly_hours and most is not None and sum(one.minutes for one in week) > most:
                yield f"{employee} works too long in the week of {sunday}"
        for first in days:
            row = [first]
            while row[-1] + timedelta(days=1) in days:
                row.append(row[-1] + timedelta(days=1))
            longest = world.rules.consecutive_days
            if longest is not None and len(row) > longest and planned & set(row):
                yield f"{employee} works {len(row)} days from {first}"


def _moves(world: World, plan: Plan) -> Iterator[str]:
    moved = {move.event: move for move in plan.moves}
    if len(moved) != len(plan.moves):
        yield "an event is moved twice"
    for event in world.snapshot.events:
        place = plan.placed.get(event.ref)
        if event.committed is None or place == event.committed:
            if event.ref in moved:
                yield f"{event.ref} is moved, but is where it was"
        elif event.ref not in moved and event.ref not in plan.skipped:
            yield f"{event.ref} is not among the moves"
        elif event.ref in moved and (moved[event.ref].origin, moved[event.ref].to) != (
            event.committed,
            place,
        ):
            yield f"the move of {event.ref} is told wrongly"
    depths = chain_lengths(world, {ref: _seat(place) for ref, place in plan.placed.items()})
    for ref, depth in sorted(depths.items()):
        if depth > world.rules.longest_chain:
            yield f"{ref} is number {depth} of a chain"


def chain_lengths(world: World, seats: Seats) -> dict[int, int]:
    """For each Core event that made room, how many moved from the beginning of its chain to it; all of them,
    where they go in a circle."""
    origins = {
        event.ref: _seat(event.committed)
        for event in world.snapshot.events
        if event.committed is not None
        and event.type is EventType.CORE
        and event.ref not in world.kept
        and not world.displaced(event)
        and seats.get(event.ref) != _seat(event.committed)
    }
    movers = {seat: ref for ref, seat in seats.items() if ref in origins}
    before = {ref: movers.get(origin) for ref, origin in origins.items()}
    numbers: dict[int, int] = {}
    for ref, first in before.items():
        number, other = 1, first
        while other is not None and other != ref:
            number, other = number + 1, before[other]
        numbers[ref] = number
    return numbers


def _seat(place: Place) -> Seat:
    return place.day, place.employee


def _same_seat(one: Place, other: Place) -> bool:
    return _seat(one) == _seat(other)


def best(snapshot: Snapshot, rules: Rules) -> Objective:
    """The objective of the best of all plans. Of Core and juicing every combination is tried, but those that
    place fewer urgent events than what was already found."""
    world = World(snapshot, rules)
    kept = {ref: _seat(place) for ref, place in world.kept.items()}
    planned = [event for event in world.considered() if event.ref not in kept]
    choices = sorted(
        (event for event in planned if event.type in EXCLUSIVE), key=lambda event: urgency(world, event)
    )
    for event in planned:
        if event.type in LEAD_TASKS and (seat := _cheapest(world, event)) is not None:
            kept[event.ref] = seat
    found: Objective | None = None
    classes = sorted({urgency(world, event) for event in choices})
    lost = dict.fromkeys(classes, 0)
    least: list[int] | None = None

    def go(number: int, seats: dict[int, Seat]) -> None:
        nonlocal found, least
        if least is not None and list(lost.values()) > least:
            return
        if number == len(choices):
            if all(depth <= rules.longest_chain for depth in chain_lengths(world, seats).values()):
                value = _value(world, seats)
                if found is None or value > found:
                    found, least = value, list(lost.values())
            return
        event = choices[number]
        for seat in world.seats(event):
            rivals = [world.events[ref] for ref, taken in seats.items() if taken == seat]
            if not any(clash(event, rival) for rival in rivals):
                go(number + 1, {**seats, event.ref: seat})
        lost[urgency(world, event)] += 1
        go(number + 1, seats)
        lost[urgency(world, event)] -= 1

    go(0, kept)
    assert found is not None
    return found


def urgency(world: World, event: Event) -> tuple[int, int]:
    """Days to due and the type's rank: the smaller, the more urgent."""
    return (event.due - world.snapshot.today).days, RANKS[event.type]


def _cheapest(world: World, event: Event) -> Seat | None:
    seats = world.seats(event)
    return min(seats, key=lambda seat: _preference(world, event, seat), default=None)


def _value(world: World, seats: Seats) -> Objective:
    """What a plan is worth, its Supervisor events added where they can be."""
    considered = world.considered()
    plan = dict(seats)
    for event in considered:
        if event.type is EventType.SUPERVISOR and (seat := _supervision(world, event, seats)) is not None:
            plan[event.ref] = seat
    ranked = [event for event in world.snapshot.events if event.type is not EventType.SUPERVISOR]
    classes = sorted({urgency(world, event) for event in ranked})
    placed = Counter(urgency(world, event) for event in ranked if event.ref in plan)
    moved = sum(
        event.committed is not None and plan.get(event.ref) != _seat(event.committed) for event in considered
    )
    days = {seat for ref, seat in plan.items() if world.events[ref].type in EXCLUSIVE and seat[1]}
    loads = Counter(one for day, one in days if world.day(0) < day <= world.day(world.rules.horizon_days))
    cost = sum(_preference(world, world.events[ref], seat) for ref, seat in plan.items())
    cost += sum(load * (load + 1) // 2 for load in loads.values())
    supervised = sum(world.events[ref].type is EventType.SUPERVISOR for ref in plan)
    return tuple(placed[one] for one in classes), (supervised,), (-moved,), (-cost,)


def _supervision(world: World, event: Event, seats: Seats) -> Seat | None:
    place, pin = event.committed, world.pins.get(event.ref)
    stays = _seat(place) if place is not None and not world.displaced(event) else None
    core = world.events.get(event.parent) if event.parent is not None else None
    if core is None or core.ref not in seats:
        dropped = core is not None and core.committed is not None and not world.skipped(core)
        return None if dropped else stays
    day = seats[core.ref][0]
    if pin is not None and pin.day == day:
        return _seat(pin)
    core_stays = core.committed is not None and seats[core.ref] == _seat(core.committed)
    if stays is not None and (core_stays or stays[0] == day):
        return stays
    same_day = place is not None and place.day == day
    allowed = day in world.days(event) or (same_day and day in world.window(event))
    people = world.people(event, day) if allowed else []
    return (day, people[0]) if people else None


def _preference(world: World, event: Event, seat: Seat) -> int:
    day, employee = seat
    cost = 0
    one = world.staff.get(employee)
    if event.type is EventType.CORE and one is not None:
        cost += CORE_COSTS.get(one.title, 0) + AWAY_FROM_HOME * (one.home not in ("", event.store))
    if event.committed is None or seat != _seat(event.committed):
        cost += max(0, (day - max(event.start, world.day(max(1, world.rules.quiet_days)))).days)
        if event.type in LEAD_TASKS:
            people = world.people(event, day)
            cost += NEXT_IN_LINE * (people.index(employee) if employee in people else len(people))
    return cost
