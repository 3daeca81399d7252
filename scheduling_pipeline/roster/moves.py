"""Who made room for whom: chains of events of the planner that take each other's places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import SHIFTS, Eligibility
from scheduling_pipeline.roster.model import Event, Place
from scheduling_pipeline.roster.objective import is_moved, urgency
from scheduling_pipeline.roster.plan import Move
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.standing import Standing, collides, shift_kind
from scheduling_pipeline.roster.supervision import partners


@dataclass(frozen=True, slots=True)
class Chain:
    """Events that each take the place of the next. `head`: the one at the beginning that is new there, None
    where the first event moved of itself. `bumped`: those that made room, in order."""

    head: int | None
    bumped: Sequence[int]


def chains(
    eligibility: Eligibility, assigned: Mapping[int, PersonDay], planned: Sequence[Event]
) -> list[Chain]:
    """All chains of a plan. `assigned`: the person-day of every Core and Juicer event that has one;
    `planned`: of those, the ones that were not fixed beforehand."""
    there: dict[PersonDay, list[int]] = {}
    for ref, person_day in assigned.items():
        there.setdefault(person_day, []).append(ref)
    bumped = [event for event in planned if _made_room(eligibility, event, assigned.get(event.ref))]
    moved = {event.ref for event in bumped}
    before = {event.ref: _taker(eligibility, event, there) for event in bumped}
    after = {taker: ref for ref, taker in before.items() if taker in moved}
    found: list[Chain] = []
    seen: set[int] = set()
    starts = [ref for ref, taker in before.items() if taker not in moved]
    for start in [*starts, *before]:  # what is left after the true beginnings goes in a circle
        if start in seen:
            continue
        chain = [start]
        seen.add(start)
        while (following := after.get(chain[-1])) is not None and following not in seen:
            chain.append(following)
            seen.add(following)
        taker = before[start]
        found.append(Chain(None if taker in moved else taker, tuple(chain)))
    return found


def excess(eligibility: Eligibility, chain: Chain) -> list[tuple[int, PersonDay]]:
    """Which event took which place at the beginning of a chain that is too long. These alone, however the
    chain begins and goes on, are too many; without any one of them they may not be."""
    bumped = chain.bumped[: eligibility.rules.longest_chain + 1]
    return [
        (taker, (place.employee, place.day))
        for taker, ref in pairwise(bumped)
        if (place := eligibility.events[ref].committed) is not None
    ]


def long_chains(
    eligibility: Eligibility, assigned: Mapping[int, PersonDay], planned: Sequence[Event]
) -> list[Chain]:
    """The chains that are longer than the rules allow."""
    longest = eligibility.rules.longest_chain
    return [chain for chain in chains(eligibility, assigned, planned) if len(chain.bumped) > longest]


def moves_of(eligibility: Eligibility, standing: Standing, placed: Mapping[int, Place]) -> list[Move]:
    """What every event of the planner that is not where it stood made room for, or why it could not stay."""
    assigned = {
        ref: (place.employee, place.day)
        for ref, place in placed.items()
        if eligibility.events[ref].type in SHIFTS
    }
    found = chains(eligibility, assigned, standing.shifts)
    of_cores = partners(eligibility)
    heads = {ref: _sake(chain, placed, of_cores) for chain in found for ref in chain.bumped}
    moves: list[Move] = []
    for event in sorted(eligibility.snapshot.events, key=lambda event: event.ref):
        place = placed.get(event.ref)
        if event.committed is None or not is_moved(eligibility, event, place):
            continue
        head, why = _cause(eligibility, standing, event, heads)
        moves.append(Move(event.ref, event.committed, place, head, why))
    return moves


def _cause(
    eligibility: Eligibility, standing: Standing, event: Event, heads: Mapping[int, int | None]
) -> tuple[int | None, Reason]:
    displaced = eligibility.displaced(event)
    if displaced is not None:
        return None, displaced
    if event.ref in standing.pins:
        return None, Reason(Code.PINNED)
    if event.parent is not None:
        core = eligibility.events[event.parent]
        if core.committed is not None:
            return _cause(eligibility, standing, core, heads)
        return None, Reason(Code.NOT_WITH_CORE, {"core": core.ref, "core_name": core.name})
    head = heads.get(event.ref)
    name = eligibility.events[head].name if head is not None else ""
    return head, Reason(Code.MADE_ROOM, {} if head is None else {"event": head, "event_name": name})


def _sake(chain: Chain, placed: Mapping[int, Place], of_cores: Mapping[int, Sequence[Event]]) -> int | None:
    """For which event a chain of them moved: its head, or else the Supervisor event that now has a place."""
    if chain.head is not None:
        return chain.head
    gained = [
        partner.ref
        for ref in chain.bumped
        for partner in of_cores.get(ref, ())
        if partner.ref in placed and partner.committed is None
    ]
    return min(gained, default=None)


def _made_room(eligibility: Eligibility, event: Event, person_day: PersonDay | None) -> bool:
    place = event.committed
    if place is None or person_day == (place.employee, place.day):
        return False
    return eligibility.displaced(event) is None


def _taker(eligibility: Eligibility, event: Event, there: Mapping[PersonDay, Sequence[int]]) -> int | None:
    """The most urgent of the events that now stand where one stood, and do not suffer it."""
    place = event.committed
    if place is None:
        return None
    others = [eligibility.events[ref] for ref in there.get((place.employee, place.day), ())]
    today = eligibility.today
    takers = [other for other in others if collides(shift_kind(event), [shift_kind(other)])]
    return min(takers, key=lambda other: (*urgency(other, today), other.ref)).ref if takers else None
