"""When two events ask for the same teacher at the same time. Dated events and weekly series alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import combinations

from scheduling_pipeline.calendars.model import DesiredEvent, EventContent


def overlap(one: EventContent, other: EventContent) -> bool:
    """Whether any occurrence of one shares time with one of the other, by wall time on the same local day."""
    weekday, start, end = one.slot
    other_weekday, other_start, other_end = other.slot
    return (
        weekday == other_weekday
        and start < other_end
        and other_start < end
        and one.dtstart.date() <= last_date(other)
        and other.dtstart.date() <= last_date(one)
    )


def overlaps(events: Iterable[DesiredEvent]) -> list[tuple[DesiredEvent, DesiredEvent]]:
    """All pairs of events of one calendar that overlap, in the order of calendar and start."""
    days: defaultdict[tuple[str, int], list[DesiredEvent]] = defaultdict(list)
    for event in sorted(events, key=lambda e: (e.calendar, e.content.dtstart, e.scope, e.uid)):
        days[event.calendar, event.content.dtstart.weekday()].append(event)
    return [
        (one, other)
        for day in days.values()
        for one, other in combinations(day, 2)
        if overlap(one.content, other.content)
    ]


def last_date(content: EventContent) -> date:
    """Local date of the last occurrence; the end of time for a series without end."""
    last = content.last_start
    return date.max if last is None else last.date()
