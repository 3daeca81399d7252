"""A column that disappears from the grid takes no lesson out of a calendar."""

from __future__ import annotations

from dataclasses import replace

from scheduling_pipeline.timetable.model import WeekReading
from scheduling_pipeline.timetable.rooms import with_lost_rooms
from tests.timetable.builders import ANA, MONDAY, NEXT_MONDAY, THIRD_MONDAY, failed, lesson, week

IN_ONE = lesson(MONDAY, "09:00-10:00", asid="0000001", room="SFS1*")
IN_TWO = lesson(MONDAY, "11:00-12:00", asid="0000002", room="SFS2*")
BEFORE = week(MONDAY, IN_ONE, IN_TWO)


def seen(*rooms: str, lessons: tuple[str, ...] = ()) -> WeekReading:
    shown = [one for one in (IN_ONE, IN_TWO) if one.asid in lessons]
    return replace(week(MONDAY, *shown), rooms=rooms)


def test_lessons_of_a_lost_room_stay_as_lessons_whose_teacher_is_unknown() -> None:
    found = with_lost_rooms(seen("SFS1*", lessons=("0000001",)), [BEFORE])
    assert [(one.asid, one.teacher) for one in found.lessons] == [("0000001", ANA), ("0000002", None)]
    assert found.problem == "the grid no longer has the column SFS2*: 1 lessons there are kept from before"
    assert found.complete


def test_while_the_room_stays_away_they_are_taken_over_again() -> None:
    first = with_lost_rooms(seen("SFS1*", lessons=("0000001",)), [BEFORE])
    second = with_lost_rooms(seen("SFS1*", lessons=("0000001",)), [first])
    assert second.lessons == first.lessons


def test_a_lesson_that_turns_up_in_another_room_is_not_kept_twice() -> None:
    moved = replace(IN_TWO, room="SFS1*")
    reading = replace(week(MONDAY, IN_ONE, moved), rooms=("SFS1*",))
    assert with_lost_rooms(reading, [BEFORE]) == reading


def test_a_lesson_that_is_gone_from_a_room_that_is_still_there_is_gone() -> None:
    reading = seen("SFS1*", "SFS2*", lessons=("0000001",))
    assert with_lost_rooms(reading, [BEFORE]) == reading


def test_a_failed_week_and_one_of_unknown_rooms_stay_as_they_are() -> None:
    for reading in (failed(MONDAY), seen()):
        assert with_lost_rooms(reading, [BEFORE]) == reading


def test_a_week_never_read_before_says_which_rooms_other_weeks_had_and_invents_no_lesson() -> None:
    in_one_again = lesson(NEXT_MONDAY, "09:00-10:00", room="SFS1*")
    first_time = replace(week(THIRD_MONDAY), rooms=("ATL1",))

    found = with_lost_rooms(first_time, [week(NEXT_MONDAY, in_one_again), BEFORE])

    assert found.lessons == ()
    assert found.complete
    assert found.problem == (
        "the grid has no column SFS1*, which it had in the week of 2026-03-09; "
        "the grid has no column SFS2*, which it had in the week of 2026-03-02"
    )


def test_a_week_never_read_before_has_no_problem_with_all_known_rooms_or_none_known() -> None:
    first_time = replace(week(NEXT_MONDAY), rooms=("SFS1*", "SFS2*", "ATL1"))
    nowhere = lesson(MONDAY, "13:00-14:00", room="")

    for known in ([BEFORE], [week(MONDAY, nowhere)], []):
        assert with_lost_rooms(first_time, known) == first_time
