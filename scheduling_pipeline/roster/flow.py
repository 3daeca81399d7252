"""Minimum cost flow with several costs, compared one after the other. OR-Tools does the work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

Integers = NDArray[np.int64]
_LARGEST = 2**61  # the solver multiplies a cost by the number of nodes


class FlowError(Exception):
    """The network has no feasible flow, or its costs are beyond the solver."""


@dataclass(frozen=True)
class Network:
    """`tails`, `heads`, `capacities`: an entry for each arc. `costs`: a row for each level, the most
    important first, none negative. `supplies`: for each node what it sends, negative for what it takes."""

    tails: Integers
    heads: Integers
    capacities: Integers
    costs: Integers
    supplies: Integers


def cheapest(network: Network) -> Integers:
    """The flow on each arc that is cheapest on the first level, of those on the second, and so on; the same
    for the same network. Raises FlowError."""
    ranges = [_range(network, level) for level in network.costs]
    size = len(network.supplies) + 1
    flows: Integers = np.zeros(len(network.tails), dtype=np.int64)
    fixed = np.zeros(len(network.tails), dtype=bool)
    done = 0
    while done < len(ranges):
        last, weights = _weights(network.costs, ranges, done, size)
        costs = np.asarray(weights, dtype=np.int64) @ network.costs[done:last]
        flows = _solve(network, costs, flows, fixed)
        if last < len(ranges):
            fixed |= _reduced(network, costs, flows, fixed) != 0
        done = last
    return flows


def weighted(network: Network) -> Integers | None:
    """One cost for each arc that says the same as all levels; None where no number is large enough."""
    ranges = [_range(network, level) for level in network.costs]
    last, weights = _weights(network.costs, ranges, 0, len(network.supplies) + 1)
    if last < len(ranges):
        return None
    total: Integers = np.asarray(weights, dtype=np.int64) @ network.costs
    return total


def potentials(network: Network, costs: Integers, flows: Integers) -> Integers:
    """Numbers of nodes that prove a flow cheapest: from tail to head, they rise by no more than an arc's cost
    where there could be more on it, and by no less where there could be less."""
    return _distances(network, costs, flows, np.zeros(len(flows), dtype=bool))


def _range(network: Network, costs: Integers) -> int:
    """No flow costs more. A node that sends one unit and takes none can use one of its arcs only."""
    nodes = len(network.supplies)
    single = network.supplies == 1
    single[network.heads] = False
    dearest = np.zeros(nodes, dtype=np.int64)
    np.maximum.at(dearest, network.tails, costs)
    others = ~single[network.tails]
    return int(dearest[single].sum() + (costs[others] * network.capacities[others]).sum())


def _weights(costs: Integers, ranges: list[int], first: int, size: int) -> tuple[int, list[int]]:
    """As many levels from the first on as one sum can hold in order, and their weights in it."""
    for last in range(len(ranges), first, -1):
        weights = [1]
        for level in range(last - 1, first, -1):
            weights.insert(0, weights[0] * (ranges[level] + 1))
        dearest = sum(
            weight * int(level.max(initial=0))
            for weight, level in zip(weights, costs[first:last], strict=True)
        )
        if dearest * size < _LARGEST:
            return last, weights
    raise FlowError("the costs of one level alone are too large")


def _solve(network: Network, costs: Integers, flows: Integers, fixed: NDArray[np.bool_]) -> Integers:
    solver = min_cost_flow.SimpleMinCostFlow()
    capacities = np.where(fixed, 0, network.capacities)
    arcs = solver.add_arcs_with_capacity_and_unit_cost(network.tails, network.heads, capacities, costs)
    supplies = network.supplies.copy()
    np.subtract.at(supplies, network.tails[fixed], flows[fixed])
    np.add.at(supplies, network.heads[fixed], flows[fixed])
    solver.set_nodes_supplies(np.arange(len(supplies)), supplies)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise FlowError(f"the solver answers {status.name}")
    found: Integers = np.asarray(solver.flows(arcs), dtype=np.int64)
    return np.where(fixed, flows, found)


def _reduced(network: Network, costs: Integers, flows: Integers, fixed: NDArray[np.bool_]) -> Integers:
    """Reduced costs: where one is not 0, every cheapest flow has the same on that arc as this one."""
    distances = _distances(network, costs, flows, fixed)
    reduced: Integers = costs + distances[network.tails] - distances[network.heads]
    return reduced


def _distances(network: Network, costs: Integers, flows: Integers, fixed: NDArray[np.bool_]) -> Integers:
    """Of each node from anywhere, along arcs that could still change."""
    more = ~fixed & (flows < network.capacities)
    less = ~fixed & (flows > 0)
    tails = np.concatenate([network.tails[more], network.heads[less]])
    heads = np.concatenate([network.heads[more], network.tails[less]])
    lengths = np.concatenate([costs[more], -costs[less]])
    distances = np.zeros(len(network.supplies), dtype=np.int64)
    while True:
        shorter = distances.copy()
        np.minimum.at(shorter, heads, distances[tails] + lengths)
        if np.array_equal(shorter, distances):
            return distances
        distances = shorter
