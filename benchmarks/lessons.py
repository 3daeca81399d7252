"""The events that are planned and written: lessons of 45 minutes, one after another, in each calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.calendars.model import DesiredEvent, EventContent, Window

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
WINDOW = Window(NOW, datetime(2028, 1, 1, tzinfo=UTC))

_ZONE = ZoneInfo("Europe/Zurich")
_FIRST_DAY = datetime(2026, 3, 9, tzinfo=_ZONE)
_HOURS = range(8, 20)


def lessons(scope: str, calendars: Iterable[str], each: int) -> list[DesiredEvent]:
    """`each` lessons for every calendar, all of them after NOW and inside WINDOW."""
    contents = [_content(number) for number in range(each)]
    return [
        DesiredEvent(scope, calendar, f"{number:07}", content, origin=f"teacher of {calendar}")
        for calendar in calendars
        for number, content in enumerate(contents)
    ]


def moved(events: Sequence[DesiredEvent]) -> list[DesiredEvent]:
    """The same lessons, each a quarter of an hour later."""
    return [replace(event, content=_later(event.content)) for event in events]


def _content(number: int) -> EventContent:
    days, slot = divmod(number, len(_HOURS))
    start = _FIRST_DAY + timedelta(days=days, hours=_HOURS[slot])
    summary = f"Private: VAD - Adults {number}"
    return EventContent(summary, start, start + timedelta(minutes=45), None, "SFS1", ("VAD - VIP Adults",))


def _later(content: EventContent) -> EventContent:
    by = timedelta(minutes=15)
    return replace(content, dtstart=content.dtstart + by, dtend=content.dtend + by)
