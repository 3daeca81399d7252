"""What went wrong in scripts of this kind before, one test each: none of it may happen here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from scheduling_pipeline.calendars.model import ChangeKind
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import Cause, Operation, OperationKind, Outcome, OwnedEvent
from tests.calendars.builders import (
    ANA,
    JO,
    KINS,
    MONDAY,
    NEXT_MONDAY,
    NOW,
    SCOPE,
    WEEK,
    WINDOWS,
    block,
    content,
    lesson,
    lessons,
    standing,
)
from tests.calendars.crash import Boundary, Crashed, FragileLedger, leases_of_a_dead_run
from tests.calendars.cycle import assert_at_rest, assert_calendars_are_true, ledger_of, sync
from tests.calendars.memory import Calendars, Fault, MemoryProvider, always
from tests.databases import empty

MORNING, EVENING = lesson("1", NEXT_MONDAY), lesson("2", NEXT_MONDAY, "18:00", "19:00")


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.SERVER_ERROR])
def test_a_delete_that_fails_is_not_forgotten(engine: Engine, fault: Fault) -> None:
    calendars = Calendars()
    sync(engine, MemoryProvider(calendars), [MORNING, EVENING])
    failed = sync(engine, MemoryProvider(calendars, always(fault)), [MORNING])
    assert failed.applied.counts == {"failed": 1}
    assert [failure.kind for failure in failed.applied.failures] == ["delete"]
    assert len(ledger_of(engine).live(SCOPE)) == 2
    assert sync(engine, MemoryProvider(calendars), [MORNING]).applied.counts == {"deleted": 1}
    assert_calendars_are_true(engine, calendars, [MORNING])


def test_a_change_that_fails_leaves_one_event_and_not_two(engine: Engine) -> None:
    calendars, longer = Calendars(), lesson("1", NEXT_MONDAY, "09:00", "11:00")
    sync(engine, MemoryProvider(calendars), [MORNING])
    sync(engine, MemoryProvider(calendars, always(Fault.THROTTLED)), [longer])
    assert_calendars_are_true(engine, calendars, [MORNING])
    sync(engine, MemoryProvider(calendars), [longer])
    assert_calendars_are_true(engine, calendars, [longer])
    assert calendars.writes == {"create": 1, "update": 1}


def test_a_changed_event_that_is_no_longer_there_is_made_in_the_same_run(engine: Engine) -> None:
    calendars, longer = Calendars(), lesson("1", NEXT_MONDAY, "09:00", "11:00")
    sync(engine, MemoryProvider(calendars), [MORNING])
    calendars.by_hand_delete(calendars.owned()[0])
    assert sync(engine, MemoryProvider(calendars), [longer]).applied.counts == {"created": 1}
    assert_calendars_are_true(engine, calendars, [longer])


def test_a_create_that_fails_is_made_once_next_time(engine: Engine) -> None:
    calendars = Calendars()
    run = sync(engine, MemoryProvider(calendars, always(Fault.THROTTLED, OperationKind.CREATE)), [MORNING])
    assert run.applied.counts == {"failed": 1}
    assert ledger_of(engine).live(SCOPE) == []
    sync(engine, MemoryProvider(calendars), [MORNING])
    assert_calendars_are_true(engine, calendars, [MORNING])


def test_no_event_is_kept_under_an_empty_id(engine: Engine) -> None:
    event = OwnedEvent(ANA, standing(MORNING).tag, "", "1", MORNING.content)
    with pytest.raises(IntegrityError):
        ledger_of(engine).adopt(NOW, [event])


def test_two_lessons_with_one_key_are_refused_and_not_merged() -> None:
    twice = [MORNING, lesson("1", NEXT_MONDAY, "09:00", "12:00")]
    with pytest.raises(ValueError, match="two events named 1"):
        plan(twice, [], windows=WINDOWS, kins=KINS, now=NOW)


def test_two_blocks_with_one_start_and_different_ends_both_stand_and_are_known(engine: Engine) -> None:
    calendars = Calendars()
    wanted = [block(NEXT_MONDAY, until=NEXT_MONDAY), block(NEXT_MONDAY + WEEK, "09:00", "13:00")]
    sync(engine, MemoryProvider(calendars), wanted)
    assert_calendars_are_true(engine, calendars, wanted)
    assert_at_rest(engine, MemoryProvider(calendars), wanted)


def test_a_run_that_dies_half_way_leaves_no_duplicate_and_no_orphan(engine: Engine) -> None:
    calendars, wanted = Calendars(), lessons(20)
    with pytest.raises(Crashed):
        sync(
            engine,
            MemoryProvider(calendars),
            wanted,
            ledger=FragileLedger(engine, Boundary(7)),
            leases=leases_of_a_dead_run(engine),
        )
    assert 0 < len(calendars.owned()) < 20
    sync(engine, MemoryProvider(calendars), wanted)
    assert_calendars_are_true(engine, calendars, wanted)
    assert_at_rest(engine, MemoryProvider(calendars), wanted)


def test_calendars_that_were_cleared_are_filled_again(engine: Engine) -> None:
    calendars, wanted = Calendars(), lessons(9)
    sync(engine, MemoryProvider(calendars), wanted)
    for event in calendars.owned():
        calendars.by_hand_delete(event)
    assert sync(engine, MemoryProvider(calendars), wanted).applied.counts == {"created": 9}
    assert_calendars_are_true(engine, calendars, wanted)


def test_a_first_run_over_calendars_that_are_full_makes_nothing_twice(engine: Engine) -> None:
    calendars, wanted = Calendars(), lessons(9)
    sync(engine, MemoryProvider(calendars), wanted)
    empty(engine)
    assert sync(engine, MemoryProvider(calendars), wanted).applied.writes == 0
    assert_calendars_are_true(engine, calendars, wanted)


def test_the_first_run_of_one_agenda_leaves_the_others_events_of_a_teacher_alone(engine: Engine) -> None:
    calendars = Calendars()
    other = standing(lesson("1", NEXT_MONDAY, "14:00", "15:00"))
    calendars.by_hand_add(ANA, other.content, replace(other.tag, scope="private_german"))
    sync(engine, MemoryProvider(calendars), [MORNING])
    assert sorted(event.tag.scope for event in calendars.owned(ANA)) == ["private_french", "private_german"]


def test_a_calendar_that_cannot_be_listed_gets_nothing(engine: Engine) -> None:
    calendars = Calendars()
    sync(engine, MemoryProvider(calendars), [MORNING])
    empty(engine)
    provider = MemoryProvider(calendars)
    provider.blind[ANA] = None
    assert sync(engine, provider, [MORNING]).applied.counts == {}
    assert len(calendars.owned()) == 1


def test_a_teacher_nobody_can_match_keeps_their_events(engine: Engine) -> None:
    calendars, mine = Calendars(), lessons(4)
    sync(engine, MemoryProvider(calendars), [*mine, lesson("9", NEXT_MONDAY, calendar=JO)])
    keep = frozenset((event.calendar, event.uid) for event in mine)
    run = sync(engine, MemoryProvider(calendars), [lesson("9", NEXT_MONDAY, calendar=JO)], keep=keep)
    assert (run.plan.kept["undecided"], run.applied.writes) == (4, 0)
    assert len(calendars.owned(ANA)) == 4


def test_what_a_teacher_deletes_or_edits_is_noticed(engine: Engine) -> None:
    calendars = Calendars()
    sync(engine, MemoryProvider(calendars), [MORNING, EVENING])
    deleted, edited = calendars.owned()
    calendars.by_hand_delete(deleted)
    calendars.by_hand_edit(edited, replace(edited.content, summary="Private"))
    run = sync(engine, MemoryProvider(calendars), [MORNING, EVENING])
    assert (len(run.stock.drift.missing), len(run.stock.drift.edited)) == (1, 1)
    assert_calendars_are_true(engine, calendars, [MORNING, EVENING])


def test_failures_are_counted_and_named(engine: Engine) -> None:
    provider = MemoryProvider(Calendars())
    provider.refused[JO] = Cause.FORBIDDEN
    applied = sync(engine, provider, [MORNING, *lessons(3, calendar=JO)]).applied
    assert applied.counts == {"created": 1}  # Jo's calendar cannot be read: nothing was planned for it
    provider = MemoryProvider(Calendars(), always(Fault.THROTTLED))
    applied = sync(engine, provider, [EVENING]).applied
    assert [(failure.calendar, failure.uid) for failure in applied.failures] == [(ANA, "2")]


def test_a_class_added_just_before_a_block_is_one_change_of_the_block() -> None:
    row = standing(block(MONDAY - 4 * WEEK, "10:00", "12:00"))
    wanted = [block(NEXT_MONDAY, "09:00", "12:00")]
    (change,) = plan(wanted, [row], windows=WINDOWS, kins=KINS, now=NOW).changes
    assert (change.kind, change.kind.removes) == (ChangeKind.SPLIT, False)


def test_an_empty_reading_removes_nothing(engine: Engine) -> None:
    calendars, wanted = Calendars(), [*lessons(12), *lessons(12, calendar=JO)]
    sync(engine, MemoryProvider(calendars), wanted)
    failed = sync(engine, MemoryProvider(calendars), [], windows=())
    assert failed.plan.changes == ()
    emptied = sync(engine, MemoryProvider(calendars), [])
    assert (len(emptied.braked.held), emptied.applied.writes) == (24, 0)
    assert_calendars_are_true(engine, calendars, wanted)


def test_a_delete_of_what_is_gone_already_is_done(engine: Engine) -> None:
    class Racing(MemoryProvider):
        def send(self, operations: Sequence[Operation]) -> list[Outcome]:
            calendars.by_hand_delete(calendars.owned()[1])
            return super().send(operations)

    calendars = Calendars()
    sync(engine, MemoryProvider(calendars), [MORNING, EVENING])
    assert sync(engine, Racing(calendars), [MORNING]).applied.counts == {"deleted": 1}
    assert_calendars_are_true(engine, calendars, [MORNING])


def test_a_personal_event_with_a_title_like_ours_survives(engine: Engine) -> None:
    calendars = Calendars()
    calendars.by_hand_add(ANA, content(NEXT_MONDAY, summary="Teaching notes"))
    wanted = [block(NEXT_MONDAY)]
    sync(engine, MemoryProvider(calendars), wanted)
    sync(engine, MemoryProvider(calendars), [])
    assert calendars.summaries(ANA) == ["Teaching notes"]


def test_the_turn_of_the_week_deletes_nothing(engine: Engine) -> None:
    calendars, wanted = Calendars(), lessons(8)
    sync(engine, MemoryProvider(calendars), wanted)
    run = sync(engine, MemoryProvider(calendars), [], now=NOW + timedelta(days=13))
    assert (run.plan.kept, run.applied.writes) == ({"past": 8}, 0)
    assert len(calendars.owned()) == 8
