"""The events that are planned and written: private lessons one after another, and weekly classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.calendars.model import DesiredEvent, EventContent, WeeklyRule, Window

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
WINDOW = Window(NOW, datetime(2028, 1, 1, tzinfo=UTC))
KINS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday"})

_ZONE = ZoneInfo("Europe/Zurich")
_FIRST_DAY = datetime(2026, 3, 9, tzinfo=_ZONE)  # a Monday
_HOURS = range(8, 20)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_EVERY = 40


def lessons(scope: str, calendars: Iterable[str], each: int) -> list[DesiredEvent]:
    """`each` lessons for every calendar, all of them after NOW and inside WINDOW."""
    return [_lesson(scope, calendar, number) for calendar in calendars for number in range(each)]


def series(scope: str, calendars: Iterable[str], each: int) -> list[DesiredEvent]:
    """`each` weekly classes for every calendar, of the kinds in KINS."""
    return [_class(scope, calendar, number) for calendar in calendars for number in range(each)]


def moved(events: Iterable[DesiredEvent]) -> list[DesiredEvent]:
    """The same events, each a quarter of an hour later."""
    return [_moved(event) for event in events]


def changed(events: Iterable[DesiredEvent]) -> list[DesiredEvent]:
    """As many events: of forty, one was moved, and one is gone and another has come in its place."""
    after = list(events)
    after[::_EVERY] = map(_moved, after[::_EVERY])
    half = _EVERY // 2
    after[half::_EVERY] = (replace(event, uid=f"new-{event.uid}") for event in after[half::_EVERY])
    return after


def _lesson(scope: str, calendar: str, number: int) -> DesiredEvent:
    days, slot = divmod(number, len(_HOURS))
    start = _FIRST_DAY + timedelta(days=days, hours=_HOURS[slot])
    content = EventContent(
        f"Private: VAD - Adults {number}",
        start,
        start + timedelta(minutes=45),
        location="SFS1",
        categories=("VAD - VIP Adults",),
    )
    return DesiredEvent(scope, calendar, f"{number:07}", content, origin=f"teacher of {calendar}")


def _class(scope: str, calendar: str, number: int) -> DesiredEvent:
    slot, weekday = divmod(number, len(_WEEKDAYS))
    start = _FIRST_DAY + timedelta(days=weekday, hours=_HOURS[slot])
    content = EventContent("Teaching", start, start + timedelta(minutes=45), WeeklyRule(), "R4")
    kin = _WEEKDAYS[weekday]
    return DesiredEvent(scope, calendar, f"{kin}-{start:%H%M}", content, kin, f"teacher of {calendar}")


def _moved(event: DesiredEvent) -> DesiredEvent:
    by = timedelta(minutes=15)
    content = replace(event.content, dtstart=event.content.dtstart + by, dtend=event.content.dtend + by)
    return replace(event, content=content)
