"""Three teachers with thirty events, and a week later: creates, updates, splits, ends and deletes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.simulators.school import Account
from scheduling_pipeline.timetable.model import Agenda, Kind, Lesson, WeekOutcome, WeekReading

ZURICH = ZoneInfo("Europe/Zurich")
MONDAY = date(2026, 3, 2)
WEEK = timedelta(weeks=1)
BEFORE = datetime(2026, 3, 2, 6, tzinfo=ZURICH)
AFTER = BEFORE + WEEK
WEEKS = 3  # how many weeks of each agenda are read
MON, TUE, WED, THU, FRI, SAT = range(6)
FRIDAY = (FRI, "10:00", "12:00", "R3")
EARLIER = [
    (MON, "09:00", "11:00", "R1"),
    (TUE, "09:00", "11:00", "R1"),
    (WED, "14:00", "16:00", "R2"),
    FRIDAY,
]
LATER = [  # other hours, another room, another time of day, and a new weekday
    (MON, "09:30", "11:30", "R1"),
    (TUE, "09:00", "11:00", "R4"),
    (WED, "18:00", "20:00", "R2"),
    (THU, "08:00", "10:00", "R1"),
]
FIRST_NAMES = ("Ana", "Jo", "Lea")


@dataclass(frozen=True)
class Trio:
    """Three teachers with two agendas of their own, so that many trios share one tenant and never meet."""

    number: int

    @property
    def surname(self) -> str:
        """A surname of letters alone, different for each trio."""
        return "Zu" + "".join(chr(ord("a") + int(digit)) for digit in str(self.number))

    @property
    def accounts(self) -> list[Account]:
        return [
            Account(
                f"{first} {self.surname}",
                first,
                self.surname,
                f"{first}.{self.surname}@school.example".lower(),
            )
            for first in FIRST_NAMES
        ]

    @property
    def teachers(self) -> list[str]:
        """The names as the site writes them."""
        return [f"{first} {self.surname.upper()}" for first in FIRST_NAMES]

    @property
    def agendas(self) -> tuple[Agenda, Agenda]:
        """A method agenda and a private one."""
        method, private = (
            Agenda(
                f"{kind.value}-{self.number}",
                kind.value,
                f"{kind.value} {self.number}",
                "",
                "",
                kind,
                ZURICH,
                live=True,
            )
            for kind in (Kind.METHOD, Kind.PRIVATE)
        )
        return method, private

    def lessons(self, agenda: Agenda, now: datetime) -> list[Lesson]:
        """What the site shows of an agenda at `now`, in all weeks."""
        if agenda.kind is Kind.METHOD:
            return list(_classes(agenda, self.teachers, changed=now >= AFTER))
        return list(_sessions(agenda, self.teachers, changed=now >= AFTER))


def _classes(agenda: Agenda, teachers: Sequence[str], *, changed: bool) -> Iterator[Lesson]:
    """Four weekly blocks for each teacher, in all weeks from now on. On Fridays the first teacher goes on."""
    first = MONDAY + WEEK if changed else MONDAY
    for week in range(WEEKS):
        for place, teacher in enumerate(teachers):
            blocks = LATER if changed else EARLIER
            blocks = [*blocks, FRIDAY] if changed and place == 0 else blocks
            for number, (weekday, start, end, room) in enumerate(blocks):
                day = first + week * WEEK + timedelta(days=weekday)
                yield lesson(agenda, f"{week}{place}{number:05}", day, start, end, teacher, f"{room}{place}")


def _sessions(agenda: Agenda, teachers: Sequence[str], *, changed: bool) -> Iterator[Lesson]:
    """Six dated lessons for each teacher in the week of the change and the one after it. Once changed, one is
    cancelled, one moved, one in another room, one given to the next teacher, and one is new."""
    for place, teacher in enumerate(teachers):
        for number in range(6):
            day = MONDAY + (1 + number % 2) * WEEK + timedelta(days=number)
            standing = lesson(agenda, f"1{place}{number:05}", day, "15:00", "16:30", teacher, f"P{place}")
            if not changed:
                yield standing
            elif number == 1:
                yield replace(
                    standing,
                    dtstart=standing.dtstart - timedelta(hours=2),
                    dtend=standing.dtend - timedelta(hours=2),
                )
            elif number == 2:
                yield replace(standing, room="P9")
            elif number == 3:
                yield replace(standing, teacher=teachers[(place + 1) % 3])
            elif number != 0:
                yield standing
        if changed:
            yield lesson(agenda, f"2{place}00000", MONDAY + 2 * WEEK, "19:00", "20:30", teacher, f"P{place}")


def lesson(agenda: Agenda, asid: str, day: date, start: str, end: str, teacher: str, room: str) -> Lesson:
    starts, ends = (datetime.combine(day, time.fromisoformat(text), ZURICH) for text in (start, end))
    return Lesson(agenda.key, asid, starts, ends, "VAD", "VIP Adults", room, 1, online=False, teacher=teacher)


def as_week(agenda: Agenda, monday: date, lessons: Iterable[Lesson], now: datetime) -> WeekReading:
    """A complete reading of one week."""
    found = tuple(one for one in lessons if monday <= one.dtstart.date() < monday + WEEK)
    return WeekReading(agenda.key, monday, WeekOutcome.COMPLETE, now, found)
