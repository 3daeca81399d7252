"""A small school as the booking site shows it: three teachers, and the lessons that a test asks for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.simulators.school import Account, SiteLesson

ZURICH = ZoneInfo("Europe/Zurich")
WEEK = timedelta(weeks=1)
MONDAY = date(2026, 3, 2)  # the simulators' clock begins here, at 06:00
PEOPLE = (
    Account("Ana Martel", "Ana", "Martel", "ana.martel@school.example"),
    Account("Jo Brandt", "Jo", "Brandt", "jo.brandt@school.example"),
    Account("Lea Kohler", "Lea", "Kohler", "lea.kohler@school.example"),
)
TEACHERS = ("Ana MARTEL", "Jo BRANDT", "Lea KOHLER")
ON_SITE = {  # the site's numbers of the live agendas
    "sfs_lausanne": "17",
    "esa_lausanne": "18",
    "private_english_lausanne": "57",
    "private_french_lausanne": "100",
    "private_german_lausanne": "101",
}


def site_lesson(agenda: str, asid: str, day: date, start: str, place: int, minutes: int = 60) -> SiteLesson:
    """A lesson of the teacher at `place`, in a room of their own."""
    starts = datetime.combine(day, time.fromisoformat(start), ZURICH)
    return SiteLesson(
        agenda=ON_SITE[agenda],
        asid=asid,
        start=starts,
        end=starts + timedelta(minutes=minutes),
        code="VAD",
        title="VIP Adults",
        room=f"R{place}",
        occupied=2,
        online=False,
        teacher=TEACHERS[place],
    )


def private_lessons(agenda: str, each: int, monday: date = MONDAY + WEEK, first: int = 0) -> list[SiteLesson]:
    """So many lessons for each teacher in one week, up to four a day."""
    return [
        site_lesson(
            agenda,
            f"{first + 100 * place + n:07}",
            monday + timedelta(days=n % 6),
            f"{9 + n // 6 * 2:02}:00",
            place,
        )
        for place in range(len(TEACHERS))
        for n in range(each)
    ]


def classes(
    agenda: str, *starts: tuple[int, str], weeks: int = 2, first: int = 9_000_000
) -> list[SiteLesson]:
    """For each teacher, classes of two hours at (weekday, start) in each week from the current one on."""
    return [
        site_lesson(
            agenda,
            str(first + 1000 * place + 100 * week + n),
            MONDAY + week * WEEK + timedelta(days=weekday),
            start,
            place,
            120,
        )
        for week in range(weeks)
        for place in range(len(TEACHERS))
        for n, (weekday, start) in enumerate(starts)
    ]
