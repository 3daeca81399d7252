"""Who could make room for whom in a finished plan.

An event without a place looks for somebody's day that is free, or for one whose holder finds another: a path
of events that each take the next one's place. Where there is no such path, the events that were met compete
for fewer days than they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import SHIFTS, Eligibility
from scheduling_pipeline.roster.model import Event
from scheduling_pipeline.roster.moves import chains
from scheduling_pipeline.roster.plan import Plan
from scheduling_pipeline.roster.standing import CORE, PRODUCTION, SURVEY, Standing, collides, shift_kind

Group = tuple[str, date, str]  # events of a kind at a store on a day ask the same people

NO_WAY = -1


@dataclass(frozen=True, slots=True)
class Contest:
    """What a search without success met: the events in the way and the person-day of each (one that holds a
    production and a survey is there for both, where juicing looked for it), and the groups in which they
    looked for another."""

    rivals: Sequence[int]
    person_days: Sequence[PersonDay]
    groups: frozenset[Group]


class Exchange:
    """The paths of one plan. What is fixed stays, and so do a production and a survey on one day of somebody,
    since both would have to leave for one arrival; no path makes a chain of moved events too long.

    An event arrives at a place as number so-and-so of a chain: 0 for one that is new in the planner, or comes
    from a place where it is new. `_way_out`: the highest number with which a placed event could leave for
    another place; found once for all events, from the free days backwards.
    """

    def __init__(self, eligibility: Eligibility, start: Standing, plan: Plan) -> None:
        self._eligibility = eligibility
        self._start = start
        self._limit = eligibility.rules.longest_chain
        self._seat: dict[int, PersonDay] = {}
        self._holders: dict[PersonDay, list[Event]] = {}
        for event in start.shifts:
            place = plan.placed.get(event.ref)
            if place is not None:
                self._seat[event.ref] = place.employee, place.day
                self._holders.setdefault((place.employee, place.day), []).append(event)
        self._number: dict[int, int] = {}
        self._behind: dict[PersonDay, int] = {}
        self._read_chains(plan)
        self._members: dict[Group, list[Event]] = {}
        for event in start.shifts:
            for group in self.groups(event):
                self._members.setdefault(group, []).append(event)
        self._way_out: dict[int, int] = {}
        self._look_back()
        self._contests: dict[tuple[Group, Group, int], Contest | None] = {}

    def groups(self, event: Event) -> Iterator[Group]:
        """One for each day that a proposal may use."""
        kind = shift_kind(event)
        for day in self._eligibility.days(event):
            yield event.store, day, kind

    def holders(self, person_day: PersonDay) -> Sequence[str]:
        """The kinds of shifts that somebody has on a day, fixed ones included."""
        planned = [shift_kind(event) for event in self._holders.get(person_day, ())]
        return [*self._start.taken.get(person_day, ()), *planned]

    def takes(self, event: Event, person_day: PersonDay) -> bool:
        """Whether an event without a place could have somebody's day, and all others still have one."""
        return self._admits(shift_kind(event), person_day, self._number.get(event.ref, 0))

    def contest(self, event: Event) -> Contest | None:
        """What is in the way of an event that has no place; None where there is a path after all, or a
        less urgent event in the way."""
        days = self._eligibility.days(event)
        if not days:
            return Contest((), (), frozenset())
        kind, number = shift_kind(event), self._number.get(event.ref, 0)
        key = (event.store, days[0], kind), (event.store, days[-1], kind), number
        if key not in self._contests:
            self._contests[key] = self._search(event, number)
        return self._contests[key]

    def _read_chains(self, plan: Plan) -> None:
        """The number of every moved event in its chain, and how many follow where one has left its place."""
        events = self._eligibility.events
        assigned = {
            ref: (place.employee, place.day)
            for ref, place in plan.placed.items()
            if events[ref].type in SHIFTS
        }
        for chain in chains(self._eligibility, assigned, self._start.shifts):
            for number, ref in enumerate(chain.bumped, start=1):
                self._number[ref] = number
                place = events[ref].committed
                if place is not None:
                    behind = len(chain.bumped) - number + 1
                    self._behind[place.employee, place.day] = behind

    def _look_back(self) -> None:
        """From the free days backwards: who could leave for them, who for the places that those leave."""
        seats: dict[tuple[PersonDay, str], list[Group]] = {}
        best: dict[Group, int] = {}
        waiting: deque[Group] = deque()
        for group, members in self._members.items():
            _, day, kind = group
            for employee in self._eligibility.people(members[0], day):
                seats.setdefault(((employee, day), kind), []).append(group)
                best[group] = max(best.get(group, NO_WAY), self._highest(kind, (employee, day)))
            if best.get(group, NO_WAY) > NO_WAY:
                waiting.append(group)
        while waiting:
            group = waiting.popleft()
            for event in self._members[group]:
                if event.ref not in self._seat or self._way_out.get(event.ref, NO_WAY) >= best[group]:
                    continue
                self._way_out[event.ref] = best[group]
                left = self._seat[event.ref]
                for kind in (CORE, PRODUCTION, SURVEY):
                    highest = self._highest(kind, left)
                    for other in seats.get((left, kind), ()):
                        if highest > best[other]:
                            best[other] = highest
                            waiting.append(other)

    def _highest(self, kind: str, person_day: PersonDay) -> int:
        """The highest number with which an event of a kind may arrive at a place, as far as is known."""
        numbers = range(self._limit, NO_WAY, -1)
        return next((number for number in numbers if self._admits(kind, person_day, number)), NO_WAY)

    def _admits(self, kind: str, person_day: PersonDay, number: int) -> bool:
        blockers = self._blockers(kind, person_day, number)
        return blockers is not None and (
            not blockers
            or (len(blockers) == 1 and self._way_out.get(blockers[0][0].ref, NO_WAY) >= blockers[0][1])
        )

    def _blockers(self, kind: str, person_day: PersonDay, number: int) -> list[tuple[Event, int]] | None:
        """Who has to leave a place for an arrival, with their numbers then; None where that cannot be."""
        if collides(kind, self._start.taken.get(person_day, ())):
            return None
        if number + self._behind.get(person_day, 0) > self._limit:
            return None
        found = []
        for event in self._holders.get(person_day, ()):
            if collides(kind, [shift_kind(event)]):
                leaving = number + 1 if self._stands(event) else self._number.get(event.ref, 0)
                if leaving > self._limit:
                    return None
                found.append((event, leaving))
        return found

    def _stands(self, event: Event) -> bool:
        place = event.committed
        return place is not None and self._seat[event.ref] == (place.employee, place.day)

    def _search(self, event: Event, number: int) -> Contest | None:
        rivals: dict[int, PersonDay] = {}
        seen: dict[Group, int] = {}
        waiting = deque([(event, number)])
        while waiting:
            asking, number = waiting.popleft()
            for group in self.groups(asking):
                if seen.get(group, self._limit + 1) <= number:
                    continue
                seen[group] = number
                _, day, kind = group
                for employee in self._eligibility.people(asking, day):
                    blockers = self._blockers(kind, (employee, day), number)
                    if blockers is None:
                        continue
                    stuck = [one for one in blockers if self._way_out.get(one[0].ref, NO_WAY) < one[1]]
                    if not stuck:
                        return None
                    if len(blockers) == 1:
                        ((rival, leaving),) = blockers
                        rivals[rival.ref] = employee, day
                        waiting.append((rival, leaving))
        return Contest(tuple(rivals), tuple(rivals.values()), frozenset(seen))
