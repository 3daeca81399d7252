"""A cheapest flow again, after small changes: units that lost their way are sent along shortest paths.

For a handful of changes this takes a small part of what solving anew takes.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from typing import Self

import numpy as np

from scheduling_pipeline.roster.flow import FlowError, Integers, Network, potentials


@dataclass(frozen=True)
class State:
    """A cheapest flow under some capacities and supplies. `rooms`: for each arc how much more there could be
    on it, and how much less; `levels`: the potentials of nodes that prove it cheapest."""

    rooms: list[int]
    levels: list[int]
    capacities: Integers
    supplies: Integers

    @classmethod
    def of(cls, network: Network, costs: Integers, flows: Integers) -> Self:
        """`flows`: the cheapest flow at one cost for each arc."""
        rooms = np.stack([network.capacities - flows, flows], axis=1).ravel()
        levels = potentials(network, costs, flows)
        return cls(rooms.tolist(), levels.tolist(), network.capacities, network.supplies)

    @property
    def flows(self) -> Integers:
        return np.asarray(self.rooms[1::2], dtype=np.int64)


class Residual:
    """The arcs of a network as ways: 2 n is arc n forward, 2 n + 1 is arc n backward."""

    def __init__(self, network: Network, costs: Integers) -> None:
        self.ends: list[int] = []
        self.costs: list[int] = []
        self.ways: list[list[int]] = [[] for _ in network.supplies]
        self.extend(network.tails, network.heads, costs)

    def extend(self, tails: Integers, heads: Integers, costs: Integers) -> None:
        """More arcs. In a state from before they have no capacity."""
        first = len(self.ends)
        self.ends += np.stack([heads, tails], axis=1).ravel().tolist()
        self.costs += np.stack([costs, -costs], axis=1).ravel().tolist()
        for way, end in enumerate(self.ends[first:], start=first):
            self.ways[end].append(way ^ 1)  # it begins where its opposite ends

    def mend(self, state: State, capacities: Integers, supplies: Integers) -> State:
        """The cheapest flow under other capacities and supplies. Raises FlowError where there is none."""
        mending = _Mending(self, state)
        before = np.zeros_like(capacities)
        before[: len(state.capacities)] = state.capacities
        for arc in np.flatnonzero(capacities != before).tolist():
            mending.fit(arc, int(capacities[arc]))
        for node in np.flatnonzero(supplies != state.supplies).tolist():
            mending.excess[node] += int(supplies[node] - state.supplies[node])
        for node in sorted(mending.excess):
            while mending.excess[node] > 0:
                mending.send(node)
        return State(mending.rooms, mending.levels, capacities, supplies)


class _Mending:
    def __init__(self, residual: Residual, state: State) -> None:
        self._residual = residual
        self.rooms = state.rooms + [0] * (len(residual.ends) - len(state.rooms))
        self.levels = state.levels.copy()
        self.excess: dict[int, int] = defaultdict(int)  # units at a node that have no way on; or lacks

    def fit(self, arc: int, capacity: int) -> None:
        """As much on an arc as its capacity and the potentials ask for."""
        way, flow = 2 * arc, self.rooms[2 * arc + 1]
        tail, head = self._residual.ends[way + 1], self._residual.ends[way]
        gain = self._residual.costs[way] + self.levels[tail] - self.levels[head] < 0
        new = capacity if gain else min(flow, capacity)
        self.excess[tail] += flow - new
        self.excess[head] -= flow - new
        self.rooms[way], self.rooms[way + 1] = capacity - new, new

    def send(self, source: int) -> None:
        """One unit, along a shortest path to a node that lacks one; then the potentials are right again."""
        ends, costs, ways = self._residual.ends, self._residual.costs, self._residual.ways
        rooms, levels = self.rooms, self.levels
        distances = {source: 0}
        came_by: dict[int, int] = {}
        done: set[int] = set()
        queue = [(0, source)]
        while queue:
            distance, node = heapq.heappop(queue)
            if node in done:
                continue
            if self.excess[node] < 0:
                break
            done.add(node)
            here = distance + levels[node]
            for way in ways[node]:
                end = ends[way]
                if rooms[way] and end not in done:
                    length = here + costs[way] - levels[end]
                    if length < distances.get(end, length + 1):
                        distances[end] = length
                        came_by[end] = way
                        heapq.heappush(queue, (length, end))
        else:
            raise FlowError("no flow is possible any more")
        for one in done:
            levels[one] += distances[one] - distance
        self.excess[source] -= 1
        self.excess[node] += 1
        while node != source:
            way = came_by[node]
            rooms[way] -= 1
            rooms[way ^ 1] += 1
            node = ends[way ^ 1]
