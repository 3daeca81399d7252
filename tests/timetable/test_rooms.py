"""A column that disappears from the grid takes no lesson out of a calendar."""

from __future__ import annotations

from dataclasses import replace

from scheduling_pipeline.timetable.model import WeekReading
from scheduling_pipeline.timetable.rooms import with_lost_rooms
from tests.timetable.builders import ANA, MONDAY, failed, lesson, week

IN_ONE = lesson(MONDAY, "09:00-10:00", asid="0000001", room="SFS1*")
IN_TWO = lesson(MONDAY, "11:00-12:00", asid="0000002", room="SFS2*")
BEFORE = week(MONDAY, IN_ONE, IN_TWO)


def seen(*rooms: str, lessons: tuple[str, ...] = ()) -> WeekReading:
    shown = [one for one in (IN_ONE, IN_TWO) if one.asid in lessons]
    return replace(week(MONDAY, *shown), rooms=rooms)


def test_lessons_of_a_lost_room_stay_as_lessons_whose_teacher_is_unknown() -> None:
    found = with_lost_rooms(seen("SFS1*", lessons=("0000001",)), BEFORE)
    assert [(one.asid, one.teacher) for one in found.lessons] == [("0000001", ANA), ("0000002", None)]
    assert found.problem == "the grid no longer has the column SFS2*: 1 lessons there are kept from before"
    assert found.complete


def test_while_the_room_stays_away_they_are_taken_over_again() -> None:
    first = with_lost_rooms(seen("SFS1*", lessons=("0000001",)), BEFORE)
    second = with_lost_rooms(seen("SFS1*", lessons=("0000001",)), first)
    assert second.lessons == first.lessons


def test_a_lesson_that_turns_up_in_another_room_is_not_kept_twice() -> None:
    moved = replace(IN_TWO, room="SFS1*")
    reading = replace(week(MONDAY, IN_ONE, moved), rooms=("SFS1*",))
    assert with_lost_rooms(reading, BEFORE) == reading


def test_a_lesson_that_is_gone_from_a_room_that_is_still_there_is_gone() -> None:
    reading = seen("SFS1*", "SFS2*", lessons=("0000001",))
    assert with_lost_rooms(reading, BEFORE) == reading


def test_a_week_never_read_before_a_failed_one_and_one_of_unknown_rooms_stay_as_they_are() -> None:
    for reading, before in ((seen("SFS1*"), None), (failed(MONDAY), BEFORE), (seen(), BEFORE)):
        assert with_lost_rooms(reading, before) == reading
