"""Times of day."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from scheduling_pipeline.roster.dealing import TaskTimes, deal_shifts, times_of
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.model import EventType, Place
from scheduling_pipeline.roster.rules import Rules
from tests.roster.tiny import BARISTA, LEAD, OTHER_STORE, RULES, SPECIALIST, core, day, juicing, place, roster


def test_the_usual_times() -> None:
    rules = Rules()
    assert times_of(EventType.CORE, rules) == [time(9, 45), time(10, 30), time(11), time(11, 30)]
    assert times_of(EventType.JUICER, rules) == [time(9)]
    assert times_of(EventType.JUICER, rules, survey=True) == [time(17)]
    assert times_of(EventType.DIGITAL_SETUP, rules) == times_of(EventType.DIGITAL_REFRESH, rules)
    assert times_of(EventType.DIGITAL_TEARDOWN, rules)[0] == time(18)
    assert times_of(EventType.FREEOSK, rules) == [time(10)]
    assert times_of(EventType.OTHER, rules) == [time(11)]
    assert times_of(EventType.SUPERVISOR, rules) == [time(12)]


def test_a_core_event_gets_the_least_used_start_and_leads_choose_first() -> None:
    eligibility = Eligibility(roster(*(core(ref, 1, 3) for ref in range(1, 7))), RULES)
    assigned = {ref: (SPECIALIST.id, day(1)) for ref in range(1, 6)} | {6: (LEAD.id, day(1))}
    placed = deal_shifts(eligibility, assigned, {})
    assert placed[6].start == time(9, 45)
    starts = [placed[ref].start for ref in range(1, 6)]
    assert starts == [time(10, 30), time(11), time(11, 30), time(9, 45), time(10, 30)]


def test_what_stands_there_uses_its_start() -> None:
    stands, stays = core(1, 1, 3, place(1, LEAD)), core(2, 1, 3, Place(day(1), time(10, 30), BARISTA.id))
    eligibility = Eligibility(roster(stands, stays, core(3, 1, 3)), RULES)
    assigned = {2: (BARISTA.id, day(1)), 3: (SPECIALIST.id, day(1))}
    placed = deal_shifts(eligibility, assigned, {1: place(1, LEAD)})
    assert placed[2] == stays.committed
    assert placed[3].start == time(11)


def test_stores_and_days_are_dealt_apart() -> None:
    elsewhere = replace(core(2, 1, 3), store=OTHER_STORE)
    eligibility = Eligibility(roster(core(1, 1, 3), elsewhere, core(3, 1, 3)), RULES)
    assigned = {1: (LEAD.id, day(1)), 2: (SPECIALIST.id, day(1)), 3: (LEAD.id, day(2))}
    placed = deal_shifts(eligibility, assigned, {})
    assert {one.start for one in placed.values()} == {time(9, 45)}


def test_juicing_has_its_own_times() -> None:
    eligibility = Eligibility(roster(juicing(1, 1, 3), juicing(2, 1, 3, survey=True)), RULES)
    both = deal_shifts(eligibility, {1: (BARISTA.id, day(1)), 2: (BARISTA.id, day(1))}, {})
    assert [both[ref].start for ref in (1, 2)] == [time(9), time(17)]


def test_lead_tasks_are_dealt_in_turn_and_begin_again() -> None:
    times = TaskTimes(Eligibility(roster(), Rules()), {})
    dealt = [times.next(EventType.DIGITAL_SETUP, "a", day(1)) for _ in range(5)]
    assert dealt == [time(10, 15), time(10, 30), time(10, 45), time(11), time(10, 15)]
    assert times.next(EventType.DIGITAL_REFRESH, "a", day(1)) == time(10, 30)  # the same starts
    assert times.next(EventType.DIGITAL_TEARDOWN, "a", day(1)) == time(18)
    assert times.next(EventType.DIGITAL_SETUP, "b", day(1)) == time(10, 15)
    assert times.next(EventType.DIGITAL_SETUP, "a", day(2)) == time(10, 15)
