"""Agendas with dated lessons: one week's bookings as they come in, change and are cancelled over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count, pairwise

from scheduling_pipeline.simulators.school.history import (
    ALWAYS,
    DAY,
    DEMO_MONDAY,
    Booking,
    Diary,
    asid,
    dice,
    instant,
    minute,
    open_on,
)
from scheduling_pipeline.simulators.school.model import SiteLesson
from scheduling_pipeline.simulators.school.people import FRENCH
from scheduling_pipeline.simulators.school.profiles import Profile

OVERLAP_TEACHER = "Maëlle PITTET"
_THURSDAY = 3 * DAY
_OVERLAPPING = ((_THURSDAY + 600, _THURSDAY + 660), (_THURSDAY + 630, _THURSDAY + 690))
OVERLAP = instant(DEMO_MONDAY, _OVERLAPPING[0][0]), instant(DEMO_MONDAY, _OVERLAPPING[1][1])

_CURVE = (  # days from Monday 08:00, bookings known by then as a share of those of Monday morning
    (-42.0, 0.0),
    (-28.0, 0.06),
    (-21.0, 0.13),
    (-14.0, 0.27),
    (-7.0, 0.45),
    (0.0, 1.0),
    (4.0, 1.22),
)
_CANCELLED = 0.10  # bookings that will be cancelled, for each one that is kept
_CHANGES = ("title", "end", "move", "online", "teacher", "room")
_CHANGE_WEIGHTS = (6, 3, 2, 1, 1, 1)
_WEEKDAY_WEIGHTS = (398, 435, 516, 442, 262, 104)
_LENGTHS, _LENGTH_WEIGHTS = (60, 90, 45, 120, 15, 30, 75, 150), (79, 9, 8, 3, 0.25, 0.25, 0.25, 0.25)
_HOURS, _HOUR_WEIGHTS = range(8, 21), (4, 15, 12, 11, 7, 6, 13, 8, 7, 7, 6, 4, 1.5)
_QUARTERS, _QUARTER_WEIGHTS = (0, 30, 15, 45), (80, 13, 4, 3)
_LATEST_START = 20 * 60 + 15
_NOTICE = timedelta(hours=2)  # nobody books, moves or cancels later than this before a lesson
_OFFICE_OPENS, _OFFICE_CLOSES = 8, 19
_SUNDAY = 6
_TRIES = 1000


def week_bookings(seed: int, agenda: str, profile: Profile, monday: date, busy: Diary) -> list[Booking]:
    """Every booking that is ever made for the week; `busy` says when teachers give other classes."""
    return _Week(seed, agenda, profile, monday, busy).draw()


class _Week:
    def __init__(self, seed: int, agenda: str, profile: Profile, monday: date, busy: Diary) -> None:
        self._agenda, self._profile, self._monday = agenda, profile, monday
        self._rng = dice(seed, agenda, monday)
        self._diary = busy.copy()
        self._numbers = count()
        likes = dice(seed, agenda, "teachers")
        self._eager = [teacher for teacher in profile.teachers for _ in range(likes.choice((1, 2, 3)))]

    def draw(self) -> list[Booking]:
        planted = self._overlap() if (self._agenda, self._monday) == (FRENCH, DEMO_MONDAY) else []
        usual = 1 if self._monday == DEMO_MONDAY else self._rng.uniform(0.94, 1.06)
        total = round(self._profile.volume * usual * _CURVE[-1][1])
        kept = [
            booking
            for index in range(total)
            # The first ones go round all teachers, so that each of them is seen every week.
            if (
                booking := self._book(
                    (index + self._rng.random()) / total, self._profile.teachers[index : index + 1]
                )
            )
        ]
        for _ in range(self._rng.choice((0, 1, 1, 2))):
            index = self._rng.randrange(len(kept))
            kept[index] = self._changed(kept[index])
        cancelled = [
            self._cancelled(booking)
            for _ in range(round(total * _CANCELLED))
            if (booking := self._book(self._rng.random(), ()))
        ]
        return planted + kept + cancelled

    def _book(self, rank: float, teachers: Sequence[str]) -> Booking | None:
        """The booking that comes in at `rank` (0 first, 1 last); None when there is no time left for it."""
        booked = self._office_time(self._monday_morning + timedelta(days=_known_after(rank * _CURVE[-1][1])))
        length = self._rng.choices(_LENGTHS, _LENGTH_WEIGHTS)[0]
        place = self._place(booked, length, teachers or self._eager)
        if place is None:
            return None
        start, teacher, room = place
        kinds = self._profile.activities
        kind = self._rng.choices(kinds, [kind.weight for kind in kinds])[0]
        lesson = SiteLesson(
            agenda=self._agenda,
            asid=asid(self._agenda, self._monday, next(self._numbers)),
            start=instant(self._monday, start),
            end=instant(self._monday, start + length),
            code=kind.code,
            title=self._rng.choice(kind.titles),
            room=room,
            occupied=self._rng.randint((kind.students + 1) // 2, kind.students),
            online=self._rng.random() < kind.online,
            teacher=teacher,
        )
        return Booking(((booked, lesson),))

    def _place(self, booked: datetime, length: int, teachers: Sequence[str]) -> tuple[int, str, str] | None:
        """A time in the week (its minute), a teacher and a room that are free for it."""
        for _ in range(_TRIES):
            hour = self._rng.choices(_HOURS, _HOUR_WEIGHTS)[0]
            time = min(hour * 60 + self._rng.choices(_QUARTERS, _QUARTER_WEIGHTS)[0], _LATEST_START)
            start = self._rng.choices(range(6), _WEEKDAY_WEIGHTS)[0] * DAY + time
            teacher, room = self._rng.choice(teachers), self._rng.choice(self._profile.rooms)
            begins = instant(self._monday, start)
            if (
                begins >= booked + _NOTICE
                and open_on(begins.date())
                and self._free((teacher, room), start, length)
            ):
                self._take((teacher, room), start, length)
                return start, teacher, room
        return None

    def _free(self, whom: Sequence[str], start: int, length: int) -> bool:
        return all(self._diary.free(who, start, start + length) for who in whom)

    def _take(self, whom: Sequence[str], start: int, length: int) -> None:
        for who in whom:
            self._diary.take(who, start, start + length)

    def _another(self, names: Sequence[str], start: int, length: int) -> str | None:
        """One of these teachers or rooms that is free then; it is taken."""
        for name in self._rng.sample(names, len(names)):
            if self._free((name,), start, length):
                self._take((name,), start, length)
                return name
        return None

    def _cancelled(self, booking: Booking) -> Booking:
        return Booking((*booking.states, (self._later(booking), None)))

    def _changed(self, booking: Booking) -> Booking:
        since = self._later(booking)
        lesson = booking.at(since)
        if lesson is None:
            raise ValueError("a cancelled booking does not change")
        kind = self._rng.choices(_CHANGES, _CHANGE_WEIGHTS)[0]
        return Booking((*booking.states, (since, self._altered(lesson, kind, since))))

    def _altered(self, lesson: SiteLesson, kind: str, since: datetime) -> SiteLesson:
        """The lesson after a change of that kind; as it was, where nothing is free for the change."""
        start = minute(lesson.start)
        length = int((lesson.end - lesson.start).total_seconds()) // 60
        altered = lesson
        match kind:
            case "title":
                altered = replace(lesson, title=f"{lesson.title} (suite)")
            case "online":
                altered = replace(lesson, online=not lesson.online)
            case "end" if self._free((lesson.teacher, lesson.room), start + length, 30):
                self._take((lesson.teacher, lesson.room), start + length, 30)
                altered = replace(lesson, end=instant(self._monday, start + length + 30))
            case "teacher" if teacher := self._another(self._profile.teachers, start, length):
                altered = replace(lesson, teacher=teacher)
            case "room" if room := self._another(self._profile.rooms, start, length):
                altered = replace(lesson, room=room)
            case "move" if place := self._place(since, length, (lesson.teacher,)):
                start, _, room = place
                begins, ends = instant(self._monday, start), instant(self._monday, start + length)
                altered = replace(lesson, start=begins, end=ends, room=room)
        return altered

    def _overlap(self) -> list[Booking]:
        """Two lessons of one teacher at the same time, in two rooms: a mistake that was there first."""
        bookings = []
        for room, (start, end) in zip(self._profile.rooms, _OVERLAPPING, strict=False):
            self._take((OVERLAP_TEACHER, room), start, end - start)
            lesson = SiteLesson(
                agenda=self._agenda,
                asid=asid(self._agenda, self._monday, next(self._numbers)),
                start=instant(self._monday, start),
                end=instant(self._monday, end),
                code="VAD",
                title="VIP Adults",
                room=room,
                occupied=1,
                online=False,
                teacher=OVERLAP_TEACHER,
            )
            bookings.append(Booking(((ALWAYS, lesson),)))
        return bookings

    # When people book

    @property
    def _monday_morning(self) -> datetime:
        return instant(self._monday, _OFFICE_OPENS * 60)

    def _later(self, booking: Booking) -> datetime:
        """Some instant after the booking was made and before it is too late for the lesson."""
        booked, lesson = booking.states[0]
        if lesson is None:
            raise ValueError("a booking begins with a lesson")
        moment = booked + self._rng.random() * (lesson.start - _NOTICE - booked)
        return max(self._office_time(moment), booked + timedelta(hours=1))

    def _office_time(self, moment: datetime) -> datetime:
        """`moment`, or a time on the working day before when the office is closed then."""
        opened = moment.hour >= _OFFICE_OPENS
        day = moment if opened else moment - timedelta(days=1)
        if day.weekday() == _SUNDAY:
            day -= timedelta(days=1)
        if opened and moment.hour < _OFFICE_CLOSES:
            return day
        return day.replace(
            hour=self._rng.randrange(_OFFICE_OPENS, _OFFICE_CLOSES), minute=self._rng.randrange(60)
        )


def _known_after(share: float) -> float:
    """Days from Monday morning at which that share of bookings is known."""
    for (day, known), (next_day, next_known) in pairwise(_CURVE):
        if share <= next_known:
            return day + (next_day - day) * (share - known) / (next_known - known)
    return _CURVE[-1][0]
