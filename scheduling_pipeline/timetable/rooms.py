"""A room that disappears from the grid takes its lessons with it, and the page looks whole all the same."""

from __future__ import annotations

from dataclasses import replace

from scheduling_pipeline.timetable.model import WeekReading


def with_lost_rooms(week: WeekReading, before: WeekReading | None) -> WeekReading:
    """The week with the lessons that its last good reading had in rooms which are no columns any more.

    They stay as lessons whose teacher is unknown: what stands for them is kept until the room is back, the
    lessons turn up in another room, or their week is over.
    """
    if not week.complete or before is None or not week.rooms:
        return week
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
