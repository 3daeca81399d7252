"""When courses meet: the rows of the files brought together with the meetings that stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduling_pipeline.courses.model import Place
from scheduling_pipeline.courses.pairing import Slot, pair


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A row of the file: when, and the buildings and numbers of the rooms."""

    slot: Slot
    rooms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Arranged:
    """The meetings of one course by number, with their rooms; `gone` are the numbers that nothing takes.

    `last` is the highest number that there ever was.
    """

    meetings: Mapping[int, MeetingRow]
    gone: tuple[int, ...]
    merged: int
    last: int


def arrange(standing: Mapping[int, Slot], rows: Iterable[MeetingRow], last: int) -> Arranged:
    """Give each row of a course's file its number.

    A new meeting's number is above `last`, the highest that any of the course ever had: a number that was an
    event in somebody's calendar, and may stand there as their past, is never another one's.
    """
    rows = list(rows)
    distinct = merge(rows)
    numbers = pair(standing, [row.slot for row in distinct])
    for row in sorted(distinct, key=lambda row: row.slot):
        if row.slot not in numbers:
            last += 1
            numbers[row.slot] = last
    return Arranged(
        meetings={numbers[row.slot]: row for row in distinct},
        gone=tuple(sorted(standing.keys() - numbers.values())),
        merged=len(rows) - len(distinct),
        last=last,
    )


def merge(rows: Iterable[MeetingRow]) -> list[MeetingRow]:
    """Rows that say the same of when become one, in all the rooms that are known, or those of the first."""
    found: dict[object, MeetingRow] = {}
    for row in rows:
        first = found.setdefault(row.slot.when, row)
        if first is not row:
            known = dict.fromkeys(room for room in (*first.rooms, *row.rooms) if Place(*room).is_known)
            found[row.slot.when] = MeetingRow(first.slot, tuple(known) or first.rooms)
    return list(found.values())
