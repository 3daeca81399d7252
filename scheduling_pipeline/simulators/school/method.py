"""Method agendas: a weekly pattern of teaching blocks, chains of class sessions, that changes slowly."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from scheduling_pipeline.simulators.school.history import (
    ALWAYS,
    DAY,
    DEMO_MONDAY,
    FIRST_MONDAY,
    Booking,
    Diary,
    asid,
    dice,
    instant,
    minute,
    open_on,
)
from scheduling_pipeline.simulators.school.model import SiteLesson
from scheduling_pipeline.simulators.school.people import ESA, RECEPTION, SFS, teachers_of

DAY_BLOCKS = {SFS: (13, 12, 16, 18, 6, 4), ESA: (12, 10, 9, 14, 9, 1)}  # Monday to Saturday
ROOMS = {
    SFS: (*(f"SFS{number}*" for number in range(1, 8)), "ATL1"),
    ESA: (*(f"ESA{number}*" for number in range(1, 8)),),
}

CANCELLED_TEACHER = "Thibault WUILLEMOZ"
CANCELLED = instant(DEMO_MONDAY, DAY + 14 * 60), instant(DEMO_MONDAY, DAY + 17 * 60)
HOLIDAY = date(2026, 3, 11)  # of ESA alone

_OPENS, _CLOSES = 9 * 60, 20 * 60 + 30
_PAUSE = 30  # minutes between two blocks of one teacher: blocks that touch would be one
_HOURS, _HOURS_WEIGHTS = (1, 2, 3, 4), (8, 20, 55, 17)
_SESSIONS_PER_BLOCK = 4  # at most
_BLOCKS_PER_TEACHER = 7  # at most
_RECEPTION_NUMBER = 390  # above the numbers of all sessions of blocks
_FIRST_CHANGE = {SFS: 3, ESA: 4}  # weeks after the demo's first; then every other week
_TRIES = 500


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a block stands in the week: minutes since Monday 00:00, and its room."""

    start: int
    end: int
    room: str


@dataclass(frozen=True, slots=True)
class Change:
    """From the week of `monday` the block stands in `slot` (None: ended). The site shows it from `known`."""

    monday: date
    known: datetime
    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Block:
    """One teacher's weekly block. The first of `changes` is its beginning."""

    number: int
    teacher: str
    minutes: int
    changes: tuple[Change, ...]


class MethodPlan:
    """The weekly pattern of both method agendas, with all its changes up to the end of the school."""

    def __init__(self, seed: int, pinned: Diary) -> None:
        """`pinned` holds the hours for which teachers are wanted elsewhere."""
        self.busy = pinned  # and every hour that is ever a teacher's or a room's
        self._seed = seed
        self._blocks: dict[str, list[Block]] = {agenda: [] for agenda in DAY_BLOCKS}
        for agenda in DAY_BLOCKS:
            self._draw_pattern(agenda)
            self._draw_changes(agenda)

    def bookings(self, agenda: str, monday: date) -> list[Booking]:
        """All sessions of one week."""
        sessions = [
            session
            for block in self._blocks[agenda]
            for session in _sessions(self._seed, agenda, block, monday)
        ]
        return sessions + self._reception(agenda, monday)

    def _draw_pattern(self, agenda: str) -> None:
        rng = dice(self._seed, agenda, "pattern")
        days = [day for day, blocks in enumerate(DAY_BLOCKS[agenda]) for _ in range(blocks)]
        if agenda == SFS:
            start, end = CANCELLED
            slot = Slot(minute(start), minute(end), ROOMS[SFS][0])
            self._add(agenda, CANCELLED_TEACHER, FIRST_MONDAY, ALWAYS, slot)
            self._change(agenda, 0, Change(DEMO_MONDAY + timedelta(weeks=1), ALWAYS, None))
            days.remove(start.weekday())
        turns = _shared_out(teachers_of(agenda), len(days), rng)
        for day in sorted(days, key=days.count, reverse=True):  # the fullest days first, while all are free
            busiest_first = sorted(turns, key=turns.count, reverse=True)
            slots = ((teacher, self._free_slot(agenda, teacher, day, rng)) for teacher in busiest_first)
            teacher, slot = next((teacher, slot) for teacher, slot in slots if slot)
            turns.remove(teacher)
            self._add(agenda, teacher, FIRST_MONDAY, ALWAYS, slot)

    def _draw_changes(self, agenda: str) -> None:
        """Every other week one block moves, comes or ends; the site shows it from the Thursday before."""
        rng = dice(self._seed, agenda, "changes")
        for turn in range(20):
            monday = DEMO_MONDAY + timedelta(weeks=_FIRST_CHANGE[agenda] + 2 * turn)
            known = instant(monday - timedelta(weeks=1), 3 * DAY + 16 * 60)
            unchanged = [block for block in self._blocks[agenda] if len(block.changes) == 1]
            blocks = rng.sample(unchanged, len(unchanged))
            match turn % 3:
                case 0:
                    block, slot = self._first_with_another_slot(agenda, blocks, rng)
                    self._change(agenda, block.number, Change(monday, known, slot))
                case 1:
                    block, slot = self._first_with_another_slot(agenda, blocks, rng)
                    self._add(agenda, block.teacher, monday, known, slot)
                case _:
                    self._change(agenda, blocks[0].number, Change(monday, known, None))

    def _add(self, agenda: str, teacher: str, monday: date, known: datetime, slot: Slot) -> None:
        self._take(teacher, slot)
        blocks = self._blocks[agenda]
        blocks.append(Block(len(blocks), teacher, slot.end - slot.start, (Change(monday, known, slot),)))

    def _change(self, agenda: str, number: int, change: Change) -> None:
        block = self._blocks[agenda][number]
        if change.slot:
            self._take(block.teacher, change.slot)
        self._blocks[agenda][number] = replace(block, changes=(*block.changes, change))

    def _take(self, teacher: str, slot: Slot) -> None:
        self.busy.take(teacher, slot.start, slot.end)
        self.busy.take(slot.room, slot.start, slot.end)

    def _first_with_another_slot(
        self, agenda: str, blocks: Sequence[Block], rng: random.Random
    ) -> tuple[Block, Slot]:
        """The first of the blocks that could also stand elsewhere from Monday to Friday, and where."""
        slots = (
            (block, self._free_slot(agenda, block.teacher, day, rng, block.minutes))
            for block in blocks
            for day in rng.sample(range(5), 5)
        )
        return next((block, slot) for block, slot in slots if slot)

    def _free_slot(
        self, agenda: str, teacher: str, day: int, rng: random.Random, minutes: int | None = None
    ) -> Slot | None:
        """A slot where the room is free, and the teacher half an hour around it; None if it is not found."""
        for _ in range(_TRIES):
            length = minutes or 60 * rng.choices(_HOURS, _HOURS_WEIGHTS)[0]
            start = day * DAY + rng.randrange(_OPENS, _CLOSES - length + 1, 30)
            slot = Slot(start, start + length, rng.choice(ROOMS[agenda]))
            if self.busy.free(teacher, slot.start - _PAUSE, slot.end + _PAUSE) and self.busy.free(
                slot.room, slot.start, slot.end
            ):
                return slot
        return None

    def _reception(self, agenda: str, monday: date) -> list[Booking]:
        """Now and then, and in the demo's first week, the front desk itself takes an hour."""
        rng = dice(self._seed, agenda, "reception", monday)
        if monday != DEMO_MONDAY and rng.choice((True, False)):
            return []
        for _ in range(_TRIES):
            start = rng.randrange(5) * DAY + rng.randrange(_OPENS, _CLOSES - 60, 30)
            slot = Slot(start, start + 60, rng.choice(ROOMS[agenda]))
            if self.busy.free(slot.room, slot.start, slot.end):
                lesson = _lesson(agenda, monday, _RECEPTION_NUMBER, RECEPTION, _SERVICE_TIME, slot)
                return [Booking(((ALWAYS, lesson),))]
        return []


