"""Digital, Freeosk and other short work."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.lead_tasks import place_lead_tasks
from scheduling_pipeline.roster.model import Employee, Event, EventType, Place, Snapshot
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.rules import Rules
from tests.roster.tiny import CHIEF, LEAD, RULES, SPECIALIST, STORE, day, place, roster

SECOND = replace(LEAD, id="US000005", name="Edda Fir")
PEOPLE = (CHIEF, LEAD, SECOND, SPECIALIST)


def task(ref: int, kind: EventType, first: int = 1, due: int = 3) -> Event:
    return Event(ref, kind.value, kind, STORE, day(first), day(due), 30)


def placed(
    snapshot: Snapshot, rules: Rules = RULES, kept: dict[int, Place] | None = None
) -> tuple[dict[int, Place], dict[int, Reason]]:
    tasks = [event for event in snapshot.events if event.ref not in (kept or {})]
    return place_lead_tasks(Eligibility(snapshot, rules), tasks, kept or {})


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        (EventType.DIGITAL_SETUP, [SECOND, LEAD, CHIEF]),
        (EventType.DIGITAL_REFRESH, [SECOND, LEAD, CHIEF]),
        (EventType.FREEOSK, [SECOND, LEAD, CHIEF]),
        (EventType.DIGITAL_TEARDOWN, [LEAD, CHIEF, SECOND]),
        (EventType.OTHER, [CHIEF, SECOND, LEAD]),
    ],
)
def test_the_preferred_person_who_is_there_holds_it(kind: EventType, who: list[Employee]) -> None:
    for missing in range(3):
        if kind is EventType.DIGITAL_TEARDOWN and missing == 1:
            continue  # without a second lead, the Club Supervisor is next
        away = {one: {1: Code.TIME_OFF} for one in who[:missing]}
        snapshot = roster(task(1, kind, due=2), people=PEOPLE, leads={1: SECOND}, away=away)
        assert placed(snapshot)[0][1].employee == who[missing].id


def test_it_waits_for_a_day_on_which_somebody_is_there() -> None:
    away = {one: {1: Code.TIME_OFF} for one in (CHIEF, LEAD)}
    assert placed(roster(task(1, EventType.FREEOSK), people=(CHIEF, LEAD), away=away))[0][1].day == day(2)


def test_any_number_of_them_is_possible_and_their_times_go_round() -> None:
    tasks = [task(ref, EventType.DIGITAL_TEARDOWN) for ref in range(1, 7)]
    found, failed = placed(roster(*tasks, people=(LEAD,)))
    assert failed == {}
    assert [found[ref].start for ref in (1, 4, 5)] == [time(18), time(18, 45), time(18)]


def test_times_go_on_after_what_stands_there() -> None:
    stands = place(1, LEAD, EventType.DIGITAL_SETUP)
    first = replace(task(1, EventType.DIGITAL_SETUP), committed=stands)
    found, _ = placed(roster(first, task(2, EventType.DIGITAL_SETUP), people=(LEAD,)), kept={1: stands})
    assert found[2].start == time(10, 30)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (EventType.FREEOSK, Code.NO_LEAD_OR_SUPERVISOR),
        (EventType.OTHER, Code.NO_LEAD_OR_SUPERVISOR),
        (EventType.DIGITAL_TEARDOWN, Code.NO_SECONDARY_LEAD_OR_SUPERVISOR),
    ],
)
def test_nobody_is_there(kind: EventType, code: Code) -> None:
    found, failed = placed(roster(task(1, kind), people=(SPECIALIST,)))
    assert found == {}
    assert failed[1].code is code


def test_a_window_that_is_over_before_the_quiet_zone_ends_fails_for_that() -> None:
    rules = replace(RULES, quiet_days=3)
    _, failed = placed(roster(task(1, EventType.FREEOSK), people=(LEAD,)), rules)
    assert failed[1].code is Code.BUFFER_PAST_DUE
