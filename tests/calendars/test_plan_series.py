"""The plan for weekly series: one change for what a person calls one change, and the past stays."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scheduling_pipeline.calendars.model import Change, ChangeKind, ChangeSet, DesiredEvent, LedgerEvent
from scheduling_pipeline.calendars.plan import plan
from tests.calendars.builders import (
    JO,
    KINS,
    MONDAY,
    NEXT_MONDAY,
    NOW,
    WEEK,
    ZURICH,
    block,
    occurrences,
    standing,
)
from tests.calendars.model_ledger import after_applying

LAST_MONDAY = MONDAY - WEEK
LONG_AGO = MONDAY - 8 * WEEK
WEDNESDAY = MONDAY + timedelta(days=2)


def plan_of(
    desired: list[DesiredEvent],
    ledger: list[LedgerEvent],
    *,
    now: datetime = NOW,
    kins: frozenset[str] = KINS,
) -> ChangeSet:
    """A plan that, once carried out, leaves nothing to plan."""
    changes = plan(desired, ledger, windows=(), kins=kins, now=now)
    again = plan(desired, after_applying(changes.changes, ledger), windows=(), kins=kins, now=now)
    assert again.changes == ()
    return changes


def only(changes: ChangeSet) -> Change:
    (change,) = changes.changes
    return change


def test_the_same_again_needs_no_change() -> None:
    wanted = block(NEXT_MONDAY)
    assert plan_of([wanted], [standing(wanted)]).kept == {"unchanged": 1}


def test_a_series_that_began_earlier_is_the_same() -> None:
    assert plan_of([block(NEXT_MONDAY)], [standing(block(LONG_AGO))]).kept == {"unchanged": 1}


def test_a_new_block_is_created() -> None:
    wanted = [block(NEXT_MONDAY), block(NEXT_MONDAY, "14:00", "17:00")]
    change = only(plan_of(wanted, [standing(block(MONDAY))]))
    assert (change.kind, change.uid) == (ChangeKind.CREATE, "monday-1400")


def test_hours_added_in_front_before_it_ever_took_place_are_one_update() -> None:
    row = standing(block(NEXT_MONDAY, "10:00", "12:00"))
    change = only(plan_of([block(NEXT_MONDAY, "08:00", "12:00")], [row]))
    assert (change.kind, change.uid, change.fields) == (ChangeKind.UPDATE, row.uid, ("dtstart",))
    assert change.reason == "10:00-12:00 → 08:00-12:00"


def test_hours_added_in_front_of_a_running_series_end_it_and_begin_another() -> None:
    row = standing(block(LONG_AGO, "10:00", "12:00"))
    change = only(plan_of([block(NEXT_MONDAY, "08:00", "12:00")], [row]))
    assert (change.kind, change.until) == (ChangeKind.SPLIT, MONDAY)
    assert change.reason == f"from {NEXT_MONDAY}: 10:00-12:00 → 08:00-12:00"


def test_a_split_leaves_the_lesson_of_today_that_is_still_to_come() -> None:
    half_past_eight = datetime(2026, 3, 9, 8, 30, tzinfo=ZURICH).astimezone(UTC)
    row = standing(block(LONG_AGO, "10:00", "12:00"))
    wanted = [block(NEXT_MONDAY, "08:00", "12:00")]
    changes = plan_of(wanted, [row], now=half_past_eight)
    assert (only(changes).kind, only(changes).until) == (ChangeKind.SPLIT, NEXT_MONDAY)
    seen = occurrences(after_applying(changes.changes, [row]), half_past_eight, weeks=1)
    assert [start.hour for _, _, start, _ in seen] == [10, 8]


def test_a_lesson_of_today_that_moves_to_a_later_hour_moves_today() -> None:
    half_past_nine = datetime(2026, 3, 9, 9, 30, tzinfo=ZURICH).astimezone(UTC)
    row = standing(block(LONG_AGO, "09:00", "12:00"))
    changes = plan_of([block(NEXT_MONDAY, "10:00", "12:00")], [row], now=half_past_nine)
    assert (only(changes).kind, only(changes).until) == (ChangeKind.SPLIT, MONDAY)
    seen = occurrences(after_applying(changes.changes, [row]), half_past_nine, weeks=1)
    assert [start.hour for _, _, start, _ in seen] == [10]


def test_a_change_that_begins_in_some_weeks_leaves_the_weeks_until_then() -> None:
    row = standing(block(LONG_AGO))
    change = only(plan_of([block(NEXT_MONDAY + 2 * WEEK, "10:00", "12:00")], [row]))
    assert (change.kind, change.until) == (ChangeKind.SPLIT, NEXT_MONDAY + WEEK)


def test_a_new_room_of_a_running_series_counts_from_the_next_lesson() -> None:
    row = standing(block(LONG_AGO, location="SFS1*"))
    change = only(plan_of([block(NEXT_MONDAY, location="SFS2*")], [row]))
    assert (change.kind, change.until, change.fields) == (
        ChangeKind.SPLIT,
        MONDAY,
        ("dtstart", "dtend", "location"),
    )


def test_a_split_over_the_change_of_clocks_keeps_wall_times() -> None:
    saturday = datetime(2026, 3, 28, 12, tzinfo=UTC)
    row = standing(block(LONG_AGO, "10:00", "12:00"))
    wanted = block(date(2026, 3, 30), "09:00", "12:00")
    changes = plan_of([wanted], [row], now=saturday)
    change = only(changes)
    assert (change.kind, change.until) == (ChangeKind.SPLIT, date(2026, 3, 23))
    seen = occurrences(after_applying(changes.changes, [row]), saturday, weeks=2)
    assert [start.isoformat() for _, _, start, _ in seen] == [
        "2026-03-30T09:00:00+02:00",
        "2026-04-06T09:00:00+02:00",
    ]


def test_a_running_series_that_is_gone_ends_and_keeps_its_past() -> None:
    change = only(plan_of([], [standing(block(LONG_AGO))]))
    assert (change.kind, change.until, change.reason) == (ChangeKind.END, MONDAY, "no longer at the source")


def test_a_series_that_is_gone_before_it_began_is_deleted() -> None:
    assert only(plan_of([], [standing(block(NEXT_MONDAY))])).kind is ChangeKind.DELETE


def test_a_series_that_is_over_stays() -> None:
    assert plan_of([], [standing(block(LONG_AGO, until=MONDAY))]).kept == {"past": 1}


def test_a_weekday_that_nobody_read_keeps_its_series() -> None:
    row = standing(block(LONG_AGO))
    assert plan_of([], [row], kins=frozenset({"tuesday"})).kept == {"outside the window": 1}


def test_a_block_known_to_end_ends_when_it_should() -> None:
    row = standing(block(LONG_AGO))
    change = only(plan_of([block(NEXT_MONDAY, until=NEXT_MONDAY)], [row]))
    assert (change.kind, change.until, change.reason) == (
        ChangeKind.END,
        NEXT_MONDAY,
        f"last on {NEXT_MONDAY}",
    )


def test_a_block_of_this_week_alone_is_created_with_its_end() -> None:
    wanted = block(MONDAY + timedelta(days=4), until=MONDAY + timedelta(days=4))
    change = only(plan_of([wanted], []))
    assert (change.kind, change.after) == (ChangeKind.CREATE, wanted)


def test_a_block_of_this_week_alone_that_has_begun_is_left_alone() -> None:
    assert plan_of([block(MONDAY, until=MONDAY)], []).kept == {"past": 1}


def test_a_series_that_should_have_ended_goes_on_again() -> None:
    row = standing(block(LONG_AGO, until=NEXT_MONDAY))
    change = only(plan_of([block(NEXT_MONDAY)], [row]))
    assert (change.kind, change.reason) == (ChangeKind.UPDATE, "goes on without end")


def test_a_series_that_lasts_longer_than_planned_is_no_removal() -> None:
    row = standing(block(LONG_AGO, until=NEXT_MONDAY))
    change = only(plan_of([block(NEXT_MONDAY, until=NEXT_MONDAY + WEEK)], [row]))
    assert (change.kind, change.kind.removes) == (ChangeKind.UPDATE, False)


def test_a_series_that_is_over_and_comes_back_is_a_new_one() -> None:
    row = standing(block(LONG_AGO, until=LAST_MONDAY))
    assert only(plan_of([block(NEXT_MONDAY)], [row])).kind is ChangeKind.CREATE


def test_a_block_that_ends_and_its_successor_at_other_hours_are_one_change() -> None:
    row = standing(block(LONG_AGO, "09:00", "12:00"))
    wanted = [
        block(NEXT_MONDAY, "09:00", "12:00", until=NEXT_MONDAY),
        block(NEXT_MONDAY + WEEK, "10:00", "12:00"),
    ]
    change = only(plan_of(wanted, [row]))
    assert (change.kind, change.until, change.kind.removes) == (ChangeKind.SPLIT, NEXT_MONDAY, False)


def test_of_two_blocks_that_become_one_the_larger_grows_and_the_other_ends() -> None:
    rows = [standing(block(NEXT_MONDAY, "08:00", "09:00")), standing(block(NEXT_MONDAY, "10:00", "12:00"))]
    changes = plan_of([block(NEXT_MONDAY, "08:00", "12:00")], rows).changes
    assert {(change.uid, change.kind) for change in changes} == {
        ("monday-0800", ChangeKind.DELETE),
        ("monday-1000", ChangeKind.UPDATE),
    }


def test_a_block_that_falls_in_two_shrinks_and_the_other_half_is_new() -> None:
    changes = plan_of(
        [block(NEXT_MONDAY, "08:00", "10:00"), block(NEXT_MONDAY, "11:00", "12:00")],
        [standing(block(NEXT_MONDAY, "08:00", "12:00"))],
    ).changes
    assert sorted(change.kind for change in changes) == [ChangeKind.CREATE, ChangeKind.UPDATE]


def test_a_block_on_another_day_is_another_series() -> None:
    tuesday = NEXT_MONDAY + timedelta(days=1)
    kinds = [change.kind for change in plan_of([block(tuesday)], [standing(block(NEXT_MONDAY))]).changes]
    assert sorted(kinds) == [ChangeKind.CREATE, ChangeKind.DELETE]


def test_a_teacher_who_is_gone_loses_their_blocks_and_nobody_else_any() -> None:
    jo = block(NEXT_MONDAY, calendar=JO)
    change = only(plan_of([jo], [standing(block(NEXT_MONDAY)), standing(jo)]))
    assert (change.calendar, change.kind) == ("ana", ChangeKind.DELETE)


def test_a_lesson_that_began_today_does_not_begin_the_series_again() -> None:
    noon = datetime(2026, 3, 9, 11, tzinfo=UTC)
    first = plan_of([block(NEXT_MONDAY)], [], now=noon)
    created = only(first)
    assert created.after is not None
    assert created.after.content.dtstart.date() == NEXT_MONDAY + WEEK


def test_a_series_that_runs_past_midnight_is_known_again() -> None:
    wanted = block(NEXT_MONDAY, "22:00", "23:00")
    late = replace(wanted, content=replace(wanted.content, dtend=wanted.content.dtend + timedelta(hours=3)))
    assert plan_of([late], [standing(late)]).changes == ()


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_input_does_not_matter(seed: int) -> None:
    wanted = [
        block(NEXT_MONDAY, "09:00", "11:00"),
        block(NEXT_MONDAY, "09:30", "12:00"),
        block(NEXT_MONDAY, "10:00", "13:00"),
    ]
    ledger = [
        standing(block(NEXT_MONDAY, "10:00", "11:00")),
        standing(block(LONG_AGO, "10:00", "11:00"), generation=2),
        standing(block(NEXT_MONDAY, "09:00", "10:00")),
    ]
    first = plan(wanted, ledger, windows=(), kins=KINS, now=NOW)
    shuffle = random.Random(seed).shuffle  # noqa: S311 - a reproducible test
    shuffle(wanted)
    shuffle(ledger)
    assert plan(wanted, ledger, windows=(), kins=KINS, now=NOW).changes == first.changes
