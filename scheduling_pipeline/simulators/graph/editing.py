"""Writing events: what a POST makes, what a PATCH changes, and what Outlook refuses.

Read-only properties of the published schema (`id`, `iCalUId`, `createdDateTime`, ...) are ignored, as the
service does: clients send events back that they have read.
"""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from scheduling_pipeline.simulators.graph import extended, recurrence, zones
from scheduling_pipeline.simulators.graph.documents import ChangedOccurrence, Event
from scheduling_pipeline.simulators.graph.errors import GraphError, invalid_property, not_simulated

Body = dict[str, Any]

NOWHERE: Body = {
    "displayName": "",
    "locationType": "default",
    "uniqueIdType": "unknown",
    "address": {},
    "coordinates": {},
}
# The writable properties that are kept as they are sent, and what stands when they are not sent or null.
DEFAULTS: Body = {
    "categories": [],
    "reminderMinutesBeforeStart": 15,
    "isReminderOn": True,
    "subject": "",
    "importance": "normal",
    "sensitivity": "normal",
    "isAllDay": False,
    "responseRequested": True,
    "showAs": "busy",
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
    "allowNewTimeProposals": True,
    "hideAttendees": False,
    "body": {"contentType": "html", "content": ""},
    "location": NOWHERE,
    "attendees": [],
}
_UNCHANGING: Body = {
    "hasAttachments": False,
    "isCancelled": False,
    "isOrganizer": True,
    "isDraft": False,
    "onlineMeetingUrl": None,
    "onlineMeeting": None,
    "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
}
_NOT_SIMULATED = ("attachments", "extensions", "multiValueExtendedProperties")
_TAG = re.compile(r"<[^>]*>")


def new_event(body: Body, calendar: str, organizer: Mapping[str, str], now: datetime) -> Event:
    """The event that a POST of `body` makes in the calendar with this key."""
    if not body.get("start") or not body.get("end"):
        raise invalid_property("start and end are required")
    zone_name, start, end = _times(body["start"], body["end"])
    written = zones.graph_instant(now)
    event = Event(
        key=uuid.uuid4().hex,
        calendar=calendar,
        start=start,
        end=end,
        zone=zone_name,
        fields=DEFAULTS
        | _UNCHANGING
        | {"organizer": {"emailAddress": dict(organizer)}, "transactionId": None},
        created=written,
        modified=written,
    )
    event.fields |= _chosen(body) | {
        "transactionId": body.get("transactionId"),
        "originalStartTimeZone": body["start"].get("timeZone") or "UTC",
        "originalEndTimeZone": body["end"].get("timeZone") or "UTC",
    }
    event.extended = extended.merged({}, body.get("singleValueExtendedProperties"))
    _recur(event, body.get("recurrence"))
    _check_times(event.start, event.end, all_day=event.fields["isAllDay"])
    return event


def patched(event: Event, body: Body, now: datetime) -> Event:
    """The event after a PATCH: only what is sent changes; null brings the default back."""
    _refuse_new_transaction(event, body)
    result = copy.deepcopy(event)
    _reschedule(result, body)
    result.fields |= _chosen(body)
    result.extended = extended.merged(event.extended, body.get("singleValueExtendedProperties"))
    if "recurrence" in body:
        _recur(result, body["recurrence"])
    elif result.recurrence is not None and result.start != event.start:
        moved = copy.deepcopy(result.recurrence)
        moved["range"]["startDate"] = result.start.date().isoformat()
        _recur(result, moved)
    _check_times(result.start, result.end, all_day=result.fields["isAllDay"])
    return _written(result, now)


def patched_occurrence(event: Event, day: date, body: Body, now: datetime) -> Event:
    """The series after a PATCH of its occurrence on `day`, which becomes an exception."""
    _refuse_new_transaction(event, body)
    if body.get("recurrence"):
        raise invalid_property("an occurrence cannot recur")
    result = copy.deepcopy(event)
    start = datetime.combine(day, event.start.time())
    changed = result.exceptions.setdefault(
        day.isoformat(), ChangedOccurrence(start, start + (event.end - event.start))
    )
    single = copy.copy(event)
    single.start, single.end = changed.start, changed.end
    _reschedule(single, body, keep_zone=True)
    _check_times(single.start, single.end, all_day=(event.fields | changed.fields)["isAllDay"])
    changed.start, changed.end = single.start, single.end
    changed.fields |= _chosen(body)
    return _written(result, now)


