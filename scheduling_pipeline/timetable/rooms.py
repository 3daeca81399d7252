"""A room that disappears from the grid takes its lessons with it, and the page looks whole all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scheduling_pipeline.timetable.model import WeekReading


def with_lost_rooms(week: WeekReading, known: Sequence[WeekReading]) -> WeekReading:
    """The week with what its grid lost since `known`, the last good readings of its agenda's weeks.

    The lessons that its own last good reading had in rooms which are no columns any more stay as lessons
    whose teacher is unknown: what stands for them is kept until the room is back, the lessons turn up in
    another room, or their week is over. A week without such a reading only says which rooms other weeks had.
    """
    if not week.complete or not week.rooms:
        return week
    before = next((other for other in known if other.monday == week.monday), None)
    return _with_rooms_missing(week, known) if before is None else _with_lessons_lost(week, before)


def _with_lessons_lost(week: WeekReading, before: WeekReading) -> WeekReading:
    shown = {lesson.asid for lesson in week.lessons}
    lost = tuple(
        replace(lesson, teacher=None)
        for lesson in before.lessons
        if lesson.room and lesson.room not in week.rooms and lesson.asid not in shown
    )
    if not lost:
        return week
    rooms = ", ".join(sorted({lesson.room for lesson in lost}))
    return replace(
        week,
        lessons=(*week.lessons, *lost),
        problem=f"the grid no longer has the column {rooms}: {len(lost)} lessons there are kept from before",
    )


def _with_rooms_missing(week: WeekReading, others: Sequence[WeekReading]) -> WeekReading:
    newest = {  # the last week in which each room was in use
        lesson.room: other.monday
        for other in sorted(others, key=lambda other: other.monday)
        for lesson in other.lessons
    }
    missing = [
        f"the grid has no column {room}, which it had in the week of {monday}"
        for room, monday in sorted(newest.items())
        if room and room not in week.rooms
    ]
    return replace(week, problem="; ".join(missing)) if missing else week
