"""Taking stock: the ledger learns what really stands, by our tags alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import lease_name
from scheduling_pipeline.calendars.model import Tag
from scheduling_pipeline.calendars.operations import Generations, creation
from scheduling_pipeline.calendars.outbox import OutboxEntry
from scheduling_pipeline.calendars.provider import Cause
from scheduling_pipeline.calendars.stock import take_stock
from scheduling_pipeline.database.leases import Leases, LeaseTimeoutError
from tests.calendars.builders import ANA, JO, MONDAY, NEXT_MONDAY, NOW, SCOPE, WEEK, content, lesson, lessons
from tests.calendars.cycle import assert_at_rest, assert_calendars_are_true, ledger_of, sync
from tests.calendars.memory import Calendars, Fault, MemoryProvider, always
from tests.databases import empty

WANTED = [*lessons(4), *lessons(3, calendar=JO)]


@pytest.fixture
def calendars(engine: Engine) -> Calendars:
    """What should stand stands."""
    calendars = Calendars()
    sync(engine, MemoryProvider(calendars), WANTED)
    return calendars


def test_an_event_deleted_by_hand_is_made_again(engine: Engine, calendars: Calendars) -> None:
    calendars.by_hand_delete(calendars.owned()[0])
    provider = MemoryProvider(calendars)
    run = sync(engine, provider, WANTED)
    assert [row.uid for row in run.stock.drift.missing] == [WANTED[0].uid]
    assert run.applied.counts == {"created": 1}
    assert provider.sent[0].tag.generation == 2
    assert_calendars_are_true(engine, calendars, WANTED)


def test_a_past_event_deleted_by_hand_stays_deleted(engine: Engine, calendars: Calendars) -> None:
    for event in calendars.owned():
        calendars.by_hand_delete(event)
    later = NOW + 3 * WEEK
    run = sync(engine, MemoryProvider(calendars), [], now=later)
    assert (run.stock.drift.missing, run.plan.changes) == ((), ())


def test_an_event_edited_by_hand_is_put_right_and_the_reason_says_what_was_there(
    engine: Engine, calendars: Calendars
) -> None:
    event = calendars.owned()[0]
    calendars.by_hand_edit(event, replace(event.content, summary="Yoga"))
    run = sync(engine, MemoryProvider(calendars), WANTED)
    assert [row.content.summary for row in run.stock.drift.edited] == ["Yoga"]
    assert [change.reason for change in run.plan.changes] == ["“Yoga” → “VIP Adults”"]
    assert run.applied.counts == {"updated": 1}
    assert_at_rest(engine, MemoryProvider(calendars), WANTED)


def test_an_event_that_was_merely_saved_again_needs_no_write(engine: Engine, calendars: Calendars) -> None:
    event = calendars.owned()[0]
    calendars.by_hand_edit(event, event.content)
    run = sync(engine, MemoryProvider(calendars), WANTED)
    assert (run.stock.drift.edited, run.applied.writes) == ((), 0)
    assert_calendars_are_true(engine, calendars, WANTED)


def test_a_copy_of_ours_is_reported_and_left_alone(engine: Engine, calendars: Calendars) -> None:
    original = calendars.owned()[0]
    calendars.by_hand_add(ANA, replace(original.content, summary="My copy"), original.tag)
    run = sync(engine, MemoryProvider(calendars), WANTED)
    assert [copy.content.summary for copy in run.stock.drift.copies] == ["My copy"]
    assert run.applied.writes == 0
    assert "My copy" in calendars.summaries(ANA)


def test_a_copy_stays_when_the_original_is_removed(engine: Engine, calendars: Calendars) -> None:
    original = calendars.owned()[0]
    calendars.by_hand_add(ANA, replace(original.content, summary="My copy"), original.tag)
    assert sync(engine, MemoryProvider(calendars), WANTED[1:]).applied.counts == {"deleted": 1}
    run = sync(engine, MemoryProvider(calendars), WANTED[1:])
    assert len(run.stock.drift.copies) == 1
    assert run.applied.writes == 0
    assert "My copy" in calendars.summaries(ANA)


def test_other_peoples_events_are_never_touched(engine: Engine, calendars: Calendars) -> None:
    calendars.by_hand_add(ANA, content(NEXT_MONDAY, summary="Teaching notes"))
    calendars.by_hand_add(ANA, content(NEXT_MONDAY), Tag("another_agenda", None, "1", 1))
    sync(engine, MemoryProvider(calendars), WANTED[4:], released=[_all_keys(engine)])
    assert calendars.summaries(ANA) == ["Teaching notes", "VIP Adults"]
    assert [event.tag.scope for event in calendars.owned(ANA)] == ["another_agenda"]


def _all_keys(engine: Engine) -> list[str]:
    return [
        f"remove|{row.scope}|{row.calendar}|{row.uid}|{row.generation}:{row.content.content_hash}"
        for row in ledger_of(engine).live(SCOPE)
    ]


def test_a_lost_ledger_is_found_again_in_the_calendars(engine: Engine, calendars: Calendars) -> None:
    empty(engine)
    run = sync(engine, MemoryProvider(calendars), WANTED)
    assert run.stock.drift.found == 7
    assert run.applied.writes == 0
    assert_calendars_are_true(engine, calendars, WANTED)


def test_an_orphan_of_ours_is_found_and_removed(engine: Engine, calendars: Calendars) -> None:
    calendars.by_hand_add(ANA, content(NEXT_MONDAY, "19:00", "20:00"), Tag(SCOPE, None, "gone", 1))
    run = sync(engine, MemoryProvider(calendars), WANTED)
    assert (run.stock.drift.found, run.applied.counts) == (1, {"deleted": 1})
    assert_calendars_are_true(engine, calendars, WANTED)


def test_a_listing_that_leaves_events_out_does_not_double_them(engine: Engine, calendars: Calendars) -> None:
    provider = MemoryProvider(calendars)
    provider.blurred.add(ANA)
    run = sync(engine, provider, WANTED)
    assert (run.stock.drift.missing, run.applied.writes) == ((), 0)
    assert_calendars_are_true(engine, calendars, WANTED)


@pytest.mark.parametrize("cause", [None, Cause.NO_CALENDAR, Cause.FORBIDDEN])
def test_a_calendar_that_cannot_be_read_is_not_written_to(
    engine: Engine, calendars: Calendars, cause: Cause | None
) -> None:
    provider = MemoryProvider(calendars)
    provider.blind[ANA] = cause
    run = sync(engine, provider, WANTED[5:])
    assert list(run.stock.drift.unreadable) == [ANA]
    assert run.applied.counts == {"deleted": 1}
    assert {operation.calendar for operation in provider.sent} == {JO}
    assert len(ledger_of(engine).live(SCOPE, [ANA])) == 4


def test_an_unanswered_create_that_somebody_edited_meanwhile_is_taken_as_it_stands(engine: Engine) -> None:
    calendars, wanted = Calendars(), [lesson("1", NEXT_MONDAY)]
    _leave_open(engine, calendars, lands=True)
    (event,) = calendars.owned()
    calendars.by_hand_edit(event, replace(event.content, summary="Edited"))
    run = sync(engine, MemoryProvider(calendars), wanted)
    assert run.stock.settled == {"done": 1}
    assert run.applied.counts == {"updated": 1}
    assert_calendars_are_true(engine, calendars, wanted)


def test_an_unanswered_create_that_the_listing_shows_first_is_settled_later(engine: Engine) -> None:
    calendars, wanted = Calendars(), [lesson("1", NEXT_MONDAY)]
    _leave_open(engine, calendars, lands=True)
    (event,) = calendars.owned()
    ledger_of(engine).adopt(NOW, [event])
    run = sync(engine, MemoryProvider(calendars), wanted)
    assert (run.stock.settled, run.applied.writes) == ({"done": 1}, 0)
    assert_at_rest(engine, MemoryProvider(calendars), wanted)


def test_an_unanswered_create_that_never_arrived_is_sent_again(engine: Engine) -> None:
    calendars, wanted = Calendars(), [lesson("1", NEXT_MONDAY)]
    _leave_open(engine, calendars, lands=False)
    run = sync(engine, MemoryProvider(calendars), wanted)
    assert (run.stock.settled, run.applied.counts) == ({"lapsed": 1}, {"created": 1})
    assert_calendars_are_true(engine, calendars, wanted)


def _leave_open(engine: Engine, calendars: Calendars, *, lands: bool) -> None:
    """The first write of a run that died with it under way."""
    entry: OutboxEntry = creation(lesson("1", NEXT_MONDAY), Generations(), "new")
    ledger_of(engine).commit(NOW, sending=[entry])
    provider = MemoryProvider(calendars, always(Fault.DROPPED if lands else Fault.LOST))
    provider.send([entry.operation])


def test_stock_waits_for_another_run_and_gives_up_in_time(engine: Engine, calendars: Calendars) -> None:
    provider = MemoryProvider(calendars)
    ledger, leases = ledger_of(engine), Leases(engine)
    with Leases(engine).hold(lease_name(provider, ANA)), pytest.raises(LeaseTimeoutError, match="memory/ana"):
        take_stock(SCOPE, [], provider=provider, ledger=ledger, leases=leases, now=NOW, wait=timedelta())


def test_events_of_weeks_long_past_are_no_drift(engine: Engine) -> None:
    calendars = Calendars()
    old = lessons(5, monday=MONDAY - 3 * WEEK)
    sync(engine, MemoryProvider(calendars), old, now=NOW - 4 * WEEK, windows=())
    run = sync(engine, MemoryProvider(calendars), [])
    assert run.stock.drift.adopt == ()
    assert run.plan.kept == {"past": 5}
