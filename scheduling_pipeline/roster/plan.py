"""What an engine answers: where each event goes, what made room for what, and how good that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from scheduling_pipeline.roster.model import Place, Snapshot
from scheduling_pipeline.roster.reasons import Reason
from scheduling_pipeline.roster.rules import Rules


@dataclass(frozen=True, slots=True)
class Move:
    """An event of the planner that gives up its place: `to` another one, or none. `for_event` is the event
    that it makes room for; None where its place had become impossible, which `why` then says."""

    event: int
    origin: Place
    to: Place | None
    for_event: int | None
    why: Reason


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether nothing better exists, for each level of the objective; `gap` is how much better, at most, the
    first level that is not proven could be. `reproducible` is False where a clock ended the search."""

    proven: tuple[bool, ...]
    gap: float = 0.0
    reproducible: bool = True


@dataclass(frozen=True)
class Plan:
    """Every event of the snapshot is in exactly one of `placed`, `failed` and `skipped`.

    `placed`: the place of each event, those that stay where they stand included. `failed`: why an event has
    none. `skipped`: why an event was not considered. `moves`: events of the planner that are placed elsewhere
    or failed. `broken_pins`: why an event is not where a manager wanted it; it was planned like any other.
    `objective`: see `objective.value_of`; compared as a tuple, greater is better.
    """

    placed: Mapping[int, Place]
    failed: Mapping[int, Reason]
    skipped: Mapping[int, Reason]
    moves: Sequence[Move]
    objective: tuple[tuple[int, ...], ...]
    proof: Proof
    engine: str
    broken_pins: Mapping[int, Reason] = field(default_factory=dict)


class Engine(Protocol):
    """A way to make a plan. Pure: the same snapshot and rules give the same plan."""

    name: str

    def plan(self, snapshot: Snapshot, rules: Rules) -> Plan: ...


@dataclass(frozen=True, slots=True)
class Fix:
    """A single change after which an event would have a place, and what it is about (plain JSON)."""

    kind: str  # exception | work_day | time_off | later_due | neighbour
    params: Mapping[str, str | int]
    cost: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an event has no place.

    `causes`: how many of the days and people of its window were out for which reason (a code to a count).
    `blocking`: where people were there but taken, the events that compete for fewer person-days than they
    are, none of them less urgent; `person_days`: those. `fixes`: the cheapest single changes, each verified.
    """

    causes: Mapping[str, int] = field(default_factory=dict)
    blocking: Sequence[int] = ()
    person_days: Sequence[tuple[str, str]] = ()  # employee and ISO day
    fixes: Sequence[Fix] = ()
