"""What a calendar holds as its readers see it: single events, series, and the instances of a series.

A kept instance (changed or cancelled) has its own fields over those that its series gives it, so a change of
the series shows in it wherever it has no value of its own. It is bound to its original start: it stays as
long as that is one of the series' starts, and is forgotten when the series' times move away from it (readers
learn of that by the change of the series alone). Instances of a deleted series are cancelled, and are as they
were when the series comes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scheduling_pipeline.simulators.google import recurrence, times
from scheduling_pipeline.simulators.google.store import Calendar, Event, Json, Store
from scheduling_pipeline.simulators.google.times import Moment


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to read or to change. `event`: what is kept of it; None of an instance that is as its series
    makes it. `series`: of an instance. `inherited`: what the series gives an instance."""

    id: str
    fields: Json
    event: Event | None
    series: Event | None = None
    original: str = ""
    inherited: Json = field(default_factory=dict)

    @property
    def revision(self) -> int:
        return max(part.revision for part in (self.event, self.series) if part is not None)

    @property
    def etag(self) -> str:
        return f'"{self.revision:016d}"'

    @property
    def order(self) -> tuple[int, str]:
        """The place in a list that is not sorted by anything else."""
        part = self.series or self.event
        return (part.number if part else 0, self.original)

    @property
    def cancelled(self) -> bool:
        return bool(self.fields["status"] == "cancelled")

    def reminders(self, person: str) -> Json:
        for part in (self.event, self.series):
            if part is not None and person in part.reminders:
                return part.reminders[person]
        return {"useDefault": True}

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """Start and end as instants; `zone` is the calendar's."""
        return times.instant(self.fields["start"], zone), times.instant(self.fields["end"], zone)


def whole(event: Event) -> Item:
    """A single event or a series."""
    return Item(event.id, event.fields, event)


def is_series(event: Event) -> bool:
    return "recurrence" in event.fields


def find(calendar: Calendar, event_id: str) -> Item | None:
    """The event, series or instance of an id."""
    event = calendar.events.get(event_id)
    if event is not None and event.series is None:
        return whole(event)
    series_id, _, original = event_id.rpartition("_")
    series = calendar.events.get(series_id)
    if series is None or not is_series(series):
        return None
    return next(
        (_instance(calendar, series, start) for start in _starts(series) if times.suffix(start) == original),
        None,
    )


def instances(calendar: Calendar, series: Event) -> Iterator[Item]:
    """All instances in the order of their original starts."""
    return (_instance(calendar, series, start) for start in _starts(series))


def kept_instances(calendar: Calendar, series: Event) -> Iterator[Item]:
    """The instances that are not, or no longer, as their series makes them."""
    kept = calendar.instances.get(series.id)
    if kept:
        yield from (
            _instance(calendar, series, start) for start in _starts(series) if times.suffix(start) in kept
        )


def forget_stray(store: Store, calendar: Calendar, series: Event) -> None:
    """Drop the kept instances whose original start is not one of the series' any more."""
    kept = calendar.instances.get(series.id)
    if kept:
        suffixes = set(map(times.suffix, _starts(series))) if is_series(series) else set()
        for stray in [event for original, event in kept.items() if original not in suffixes]:
            store.remove_event(calendar, stray)


def difference(inherited: Json, fields: Json) -> Json:
    """What an instance has to keep: where it differs from what its series gives it."""
    own = {name: value for name, value in fields.items() if inherited.get(name) != value}
    return own | {name: None for name in inherited if name not in fields}


def _starts(series: Event) -> tuple[Moment, ...]:
    return recurrence.starts(series.fields["start"], series.fields["recurrence"])


def _instance(calendar: Calendar, series: Event, start: Moment) -> Item:
    original = times.suffix(start)
    inherited = _inherited(series, start)
    event = calendar.instances.get(series.id, {}).get(original)
    fields: dict[str, Any] = inherited
    if event is not None:
        merged = inherited | event.fields
        fields = {name: value for name, value in merged.items() if value is not None}
        if series.fields["status"] == "cancelled":
            fields["status"] = "cancelled"
    return Item(f"{series.id}_{original}", fields, event, series, original, inherited)


def _inherited(series: Event, start: Moment) -> Json:
    """What a series gives its instance at an original start. It lasts as long on the clock as the first."""
    fields = series.fields
    zone = fields["start"].get("timeZone")
    first, end = times.moment(fields["start"]), times.moment(fields["end"])
    edge = times.edge(start, zone)
    given = fields | {
        "start": edge,
        "end": times.edge(times.shifted(start, first, end), fields["end"].get("timeZone")),
        "recurringEventId": series.id,
        "originalStartTime": edge,
    }
    del given["recurrence"]
    return given
