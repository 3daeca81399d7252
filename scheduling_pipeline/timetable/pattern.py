"""The weekly pattern of a method agenda: which blocks every teacher teaches each week, from when, until when.

One week is only a picture of the pattern, with that week's holidays in it. So an empty weekday counts as a
holiday until a second week in a row shows it empty, and an empty week says nothing at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from scheduling_pipeline.timetable.activities import place
from scheduling_pipeline.timetable.model import Lesson, WeekReading, monday_of

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Block:
    """Hours in a row of one teacher on one weekday (Monday 0), in wall time; rooms in the order of use."""

    teacher: str
    weekday: int
    start: time
    end: time
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WeeklyBlock:
    """A block that is taught each week from the date `first`; `until` is its last date, None without end."""

    block: Block
    first: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """`weekdays` are those the readings tell about: on any other, whatever stands shall stay."""

    blocks: tuple[WeeklyBlock, ...] = ()
    weekdays: frozenset[int] = frozenset()


_Slot = tuple[str, time, time]


def merge_blocks(blocks: Iterable[Block]) -> list[Block]:
    """Join each teacher's blocks that touch or overlap; sorted by teacher, weekday and start."""
    merged: list[Block] = []
    for block in sorted(blocks, key=lambda b: (b.teacher, b.weekday, b.start, b.end, b.rooms)):
        last = merged[-1] if merged else None
        if last and _day(last) == _day(block) and block.start <= last.end:
            rooms = tuple(dict.fromkeys(last.rooms + block.rooms))
            merged[-1] = replace(last, end=max(last.end, block.end), rooms=rooms)
        else:
            merged.append(block)
    return merged


def weekly_pattern(weeks: Sequence[WeekReading], today: date) -> Pattern:
    """What stands each week from `today` on (a local date), as the complete weeks of one agenda show it.

    The newest week that has lessons gives the pattern. A weekday without lessons there keeps the pattern of
    the week just before, if that week was read too: when it is empty there as well, the weekday has ended.
    A block that only an earlier week shows, this week or later, ends with it. Lessons whose teacher is
    unknown keep their weekday from being empty, but make no blocks.
    """
    taught = {week.monday: _by_weekday(week.lessons) for week in weeks if week.complete and week.lessons}
    if not taught:
        return Pattern()
    newest = max(taught)
    blocks: list[WeeklyBlock] = []
    weekdays: set[int] = set()
    for weekday in range(7):
        supplier = newest if taught[newest][weekday] else newest - WEEK
        if supplier not in taught:
            continue
        weekdays.add(weekday)
        seen = {
            monday: _slots(weekday, taught[monday][weekday])
            for monday in sorted(taught)
            if monday == supplier or (monday_of(today) <= monday < supplier and taught[monday][weekday])
        }
        blocks += _standing(seen, weekday, today)
    return Pattern(tuple(blocks), frozenset(weekdays))


def _standing(seen: Mapping[date, Mapping[_Slot, Block]], weekday: int, today: date) -> Iterator[WeeklyBlock]:
    """The blocks of one weekday, from what the weeks that tell about it show (oldest first)."""
    mondays = list(seen)
    in_week = timedelta(days=weekday)
    for slot in dict.fromkeys(slot for slots in seen.values() for slot in slots):
        shown = [monday for monday in mondays if slot in seen[monday]]
        block = seen[shown[-1]][slot]
        first = _on_or_after(today, shown[0] + in_week)
        if shown[-1] == mondays[-1]:
            yield WeeklyBlock(block, first)
            continue
        # It may have stood in weeks we know nothing about: it ended in the last one before we see it gone.
        gone = next(monday for monday in mondays if monday > shown[-1])
        until = gone - WEEK + in_week
        if until >= first:
            yield WeeklyBlock(block, first, until)


def _slots(weekday: int, lessons: Iterable[Lesson]) -> dict[_Slot, Block]:
    blocks = (
        Block(
            teacher=lesson.teacher,
            weekday=weekday,
            start=lesson.dtstart.time(),
            end=lesson.dtend.time(),
            rooms=(place(lesson),) if place(lesson) else (),
        )
        for lesson in lessons
        if lesson.teacher is not None
    )
    return {(block.teacher, block.start, block.end): block for block in merge_blocks(blocks)}


def _by_weekday(lessons: Iterable[Lesson]) -> defaultdict[int, list[Lesson]]:
    days: defaultdict[int, list[Lesson]] = defaultdict(list)
    for lesson in lessons:
        days[lesson.dtstart.weekday()].append(lesson)
    return days


def _on_or_after(today: date, day: date) -> date:
    """`day`, or the same weekday in the first later week that is not over yet."""
    return day + max(0, -((day - today).days // 7)) * WEEK


def _day(block: Block) -> tuple[str, int]:
    return block.teacher, block.weekday
