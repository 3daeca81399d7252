"""An outside that fails at random, and writes that take effect long after they were given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from scheduling_pipeline.calendars.provider import Operation, OperationKind, Outcome
from tests.calendars.builders import JO, MONDAY, NEXT_MONDAY, NOW, WEEK, block, lesson, lessons
from tests.calendars.cycle import assert_at_rest, assert_calendars_are_true, sync
from tests.calendars.memory import Calendars, Fault, MemoryProvider, always, first_time, mixed_faults
from tests.databases import empty

BEFORE = [*lessons(12), *lessons(12, calendar=JO), block(MONDAY - 4 * WEEK, "18:00", "19:00")]
AFTER = [
    *lessons(9),
    *(
        lesson(event.uid, NEXT_MONDAY + timedelta(days=4), "14:00", "15:00", calendar=JO)
        for event in BEFORE[12:13]
    ),
    *BEFORE[13:24],
    *lessons(6, monday=NEXT_MONDAY + WEEK),
    block(NEXT_MONDAY, "17:00", "19:00"),
]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_with_three_writes_in_ten_failing_a_few_runs_put_all_right(engine: Engine, seed: int) -> None:
    empty(engine)
    calendars = Calendars()
    faults = mixed_faults(seed, share=0.3)
    sync(engine, MemoryProvider(calendars), BEFORE, now=NOW - 5 * WEEK)
    for number in range(3):
        provider = MemoryProvider(calendars, faults)
        sync(engine, provider, AFTER if number else BEFORE)
        provider.land_late()
    # What landed late is seen now; one more run takes away what it doubled, if it did.
    quiet = MemoryProvider(calendars)
    sync(engine, quiet, AFTER)
    assert_calendars_are_true(engine, calendars, AFTER)
    assert_at_rest(engine, quiet, AFTER)


@pytest.mark.parametrize("kind", list(OperationKind))
def test_a_write_that_lands_after_it_was_looked_up_changes_nothing(
    engine: Engine, kind: OperationKind
) -> None:
    calendars = Calendars()
    sync(engine, MemoryProvider(calendars), [lesson("1", NEXT_MONDAY)])
    wanted = {
        OperationKind.CREATE: [lesson("1", NEXT_MONDAY), lesson("2", NEXT_MONDAY, "14:00", "15:00")],
        OperationKind.UPDATE: [lesson("1", NEXT_MONDAY, "09:00", "11:00")],
        OperationKind.DELETE: [],
    }[kind]
    provider = MemoryProvider(calendars, first_time(Fault.LATE))
    assert sync(engine, provider, wanted).applied.writes == 1
    provider.land_late()
    assert_calendars_are_true(engine, calendars, wanted)
    assert_at_rest(engine, provider, wanted)


def test_a_create_that_lands_after_the_run_is_found_by_the_next_one(engine: Engine) -> None:
    calendars, wanted = Calendars(), lessons(3)
    provider = MemoryProvider(calendars, always(Fault.LATE))
    assert sync(engine, provider, wanted).applied.counts == {"failed": 3}
    provider.land_late()
    run = sync(engine, MemoryProvider(calendars), wanted)
    assert (run.stock.drift.found, run.applied.writes) == (3, 0)
    assert_calendars_are_true(engine, calendars, wanted)


def test_a_create_that_lands_between_planning_and_sending_is_not_doubled(engine: Engine) -> None:
    calendars = Calendars()
    first = MemoryProvider(calendars, always(Fault.LATE))
    sync(engine, first, [lesson("1", NEXT_MONDAY)])

    class LandsNow(MemoryProvider):
        def send(self, operations: Sequence[Operation]) -> list[Outcome]:
            first.land_late()
            return super().send(operations)

    # The source wants it longer by now: what stands is the shorter one, and the ledger must know.
    longer = [lesson("1", NEXT_MONDAY, "09:00", "11:00")]
    sync(engine, LandsNow(calendars), longer)
    assert len(calendars.owned()) == 1
    sync(engine, MemoryProvider(calendars), longer)
    assert_calendars_are_true(engine, calendars, longer)


def test_a_delete_that_lands_when_the_lesson_is_wanted_again_is_made_good(engine: Engine) -> None:
    calendars, wanted = Calendars(), lessons(2)
    sync(engine, MemoryProvider(calendars), wanted)
    provider = MemoryProvider(calendars, always(Fault.LATE))
    sync(engine, provider, wanted[:1])
    sync(engine, MemoryProvider(calendars), wanted)
    provider.land_late()
    run = sync(engine, MemoryProvider(calendars), wanted)
    assert run.applied.counts == {"created": 1}
    assert_calendars_are_true(engine, calendars, wanted)
