"""Rosters so small that every plan of theirs can be tried: made by hand, and by hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta

from hypothesis import strategies as st

from scheduling_pipeline.roster.model import (
    LEAD_TASKS,
    Absence,
    Employee,
    Event,
    EventType,
    JobTitle,
    Place,
    RotationType,
    Snapshot,
)
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules
from tests.roster.brute_force import EXCLUSIVE, clash

TODAY = date(2026, 3, 2)  # a Monday
STORE = "100501"
OTHER_STORE = "100502"
RULES = Rules(horizon_days=4, quiet_days=1, bump_min_days=1)
STARTS = {
    EventType.CORE: time(9, 45),
    EventType.SUPERVISOR: time(12),
    EventType.DIGITAL_SETUP: time(10, 15),
    EventType.DIGITAL_REFRESH: time(10, 15),
    EventType.DIGITAL_TEARDOWN: time(18),
    EventType.FREEOSK: time(10),
    EventType.OTHER: time(11),
}

CHIEF = Employee("US000001", "Ada Alder", JobTitle.CLUB_SUPERVISOR)
LEAD = Employee("US000002", "Bo Birch", JobTitle.LEAD)
SPECIALIST = Employee("US000003", "Cleo Cedar", JobTitle.SPECIALIST)
BARISTA = Employee("US000004", "Dag Elm", JobTitle.JUICER)


def day(offset: int) -> date:
    """So many days after today."""
    return TODAY + timedelta(days=offset)


def place(
    offset: int, employee: Employee, kind: EventType = EventType.CORE, *, survey: bool = False
) -> Place:
    """Where somebody does an event of a kind at its first usual time."""
    juicing = time(17) if survey else time(9)
    return Place(day(offset), STARTS.get(kind, juicing), employee.id)


def core(
    ref: int, first: int, due: int, committed: Place | None = None, pinned: Place | None = None
) -> Event:
    """A Core event with a window in days from today."""
    name = f"{ref:06}-ACME-Tea - V2-CORE"
    return Event(
        ref,
        name,
        EventType.CORE,
        STORE,
        day(first),
        day(due),
        390,
        f"{ref:06}",
        committed=committed,
        pinned=pinned,
    )


def juicing(ref: int, first: int, due: int, *, survey: bool = False) -> Event:
    """A Juicer event with a window in days from today."""
    minutes = 30 if survey else 540
    return Event(ref, "JUICER", EventType.JUICER, STORE, day(first), day(due), minutes, survey=survey)


def supervisor_of(event: Event, ref: int, committed: Place | None = None) -> Event:
    """The partner of a Core event."""
    name = event.name.replace("V2-CORE", "V2-Supervisor")
    return replace(
        event,
        ref=ref,
        name=name,
        type=EventType.SUPERVISOR,
        minutes=5,
        parent=event.ref,
        committed=committed,
        pinned=None,
    )


def roster(
    *events: Event,
    people: tuple[Employee, ...] = (CHIEF, LEAD, SPECIALIST, BARISTA),
    away: Mapping[Employee, Mapping[int, Code]] | None = None,
    juicers: Mapping[int, Employee] | None = None,
    leads: Mapping[int, Employee] | None = None,
) -> Snapshot:
    """A snapshot of one store; days are counted from today."""
    absences = {
        one.id: {day(offset): Absence(code) for offset, code in days.items()}
        for one, days in (away or {}).items()
    }
    rotations = {(STORE, day(on), RotationType.JUICER): one.id for on, one in (juicers or {}).items()}
    rotations |= {(STORE, day(on), RotationType.PRIMARY_LEAD): one.id for on, one in (leads or {}).items()}
    return Snapshot(TODAY, events, people, absences, rotations)


@dataclass
class _Draft:
    """A roster that hypothesis is drawing."""

    draw: st.DrawFn
    rules: Rules
    people: list[Employee] = field(default_factory=list)
    absences: dict[str, dict[date, Absence]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def chance(self, *, of: int) -> bool:
        """Once in so many times."""
        return self.draw(st.integers(0, of - 1)) == of - 1

    def hire(self) -> None:
        titles = [JobTitle.LEAD, JobTitle.SPECIALIST, JobTitle.JUICER]
        crew = self.draw(st.lists(st.sampled_from(titles), min_size=1, max_size=3))
        for number, title in enumerate([JobTitle.CLUB_SUPERVISOR, *crew]):
            stores = self.draw(st.sampled_from([(), (STORE,), (OTHER_STORE,), (STORE, OTHER_STORE)]))
            one = Employee(
                f"US{number:06}",
                f"Person {number}",
                title,
                active=not self.chance(of=20),
                last_day=day(3) if self.chance(of=15) else None,
                stores=frozenset(stores),
                home=self.draw(st.sampled_from(["", STORE, OTHER_STORE])),
            )
            self.people.append(one)
            codes = st.sampled_from([Code.TIME_OFF, Code.NOT_A_WORK_DAY, Code.NOT_AVAILABLE])
            days = st.dictionaries(st.integers(0, self.rules.horizon_days), codes, max_size=2)
            self.absences[one.id] = {day(on): Absence(code) for on, code in self.draw(days).items()}

    def rotations(self) -> dict[tuple[str, date, RotationType], str]:
        named: dict[tuple[str, date, RotationType], str] = {}
        for kind, title in (
            (RotationType.JUICER, JobTitle.JUICER),
            (RotationType.PRIMARY_LEAD, JobTitle.LEAD),
        ):
            crew = [one.id for one in self.people if one.title is title]
            for offset in range(self.rules.horizon_days + 1) if crew else ():
                if not self.chance(of=4):
                    named[STORE, day(offset), kind] = self.draw(st.sampled_from(crew))
        return named

    def add(self, kind: EventType) -> None:
        first = self.draw(st.integers(-1, self.rules.horizon_days))
        due = first + self.draw(st.integers(0, 4))
        store = OTHER_STORE if self.chance(of=6) else STORE
        survey = kind is EventType.JUICER and self.draw(st.booleans())
        minutes = self.rules.minutes.of(kind, survey=survey)
        event = Event(
            len(self.events) + 1,
            kind.value,
            kind,
            store,
            day(first),
            day(due),
            minutes,
            number="600001" if kind is EventType.CORE else "",
            survey=survey,
            auto=not self.chance(of=15),
        )
        event = self._with_places(event)
        self.events.append(event)
        if kind is EventType.CORE and self.draw(st.booleans()):
            self._add_partner(event)

    def _with_places(self, event: Event) -> Event:
        if self.draw(st.booleans()):
            event = replace(event, committed=self._legal(event))
        if self.chance(of=6):
            event = replace(event, pinned=self._somewhere(event))
        return event

    def _somewhere(self, event: Event) -> Place:
        offset = self.draw(st.integers(0, self.rules.horizon_days))
        one = self.draw(st.sampled_from(self.people))
        return place(offset, one, event.type, survey=event.survey)

    def _legal(self, event: Event) -> Place | None:
        """A place in the planner: by somebody of the right title, who may have fallen ill since then."""
        found = self._somewhere(event)
        (one,) = (one for one in self.people if one.id == found.employee)
        juicing = event.type is EventType.JUICER
        chief = one.title is JobTitle.CLUB_SUPERVISOR
        title = one.title is JobTitle.JUICER if juicing else not chief or event.type in LEAD_TASKS
        standing = [
            other
            for other in self.events
            if other.committed is not None
            and (other.committed.day, other.committed.employee) == (found.day, found.employee)
        ]
        fits = title and one.works_at(event.store) and not any(clash(event, other) for other in standing)
        return found if fits else None

    def _add_partner(self, parent: Event) -> None:
        partner = supervisor_of(parent, len(self.events) + 1)
        if parent.committed is not None and self.draw(st.booleans()):
            chief = self.people[0]
            partner = replace(
                partner,
                committed=Place(parent.committed.day, STARTS[EventType.SUPERVISOR], chief.id),
            )
        self.events.append(partner)


@st.composite
def rosters(draw: st.DrawFn) -> tuple[Snapshot, Rules]:
    """With everything that makes planning hard: partners, rotations, absences, pins, what stands there."""
    rules = replace(
        RULES,
        quiet_days=draw(st.integers(0, 2)),
        bump_min_days=draw(st.integers(0, 2)),
        longest_chain=draw(st.integers(1, 3)),
    )
    draft = _Draft(draw, rules)
    draft.hire()
    kinds = [EventType.CORE, EventType.CORE, EventType.JUICER]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=6)):
        draft.add(kind)
    tasks = sorted(LEAD_TASKS)
    for kind in draw(st.lists(st.sampled_from(tasks), max_size=2)):
        draft.add(kind)
    assert sum(event.type in EXCLUSIVE for event in draft.events) <= 6
    snapshot = Snapshot(TODAY, tuple(draft.events), tuple(draft.people), draft.absences, draft.rotations())
    return snapshot, rules
