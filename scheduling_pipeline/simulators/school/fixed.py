"""A tiny school with the lessons that a test writes down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import pairwise

from scheduling_pipeline.simulators.school.model import AGENDAS, Account, Exhibit, Room, SiteLesson
from scheduling_pipeline.timetable.model import monday_of

QUARTER = 15  # minutes; the step of the site's grid
_CRIDS_PER_AGENDA = 50


class FixedSchool:
    """The given lessons and accounts, the same at every instant until `replace` is called."""

    def __init__(self, lessons: Iterable[SiteLesson] = (), accounts: Iterable[Account] = ()) -> None:
        self.accounts: Sequence[Account] = tuple(accounts)
        self._lessons: dict[str, SiteLesson] = {}
        self.replace(lessons)

    def replace(self, lessons: Iterable[SiteLesson]) -> None:
        """Show these lessons from now on. ValueError for lessons that the site's grid cannot show."""
        wanted = tuple(lessons)
        _check(wanted)
        self._lessons = {lesson.asid: lesson for lesson in wanted}

    def rooms(self, agenda: str) -> Sequence[Room]:
        names = sorted({lesson.room for lesson in self._lessons.values() if lesson.agenda == agenda})
        first = 1 + _CRIDS_PER_AGENDA * list(AGENDAS).index(agenda)
        return [Room(name, first + column) for column, name in enumerate(names or ["R1"])]

    def lessons(self, agenda: str, monday: date, now: datetime) -> Sequence[SiteLesson]:  # noqa: ARG002 - protocol
        return [
            lesson
            for lesson in self._lessons.values()
            if lesson.agenda == agenda and monday_of(lesson.start.date()) == monday
        ]

    def lesson(self, asid: str, now: datetime) -> SiteLesson | None:  # noqa: ARG002 - protocol
        return self._lessons.get(asid)

    def exhibits(self, now: datetime) -> Sequence[Exhibit]:  # noqa: ARG002 - protocol
        return ()


def _check(lessons: Sequence[SiteLesson]) -> None:
    if len({lesson.asid for lesson in lessons}) < len(lessons):
        raise ValueError("two lessons have the same asid")
    for lesson in lessons:
        if lesson.agenda not in AGENDAS:
            raise ValueError(f"lesson {lesson.asid}: the site has no agenda {lesson.agenda!r}")
        if lesson.start.minute % QUARTER or lesson.end.minute % QUARTER:
            raise ValueError(f"lesson {lesson.asid}: the grid has quarter hours only")
        if lesson.start >= lesson.end or lesson.start.date() != lesson.end.date():
            raise ValueError(f"lesson {lesson.asid}: it must end after it starts, on the same day")
    in_rooms = sorted(lessons, key=lambda lesson: (lesson.agenda, lesson.room, lesson.start))
    for one, other in pairwise(in_rooms):
        if (one.agenda, one.room) == (other.agenda, other.room) and other.start < one.end:
            raise ValueError(f"lessons {one.asid} and {other.asid} are in room {one.room} at the same time")
