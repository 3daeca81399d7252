"""Made-up rosters of any size, to measure the engines with: the same seed makes the same one.

Stores of about ten people, ten stores a region, some people shared between neighbours; campaigns that start
on a few days of the week; people who are away. How many days people work is made to fit the demand, so that
the days are short: an engine has to choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from functools import partial
from itertools import count, cycle
from random import Random

from scheduling_pipeline.roster.model import (
    Absence,
    Employee,
    Event,
    EventType,
    JobTitle,
    Place,
    RotationType,
    Snapshot,
)
from scheduling_pipeline.roster.plan import Fix
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules

TODAY = date(2026, 3, 2)  # a Monday
RULES = Rules()
PEOPLE_OF_A_STORE = 10
STORES_OF_A_REGION = 10
START_WEIGHTS = (5, 1, 1, 5, 6, 1, 1)  # Monday first
TITLES = (
    JobTitle.CLUB_SUPERVISOR,
    JobTitle.LEAD,
    JobTitle.LEAD,
    JobTitle.LEAD,
    JobTitle.JUICER,
    JobTitle.JUICER,
)  # and the rest specialists
FULL_TIME = {JobTitle.CLUB_SUPERVISOR: 5, JobTitle.JUICER: 4}  # days a week, however little there is to do
MIX = {  # of a hundred events; a Core event brings its Supervisor event along
    EventType.CORE: 35,
    EventType.JUICER: 9,
    EventType.DIGITAL_SETUP: 3,
    EventType.DIGITAL_REFRESH: 9,
    EventType.DIGITAL_TEARDOWN: 3,
    EventType.FREEOSK: 4,
    EventType.OTHER: 2,
}
WINDOWS = {
    EventType.CORE: (2, 10),
    EventType.JUICER: (1, 4),
    EventType.FREEOSK: (1, 1),
    EventType.OTHER: (1, 2),
}
USUAL_WINDOW = (1, 7)
FIRST_NAMES = ("Ada", "Bo", "Cleo", "Dag", "Edda", "Finn", "Gro", "Hal", "Ines", "Jon", "Kai", "Liv", "Mio")
LAST_NAMES = ("Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine", "Rowan")


def instance(
    events: int, people: int, *, seed: int, tightness: float = 0.85, published: float = 0.25
) -> Snapshot:
    """A roster with about `events` open events, and `published` times as many more that stand in the planner.

    `tightness`: the person-days that Core and juicing ask for, as a share of those that people work.
    """
    return _Maker(seed).make(max(1, people // PEOPLE_OF_A_STORE), people, events, published, tightness)


def store_size(seed: int) -> Snapshot:
    """One store as stores are: 13 people who work five days a week, some 90 open events, as many standing."""
    return _Maker(seed).make(1, 13, 90, 1.0, None)


def mended(snapshot: Snapshot, fix: Fix) -> Snapshot:
    """The snapshot after somebody did what a fix says. Raises ValueError for a kind that is not known."""
    params = {name: str(value) for name, value in fix.params.items()}
    match fix.kind:
        case "exception":
            day, kind = date.fromisoformat(params["day"]), RotationType(params["rotation_type"])
            named = {(params["store"], day, kind): params["employee"]}
            return replace(snapshot, rotations={**snapshot.rotations, **named})
        case "work_day" | "time_off":
            return back(snapshot, params["employee"], date.fromisoformat(params["day"]))
        case "later_due":
            due = date.fromisoformat(params["due"])
            events = [
                replace(one, due=due) if one.ref == fix.params["event"] else one for one in snapshot.events
            ]
            return replace(snapshot, events=tuple(events))
        case "neighbour":
            staff = [
                replace(one, stores=one.stores | {params["store"]}) if one.id == params["employee"] else one
                for one in snapshot.employees
            ]
            return replace(snapshot, employees=tuple(staff))
    raise ValueError(f"{fix.kind} is no kind of fix")


def back(snapshot: Snapshot, employee: str, day: date) -> Snapshot:
    """The snapshot in which somebody works on a day after all."""
    days = {on: absence for on, absence in snapshot.absences[employee].items() if on != day}
    return replace(snapshot, absences={**snapshot.absences, employee: days})


def away(snapshot: Snapshot, employee: str, day: date) -> Snapshot:
    """The snapshot after somebody fell ill for a day."""
    days = {**snapshot.absences.get(employee, {}), day: Absence(Code.TIME_OFF)}
    return replace(snapshot, absences={**snapshot.absences, employee: days})


@dataclass
class _Store:
    id: str
    region: int
    staff: list[Employee] = field(default_factory=list)

    def with_title(self, title: JobTitle) -> list[Employee]:
        return [one for one in self.staff if one.title is title]


class _Maker:
    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - made-up data
        self._refs = count(30_000_001)
        self._numbers = count(600_001)
        self._absences: dict[str, dict[date, Absence]] = {}
        self._rotations: dict[tuple[str, date, RotationType], str] = {}
        self._days = [TODAY + timedelta(days=offset) for offset in range(RULES.horizon_days + 1)]
        self._busy: dict[tuple[str, date], set[str]] = {}

    def make(
        self, stores: int, people: int, events: int, published: float, tightness: float | None
    ) -> Snapshot:
        shops = self._hire(stores, people)
        open_events = self._events(shops, events)
        standing = self._events(shops, round(events * published))
        self._availability(shops, open_events + standing, tightness)
        for shop in shops:
            self._rotate(shop)
        made = open_events + self._publish(shops, standing)
        return Snapshot(
            TODAY,
            tuple(sorted(made, key=lambda event: event.ref)),
            tuple(one for shop in shops for one in shop.staff),
            self._absences,
            self._rotations,
        )

    def _hire(self, stores: int, people: int) -> list[_Store]:
        shops = [_Store(str(100_501 + number), number // STORES_OF_A_REGION) for number in range(stores)]
        for number in range(people):
            shop = shops[number % stores]
            title = TITLES[len(shop.staff)] if len(shop.staff) < len(TITLES) else JobTitle.SPECIALIST
            neighbours = [one.id for one in shops if one.region == shop.region and one is not shop]
            shared = title in (JobTitle.LEAD, JobTitle.SPECIALIST) and self._random.random() < 0.35
            also = self._random.sample(neighbours, min(len(neighbours), self._random.randint(1, 2)))
            name = f"{self._random.choice(FIRST_NAMES)} {self._random.choice(LAST_NAMES)}"
            shop.staff.append(
                Employee(
                    id=f"US{100_001 + number}",
                    name=name,
                    title=title,
                    stores=frozenset([shop.id, *(also if shared else [])]),
                    home=shop.id,
                    weekly_minutes=60 * self._random.choice((20, 28, 40)),
                )
            )
        return shops

    def _events(self, shops: Sequence[_Store], total: int) -> list[Event]:
        """Without places. Stores have very different amounts of work."""
        loads = [self._random.lognormvariate(0, 0.35) for _ in shops]
        kinds = self._random.choices(list(MIX), list(MIX.values()), k=total)
        made: list[Event] = []
        surveys = cycle((False, True))
        for kind, shop in zip(kinds, self._random.choices(shops, loads, k=total), strict=True):
            if len(made) >= total:
                break
            core = self._event(kind, shop.id, survey=kind is EventType.JUICER and next(surveys))
            made.append(core)
            if kind is EventType.CORE:
                name = core.name.replace("V2-CORE", "V2-Supervisor")
                minutes = RULES.minutes.of(EventType.SUPERVISOR)
                made.append(
                    replace(
                        core,
                        ref=next(self._refs),
                        name=name,
                        type=EventType.SUPERVISOR,
                        minutes=minutes,
                        parent=core.ref,
                    )
                )
        return made

    def _event(self, kind: EventType, store: str, *, survey: bool) -> Event:
        starts = [TODAY + timedelta(days=offset) for offset in range(-3, RULES.horizon_days - 1)]
        (start,) = self._random.choices(starts, [START_WEIGHTS[day.weekday()] for day in starts])
        if kind in (EventType.JUICER, EventType.FREEOSK, EventType.OTHER):
            start = self._random.choice(starts)  # daily work
        due = start + timedelta(days=self._random.randint(*WINDOWS.get(kind, USUAL_WINDOW)))
        least = TODAY + timedelta(days=RULES.quiet_days + 1)
        ref = next(self._refs)
        number = f"{next(self._numbers) % 1_000_000:06}" if kind is EventType.CORE else ""
        return Event(
            ref=ref,
            name=_name(kind, number, ref, start, survey=survey),
            type=kind,
            store=store,
            start=start,
            due=max(due, least),
            minutes=RULES.minutes.of(kind, survey=survey),
            number=number,
            survey=survey,
        )

    def _availability(
        self, shops: Sequence[_Store], events: Sequence[Event], tightness: float | None
    ) -> None:
        """Weekly patterns and time off; then single days until no more is left than the demand allows."""
        workers = [one for shop in shops for one in shop.staff if one.title is not JobTitle.CLUB_SUPERVISOR]
        days = [day for day in self._days if day >= TODAY + timedelta(days=RULES.quiet_days)]
        demand = sum(event.type is EventType.CORE for event in events)
        demand += sum(event.type is EventType.JUICER for event in events) // 2
        wanted = len(workers) * len(days) * 5 / 7 if tightness is None else demand / tightness
        share = min(5 / 7, wanted / (len(workers) * len(days)))
        for shop in shops:
            for one in shop.staff:
                works = FULL_TIME.get(one.title, min(5, max(1, round(7 * share + 0.5))))
                self._absences[one.id] = self._pattern(works)
        there = [(one, day) for one in workers for day in days if day not in self._absences[one.id]]
        free = [(one.id, day) for one, day in there if one.title not in FULL_TIME]
        surplus = min(len(free), max(0, len(there) - round(wanted)))
        for employee, day in self._random.sample(free, surplus):
            self._absences[employee][day] = Absence(Code.NOT_AVAILABLE)

    def _pattern(self, works: int) -> dict[date, Absence]:
        weekdays = self._random.sample(range(7), works)
        away = {day: Absence(Code.NOT_A_WORK_DAY) for day in self._days if day.weekday() not in weekdays}
        if self._random.random() < 0.3:
            first = self._random.randrange(len(self._days))
            for day in self._days[first : first + self._random.randint(2, 5)]:
                away[day] = Absence(Code.TIME_OFF)
        return away

    def _rotate(self, shop: _Store) -> None:
        """A person for each day of the week, and one day in twenty somebody else."""
        for kind, title in (
            (RotationType.JUICER, JobTitle.JUICER),
            (RotationType.PRIMARY_LEAD, JobTitle.LEAD),
        ):
            crew = shop.with_title(title)
            for weekday in range(7) if crew else ():
                days = [day for day in self._days if day.weekday() == weekday]
                usual = max(crew, key=partial(self._days_worked, days))
                for day in days:
                    one = self._random.choice(crew) if self._random.random() < 0.05 else usual
                    self._rotations[shop.id, day, kind] = one.id

    def _days_worked(self, days: Sequence[date], one: Employee) -> int:
        return sum(day not in self._absences[one.id] for day in days)

    def _publish(self, shops: Sequence[_Store], events: Sequence[Event]) -> list[Event]:
        """Give each a legal place, where there is one; the others stay open."""
        staff: dict[str, list[Employee]] = {shop.id: [] for shop in shops}
        for shop in shops:
            for one in shop.staff:
                for store in sorted(one.stores):
                    staff[store].append(one)
        placed: dict[int, Event] = {}
        for event in events:
            parent = placed[event.parent].committed if event.parent is not None else None
            if event.type is EventType.SUPERVISOR and parent is None:
                placed[event.ref] = event
                continue
            days = [parent.day] if parent is not None else self._window(event)
            place = self._place(event, staff[event.store], self._random.sample(days, len(days)))
            pinned = place if event.type is EventType.CORE and self._random.random() < 0.1 else None
            placed[event.ref] = replace(event, committed=place, pinned=pinned)
        return list(placed.values())

    def _window(self, event: Event) -> list[date]:
        return [day for day in self._days[1:] if event.start <= day < event.due]

    def _place(self, event: Event, staff: Sequence[Employee], days: Sequence[date]) -> Place | None:
        for day in days:
            here = {one.id: one for one in staff if day not in self._absences[one.id]}
            for employee in self._candidates(event, here, day):
                key = "survey" if event.survey else event.type.value
                busy = self._busy.setdefault((employee, day), set())
                exclusive = {EventType.CORE.value, EventType.JUICER.value, "survey"}
                blocked = exclusive if event.type is EventType.CORE else {key, EventType.CORE.value}
                if event.type in (EventType.CORE, EventType.JUICER):
                    if busy & blocked:
                        continue
                    busy.add(key)
                return Place(day, self._start(event), employee)
        return None

    def _candidates(self, event: Event, here: Mapping[str, Employee], day: date) -> Iterator[str]:
        """Who may hold it, of those who are there."""
        lead = self._rotations.get((event.store, day, RotationType.PRIMARY_LEAD), "")
        chiefs = [one.id for one in here.values() if one.title is JobTitle.CLUB_SUPERVISOR]
        leads = [one.id for one in here.values() if one.title is JobTitle.LEAD]
        ordered = [one for one in leads if one == lead] + sorted(one for one in leads if one != lead)
        match event.type:
            case EventType.CORE:
                crew = [one.id for one in here.values() if one.title is not JobTitle.CLUB_SUPERVISOR]
                yield from self._random.sample(crew, len(crew))
            case EventType.JUICER:
                juicer = self._rotations.get((event.store, day, RotationType.JUICER))
                yield from [juicer] if juicer is not None and juicer in here else []
            case EventType.SUPERVISOR:
                yield from chiefs or [one for one in [lead] if one in here]
            case EventType.DIGITAL_TEARDOWN:
                others = [one for one in ordered if one != lead]
                yield from others[:1] + chiefs + [one for one in leads if one == lead]
            case EventType.OTHER:
                yield from chiefs + ordered
            case _:
                yield from ordered + chiefs

    def _start(self, event: Event) -> time:
        starts: Sequence[time]
        match event.type:
            case EventType.CORE:
                starts = [slot.start for slot in RULES.core_slots]
            case EventType.JUICER:
                starts = [RULES.survey_time if event.survey else RULES.production_time]
            case EventType.SUPERVISOR:
                starts = [RULES.supervisor_time]
            case EventType.FREEOSK:
                starts = [RULES.freeosk_time]
            case EventType.OTHER:
                starts = [RULES.other_time]
            case EventType.DIGITAL_TEARDOWN:
                starts = RULES.teardown_times
            case _:
                starts = RULES.setup_times
        return self._random.choice(starts)


def _name(kind: EventType, number: str, ref: int, start: date, *, survey: bool) -> str:
    code = f"({start:%y%m%d}{ref % 1_000_000:06})"
    match kind:
        case EventType.CORE:
            return f"{number}-ACME-Peach Tea {code}  - V2-CORE"
        case EventType.JUICER:
            what = "Juicer Survey" if survey else "8HR-ES1-JUICER-PRODUCTION-SPCLTY"
            return f"{start:%m-%d} {what} {code}  - {'V2.7 Juicer Production Survey' if survey else 'ES1'}"
        case EventType.FREEOSK:
            return f"{start:%m.%d}-FSK-Daily Service-9AM {code}  - V2 - Freeosk"
        case EventType.OTHER:
            return f"606777-VP-ACME Cooler {code}  - Vendor Performed"
        case _:
            step = kind.value.removeprefix("digital_").title()
            return f"{start:%m.%d}-DD-ACME-Soap Pods {code}  - {start:%m.%d} Digital {step}"
