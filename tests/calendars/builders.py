"""Short ways to write events, ledger rows and windows down."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.calendars.model import (
    DesiredEvent,
    EventContent,
    LedgerEvent,
    WeeklyRule,
    Window,
)

ZURICH = ZoneInfo("Europe/Zurich")
SCOPE = "private_french"
ANA, JO = "ana", "jo"
WEEK = timedelta(weeks=1)
MONDAY = date(2026, 3, 2)
NEXT_MONDAY = MONDAY + WEEK
NOW = datetime(2026, 3, 4, 11, tzinfo=UTC)  # Wednesday noon in Zurich
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KINS = frozenset(WEEKDAYS)


def week(monday: date = MONDAY) -> Window:
    """One week, local midnight to local midnight."""
    start = datetime.combine(monday, time(), tzinfo=ZURICH)
    return Window(start, start + WEEK)


WINDOWS = (week(), week(NEXT_MONDAY), week(NEXT_MONDAY + WEEK))


def clock(text: str) -> time:
    return time.fromisoformat(text)


def content(
    day: date,
    start: str = "09:00",
    end: str = "10:00",
    *,
    summary: str = "VIP Adults",
    location: str = "",
    rrule: WeeklyRule | None = None,
) -> EventContent:
    """What a person sees, at wall times in Zurich."""
    return EventContent(
        summary=summary,
        dtstart=datetime.combine(day, clock(start), tzinfo=ZURICH),
        dtend=datetime.combine(day, clock(end), tzinfo=ZURICH),
        rrule=rrule,
        location=location,
    )


def lesson(
    uid: str,
    day: date,
    start: str = "09:00",
    end: str = "10:00",
    *,
    calendar: str = ANA,
    summary: str = "VIP Adults",
    location: str = "",
) -> DesiredEvent:
    """A dated lesson that should stand."""
    wanted = content(day, start, end, summary=summary, location=location)
    return DesiredEvent(SCOPE, calendar, uid, wanted, origin=f"{calendar} martel")


def block(
    first: date,
    start: str = "09:00",
    end: str = "12:00",
    *,
    until: date | None = None,
    calendar: str = ANA,
    summary: str = "Teaching",
    location: str = "",
) -> DesiredEvent:
    """A weekly block that should stand."""
    wanted = content(first, start, end, summary=summary, location=location, rrule=WeeklyRule(until))
    kin = WEEKDAYS[first.weekday()]
    uid = f"{kin}-{start.replace(':', '')}"
    return DesiredEvent(SCOPE, calendar, uid, wanted, kin, f"{calendar} martel")


def standing(event: DesiredEvent, generation: int = 1) -> LedgerEvent:
    """The ledger row of an event that stands just as it should."""
    return LedgerEvent(
        scope=event.scope,
        calendar=event.calendar,
        uid=event.uid,
        content=event.content,
        kin=event.kin,
        origin=event.origin,
        generation=generation,
        provider_id=f"id-{event.calendar}-{event.uid}-{generation}",
        etag="1",
    )


def lessons(
    count: int, *, monday: date = NEXT_MONDAY, calendar: str = ANA, prefix: str = ""
) -> list[DesiredEvent]:
    """So many lessons in one week, in one calendar, none of them at the same time."""
    return [
        lesson(
            f"{prefix or calendar}-{monday:%m%d}-{number}",
            monday + timedelta(days=number % 6),
            f"{8 + number // 6:02}:00",
            f"{8 + number // 6:02}:45",
            calendar=calendar,
        )
        for number in range(count)
    ]


def occurrences(
    events: Iterable[DesiredEvent | LedgerEvent], now: datetime = NOW, weeks: int = 6
) -> list[tuple[str, str, datetime, datetime]]:
    """What a person sees from `now` on: calendar, summary, start and end of each occurrence, sorted."""
    horizon = now + weeks * WEEK
    seen = []
    for event in events:
        one = event.content
        start, end, last = one.dtstart, one.dtend, one.last_start
        while start <= horizon and (last is None or start <= last):
            if start > now:
                seen.append((event.calendar, one.summary, start, end))
            start, end = start + WEEK, end + WEEK
    return sorted(seen)
