"""Who made room for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.model import Employee, Event, EventType, Place
from scheduling_pipeline.roster.moves import Chain, chains, excess, long_chains, moves_of
from scheduling_pipeline.roster.plan import Move
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.standing import standing
from tests.roster.tiny import (
    BARISTA,
    CHIEF,
    LEAD,
    RULES,
    SPECIALIST,
    core,
    day,
    juicing,
    place,
    roster,
    supervisor_of,
)


def at(offset: int, person: Employee) -> PersonDay:
    return person.id, day(offset)


def found(events: Sequence[Event], assigned: dict[int, PersonDay]) -> list[Chain]:
    return chains(Eligibility(roster(*events), RULES), assigned, events)


def moves(
    events: Sequence[Event],
    placed: dict[int, Place],
    away: Mapping[Employee, Mapping[int, Code]] | None = None,
) -> list[Move]:
    eligibility = Eligibility(roster(*events, away=away), RULES)
    return moves_of(eligibility, standing(eligibility), placed)


def test_a_chain_goes_from_the_new_event_to_the_last_that_made_room() -> None:
    events = core(1, 1, 4), core(2, 1, 4, place(1, LEAD)), core(3, 1, 4, place(2, LEAD))
    assigned = {1: at(1, LEAD), 2: at(2, LEAD), 3: at(3, LEAD)}
    assert found(events, assigned) == [Chain(1, (2, 3))]


def test_what_stays_is_in_no_chain() -> None:
    events = core(1, 1, 4), core(2, 1, 4, place(1, LEAD))
    assert found(events, {1: at(2, LEAD), 2: at(1, LEAD)}) == []


def test_a_dropped_event_ends_its_chain() -> None:
    events = core(1, 1, 4), core(2, 1, 4, place(1, LEAD))
    assert found(events, {1: at(1, LEAD)}) == [Chain(1, (2,))]


def test_an_event_that_could_not_stay_begins_a_chain_and_is_not_counted_in_it() -> None:
    outside = core(1, 2, 4, place(1, LEAD))
    events = outside, core(2, 1, 4, place(2, LEAD))
    assert found(events, {1: at(2, LEAD), 2: at(3, LEAD)}) == [Chain(1, (2,))]


def test_events_that_move_of_themselves_and_those_that_go_in_a_circle_have_no_head() -> None:
    events = core(1, 1, 4, place(1, LEAD)), core(2, 1, 4, place(2, LEAD))
    assert found(events, {1: at(3, LEAD), 2: at(2, LEAD)}) == [Chain(None, (1,))]
    assert found(events, {1: at(2, LEAD), 2: at(1, LEAD)}) == [Chain(None, (1, 2))]


def test_the_more_urgent_of_two_juicer_events_is_the_one_that_needed_the_day() -> None:
    events = (
        juicing(1, 1, 3, survey=True),
        juicing(2, 1, 2),
        core(3, 1, 4, place(1, BARISTA)),
    )
    assert found(events, {1: at(1, BARISTA), 2: at(1, BARISTA)}) == [Chain(2, (3,))]


def test_what_is_too_much_of_a_chain_is_its_first_part() -> None:
    events = [core(9, 1, 4), *(core(ref, 1, 5, place(ref, LEAD)) for ref in (1, 2, 3))]
    eligibility = Eligibility(roster(*events), replace(RULES, longest_chain=1))
    assigned = {9: at(1, LEAD), 1: at(2, LEAD), 2: at(3, LEAD), 3: at(4, LEAD)}
    (chain,) = long_chains(eligibility, assigned, events)
    assert chain == Chain(9, (1, 2, 3))
    assert excess(eligibility, chain) == [(1, at(2, LEAD))]
    two = Eligibility(roster(*events), replace(RULES, longest_chain=2))
    assert excess(two, chain) == [(1, at(2, LEAD)), (2, at(3, LEAD))]
    assert long_chains(Eligibility(roster(*events), RULES), assigned, events) == []


def test_all_of_a_chain_moved_for_its_head() -> None:
    events = core(1, 1, 2), core(2, 1, 3, place(1, LEAD)), core(3, 1, 4, place(2, LEAD))
    told = moves(events, {1: place(1, LEAD), 2: place(2, LEAD), 3: place(3, LEAD)})
    assert [(move.event, move.origin, move.to, move.for_event) for move in told] == [
        (2, place(1, LEAD), place(2, LEAD), 1),
        (3, place(2, LEAD), place(3, LEAD), 1),
    ]
    assert {move.why.code for move in told} == {Code.MADE_ROOM}
    assert told[0].why.params == {"event": 1, "event_name": events[0].name}


def test_an_event_that_could_not_stay_says_why() -> None:
    events = (core(1, 1, 4, place(1, LEAD)),)
    (move,) = moves(events, {1: place(2, LEAD)}, away={LEAD: {1: Code.TIME_OFF}})
    assert (move.for_event, move.why.code) == (None, Code.TIME_OFF)


def test_an_event_that_moves_for_its_partners_sake_names_it() -> None:
    event = core(1, 1, 4, place(1, LEAD))
    partner = supervisor_of(event, 2)
    placed = {1: place(2, LEAD), 2: place(2, CHIEF, EventType.SUPERVISOR)}
    (move,) = moves((event, partner), placed, away={CHIEF: {1: Code.TIME_OFF}})
    assert (move.event, move.for_event, move.why.code) == (1, 2, Code.MADE_ROOM)


def test_a_manager_moved_it() -> None:
    events = (replace(core(1, 1, 4, place(1, LEAD)), pinned=place(2, SPECIALIST)),)
    (move,) = moves(events, {1: place(2, SPECIALIST)})
    assert (move.for_event, move.why.code) == (None, Code.PINNED)


def test_a_partner_that_joins_a_core_event_which_was_open_says_so() -> None:
    event = core(1, 1, 4)
    partner = supervisor_of(event, 2, place(1, CHIEF, EventType.SUPERVISOR))
    placed = {1: place(2, LEAD), 2: place(2, CHIEF, EventType.SUPERVISOR)}
    (move,) = moves((event, partner), placed)
    assert (move.event, move.for_event, move.why.code) == (2, None, Code.NOT_WITH_CORE)
