"""The weekly pattern: which blocks stand, from when, until when, and what a week cannot tell."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling_pipeline.timetable.model import WeekReading
from scheduling_pipeline.timetable.pattern import Block, Pattern, merge_blocks, weekly_pattern
from tests.timetable.builders import (
    ANA,
    FRI,
    JO,
    MON,
    MONDAY,
    NEXT_MONDAY,
    SAT,
    THIRD_MONDAY,
    THU,
    TUE,
    WED,
    classes,
    failed,
    lesson,
    week,
)

LAST_MONDAY = MONDAY - timedelta(weeks=1)


def stands(*weeks: WeekReading, today: date = MONDAY) -> list[tuple[str, int, str, date, date | None]]:
    """The pattern, readable: (teacher, weekday, hours, first, until)."""
    return [
        (
            found.block.teacher,
            found.block.weekday,
            f"{found.block.start:%H:%M}-{found.block.end:%H:%M}",
            found.first,
            found.until,
        )
        for found in weekly_pattern(weeks, today).blocks
    ]


def days_known(*weeks: WeekReading, today: date = MONDAY) -> frozenset[int]:
    return weekly_pattern(weeks, today).weekdays


# -- blocks


def block(hours: str, *rooms: str, teacher: str = ANA, weekday: int = MON) -> Block:
    start, end = (time.fromisoformat(text) for text in hours.split("-"))
    return Block(teacher, weekday, start, end, rooms)


def test_back_to_back_lessons_are_one_block_with_its_rooms_in_order_of_use() -> None:
    lessons = [block("10:00-11:00", "SFS1*"), block("09:00-10:00", "SFS7*"), block("11:00-12:00", "SFS7*")]
    assert merge_blocks(lessons) == [block("09:00-12:00", "SFS7*", "SFS1*")]


def test_a_lesson_listed_twice_counts_once() -> None:
    assert merge_blocks([block("09:00-10:00", "A"), block("09:00-10:00", "B")]) == [
        block("09:00-10:00", "A", "B")
    ]


def test_a_break_another_day_and_another_teacher_keep_blocks_apart() -> None:
    apart = [
        block("09:00-10:00"),
        block("10:15-11:00"),
        block("10:00-10:15", weekday=TUE),
        block("10:00-10:15", teacher=JO),
    ]
    assert merge_blocks(reversed(apart)) == apart


@st.composite
def some_blocks(draw: st.DrawFn) -> Block:
    start = draw(st.integers(32, 90))
    length = draw(st.integers(1, 5))
    return Block(
        draw(st.sampled_from([ANA, JO])),
        draw(st.sampled_from([MON, TUE])),
        time(start // 4, start % 4 * 15),
        time((start + length) // 4, (start + length) % 4 * 15),
        (draw(st.sampled_from(["A", "B"])),),
    )


def minutes(blocks: list[Block]) -> dict[tuple[str, int], list[int]]:
    covered: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for one in blocks:
        start, end = (at.hour * 60 + at.minute for at in (one.start, one.end))
        covered[one.teacher, one.weekday] += range(start, end)
    return dict(covered)


@settings(derandomize=True)
@given(st.lists(some_blocks(), max_size=12))
def test_merged_blocks_cover_the_same_minutes_and_none_twice(blocks: list[Block]) -> None:
    merged = minutes(merge_blocks(blocks))
    assert {day: sorted(set(covered)) for day, covered in minutes(blocks).items()} == {
        day: sorted(covered) for day, covered in merged.items()
    }


@settings(derandomize=True)
@given(st.lists(some_blocks(), max_size=12))
def test_merging_merged_blocks_or_another_order_changes_nothing(blocks: list[Block]) -> None:
    merged = merge_blocks(blocks)
    assert merge_blocks(merged) == merged
    assert merge_blocks(reversed(blocks)) == merged


# -- from when, until when


def test_a_block_of_both_weeks_stands_without_end_from_the_current_one() -> None:
    both = classes(MONDAY, (WED, "09:00-12:00")), classes(NEXT_MONDAY, (WED, "09:00-12:00"))
    assert stands(*both) == [(ANA, WED, "09:00-12:00", MONDAY + timedelta(days=WED), None)]


def test_a_first_run_in_mid_week_starts_a_weekday_that_is_over_next_week() -> None:
    taught = ((MON, "09:00-12:00"), (THU, "09:00-12:00"))
    thursday = MONDAY + timedelta(days=THU)
    assert stands(classes(MONDAY, *taught), classes(NEXT_MONDAY, *taught), today=thursday) == [
        (ANA, MON, "09:00-12:00", NEXT_MONDAY, None),
        (ANA, THU, "09:00-12:00", thursday, None),
    ]


def test_a_block_of_the_next_week_only_starts_in_that_week() -> None:
    weeks = (
        classes(MONDAY, (MON, "14:00-15:00")),
        classes(NEXT_MONDAY, (MON, "09:00-12:00"), (MON, "14:00-15:00")),
    )
    assert stands(*weeks) == [
        (ANA, MON, "14:00-15:00", MONDAY, None),
        (ANA, MON, "09:00-12:00", NEXT_MONDAY, None),
    ]


def test_a_block_of_the_current_week_only_ends_in_it() -> None:
    weeks = (
        classes(MONDAY, (MON, "09:00-12:00"), (MON, "14:00-15:00")),
        classes(NEXT_MONDAY, (MON, "14:00-15:00")),
    )
    assert stands(*weeks) == [
        (ANA, MON, "09:00-12:00", MONDAY, MONDAY),
        (ANA, MON, "14:00-15:00", MONDAY, None),
    ]


def test_a_block_whose_last_day_is_over_is_not_wanted_any_more() -> None:
    weeks = (
        classes(MONDAY, (MON, "09:00-12:00"), (MON, "14:00-15:00")),
        classes(NEXT_MONDAY, (MON, "14:00-15:00")),
    )
    assert stands(*weeks, today=MONDAY + timedelta(days=1)) == [(ANA, MON, "14:00-15:00", NEXT_MONDAY, None)]


def test_a_block_that_changes_its_length_ends_and_begins() -> None:
    weeks = classes(MONDAY, (MON, "09:00-12:00")), classes(NEXT_MONDAY, (MON, "09:00-11:00"))
    assert stands(*weeks) == [
        (ANA, MON, "09:00-12:00", MONDAY, MONDAY),
        (ANA, MON, "09:00-11:00", NEXT_MONDAY, None),
    ]


def test_a_block_that_goes_to_another_teacher_ends_and_begins() -> None:
    weeks = classes(MONDAY, (MON, "09:00-12:00", ANA)), classes(NEXT_MONDAY, (MON, "09:00-12:00", JO))
    assert stands(*weeks) == [
        (ANA, MON, "09:00-12:00", MONDAY, MONDAY),
        (JO, MON, "09:00-12:00", NEXT_MONDAY, None),
    ]


def test_the_rooms_are_those_of_the_newest_week() -> None:
    weeks = (
        week(MONDAY, lesson(MONDAY, "09:00-10:00", room="A")),
        week(
            NEXT_MONDAY,
            lesson(NEXT_MONDAY, "09:00-10:00", room="B"),
            lesson(NEXT_MONDAY, "10:00-11:00", room=""),
        ),
    )
    rooms = {found.block.end: found.block.rooms for found in weekly_pattern(weeks, MONDAY).blocks}
    assert rooms == {time(10): ("A",), time(11): ("B",)}


def test_a_block_missing_from_the_newest_week_may_have_stood_in_an_unread_week_between() -> None:
    weeks = (
        classes(MONDAY, (MON, "09:00-12:00"), (MON, "14:00-15:00")),
        failed(NEXT_MONDAY),
        classes(THIRD_MONDAY, (MON, "14:00-15:00")),
    )
    assert (ANA, MON, "09:00-12:00", MONDAY, NEXT_MONDAY) in stands(*weeks)


def test_an_earlier_week_than_the_current_one_ends_nothing() -> None:
    weeks = classes(LAST_MONDAY, (MON, "09:00-12:00")), classes(MONDAY, (MON, "14:00-15:00"))
    assert stands(*weeks) == [(ANA, MON, "14:00-15:00", MONDAY, None)]


def test_a_week_rollover_changes_only_the_first_day() -> None:
    taught = ((MON, "09:00-12:00"), (FRI, "09:00-12:00"))
    before = stands(
        classes(MONDAY, *taught), classes(NEXT_MONDAY, *taught), today=MONDAY + timedelta(days=SAT)
    )
    after = stands(classes(NEXT_MONDAY, *taught), classes(THIRD_MONDAY, *taught), today=NEXT_MONDAY)
    assert before == after


# -- holidays and ends


def test_a_weekday_empty_in_the_newest_week_is_a_holiday_and_keeps_its_pattern() -> None:
    weeks = (
        classes(MONDAY, (MON, "09:00-12:00"), (TUE, "09:00-12:00")),
        classes(NEXT_MONDAY, (TUE, "09:00-12:00")),
    )
    assert stands(*weeks) == [
        (ANA, MON, "09:00-12:00", MONDAY, None),
        (ANA, TUE, "09:00-12:00", MONDAY + timedelta(days=1), None),
    ]
    assert {MON, TUE} <= days_known(*weeks)


def test_a_weekday_empty_in_two_weeks_running_has_ended() -> None:
    weeks = classes(MONDAY, (TUE, "09:00-12:00")), classes(NEXT_MONDAY, (TUE, "09:00-12:00"))
    assert MON in days_known(*weeks)
    assert [weekday for _, weekday, *_ in stands(*weeks)] == [TUE]


def test_a_weekday_that_ended_after_this_week_still_stands_this_week() -> None:
    weeks = (
        classes(MONDAY, (MON, "09:00-12:00"), (TUE, "09:00-12:00")),
        classes(NEXT_MONDAY, (TUE, "09:00-12:00")),
        classes(THIRD_MONDAY, (TUE, "09:00-12:00")),
    )
    assert (ANA, MON, "09:00-12:00", MONDAY, MONDAY) in stands(*weeks)
    assert MON in days_known(*weeks)


def test_an_empty_weekday_is_not_known_when_the_week_before_was_not_read() -> None:
    newest = classes(NEXT_MONDAY, (TUE, "09:00-12:00"))
    assert days_known(newest) == {TUE}
    assert days_known(failed(MONDAY), newest) == {TUE}
    assert days_known(classes(LAST_MONDAY, (MON, "09:00-12:00")), newest) == {TUE}


def test_a_wholly_empty_week_says_nothing() -> None:
    taught = classes(MONDAY, (TUE, "09:00-12:00"))
    empty = classes(NEXT_MONDAY)
    assert stands(taught, empty) == stands(taught)
    assert days_known(taught, empty) == days_known(taught) == {TUE}
    after = classes(THIRD_MONDAY, (TUE, "09:00-12:00"))
    assert days_known(empty, after) == {TUE}


def test_without_any_week_that_tells_nothing_is_known() -> None:
    assert weekly_pattern([], MONDAY) == Pattern()
    assert weekly_pattern([failed(MONDAY), classes(NEXT_MONDAY)], MONDAY) == Pattern()


def test_a_holiday_this_week_starts_a_new_series_next_week() -> None:
    weeks = (
        classes(MONDAY, (TUE, "09:00-12:00")),
        classes(NEXT_MONDAY, (MON, "09:00-12:00"), (TUE, "09:00-12:00")),
    )
    assert (ANA, MON, "09:00-12:00", NEXT_MONDAY, None) in stands(*weeks)


def test_a_lesson_without_a_readable_teacher_makes_no_block_and_no_holiday() -> None:
    weeks = classes(MONDAY, (MON, "09:00-12:00")), classes(NEXT_MONDAY, (MON, "09:00-12:00", None))
    assert stands(*weeks) == [(ANA, MON, "09:00-12:00", MONDAY, MONDAY)]
    assert MON in days_known(*weeks)


def test_the_order_of_the_weeks_does_not_matter() -> None:
    weeks = (
        classes(MONDAY, (MON, "09:00-12:00"), (TUE, "09:00-10:00")),
        classes(NEXT_MONDAY, (MON, "09:00-11:00")),
    )
    assert stands(*weeks) == stands(*reversed(weeks))


_WEEKS = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["09:00-10:00", "10:00-12:00"])), max_size=8),
    min_size=1,
    max_size=3,
)


@settings(derandomize=True)
@given(_WEEKS, st.integers(0, 6))
def test_whatever_was_taught_blocks_lie_on_known_weekdays_from_today_on(
    taught: list[list[tuple[int, str]]], day: int
) -> None:
    today = MONDAY + timedelta(days=day)
    weeks = [classes(MONDAY + timedelta(weeks=n), *lessons) for n, lessons in enumerate(taught)]
    pattern = weekly_pattern(weeks, today)
    for found in pattern.blocks:
        assert found.block.weekday in pattern.weekdays
        assert found.first >= today
        assert found.first.weekday() == found.block.weekday
        if found.until is not None:
            assert found.until >= found.first
            assert found.until.weekday() == found.block.weekday
