"""Items as replies show them: Google's resources of events."""

from __future__ import annotations

import base64
from functools import lru_cache

from scheduling_pipeline.simulators.google import times
from scheduling_pipeline.simulators.google.occurrences import Item
from scheduling_pipeline.simulators.google.store import Calendar, Json


def event(item: Item, calendar: Calendar, reader: str, zone: str | None = None) -> Json:
    """The resource of an item for a reader. `zone`: of the times, the calendar's unless it is given."""
    fields = item.fields
    shown_in = zone or calendar.zone
    shown = {
        "kind": "calendar#event",
        "etag": item.etag,
        "id": item.id,
        "htmlLink": _link(item.id, calendar.id),
        **fields,
        "start": times.shown(fields["start"], shown_in),
        "end": times.shown(fields["end"], shown_in),
        "creator": _person(fields["creator"], calendar),
        "organizer": _person(fields["organizer"], calendar),
        "reminders": item.reminders(reader),
    }
    if item.series is not None:
        shown["originalStartTime"] = times.shown(fields["originalStartTime"], shown_in)
    return shown


def cancelled_instance(item: Item, calendar: Calendar, zone: str | None = None) -> Json:
    """A cancelled instance in a list of series: that it is one, and nothing else."""
    return {
        "kind": "calendar#event",
        "etag": item.etag,
        "id": item.id,
        "status": "cancelled",
        "recurringEventId": item.fields["recurringEventId"],
        "originalStartTime": times.shown(item.fields["originalStartTime"], zone or calendar.zone),
    }


def _person(kept: Json, calendar: Calendar) -> Json:
    return kept | {"self": True} if kept.get("email") == calendar.id else kept


@lru_cache(maxsize=8192)
def _link(event_id: str, calendar_id: str) -> str:
    code = base64.urlsafe_b64encode(f"{event_id} {calendar_id}".encode()).decode().rstrip("=")
    return f"https://www.google.com/calendar/event?eid={code}"
