"""The demo school: about 48 teachers, 120 weekly blocks and 300 dated lessons a week, all invented.

What it shows is a function of the seed and of the instant alone: moving the clock moves the school, and a
restart changes nothing. Some cases worth showing are planted, see `PLANTED`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from scheduling_pipeline.simulators.school import method, people, private
from scheduling_pipeline.simulators.school.history import (
    FIRST_MONDAY,
    LAST_DAY,
    Booking,
    Diary,
    minute,
    whereabouts,
)
from scheduling_pipeline.simulators.school.model import AGENDAS, ZURICH, Account, Exhibit, Room, SiteLesson
from scheduling_pipeline.simulators.school.people import ESA, FRENCH, SFS
from scheduling_pipeline.simulators.school.profiles import PROFILES
from scheduling_pipeline.timetable.model import monday_of

MASTER = "16"  # shows both method agendas side by side
_LIVE = (SFS, ESA, people.ENGLISH, FRENCH, people.GERMAN)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some time of a teacher in an agenda."""

    agenda: str
    teacher: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Planted:
    """The cases that the demo is sure to contain, whatever the seed. Teachers are spelled as on the site."""

    homonym: str = people.HOMONYM  # two accounts have this name; the teacher's address ends in 2
    unmatched: str = people.UNMATCHED  # has no account
    half_account: str = people.HALF_ACCOUNT  # the account has the second half of the surname alone
    half_on_site: str = people.HALF_ON_SITE  # the site has the second half of the surname alone
    holiday_agenda: str = ESA
    holiday: date = method.HOLIDAY
    overlap: Stretch = Stretch(FRENCH, private.OVERLAP_TEACHER, *private.OVERLAP)  # two lessons at once
    cancelled: Stretch = Stretch(SFS, method.CANCELLED_TEACHER, *method.CANCELLED)  # in the first week alone


PLANTED = Planted()


class DemoSchool:
    """The demo school of one seed. `planted` names what to look for."""

    planted = PLANTED

    def __init__(self, seed: int = 1) -> None:
        self.accounts: Sequence[Account] = people.accounts()
        self._seed = seed
        pinned = Diary()
        pinned.take(PLANTED.overlap.teacher, minute(PLANTED.overlap.start), minute(PLANTED.overlap.end))
        self._method = method.MethodPlan(seed, pinned)
        self._weeks: dict[tuple[str, date], Sequence[Booking]] = {}

    def rooms(self, agenda: str) -> Sequence[Room]:
        if agenda == MASTER:
            return [*self.rooms(SFS), *self.rooms(ESA)]
        names = method.ROOMS[agenda] if agenda in method.ROOMS else PROFILES[agenda].rooms
        first = 41 + 20 * list(AGENDAS).index(agenda)
        return [Room(name, first + column) for column, name in enumerate(names)]

    def lessons(self, agenda: str, monday: date, now: datetime) -> Sequence[SiteLesson]:
        if agenda == MASTER:
            return [*self.lessons(SFS, monday, now), *self.lessons(ESA, monday, now)]
        return [lesson for booking in self._bookings(agenda, monday) if (lesson := booking.at(now))]

    def lesson(self, asid: str, now: datetime) -> SiteLesson | None:
        found = whereabouts(asid)
        lessons = self.lessons(*found, now) if found else ()
        return next((lesson for lesson in lessons if lesson.asid == asid), None)

    def exhibits(self, now: datetime) -> Sequence[Exhibit]:
        """The planted cases; lessons of the teachers concerned are looked up in the week of `now`."""
        return list(self._exhibits(now))

    def _exhibits(self, now: datetime) -> Iterator[Exhibit]:
        planted, today = PLANTED, now.astimezone(ZURICH).date()
        for teacher, title, text in (
            (
                planted.homonym,
                "Two people of one name",
                "The directory has two accounts with this name; the school's list in SharePoint decides.",
            ),
            (planted.unmatched, "A teacher without an account", "Nobody of this name is in the directory."),
            (planted.half_account, "Half a surname", "The account has the second half of the surname alone."),
            (
                planted.half_on_site,
                "Half a surname",
                "Here the site has the second half of the surname alone.",
            ),
        ):
            if lesson := self._first_lesson(teacher, monday_of(today), now):
                day = lesson.start.date()
                yield Exhibit(f"{title}: {teacher}", text, lesson.agenda, day, (lesson,))
        yield Exhibit(
            "A holiday",
            "On this day the agenda is empty while the rest of its week is not.",
            planted.holiday_agenda,
            planted.holiday,
        )
        for stretch, title, text in (
            (planted.overlap, "An overlap", "One teacher has two lessons at the same time, in two rooms."),
            (
                planted.cancelled,
                "A cancelled block",
                "It is taught in this week and gone from the weeks after it.",
            ),
        ):
            yield Exhibit(
                f"{title}: {stretch.teacher}",
                text,
                stretch.agenda,
                stretch.start.date(),
                self._lessons_in(stretch, now),
            )

    def _first_lesson(self, teacher: str, monday: date, now: datetime) -> SiteLesson | None:
        lessons = (lesson for agenda in _LIVE for lesson in self.lessons(agenda, monday, now))
        return next((lesson for lesson in lessons if lesson.teacher == teacher), None)

    def _lessons_in(self, stretch: Stretch, now: datetime) -> tuple[SiteLesson, ...]:
        return tuple(
            lesson
            for lesson in self.lessons(stretch.agenda, monday_of(stretch.start.date()), now)
            if lesson.teacher == stretch.teacher and stretch.start <= lesson.start < stretch.end
        )

    def _bookings(self, agenda: str, monday: date) -> Sequence[Booking]:
        if not FIRST_MONDAY <= monday <= LAST_DAY:
            return ()
        key = agenda, monday
        if key not in self._weeks:
            self._weeks[key] = (
                self._method.bookings(agenda, monday)
                if agenda in method.ROOMS
                else private.week_bookings(self._seed, agenda, PROFILES[agenda], monday, self._method.busy)
            )
        return self._weeks[key]
