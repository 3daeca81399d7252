"""A cheapest flow again, after small changes: units that lost their way are sent along shortest paths.

For a handful of changes this takes a small part of what solving anew takes.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from scheduling_pipeline.roster.flow import FlowError, Integers, Network


@dataclass(frozen=True)
class State:
    """A cheapest flow under some capacities and supplies, and the potentials of nodes that prove it."""

    flows: list[int]
    potentials: list[int]
    capacities: Integers
    supplies: Integers


class Residual:
    """The arcs of a network, to be walked both ways: 2 n is arc n forward, 2 n + 1 is arc n backward."""

    def __init__(self, network: Network, costs: Integers) -> None:
        self._tails: list[int] = network.tails.tolist()
        self._heads: list[int] = network.heads.tolist()
        self._costs: list[int] = costs.tolist()
        self._ways: list[list[int]] = [[] for _ in network.supplies]
        for arc, (tail, head) in enumerate(zip(self._tails, self._heads, strict=True)):
            self._ways[tail].append(2 * arc)
            self._ways[head].append(2 * arc + 1)

    def mend(self, state: State, capacities: Integers, supplies: Integers) -> State:
        """The cheapest flow under other capacities and supplies. Raises FlowError where there is none."""
        return _Mending(self._tails, self._heads, self._costs, self._ways).run(state, capacities, supplies)


class _Mending:
    def __init__(self, tails: list[int], heads: list[int], costs: list[int], ways: list[list[int]]) -> None:
        self._tails, self._heads, self._costs, self._ways = tails, heads, costs, ways
        self._excess: dict[int, int] = defaultdict(int)  # units at a node that have no way on; or lacks

    def run(self, state: State, capacities: Integers, supplies: Integers) -> State:
        self._flows, self._potentials = state.flows.copy(), state.potentials.copy()
        self._capacities: list[int] = capacities.tolist()
        for arc in np.flatnonzero(capacities != state.capacities).tolist():
            self._fit(arc)
        for node in np.flatnonzero(supplies != state.supplies).tolist():
            self._excess[node] += int(supplies[node] - state.supplies[node])
        for node in sorted(self._excess):
            while self._excess[node] > 0:
                self._send(node)
        return State(self._flows, self._potentials, capacities, supplies)

    def _fit(self, arc: int) -> None:
        """As much on an arc as its capacity and the potentials ask for."""
        tail, head = self._tails[arc], self._heads[arc]
        gain = self._costs[arc] + self._potentials[tail] - self._potentials[head] < 0
        flow = self._capacities[arc] if gain else min(self._flows[arc], self._capacities[arc])
        self._excess[tail] += self._flows[arc] - flow
        self._excess[head] -= self._flows[arc] - flow
        self._flows[arc] = flow

    def _send(self, source: int) -> None:
        """One unit, along a shortest path to a node that lacks one; then the potentials are right again."""
        heads, tails, costs, ways = self._heads, self._tails, self._costs, self._ways
        flows, capacities, levels = self._flows, self._capacities, self._potentials
        distances = {source: 0}
        came_by: dict[int, int] = {}
        settled: list[int] = []
        done: set[int] = set()
        queue = [(0, source)]
        while queue:
            distance, node = heapq.heappop(queue)
            if node in done:
                continue
            if self._excess[node] < 0:
                break
            done.add(node)
            settled.append(node)
            here = distance + levels[node]
            for way in ways[node]:
                arc = way >> 1
                if way & 1:
                    if not flows[arc]:
                        continue
                    other, length = tails[arc], here - costs[arc]
                else:
                    if flows[arc] >= capacities[arc]:
                        continue
                    other, length = heads[arc], here + costs[arc]
                length -= levels[other]
                if other not in done and length < distances.get(other, length + 1):
                    distances[other] = length
                    came_by[other] = way
                    heapq.heappush(queue, (length, other))
        else:
            raise FlowError("no flow is possible any more")
        for one in settled:
            levels[one] += distances[one] - distance
        self._excess[source] -= 1
        self._excess[node] += 1
        while node != source:
            way = came_by[node]
            arc = way >> 1
            flows[arc] += -1 if way & 1 else 1
            node = heads[arc] if way & 1 else tails[arc]
