"""Short ways to write lessons, weeks and accounts down."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.calendars.model import EventContent, LedgerEvent, WeeklyRule
from scheduling_pipeline.timetable.accounts import Account, Matching, match_teachers
from scheduling_pipeline.timetable.events import WEEKDAYS
from scheduling_pipeline.timetable.model import Agenda, Kind, Lesson, WeekOutcome, WeekReading

ZURICH = ZoneInfo("Europe/Zurich")
MONDAY = date(2026, 3, 2)
NEXT_MONDAY = date(2026, 3, 9)
THIRD_MONDAY = date(2026, 3, 16)
MON, TUE, WED, THU, FRI, SAT = range(6)

METHOD = Agenda("sfs_lausanne", "17", "SFS Lausanne", "Lausanne", "SFS", Kind.METHOD, ZURICH, live=True)
PRIVATE = Agenda(
    "private_french_lausanne", "100", "Private French", "Lausanne", "SFS", Kind.PRIVATE, ZURICH, live=True
)

ANA, JO, LEA = "Ana MARTEL", "Jo BRANDT", "Lea KOHLER"
ANA_CALENDAR, JO_CALENDAR, LEA_CALENDAR = (f"id-{name}" for name in ("ana.martel", "jo.brandt", "lea.kohler"))


def account(display_name: str, upn: str = "", *, enabled: bool = True) -> Account:
    local = upn or ".".join(display_name.lower().split())
    return Account(f"id-{local}", f"{local}@school.example", display_name, enabled)


def matching_of(*names: str) -> Matching:
    """Ana, Jo and Lea have accounts; nobody else does."""
    accounts = [account("Ana Martel"), account("Jo Brandt"), account("Lea Kohler")]
    return match_teachers([ANA, JO, LEA, *names], accounts, {})


def lesson(
    day: date,
    hours: str,
    teacher: str | None = ANA,
    *,
    asid: str = "",
    code: str = "VAD",
    room: str = "SFS1*",
    online: bool = False,
) -> Lesson:
    """`hours` like 09:00-10:30. Without an `asid`, one made of day, hours and teacher."""
    start, end = (time.fromisoformat(text) for text in hours.split("-"))
    return Lesson(
        agenda="agenda",
        asid=asid or f"{day:%d%m}{start:%H%M}{teacher}",
        dtstart=datetime.combine(day, start, tzinfo=ZURICH),
        dtend=datetime.combine(day, end, tzinfo=ZURICH),
        code=code,
        title="VIP Adults",
        room=room,
        occupied=1,
        online=online,
        teacher=teacher,
    )


def classes(monday: date, *taught: tuple[int, str] | tuple[int, str, str | None]) -> WeekReading:
    """A complete week of (weekday, hours, teacher), Ana where none is named."""
    return week(monday, *(lesson(monday + timedelta(days=day), *rest) for day, *rest in taught))


def week(monday: date, *lessons: Lesson, read_at: datetime = datetime(2026, 3, 1, tzinfo=UTC)) -> WeekReading:
    return WeekReading("agenda", monday, WeekOutcome.COMPLETE, read_at, lessons)


def failed(monday: date) -> WeekReading:
    return WeekReading(
        "agenda", monday, WeekOutcome.FAILED, datetime(2026, 3, 1, tzinfo=UTC), problem="stuck"
    )


def at(day: date, wall: str = "06:00") -> datetime:
    return datetime.combine(day, time.fromisoformat(wall), tzinfo=ZURICH)


def standing_series(
    calendar: str, first: date, hours: str, until: date | None = None, origin: str = "ana martel"
) -> LedgerEvent:
    taught = lesson(first, hours)
    content = EventContent("Teaching", taught.dtstart, taught.dtend, WeeklyRule(until))
    kin = WEEKDAYS[first.weekday()]
    uid = f"{kin}-{taught.dtstart:%H%M}"
    return LedgerEvent(METHOD.key, calendar, uid, content, kin, origin, 1, "provider-id", "etag")


def standing_lesson(calendar: str, of: Lesson, origin: str = "ana martel") -> LedgerEvent:
    content = EventContent("Private: VAD - VIP Adults", of.dtstart, of.dtend)
    return LedgerEvent(PRIVATE.key, calendar, of.asid, content, None, origin, 1, "provider-id", "etag")
