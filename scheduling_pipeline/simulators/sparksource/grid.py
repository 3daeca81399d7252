"""The week as the site lays it out: a table for each day, a column for each room, a row each quarter hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scheduling_pipeline.simulators.school import Room, SiteLesson

_QUARTER = 15  # minutes
_DAY_STARTS, _DAY_ENDS = 8 * 60, 22 * 60
_DAYS = 6  # the site has no Sundays


@dataclass(frozen=True, slots=True)
class Cell:
    """One room at one time. A lesson's cell spans `rows`; the rows below have no cell for that room."""

    room: Room
    lesson: SiteLesson | None = None
    rows: int = 1
    id: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    time: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Day:
    header: str
    rows: Sequence[Row]


def week_grid(monday: date, rooms: Sequence[Room], lessons: Sequence[SiteLesson]) -> list[Day]:
    """Monday to Saturday. The rows go from 08:00 to 22:00, and further where a lesson does."""
    first = min([_DAY_STARTS, *(_start(lesson) for lesson in lessons)])
    last = max([_DAY_ENDS, *(_end(lesson) for lesson in lessons)])
    days = []
    for day in (monday + timedelta(days=number) for number in range(_DAYS)):
        cells = {
            (lesson.room, _start(lesson) + offset): lesson
            for lesson in lessons
            if lesson.start.date() == day
            for offset in range(0, _end(lesson) - _start(lesson), _QUARTER)
        }
        rows = [_row(day, minute, rooms, cells) for minute in range(first, last, _QUARTER)]
        days.append(Day(day_header(day), rows))
    return days


def day_header(day: date) -> str:
    """A day as the site writes it, without the year: `Mon 23rd Feb.`"""
    suffix = "th" if day.day in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day:%a} {day.day}{suffix} {day:%b}."


def _row(day: date, minute: int, rooms: Sequence[Room], taken: dict[tuple[str, int], SiteLesson]) -> Row:
    cells = []
    for room in rooms:
        lesson = taken.get((room.name, minute))
        if lesson is None:
            cells.append(Cell(room))
        elif _start(lesson) == minute:
            rows = (_end(lesson) - minute) // _QUARTER
            cells.append(Cell(room, lesson, rows, f"{day.isoformat()}_{room.crid}_{minute // _QUARTER}"))
    return Row(f"{minute // 60:02d}:{minute % 60:02d}", cells)


def _start(lesson: SiteLesson) -> int:
    return lesson.start.hour * 60 + lesson.start.minute


def _end(lesson: SiteLesson) -> int:
    return lesson.end.hour * 60 + lesson.end.minute
