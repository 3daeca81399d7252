"""Calendar events as Google writes them: to JSON and from JSON.

An event of ours has an id made from our tag, so that to make it a second time is refused, and carries three
private extended properties: the tag; its scope, which listings filter by; and its IANA zone, which Google
does not keep for events of whole days. Google knows no categories, so none are written.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from resources.google_wire import Json
from scheduling_pipeline.calendars.model import EventContent, Tag
from scheduling_pipeline.calendars.rfc5545 import recurrence_lines, rule_from_lines

TAG = "schedulingPipelineTag"
SCOPE = "schedulingPipelineScope"
ZONE = "schedulingPipelineZone"

FIELDS = (
    "id,etag,status,summary,description,location,colorId,start,end,recurrence,recurringEventId,"
    "reminders,extendedProperties/private"
)
_POPUP, _EMAIL = "popup", "email"


def event_id(calendar: str, tag: Tag) -> str:
    """The id of an event of ours: lower-case base32hex, the same for the same tag in the same calendar."""
    key = hashlib.sha256(f"{calendar}/{tag}".encode()).digest()
    return base64.b32hexencode(key).decode().rstrip("=").lower()


def created(calendar: str, tag: Tag, content: EventContent) -> Json:
    """The body that makes an event."""
    optional = {
        "location": content.location,
        "description": content.description,
        "colorId": content.color,
        "recurrence": recurrence_lines(content),
    }
    return {
        "id": event_id(calendar, tag),
        "summary": content.summary,
        "start": _time(content, content.dtstart),
        "end": _time(content, content.dtend),
        "reminders": _reminders(content.reminders),
        "extendedProperties": {
            "private": {TAG: str(tag), SCOPE: tag.scope, ZONE: content.zone.key},
        },
        **{name: value for name, value in optional.items() if value},
    }


def changed(before: EventContent, after: EventContent) -> Json:
    """The patch that turns one content into another: what differs, and what goes with it.

    A patch leaves alone what it does not name, inside objects too: what is to go is named as null.
    """
    body: Json = {}
    for name in ("summary", "location", "description"):
        if getattr(before, name) != getattr(after, name):
            body[name] = getattr(after, name)
    if before.color != after.color:
        body["colorId"] = after.color or None
    if before.reminders != after.reminders:
        body["reminders"] = {"overrides": None, **_reminders(after.reminders)}
    if _times(before) != _times(after):
        other_form = {"date": None, "dateTime": None, "timeZone": None}
        absent = other_form if before.all_day != after.all_day else {}
        body["start"] = absent | _time(after, after.dtstart)
        body["end"] = absent | _time(after, after.dtend)
        if before.rrule or after.rrule:
            body["recurrence"] = recurrence_lines(after) or None
    if before.zone.key != after.zone.key:
        body["extendedProperties"] = {"private": {ZONE: after.zone.key}}
    return body


def content_of(event: Json) -> EventContent:
    """What a person sees of an event. Raises ValueError for one that cannot be understood.

    What they made of it by hand and we could not have written is kept in its own words.
    """
    start, end = event["start"], event["end"]
    all_day = "date" in start
    zone = _zone(event)
    dtstart, dtend = _moment(start, zone), _moment(end, zone)
    if dtend.replace(tzinfo=None) <= dtstart.replace(tzinfo=None):  # Google knows events of no length
        dtend = dtstart + (timedelta(days=1) if all_day else timedelta(minutes=1))
    return EventContent(
        summary=event.get("summary") or "",
        dtstart=dtstart,
        dtend=dtend,
        rrule=rule_from_lines(event.get("recurrence") or (), dtstart, all_day=all_day),
        location=event.get("location") or "",
        all_day=all_day,
        description=event.get("description") or "",
        color=event.get("colorId") or "",
        reminders=_minutes(event.get("reminders") or {"useDefault": True}),
    )


def tag_of(event: Json) -> Tag | None:
    """Our tag in an event; None without one. Raises ValueError when it is there and cannot be read."""
    text = _properties(event).get(TAG)
    return None if text is None else Tag.parse(text)


def day_of(moment: Json, zone: ZoneInfo) -> date:
    """The local date of one of Google's times."""
    return _moment(moment, zone).date()


def _times(content: EventContent) -> tuple[object, ...]:
    """What Google takes together or not at all."""
    wall = content.dtstart.replace(tzinfo=None), content.dtend.replace(tzinfo=None)
    return *wall, content.zone.key, content.all_day, content.rrule


def _time(content: EventContent, wall: datetime) -> Json:
    if content.all_day:
        return {"date": wall.date().isoformat()}
    return {"dateTime": wall.replace(tzinfo=None).isoformat(), "timeZone": content.zone.key}


def _moment(moment: Json, zone: ZoneInfo) -> datetime:
    """A time of Google's on the clocks of `zone`; with an offset it is an instant, else it is wall time."""
    if "date" in moment:
        return datetime.combine(date.fromisoformat(moment["date"]), time.min, zone)
    found = datetime.fromisoformat(moment["dateTime"])
    return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)


def _zone(event: Json) -> ZoneInfo:
    """The zone an event is in: the one it was moved to, or the one it was written in."""
    for name in (event["start"].get("timeZone"), _properties(event).get(ZONE)):
        try:
            return ZoneInfo(name or "")
        except (LookupError, OSError, ValueError):  # no name of a zone
            continue
    return ZoneInfo("UTC")


def _reminders(minutes: tuple[int, ...] | None) -> Json:
    if minutes is None:
        return {"useDefault": True}
    overrides = [
        {"method": _POPUP, "minutes": count} if count >= 0 else {"method": _EMAIL, "minutes": -1 - count}
        for count in minutes
    ]
    return {"useDefault": False, "overrides": overrides}


def _minutes(reminders: Json) -> tuple[int, ...] | None:
    """Minutes before the start, the earliest reminder first, since Google keeps no order.

    Reminders by e-mail, which only people ask for, are negative: -1 at the start, -31 for 30 minutes.
    """
    if reminders.get("useDefault"):
        return None
    overrides = reminders.get("overrides") or ()
    counts = [
        int(item["minutes"]) if item["method"] == _POPUP else -1 - int(item["minutes"]) for item in overrides
    ]
    return tuple(sorted(counts, reverse=True))


def _properties(event: Json) -> Mapping[str, str]:
    found: Mapping[str, str] = event.get("extendedProperties", {}).get("private", {})
    return found
