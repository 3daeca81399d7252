"""Minimum cost flow: against all flows of small networks, and against itself another way."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest

from scheduling_pipeline.roster import flow
from scheduling_pipeline.roster.flow import FlowError, Integers, Network, cheapest, potentials, weighted
from scheduling_pipeline.roster.reflow import Residual, State

SEEDS = range(20)


def network(seed: int, *, sources: int = 3, middle: int = 3, levels: int = 3) -> Network:
    """Units go from sources to nodes in the middle and out, or straight out."""
    random = Random(seed)  # noqa: S311 - made-up data
    nodes = range(1 + sources, 1 + sources + middle)
    pairs = [(source, 0) for source in range(1, 1 + sources)]
    pairs += [(source, node) for source in range(1, 1 + sources) for node in nodes if random.random() < 0.7]
    pairs += [(node, 0) for node in nodes]
    costs = [[random.randrange(4) for _ in pairs] for _ in range(levels)]
    supplies = [-sources] + [1] * sources + [0] * middle
    tails, heads = zip(*pairs, strict=True)
    return Network(
        *(np.asarray(row, dtype=np.int64) for row in (tails, heads, [1] * len(pairs), costs, supplies))
    )


def worth(network: Network, flows: Integers) -> tuple[int, ...]:
    return tuple(int(cost) for cost in network.costs @ flows)


def is_flow(network: Network, flows: Integers) -> bool:
    balance = np.zeros_like(network.supplies)
    np.add.at(balance, network.tails, flows)
    np.subtract.at(balance, network.heads, flows)
    return bool(
        (balance == network.supplies).all() and (flows >= 0).all() and (flows <= network.capacities).all()
    )


def best_of_all(network: Network) -> tuple[int, ...]:
    every = (np.asarray(flows, dtype=np.int64) for flows in product((0, 1), repeat=len(network.tails)))
    return min(worth(network, flows) for flows in every if is_flow(network, flows))


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_cheapest_of_all_flows_level_by_level(seed: int) -> None:
    made = network(seed, sources=3, middle=2)
    flows = cheapest(made)
    assert is_flow(made, flows)
    assert worth(made, flows) == best_of_all(made)


@pytest.mark.parametrize("seed", SEEDS)
def test_levels_that_do_not_fit_into_one_number_are_solved_one_after_the_other(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = network(seed, sources=12, middle=8, levels=4)
    at_once = cheapest(made)
    assert weighted(made) is not None
    monkeypatch.setattr(flow, "_LARGEST", 4 * 22)
    one_by_one = cheapest(made)
    assert weighted(made) is None
    assert is_flow(made, one_by_one)
    assert worth(made, one_by_one) == worth(made, at_once)


def test_a_cost_that_no_number_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "_LARGEST", 5)
    with pytest.raises(FlowError, match="too large"):
        cheapest(network(1))


def test_a_network_without_a_way_is_refused() -> None:
    made = network(1)
    closed = Network(made.tails, made.heads, made.capacities * 0, made.costs, made.supplies)
    with pytest.raises(FlowError, match="INFEASIBLE"):
        cheapest(closed)


@pytest.mark.parametrize("seed", SEEDS)
def test_potentials_prove_a_flow_cheapest(seed: int) -> None:
    made = network(seed, sources=12, middle=8)
    flows, costs = cheapest(made), weighted(made)
    assert costs is not None
    levels = potentials(made, costs, flows)
    reduced = costs + levels[made.tails] - levels[made.heads]
    assert (reduced[flows < made.capacities] >= 0).all()
    assert (reduced[flows > 0] <= 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mended_flow_is_as_good_as_one_that_is_found_anew(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - made-up data
    made = network(seed, sources=12, middle=8)
    costs = weighted(made)
    assert costs is not None
    state = State.of(made, costs, cheapest(made))
    residual = Residual(made, costs)
    inner = np.flatnonzero(made.heads != 0)
    for _ in range(5):  # each change on top of the last
        capacities, supplies = made.capacities.copy(), made.supplies.copy()
        capacities[random.sample(inner.tolist(), 5)] = 0
        node = random.randrange(13, 21)
        if capacities[(made.tails == node) & (made.heads == 0)].all():
            capacities[(made.heads == node)] = 0
            supplies[node], supplies[0] = 1, supplies[0] - 1
        state = residual.mend(state, capacities, supplies)
        changed = Network(made.tails, made.heads, capacities, made.costs, supplies)
        assert is_flow(changed, state.flows)
        assert worth(changed, state.flows) == worth(changed, cheapest(changed))


def test_a_flow_that_cannot_be_mended_is_refused() -> None:
    made = network(1)
    costs = weighted(made)
    assert costs is not None
    state = State.of(made, costs, cheapest(made))
    with pytest.raises(FlowError, match="no flow"):
        Residual(made, costs).mend(state, made.capacities * 0, made.supplies)
