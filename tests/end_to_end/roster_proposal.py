"""Proposals of some eight rows each, and the simulated planner's idea of the same store.

An urgent Core event takes the place of an old one, which takes that of the oldest; two of them have
Supervisor events; one event is taken off, and two are for a lead. One that stands in the planner stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scheduling_pipeline.roster.model import EventType, Place
from scheduling_pipeline.simulators.crossmark import Location, Mplan, Rep, Visit
from tests.roster.office import instant
from tests.roster.store import STORE, Store, place

PAIRS = 5  # of a lead and a specialist
ROWS = 8  # for each
LOCATION = Location(int(STORE), "Larkspur Market")
FIRST_REP = 200_001


@dataclass
class Proposal:
    """A store, and where events of it are to be; `bumps`: by event, the one that makes room for it."""

    store: Store
    wanted: dict[int, Place | None] = field(default_factory=dict)
    bumps: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: int, first: int) -> Proposal:
        """Eight rows for each pair of a lead and a specialist; events are numbered from `first` on."""
        proposal = cls(staffed(first))
        supervisor, *people = (one.id for one in proposal.store.employees)
        teams = list(zip(people[::2], people[1::2], strict=True))
        for number, (lead, specialist) in enumerate(teams[:pairs]):
            proposal._eight_rows(606_001 + 10 * number, lead, specialist, supervisor)
        return proposal

    @classmethod
    def of_one_that_was_made(cls, first: int) -> Proposal:
        """A single event, whose visit is over, and which is to be made again."""
        proposal = cls(staffed(first))
        _, lead, specialist, *_ = (one.id for one in proposal.store.employees)
        made = proposal.store.core(-6, 0, number="606001", committed=place(-2, "09:45", specialist))
        proposal.wanted[made.ref] = place(5, "10:30", lead)
        return proposal

    def _eight_rows(self, number: int, lead: str, specialist: str, supervisor: str) -> None:
        store = self.store
        urgent = store.core(4, 7, number=f"{number}")
        old = store.core(3, 12, number=f"{number + 1}", committed=place(4, "09:45", lead))
        oldest = store.core(3, 15, number=f"{number + 2}", committed=place(5, "09:45", specialist))
        with_urgent = store.supervisor_of(urgent)
        with_old = store.supervisor_of(old, committed=place(4, "12:00", supervisor))
        dropped = store.core(3, 15, number=f"{number + 3}", committed=place(9, "09:45", lead))
        setup = store.event(EventType.DIGITAL_SETUP, 4, 5)
        freeosk = store.event(EventType.FREEOSK, 3, 8)
        self.wanted |= {
            urgent.ref: place(4, "09:45", lead),
            with_urgent.ref: place(4, "12:00", supervisor),
            old.ref: place(5, "09:45", specialist),
            with_old.ref: place(5, "12:00", supervisor),
            oldest.ref: place(8, "10:30", specialist),
            dropped.ref: None,
            setup.ref: place(4, "10:15", lead),
            freeosk.ref: place(5, "10:00", lead),
        }
        self.bumps |= {urgent.ref: old.ref, old.ref: oldest.ref}
        store.core(3, 15, number=f"{number + 4}", committed=place(10, "09:45", lead))  # stays

    def place_of(self, event: int) -> tuple[int, datetime] | None:
        """Where an event is to be in the end: the RepID and when it starts."""
        found = next(one for one in self.store.events if one.ref == event)
        at = self.wanted.get(event, found.committed)
        return None if at is None else (self._rep(at), instant(at))

    def _rep(self, at: Place) -> int:
        return FIRST_REP + [one.id for one in self.store.employees].index(at.employee)

    def mplans(self) -> list[Mplan]:
        """The events as the planner has them."""
        found = []
        for event in self.store.events:
            visit = None
            if at := event.committed:
                start, length = instant(at), timedelta(minutes=event.minutes)
                visit = Visit(event.ref + 10_000_000, self._rep(at), start, start + length)
            found.append(Mplan(event.ref, event.name, LOCATION, event.start, event.due, visit))
        return found


def staffed(first: int) -> Store:
    """A store without events; those to come are numbered from `first` on."""
    store = Store(first=first)
    store.club_supervisor()
    for _ in range(PAIRS):
        store.lead()
        store.specialist()
    return store


def reps() -> list[Rep]:
    """The people of every store, as the planner has them."""
    found = []
    for number, person in enumerate(staffed(first=1).employees):
        first_name, last_name = person.name.split(maxsplit=1)
        found.append(Rep(FIRST_REP + number, person.id, first_name, last_name, person.title.value))
    return found
