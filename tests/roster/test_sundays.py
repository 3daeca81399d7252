"""Sundays: days like all others, with Core shifts of their own where these are set."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from scheduling_pipeline.roster.audit import Pending, examine
from scheduling_pipeline.roster.engines import engine_named
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import CoreSlot, Rules
from scheduling_pipeline.roster.validator import Validator
from tests.roster.listing import NOW
from tests.roster.store import Store, place

SATURDAY, SUNDAY = 5, 6
LATE = CoreSlot(time(10, 30), time(13, 30), time(14), time(17))
LATER = CoreSlot(time(11), time(14), time(14, 30), time(17, 30))
SHORT = Rules(sunday_core_slots=(LATE, LATER))


def starts(rules: Rules, engine: str, people: int = 3) -> dict[int, list[time]]:
    """When as many Core events as there are people begin, on a Saturday and on a Sunday."""
    store = Store()
    for _ in range(people):
        store.lead()
    for number in (SATURDAY, SUNDAY):
        for _ in range(people):
            store.core(number, number + 1)
    plan = engine_named(engine).plan(store.snapshot(), rules)
    assert not plan.failed
    found: dict[int, list[time]] = {SATURDAY: [], SUNDAY: []}
    for one in plan.placed.values():
        found[one.day.weekday()].append(one.start)
    return {weekday: sorted(times) for weekday, times in found.items()}


@pytest.mark.parametrize("engine", ["optimal", "greedy"])
def test_without_shifts_of_their_own_they_have_those_of_every_day(engine: str) -> None:
    usual = [time(9, 45), time(10, 30), time(11)]
    assert starts(Rules(), engine) == {SATURDAY: usual, SUNDAY: usual}


@pytest.mark.parametrize("engine", ["optimal", "greedy"])
def test_shifts_of_their_own_are_dealt_on_sundays_only(engine: str) -> None:
    assert starts(SHORT, engine) == {
        SATURDAY: [time(9, 45), time(10, 30), time(11)],
        SUNDAY: [time(10, 30), time(10, 30), time(11)],
    }


def test_another_shift_on_a_sunday_is_up_to_the_manager() -> None:
    store = Store()
    core, lead = store.core(SATURDAY, SUNDAY + 1), store.lead()
    validator = Validator(store.snapshot(), SHORT, {})
    broken = {
        (number, start): [
            one.reason.code for one in validator.violations(core.ref, place(number, start, lead))
        ]
        for number in (SATURDAY, SUNDAY)
        for start in ("09:45", "11:00")
    }
    assert broken == {
        (SATURDAY, "09:45"): [],
        (SATURDAY, "11:00"): [],
        (SUNDAY, "09:45"): [Code.WRONG_TIME],
        (SUNDAY, "11:00"): [],
    }


def test_the_audit_looks_for_shifts_of_the_day() -> None:
    store = Store()
    for start in ("10:30", "10:30", "10:30", "11:00"):
        store.core(SUNDAY, SUNDAY + 1, committed=place(SUNDAY, start, store.lead()))
    snapshot = replace(store.snapshot(), today=place(SUNDAY, "00:00", "").day)
    uneven = [
        {one.code for one in examine(snapshot, rules, Pending(), NOW).findings} & {"SLOTS_UNEVEN"}
        for rules in (SHORT, Rules())
    ]
    assert uneven == [set(), {"SLOTS_UNEVEN"}]