@dataclass(frozen=True, slots=True)
class _Class:
    code: str
    title: str
    students: int


_SERVICE_TIME = _Class("", "Service Time", 0)


def _sessions(seed: int, agenda: str, block: Block, monday: date) -> list[Booking]:
    changes = [change for change in block.changes if change.monday <= monday]
    if not changes:
        return []
    rng = dice(seed, agenda, block.number, monday)
    sessions, offset = [], 0
    for index, minutes in enumerate(_split(block.minutes, rng)):
        number, kind = block.number * _SESSIONS_PER_BLOCK + index, _draw_class(rng)
        states: list[tuple[datetime, SiteLesson | None]] = []
        for change in changes:
            lesson = None
            if change.slot:
                start = change.slot.start + offset
                slot = Slot(start, start + minutes, change.slot.room)
                lesson = _lesson(agenda, monday, number, block.teacher, kind, slot)
            states.append((change.known, lesson))
        sessions.append(Booking(tuple(states)))
        offset += minutes
    return sessions


def _lesson(
    agenda: str, monday: date, number: int, teacher: str, kind: _Class, slot: Slot
) -> SiteLesson | None:
    """The session on its day, None when the school is closed on it."""
    start = instant(monday, slot.start)
    if not open_on(start.date()) or (agenda == ESA and start.date() == HOLIDAY):
        return None
    return SiteLesson(
        agenda=agenda,
        asid=asid(agenda, monday, number),
        start=start,
        end=instant(monday, slot.end),
        code=kind.code,
        title=kind.title,
        room=slot.room,
        occupied=kind.students,
        online=False,
        teacher=teacher,
    )


def _draw_class(rng: random.Random) -> _Class:
    encounter = rng.randint(1, 54)
    kinds = (
        _Class(f"E{encounter:02d}", f"Echange {encounter:02d}", rng.randint(1, 5)),
        _Class("A2", "Workshop A2", rng.randint(7, 8)),
        _Class("B2", "Workshop B2", rng.randint(7, 8)),
        _Class("SCL", "Social Club", rng.randint(24, 28)),
        _Class("IND", "Induction", 1),
        _SERVICE_TIME,
    )
    return rng.choices(kinds, (70, 6, 6, 3, 5, 10))[0]


def _split(minutes: int, rng: random.Random) -> list[int]:
    """Sessions of an hour, sometimes the first two as one and a half hours and half an hour."""
    hours = minutes // 60
    return [90, 30, *[60] * (hours - 2)] if hours > 1 and rng.randrange(6) == 0 else [60] * hours


def _shared_out(teachers: Sequence[str], count: int, rng: random.Random) -> list[str]:
    """`count` turns: everybody has one, some have up to seven."""
    turns = list(teachers)
    eager = rng.choices(teachers, [rng.choice((1, 2, 4)) for _ in teachers], k=1000)
    for teacher in eager:
        if len(turns) == count:
            break
        if turns.count(teacher) < _BLOCKS_PER_TEACHER:
            turns.append(teacher)
    rng.shuffle(turns)
    return turns
