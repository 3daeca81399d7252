"""A region's Core and Juicer events and person-days as a flow network.

A unit goes from each event to a person-day that it may have, on to the person, and out; the k-th day of a
person costs k. Core events of a store that take as long pass through one node for each day, since the same
people may have them. An event without a place sends its unit straight out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.model import Event, Place
from scheduling_pipeline.roster.objective import core_preference, lateness
from scheduling_pipeline.roster.standing import CORE, Standing, collides, shift_kind
from scheduling_pipeline.roster.supervision import partner_place

OUT = 0  # the node where everything ends


@dataclass(frozen=True, slots=True)
class Shared:
    """The arcs of a person-day that production and survey may share: for each kind the one by which it is
    charged and the one by which it is free, and the one from the day to its person."""

    charged: Mapping[str, int]
    free: Mapping[str, int]
    day: int
    person: int


@dataclass
class Layout:
    """Arcs, in parallel lists, and what nodes stand for. Node 0 is the way out, 1 to n are the events, and
    the first n arcs are those of events that get no place. `lost`, `moved`: Supervisor events without a place
    and events of the planner that are moved, when an arc is used; `cost`: preferences."""

    events: Sequence[Event]
    worked: Mapping[str, int]  # days of Core and juicing that a person has already
    tails: list[int] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    capacities: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    cost: list[int] = field(default_factory=list)
    nodes: int = 1
    slots: dict[PersonDay, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)  # node to the minutes that its events take
    crews: dict[int, dict[PersonDay, int]] = field(default_factory=dict)  # group to its days' arcs
    stands_for: dict[int, PersonDay] = field(default_factory=dict)  # nodes that are a place of an event
    direct: dict[tuple[int, PersonDay], int] = field(default_factory=dict)  # arcs from an event to a place
    through: dict[tuple[int, date], int] = field(default_factory=dict)  # arcs from an event to a group
    shared: dict[PersonDay, Shared] = field(default_factory=dict)

    def node(self) -> int:
        self.nodes += 1
        return self.nodes - 1

    def arc(
        self, tail: int, head: int, *, cost: int = 0, lost: int = 0, moved: int = 0, capacity: int = 1
    ) -> int:
        self.tails.append(tail)
        self.heads.append(head)
        self.capacities.append(capacity)
        self.lost.append(lost)
        self.moved.append(moved)
        self.cost.append(cost)
        return len(self.tails) - 1


def layout_of(
    eligibility: Eligibility,
    standing: Standing,
    events: Sequence[Event],
    partners: Mapping[int, Sequence[Event]],
) -> Layout:
    """`events`: of `standing.shifts`; `partners`: of each Core event, the Supervisor events to be planned."""
    return _Builder(eligibility, standing, events, partners).build()


class _Builder:
    def __init__(
        self,
        eligibility: Eligibility,
        standing: Standing,
        events: Sequence[Event],
        partners: Mapping[int, Sequence[Event]],
    ) -> None:
        self._eligibility = eligibility
        self._taken = standing.taken
        self._pins = standing.pins
        self._partners = partners
        self._layout = Layout(events, _days_worked(eligibility, standing))
        self._group_at: dict[tuple[str, date, int], int | None] = {}
        self._juicing: dict[PersonDay, dict[str, int]] = {}

    def build(self) -> Layout:
        layout = self._layout
        for event in layout.events:
            lost, moved = self._without(event)
            layout.arc(layout.node(), OUT, lost=lost, moved=moved)
        for number, event in enumerate(layout.events, start=1):
            if shift_kind(event) == CORE:
                self._core(number, event)
            else:
                self._juicer(number, event)
        for person_day, nodes in self._juicing.items():
            self._juicing_day(person_day, nodes)
        days: Counter[str] = Counter()
        for person_day, slot in layout.slots.items():
            employee = person_day[0]
            days[employee] += 1
            if employee not in layout.people:
                layout.people[employee] = layout.node()
            arc = layout.arc(slot, layout.people[employee])
            if person_day in layout.shared:
                kinds = layout.shared[person_day]
                layout.shared[person_day] = Shared(kinds.charged, kinds.free, arc, layout.people[employee])
        for employee, number in days.items():
            worked = layout.worked.get(employee, 0)
            for nth in range(worked + 1, worked + number + 1):
                layout.arc(layout.people[employee], OUT, cost=nth)
        return layout

    def _core(self, number: int, event: Event) -> None:
        layout, stands = self._layout, event.committed
        if stands is not None and self._eligibility.displaced(event) is None:
            person_day = stands.employee, stands.day
            if not collides(CORE, self._taken.get(person_day, ())):
                cost = core_preference(self._eligibility, event, stands.employee)
                lost, moved, late = self._with_partners(event, stands.day, core_stays=True)
                layout.direct[event.ref, person_day] = layout.arc(
                    number, self._slot(person_day), cost=cost + late, lost=lost, moved=moved
                )
        for day in self._eligibility.days(event):
            group = self._group(event, day)
            if group is None:
                continue
            lost, moved, late = self._with_partners(event, day, core_stays=False)
            late += lateness(self._eligibility, event, day)
            moved += stands is not None
            layout.through[event.ref, day] = layout.arc(number, group, cost=late, lost=lost, moved=moved)

    def _juicer(self, number: int, event: Event) -> None:
        layout, kind = self._layout, shift_kind(event)
        moved = int(event.committed is not None)
        for day in self._eligibility.days(event):
            cost = lateness(self._eligibility, event, day)
            for employee in self._eligibility.people(event, day):
                person_day = employee, day
                if collides(kind, self._taken.get(person_day, ())):
                    continue
                nodes = self._juicing.setdefault(person_day, {})
                if kind not in nodes:
                    nodes[kind] = layout.node()
                    layout.stands_for[nodes[kind]] = person_day
                arc = layout.arc(number, nodes[kind], cost=cost, moved=moved)
                layout.direct[event.ref, person_day] = arc

    def _juicing_day(self, person_day: PersonDay, nodes: Mapping[str, int]) -> None:
        """Where juicing is fixed already, more of it takes nobody's day; where one kind is possible, it takes
        the day; where both are, it is open which of them does."""
        layout = self._layout
        if self._taken.get(person_day):
            for node in nodes.values():
                layout.arc(node, OUT)
            return
        slot = self._slot(person_day)
        charged = {kind: layout.arc(node, slot) for kind, node in nodes.items()}
        if len(nodes) > 1:
            free = {kind: layout.arc(node, OUT) for kind, node in nodes.items()}
            layout.shared[person_day] = Shared(charged, free, 0, 0)

    def _slot(self, person_day: PersonDay) -> int:
        slot = self._layout.slots.get(person_day)
        if slot is None:
            slot = self._layout.slots[person_day] = self._layout.node()
            self._layout.stands_for[slot] = person_day
        return slot

    def _group(self, event: Event, day: date) -> int | None:
        """The node of a store's Core events on a day; None where nobody is free for one."""
        key = event.store, day, event.minutes
        if key not in self._group_at:
            crew = [
                (employee, day)
                for employee in self._eligibility.people(event, day)
                if not collides(CORE, self._taken.get((employee, day), ()))
            ]
            self._group_at[key] = None
            if crew:
                layout = self._layout
                group = self._group_at[key] = layout.node()
                layout.groups[group] = event.minutes
                layout.crews[group] = {
                    person_day: layout.arc(
                        group,
                        self._slot(person_day),
                        cost=core_preference(self._eligibility, event, person_day[0]),
                    )
                    for person_day in crew
                }
        return self._group_at[key]

    def _with_partners(self, event: Event, day: date, *, core_stays: bool) -> tuple[int, int, int]:
        """Of a Core event's Supervisor events: how many get no place, how many move, how late they are."""
        lost = moved = late = 0
        for partner in self._partners.get(event.ref, ()):
            pin = self._pins.get(partner.ref)
            answer = partner_place(self._eligibility, partner, day, core_stays=core_stays, pin=pin)
            if answer != partner.committed:
                moved += partner.committed is not None
                if isinstance(answer, Place):
                    late += lateness(self._eligibility, partner, answer.day)
                else:
                    lost += 1
        return lost, moved, late

    def _without(self, event: Event) -> tuple[int, int]:
        """What it loses and moves when an event gets no place: itself and its Supervisor events, but for
        those that stand in the planner while it never did."""
        lost, moved = 0, int(event.committed is not None)
        for partner in self._partners.get(event.ref, ()):
            stands = partner.committed is not None
            if event.committed is None and stands and self._eligibility.displaced(partner) is None:
                continue
            lost += 1
            moved += stands
        return lost, moved


def _days_worked(eligibility: Eligibility, standing: Standing) -> Counter[str]:
    return Counter(
        employee for employee, day in standing.taken if eligibility.today < day <= eligibility.last_day
    )
