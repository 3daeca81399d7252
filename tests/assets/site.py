"""A booking site that shows the lessons a test writes down, in place of the browser's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.database.leases import HeldLease
from scheduling_pipeline.simulators.school import Account
from scheduling_pipeline.timetable.model import Agenda, AgendaReading, Lesson, WeekOutcome, WeekReading
from tests.end_to_end.pipeline import ENGLISH, SFS

ZURICH = ZoneInfo("Europe/Zurich")
WEEK = timedelta(weeks=1)
MONDAY = date(2026, 3, 2)  # the simulators' clock begins here, at 06:00
MON, TUE, WED, THU, FRI, SAT = range(6)
PEOPLE = (
    Account("Ana Martel", "Ana", "Martel", "ana.martel@school.example"),
    Account("Jo Brandt", "Jo", "Brandt", "jo.brandt@school.example"),
    Account("Lea Kohler", "Lea", "Kohler", "lea.kohler@school.example"),
)
ANA, JO, LEA = "Ana MARTEL", "Jo BRANDT", "Lea KOHLER"


def lesson(asid: str, day: date, start: str, teacher: str | None = ANA, *, minutes: int = 90) -> Lesson:
    """A lesson; which agenda it is in is said where it is shown."""
    starts = datetime.combine(day, time.fromisoformat(start), ZURICH)
    return Lesson(
        agenda="",
        asid=asid,
        dtstart=starts,
        dtend=starts + timedelta(minutes=minutes),
        code="VAD",
        title="VIP Adults",
        room="R1",
        occupied=1,
        online=False,
        teacher=teacher,
    )


def weekly(weekday: int, start: str, teacher: str = ANA, *, weeks: int = 3) -> list[Lesson]:
    """An hour of a class in each of the next weeks."""
    return [
        lesson(
            f"8{weekday}{start[:2]}{start[3]}{len(teacher) % 10}{week}",
            MONDAY + week * WEEK + timedelta(days=weekday),
            start,
            teacher,
            minutes=60,
        )
        for week in range(weeks)
    ]


def sessions(count: int, *, first: int = 0, teacher: str = ANA, monday: date = MONDAY + WEEK) -> list[Lesson]:
    """So many private lessons in one week, none of them at the same time."""
    return [
        lesson(f"{first + n:07}", monday + timedelta(days=n % 6), f"{8 + n // 6 * 2:02}:00", teacher)
        for n in range(count)
    ]


@dataclass
class WrittenSite:
    """What the site shows: lessons by agenda. `broken` names weeks that cannot be read, and why."""

    lessons: dict[str, list[Lesson]] = field(default_factory=dict)
    broken: dict[tuple[str, date], str] = field(default_factory=dict)
    asked: list[tuple[str, list[date]]] = field(default_factory=list)

    def show(self, agenda: str, *lessons: Iterable[Lesson]) -> None:
        self.lessons[agenda] = [one for group in lessons for one in group]

    def fail(self, agenda: str, problem: str, weeks: int = 4) -> None:
        """Break all weeks of an agenda from the first on."""
        self.broken |= {(agenda, MONDAY + n * WEEK): problem for n in range(weeks)}

    def read(
        self,
        agendas: Sequence[tuple[Agenda, Sequence[date]]],
        *,
        now: datetime,
        lease: HeldLease,
        on_progress: Callable[[str, int, int], None],
    ) -> list[AgendaReading]:
        """As `SparkSource.read`."""
        self.asked += [(agenda.key, list(mondays)) for agenda, mondays in agendas]
        lease.renew()
        readings = []
        for agenda, mondays in agendas:
            weeks = [self._week(agenda, monday, now) for monday in mondays]
            readings.append(AgendaReading(agenda.key, weeks))
            on_progress(f"read {agenda.label}", len(readings), len(agendas))
        return readings

    def _week(self, agenda: Agenda, monday: date, now: datetime) -> WeekReading:
        if problem := self.broken.get((agenda.key, monday)):
            return WeekReading(agenda.key, monday, WeekOutcome.FAILED, now, problem=problem)
        found = [
            one for one in self.lessons.get(agenda.key, ()) if monday <= one.dtstart.date() < monday + WEEK
        ]
        return WeekReading(agenda.key, monday, WeekOutcome.COMPLETE, now, tuple(found))


def usual_site() -> WrittenSite:
    """Four classes of SFS, and private lessons in English: seven events in all."""
    site = WrittenSite()
    site.show(
        SFS, weekly(MON, "09:00"), weekly(TUE, "09:00"), weekly(WED, "13:00", JO), weekly(THU, "10:00", LEA)
    )
    site.show(ENGLISH, sessions(2), sessions(1, first=50, teacher=JO, monday=MONDAY + 2 * WEEK))
    return site
