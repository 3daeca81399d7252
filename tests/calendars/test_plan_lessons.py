"""The plan for dated lessons."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduling_pipeline.calendars.model import Change, ChangeKind, ChangeSet, DesiredEvent, LedgerEvent
from scheduling_pipeline.calendars.plan import Keep, plan
from tests.calendars.builders import (
    ANA,
    JO,
    MONDAY,
    NEXT_MONDAY,
    NOW,
    WEEK,
    WINDOWS,
    lesson,
    lessons,
    standing,
    week,
)

FRIDAY = MONDAY + timedelta(days=4)


def plan_of(desired: list[DesiredEvent], ledger: list[LedgerEvent], *, keep: Keep = frozenset()) -> ChangeSet:
    return plan(desired, ledger, windows=WINDOWS, kins=frozenset(), keep=keep, now=NOW)


def only(changes: ChangeSet) -> Change:
    (change,) = changes.changes
    return change


def test_the_same_again_needs_no_change() -> None:
    wanted = lessons(9)
    changes = plan_of(wanted, [standing(event) for event in wanted])
    assert changes.changes == ()
    assert changes.kept == {"unchanged": 9}


def test_a_new_lesson_is_created() -> None:
    old, new = lesson("1", FRIDAY), lesson("2", FRIDAY, "14:00", "15:00")
    change = only(plan_of([old, new], [standing(old)]))
    assert (change.kind, change.after, change.reason) == (ChangeKind.CREATE, new, "new at the source")


def test_a_lesson_that_is_gone_from_a_week_read_completely_is_deleted() -> None:
    row = standing(lesson("1", FRIDAY))
    change = only(plan_of([], [row]))
    assert (change.kind, change.before, change.reason) == (ChangeKind.DELETE, row, "no longer at the source")


@pytest.mark.parametrize(
    ("after", "fields", "reason"),
    [
        (lesson("1", FRIDAY, "09:00", "10:30"), ("dtend",), "09:00-10:00 → 09:00-10:30"),
        (lesson("1", FRIDAY, summary="VIP (Online)"), ("summary",), "“VIP Adults” → “VIP (Online)”"),
        (lesson("1", FRIDAY, location="SFS1*"), ("location",), "room none → SFS1*"),
        (
            lesson("1", FRIDAY, "10:00", "11:00"),
            ("dtstart", "dtend"),
            "09:00-10:00 → 10:00-11:00",
        ),
        (
            lesson("1", NEXT_MONDAY),
            ("dtstart", "dtend"),
            "Fri 06 Mar 09:00-10:00 → Mon 09 Mar 09:00-10:00",
        ),
        (
            lesson("1", FRIDAY, "09:00", "10:30", summary="VIP (Online)"),
            ("summary", "dtend"),
            "“VIP Adults” → “VIP (Online)”; 09:00-10:00 → 09:00-10:30",
        ),
    ],
    ids=["end moved", "online flipped", "room", "start moved", "moved to another week", "two at once"],
)
def test_what_differs_is_one_update_with_its_reason(
    after: DesiredEvent, fields: tuple[str, ...], reason: str
) -> None:
    change = only(plan_of([after], [standing(lesson("1", FRIDAY))]))
    assert (change.kind, change.fields, change.reason) == (ChangeKind.UPDATE, fields, reason)


def test_a_lesson_given_to_another_teacher_leaves_one_calendar_and_enters_the_other() -> None:
    before, after = lesson("1", FRIDAY), lesson("1", FRIDAY, calendar=JO)
    changes = plan_of([after], [standing(before)]).changes
    assert [(change.calendar, change.kind) for change in changes] == [
        (ANA, ChangeKind.DELETE),
        (JO, ChangeKind.CREATE),
    ]


def test_a_teacher_who_is_gone_loses_all_their_lessons_and_nobody_else_any() -> None:
    ana, jo = lessons(3), lessons(4, calendar=JO)
    changes = plan_of(jo, [standing(event) for event in (*ana, *jo)])
    assert {(change.calendar, change.kind) for change in changes.changes} == {(ANA, ChangeKind.DELETE)}
    assert len(changes.changes) == 3


def test_outside_the_weeks_read_completely_nothing_is_removed() -> None:
    inside, outside = lesson("1", NEXT_MONDAY), lesson("2", NEXT_MONDAY + WEEK)
    ledger = [standing(inside), standing(outside)]
    changes = plan([], ledger, windows=[week(NEXT_MONDAY)], kins=frozenset(), now=NOW)
    assert only(changes).uid == "1"
    assert changes.kept == {"outside the window": 1}


def test_without_a_complete_week_nothing_is_removed() -> None:
    changes = plan([], [standing(event) for event in lessons(5)], windows=[], kins=frozenset(), now=NOW)
    assert changes.changes == ()


def test_when_the_week_turns_what_took_place_stays() -> None:
    past = [standing(event) for event in lessons(5, monday=MONDAY - WEEK)]
    changes = plan_of([], past)
    assert changes.changes == ()
    assert changes.kept == {"past": 5}


def test_a_lesson_that_has_begun_is_left_alone_whatever_the_source_says() -> None:
    wednesday = MONDAY + timedelta(days=2)
    begun = lesson("1", wednesday, "11:00", "13:00")
    longer = lesson("1", wednesday, "11:00", "14:00")
    assert plan_of([longer], [standing(begun)]).kept == {"past": 1}
    assert plan_of([longer], []).kept == {"past": 1}


def test_a_lesson_that_was_put_off_after_it_should_have_begun_moves() -> None:
    wednesday = MONDAY + timedelta(days=2)
    change = only(
        plan_of(
            [lesson("1", wednesday, "15:00", "16:00")], [standing(lesson("1", wednesday, "11:00", "12:00"))]
        )
    )
    assert change.kind is ChangeKind.UPDATE


def test_what_is_undecided_stays_as_it_is() -> None:
    rows = [standing(lesson("1", FRIDAY)), standing(lesson("2", FRIDAY, "11:00", "12:00"))]
    changes = plan_of([lesson("2", FRIDAY, "11:30", "12:30")], rows, keep=frozenset({(ANA, "1"), (ANA, "2")}))
    assert changes.changes == ()
    assert changes.kept == {"undecided": 2}


def test_two_lessons_of_one_name_in_one_calendar_are_an_error() -> None:
    with pytest.raises(ValueError, match="two events named 1 for calendar ana"):
        plan_of([lesson("1", FRIDAY), lesson("1", FRIDAY, "09:00", "11:00")], [])


def test_the_same_name_in_two_calendars_is_two_lessons() -> None:
    assert len(plan_of([lesson("1", FRIDAY), lesson("1", FRIDAY, calendar=JO)], []).changes) == 2


def test_an_event_that_stands_twice_loses_the_newer_one() -> None:
    wanted = lesson("1", FRIDAY)
    older, newer = standing(wanted), standing(wanted, generation=2)
    for ledger in ([older, newer], [newer, older]):
        change = only(plan_of([wanted], ledger))
        assert (change.kind, change.before) == (ChangeKind.DELETE, newer)


def test_in_the_week_of_the_change_of_clocks_local_times_stay() -> None:
    sunday = date(2026, 3, 29)
    wanted = [lesson("1", sunday - timedelta(days=1)), lesson("2", sunday), lesson("3", sunday + WEEK)]
    ledger = [standing(event) for event in wanted]
    windows = [week(sunday - timedelta(days=6)), week(sunday + timedelta(days=1))]
    assert plan(wanted, ledger, windows=windows, kins=frozenset(), now=NOW).changes == ()


def test_the_order_of_the_input_does_not_matter() -> None:
    wanted = [*lessons(20), *lessons(20, calendar=JO)]
    ledger = [standing(event) for event in [*wanted[5:], *lessons(6, monday=MONDAY + 2 * WEEK)]]
    ledger[0] = replace(ledger[0], content=replace(ledger[0].content, summary="Edited"))
    first = plan_of(wanted, ledger)
    for seed in range(5):
        shuffle = random.Random(seed).shuffle  # noqa: S311 - a reproducible test
        shuffle(wanted)
        shuffle(ledger)
        again = plan_of(wanted, ledger)
        assert again.changes == first.changes
        assert again.digest == first.digest
