"""The best flow of a region under what a search has decided, and what it says about who works when.

Production and survey may share a person-day, which no flow can say. So on a day on which both could be, only
one of them is *charged*: it competes with Core events and counts as a day of work; the other one is free.
Whichever it is, and whatever becomes of chains, the flow is a relaxation: no plan is better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from scheduling_pipeline.roster.assignment import assignment_of
from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.flow import Integers, Network, cheapest, weighted
from scheduling_pipeline.roster.network import OUT, Layout
from scheduling_pipeline.roster.objective import load_cost
from scheduling_pipeline.roster.reflow import Residual, State
from scheduling_pipeline.roster.standing import PRODUCTION, SURVEY

Score = tuple[int, ...]  # all levels in one row, greater is better
Link = tuple[int, PersonDay]  # an event at a person-day
_OTHER_KIND = {PRODUCTION: SURVEY, SURVEY: PRODUCTION}


@dataclass(frozen=True)
class Choices:
    """What a search has decided. `charged`: the kind of juicing that counts on a person-day that both may
    share, production unless it says so. `juicing`: whether such a day has any (and no Core event) or none.
    `forbidden`: places that events must not have."""

    charged: Mapping[PersonDay, str] = field(default_factory=dict)
    juicing: Mapping[PersonDay, bool] = field(default_factory=dict)
    forbidden: frozenset[Link] = frozenset()


@dataclass(frozen=True)
class Relaxed:
    """`bound`: no plan under the same choices has a better score. `alone`: person-days where a free kind of
    juicing is without the charged one; `clash`: one of them has a Core event, so that this is no plan.
    `score`: what it is truly worth if it is one."""

    bound: Score
    score: Score
    alone: Sequence[PersonDay]
    clash: bool
    network: Network = field(repr=False)
    flows: Integers = field(repr=False)
    state: State | None = field(repr=False)  # what answers to similar choices start from


class Relaxation:
    """`classes`: a row for each event of the layout, its class of urgency of `count`."""

    def __init__(self, layout: Layout, classes: Sequence[int], count: int) -> None:
        self._layout = layout
        self._classes = np.asarray(classes, dtype=np.int64)
        self._count = count
        self._tails = np.asarray(layout.tails, dtype=np.int64)
        self._heads = np.asarray(layout.heads, dtype=np.int64)
        self._capacities = np.asarray(layout.capacities, dtype=np.int64)
        self._costs = np.zeros((4, len(layout.tails)), dtype=np.int64)
        self._costs[0, : len(layout.events)] = count - self._classes
        self._costs[1:] = [layout.lost, layout.moved, layout.cost]
        self._supplies = np.zeros(layout.nodes, dtype=np.int64)
        self._supplies[1 : 1 + len(layout.events)] = 1
        self._supplies[OUT] = -len(layout.events)
        self._detours: dict[int, dict[PersonDay, int]] = {}  # single ways instead of one through a group
        self._weighted = weighted(self._network(Choices()))
        self._residual: Residual | None = None

    @property
    def arcs(self) -> int:
        """How large it is."""
        return len(self._tails)

    def solve(self, choices: Choices, near: Relaxed | None = None) -> Relaxed:
        """`near`: the answer to choices that differ little. Raises FlowError where the solver cannot."""
        network = self._network(choices)
        state = self._state(network, near)
        flows = state.flows if state is not None else cheapest(network)
        bound = self._bound(network, flows)
        alone = [
            person_day
            for person_day, arcs in self._layout.shared.items()
            if person_day not in choices.juicing
            for charged in [choices.charged.get(person_day, PRODUCTION)]
            if flows[arcs.free[_OTHER_KIND[charged]]] and not flows[arcs.charged[charged]]
        ]
        clash = any(flows[self._layout.shared[person_day].day] for person_day in alone)
        score = (*bound[:-1], bound[-1] - self._uncounted(choices, network, flows, alone))
        return Relaxed(bound, score, alone, clash, network, flows, state)

    def assigned(self, relaxed: Relaxed) -> dict[int, PersonDay]:
        """The person-day of each event that has one."""
        used, network = np.flatnonzero(relaxed.flows), relaxed.network
        pairs = zip(network.tails[used].tolist(), network.heads[used].tolist(), strict=True)
        return assignment_of(self._layout, pairs)

    def _state(self, network: Network, near: Relaxed | None) -> State | None:
        """The cheapest flow and what the next one can start from; None where the levels do not fit into one
        number, so that each is to be found anew."""
        if self._weighted is None:
            return None
        if near is None or near.state is None:
            return State.of(network, self._weighted, cheapest(network))
        if self._residual is None:
            self._residual = Residual(network, self._weighted)
        return self._residual.mend(near.state, network.capacities, network.supplies)

    def _network(self, choices: Choices) -> Network:
        shut, opened = self._open_detours(choices.forbidden)
        capacities, supplies = self._capacities.copy(), self._supplies.copy()
        capacities[shut] = 0
        capacities[opened] = 1
        for person_day, arcs in self._layout.shared.items():
            juicing = choices.juicing.get(person_day)
            closed = [*arcs.charged.values(), *arcs.free.values()]
            if juicing is None:
                charged = choices.charged.get(person_day, PRODUCTION)
                closed = [arcs.free[charged], arcs.charged[_OTHER_KIND[charged]]]
            elif juicing:  # the day counts at once, whoever comes
                closed = [*arcs.charged.values(), arcs.day]
                supplies[arcs.person] += 1
                supplies[OUT] -= 1
            capacities[closed] = 0
        capacities[
            [self._layout.direct[link] for link in choices.forbidden if link in self._layout.direct]
        ] = 0
        return Network(self._tails, self._heads, capacities, self._costs, supplies)

    def _open_detours(self, forbidden: frozenset[Link]) -> tuple[list[int], list[int]]:
        """The ways through groups that lead to more than is forbidden, to be closed, and single ones to the
        other places, to be opened instead."""
        closed: list[int] = []
        opened: list[int] = []
        for ref, day in sorted({(ref, day) for ref, (_, day) in forbidden}):
            through = self._layout.through.get((ref, day))
            if through is not None:
                if through not in self._detours:
                    self._detours[through] = self._detour(through)
                closed.append(through)
                ways = self._detours[through].items()
                opened += [way for person_day, way in ways if (ref, person_day) not in forbidden]
        return closed, opened

    def _detour(self, through: int) -> dict[PersonDay, int]:
        """New arcs, closed as yet, from an event to each place that it has through a group."""
        layout = self._layout
        crew = layout.crews[layout.heads[through]]
        first, ways = len(self._tails), np.asarray(list(crew.values()))
        heads = self._heads[ways]
        tails = np.full_like(heads, layout.tails[through])
        self._tails, self._heads = np.append(self._tails, tails), np.append(self._heads, heads)
        self._capacities = np.append(self._capacities, np.zeros_like(heads))
        costs = self._costs[:, [through]] + self._costs[:, ways]
        self._costs = np.append(self._costs, costs, axis=1)
        if self._weighted is not None:
            weights = self._weighted[through] + self._weighted[ways]
            self._weighted = np.append(self._weighted, weights)
            if self._residual is not None:
                self._residual.extend(tails, heads, weights)
        return {person_day: first + number for number, person_day in enumerate(crew)}

    def _bound(self, network: Network, flows: Integers) -> Score:
        unplaced = np.bincount(
            self._classes, weights=flows[: len(self._layout.events)], minlength=self._count
        )
        lower = network.costs[1:] @ flows
        return (*(-int(number) for number in unplaced), *(-int(value) for value in lower))

    def _uncounted(
        self, choices: Choices, network: Network, flows: Integers, alone: Sequence[PersonDay]
    ) -> int:
        """By how much the load of people costs more in truth than in the flow: a free kind of juicing alone
        was not counted as a day, and a day that is to have juicing was, even if nothing came."""
        shared = self._layout.shared
        days: Counter[PersonDay] = Counter(one for one in alone if not flows[shared[one].day])
        for person_day, juicing in choices.juicing.items():
            if juicing and not any(flows[arc] for arc in shared[person_day].free.values()):
                days[person_day] -= 1
        more: Counter[str] = Counter()
        for (employee, _), number in days.items():
            more[employee] += number
        cost = 0
        for employee, number in more.items():
            counted = int(flows[network.tails == self._layout.people[employee]].sum())
            counted += self._layout.worked.get(employee, 0)
            cost += load_cost(counted + number) - load_cost(counted)
        return cost
