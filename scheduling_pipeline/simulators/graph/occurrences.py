"""The items that a calendar shows: single events, series masters, and the occurrences of a series."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from scheduling_pipeline.simulators.graph import recurrence, zones
from scheduling_pipeline.simulators.graph.documents import Event


class Item(NamedTuple):
    """An event, or one occurrence of a series (`day`), with its own wall times in the event's zone."""

    event: Event
    kind: str
    start: datetime
    end: datetime
    fields: dict[str, Any]
    day: date | None = None

    @property
    def start_instant(self) -> datetime:
        return zones.instant(self.start, zones.zone(self.event.zone))

    @property
    def end_instant(self) -> datetime:
        return zones.instant(self.end, zones.zone(self.event.zone))


def whole(event: Event) -> Item:
    """The event itself; for a series its master."""
    kind = "singleInstance" if event.recurrence is None else "seriesMaster"
    return Item(event, kind, event.start, event.end, event.fields)


def occurrence(event: Event, day: date) -> Item | None:
    """The occurrence of a series on `day` of its pattern; None where there is none."""
    if event.recurrence is None or day.isoformat() in event.cancelled:
        return None
    if day not in recurrence.dates(event.recurrence, day, day):
        return None
    return _occurrence(event, day)


def occurrences(event: Event, start: datetime, end: datetime) -> Iterator[Item]:
    """What of the event lies in [start, end) (instants): itself, or the occurrences of its series."""
    if event.recurrence is None:
        found: Iterator[Item] = iter([whole(event)])
    else:
        found = _candidates(event, start, end)
    for item in found:
        if item.start_instant < end and (item.end_instant > start or item.start_instant == start):
            yield item


def _candidates(event: Event, start: datetime, end: datetime) -> Iterator[Item]:
    assert event.recurrence is not None  # noqa: S101 - asked of series only
    zone = zones.zone(event.zone)
    first = start.astimezone(zone).date() - (event.end - event.start) - timedelta(days=1)
    for day in recurrence.dates(event.recurrence, first, end.astimezone(zone).date()):
        if day.isoformat() not in event.cancelled and day.isoformat() not in event.exceptions:
            yield _occurrence(event, day)
    for text in event.exceptions:  # one may have been moved into the range from anywhere
        yield _occurrence(event, date.fromisoformat(text))


def _occurrence(event: Event, day: date) -> Item:
    changed = event.exceptions.get(day.isoformat())
    if changed is not None:
        return Item(event, "exception", changed.start, changed.end, event.fields | changed.fields, day)
    start = datetime.combine(day, event.start.time())
    return Item(event, "occurrence", start, start + (event.end - event.start), event.fields, day)