def without_occurrence(event: Event, day: date, now: datetime) -> Event:
    """The series after its occurrence on `day` was deleted."""
    result = copy.deepcopy(event)
    result.exceptions.pop(day.isoformat(), None)
    result.cancelled.append(day.isoformat())
    return _written(result, now)


def _written(event: Event, now: datetime) -> Event:
    event.version += 1
    event.modified = zones.graph_instant(now)
    return event


def _chosen(body: Body) -> Body:
    """The plain properties of a body in the form in which they are kept."""
    for name in _NOT_SIMULATED:
        if body.get(name):
            raise not_simulated(f"{name} of an event")
    chosen = {
        name: DEFAULTS[name] if body[name] is None else body[name] for name in DEFAULTS.keys() & body.keys()
    }
    if "locations" in body and "location" not in body:
        chosen["location"] = (body["locations"] or [NOWHERE])[0]
    if "location" in chosen:
        chosen["location"] = _place(chosen["location"])
    return chosen


def _place(location: Body) -> Body:
    name = location.get("displayName") or ""
    if not name:
        return NOWHERE | location
    return {"locationType": "default", "uniqueId": name, "uniqueIdType": "private"} | location


def plain_text(body: Body) -> str:
    """The text of an item body, tags taken out of HTML."""
    content = str(body.get("content") or "")
    return content if body.get("contentType") == "text" else " ".join(_TAG.sub(" ", content).split())


def _times(start: Body, end: Body) -> tuple[str, datetime, datetime]:
    """Zone name and wall times, both in the zone of the start."""
    if not start.get("dateTime") or not end.get("dateTime"):
        raise invalid_property("start and end need a dateTime")
    zone_name = start.get("timeZone") or "UTC"
    zone, end_zone = zones.zone(zone_name), zones.zone(end.get("timeZone") or "UTC")
    return (
        zone_name,
        zones.wall_time(start["dateTime"], zone),
        zones.moved(zones.wall_time(end["dateTime"], end_zone), end_zone, zone),
    )


def _reschedule(event: Event, body: Body, *, keep_zone: bool = False) -> None:
    """Set the times that a PATCH carries; a start alone leaves the end where it is."""
    if not body.keys() & {"start", "end"}:
        return
    current = {
        "start": {"dateTime": event.start.isoformat(), "timeZone": event.zone},
        "end": {"dateTime": event.end.isoformat(), "timeZone": event.zone},
    }
    asked = {name: body.get(name) or current[name] for name in current}
    series_zone = zones.zone(event.zone)
    zone_name, event.start, event.end = _times(asked["start"], asked["end"])
    if keep_zone:
        event.start, event.end = (
            zones.moved(wall, zones.zone(zone_name), series_zone) for wall in (event.start, event.end)
        )
    else:
        event.zone = zone_name
        event.fields = event.fields | {
            "originalStartTimeZone": zone_name,
            "originalEndTimeZone": asked["end"].get("timeZone") or "UTC",
        }


def _recur(event: Event, asked: Body | None) -> None:
    """Make the event a series (its times move to the pattern's first date) or, with None, a single event."""
    event.cancelled, event.exceptions = [], {}
    if asked is None:
        event.recurrence = None
        return
    rule = recurrence.normalised(asked, event.zone)
    zone_name = rule["range"]["recurrenceTimeZone"]
    source, target = zones.zone(event.zone), zones.zone(zone_name)
    start, end = (zones.moved(wall, source, target) for wall in (event.start, event.end))
    first = date.fromisoformat(rule["range"]["startDate"])
    duration = end - start
    shortest = recurrence.gap(rule)
    if shortest is not None and duration > shortest:
        raise GraphError(
            400,
            "ErrorOccurrenceTimeSpanTooBig",
            "The duration of an occurrence is longer than the time between two of them.",
        )
    event.recurrence = rule
    event.zone = zone_name
    event.start = datetime.combine(first, start.time())
    event.end = event.start + duration


def _check_times(start: datetime, end: datetime, *, all_day: bool) -> None:
    if end < start:
        raise GraphError(
            400, "ErrorCalendarEndDateIsEarlierThanStartDate", "The end date is earlier than the start date."
        )
    if all_day and (start.time() != time() or end.time() != time() or start == end):
        raise invalid_property("an all-day event lasts from midnight to midnight in one time zone")


def _refuse_new_transaction(event: Event, body: Body) -> None:
    if body.get("transactionId", event.fields["transactionId"]) != event.fields["transactionId"]:
        raise invalid_property("transactionId cannot be changed")
