"""Calendar events as Microsoft Graph writes them: to JSON, from JSON, and the queries that find ours.

An event of ours carries three extended properties: our tag; its scope, which listings filter by; and its
IANA zone, because Outlook gives back the Windows name of a zone, which stands for several.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from resources.graph_wire import Json
from resources.windows_zones import iana_name, windows_name
from scheduling_pipeline.calendars.model import EventContent, Tag, WeeklyRule

_PROPERTY = "String {9f4c0e62-3d1b-4a57-8e26-b07d5a1c9e34} Name "
TAG = _PROPERTY + "SchedulingPipelineTag"
SCOPE = _PROPERTY + "SchedulingPipelineScope"
ZONE = _PROPERTY + "SchedulingPipelineZone"

_TRANSACTIONS = uuid.UUID("5b8f3d0a-7c46-4f19-a2e5-61d90c7be843")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SELECTED = "id,subject,start,end,originalStartTimeZone,recurrence,location,categories,type,createdDateTime"
_PAGE = 200
# A series that somebody gave a pattern of their own: it must differ from all that we write, and not be over.
_NOT_OURS = WeeklyRule(date(9000, 1, 1))


def query(condition: str, *also_select: str) -> str:
    """The quoted query of events (singles and masters of series) that meet an OData condition."""
    return _quoted({"$filter": condition, **_shape(*also_select), "$top": str(_PAGE)})


def query_one() -> str:
    """The quoted query of one event whose id is known."""
    return _quoted(_shape())


def _shape(*also_select: str) -> dict[str, str]:
    return {
        "$select": ",".join((_SELECTED, *also_select)),
        "$expand": f"singleValueExtendedProperties($filter=id eq '{TAG}' or id eq '{ZONE}')",
    }


def _quoted(options: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())


def has_property(name: str, value: str) -> str:
    """The condition that an event has an extended property of that value, letter case aside."""
    return f"singleValueExtendedProperties/Any(p: p/id eq '{name}' and p/value eq {literal(value)})"


def literal(text: str) -> str:
    """A text in an OData condition."""
    return "'" + text.replace("'", "''") + "'"


def created(calendar: str, tag: Tag, content: EventContent) -> Json:
    """The body that makes an event. Repeated, it makes no second one: the transaction id says so."""
    body: Json = {
        "transactionId": str(uuid.uuid5(_TRANSACTIONS, f"{calendar}/{tag}")),
        "subject": content.summary,
        "start": _time(content.dtstart, content.zone),
        "end": _time(content.dtend, content.zone),
        "showAs": "busy",
        "isReminderOn": False,
        "location": {"displayName": content.location},
        "categories": content.categories,
        "singleValueExtendedProperties": marks(tag, content.zone),
    }
    if content.rrule is not None:
        body["recurrence"] = _recurrence(content, content.rrule)
    return body


def marks(tag: Tag, zone: ZoneInfo) -> list[Json]:
    """The extended properties that make an event ours."""
    return [
        {"id": TAG, "value": str(tag)},
        {"id": SCOPE, "value": tag.scope},
        {"id": ZONE, "value": zone.key},
    ]


def changed(before: EventContent, after: EventContent) -> Json:
    """The body that turns one content into another: what differs, and what goes with it."""
    body: Json = {}
    if before.summary != after.summary:
        body["subject"] = after.summary
    if before.location != after.location:
        body["location"] = {"displayName": after.location}
    if before.categories != after.categories:
        body["categories"] = after.categories
    body.update(_changed_times(before, after))
    return body


def _changed_times(before: EventContent, after: EventContent) -> Json:
    zone = after.zone
    moved_zone = before.zone.key != zone.key
    starts_elsewhere = moved_zone or before.dtstart != after.dtstart
    ends_elsewhere = moved_zone or before.dtend != after.dtend
    recurs = before.rrule is not None or after.rrule is not None
    together = recurs and (starts_elsewhere or ends_elsewhere)
    body: Json = {}
    if starts_elsewhere or together:
        body["start"] = _time(after.dtstart, zone)
    if ends_elsewhere or together:
        body["end"] = _time(after.dtend, zone)
    if before.rrule != after.rrule or together:
        body["recurrence"] = None if after.rrule is None else _recurrence(after, after.rrule)
    if moved_zone:
        body["singleValueExtendedProperties"] = [{"id": ZONE, "value": zone.key}]
    return body


def content_of(event: Json, usual_zone: ZoneInfo | None = None) -> EventContent:
    """What a person sees of an event that was read with times in UTC.

    `usual_zone` is what a Windows zone name stands for where the event does not say. Raises ValueError for an
    event without a zone that could be known.
    """
    zone = _zone(event, usual_zone)
    dtstart, dtend = _moment(event["start"], zone), _moment(event["end"], zone)
    if dtend.replace(tzinfo=None) <= dtstart.replace(tzinfo=None):
        dtend = dtstart + timedelta(
            minutes=1
        )  # made so by hand; what counts is that it is not as we wrote it
    recurrence = event.get("recurrence")
    return EventContent(
        summary=event["subject"] or "",
        dtstart=dtstart,
        dtend=dtend,
        rrule=None if recurrence is None else _rule(recurrence, dtstart),
        location=(event.get("location") or {}).get("displayName") or "",
        categories=tuple(event.get("categories") or ()),
    )


def tag_of(event: Json) -> Tag | None:
    """Our tag in an event; None without one. Raises ValueError when it is there and cannot be read."""
    text = _properties(event).get(TAG)
    return None if text is None else Tag.parse(text)


def _time(wall: datetime, zone: ZoneInfo) -> Json:
    return {"dateTime": wall.replace(tzinfo=None).isoformat(), "timeZone": windows_name(zone.key)}


def _moment(time: Json, zone: ZoneInfo) -> datetime:
    """A time of Graph's, which has seven decimals and is in UTC, on the clocks of `zone`."""
    return datetime.fromisoformat(time["dateTime"][:19]).replace(tzinfo=UTC).astimezone(zone)


def _recurrence(content: EventContent, rule: WeeklyRule) -> Json:
    limits: Json = {
        "type": "noEnd",
        "startDate": content.dtstart.date().isoformat(),
        "recurrenceTimeZone": windows_name(content.zone.key),
    }
    if rule.until is not None:
        limits |= {"type": "endDate", "endDate": rule.until.isoformat()}
    return {
        "pattern": {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": [_WEEKDAYS[content.dtstart.weekday()]],
            "firstDayOfWeek": "monday",
        },
        "range": limits,
    }


def _rule(recurrence: Json, dtstart: datetime) -> WeeklyRule:
    pattern, limits = recurrence["pattern"], recurrence["range"]
    weekly = pattern["type"] == "weekly" and pattern["interval"] == 1
    if not weekly or pattern["daysOfWeek"] != [_WEEKDAYS[dtstart.weekday()]]:
        return _NOT_OURS
    if limits["type"] == "endDate":
        return WeeklyRule(date.fromisoformat(limits["endDate"]))
    if limits["type"] == "numbered":
        return WeeklyRule(dtstart.date() + timedelta(weeks=limits["numberOfOccurrences"] - 1))
    return WeeklyRule()


def _zone(event: Json, usual: ZoneInfo | None) -> ZoneInfo:
    """The IANA zone an event is in: the one written into it or `usual`, unless it was moved to another."""
    written = _properties(event).get(ZONE) or (usual.key if usual else None)
    shown = next(_zone_names(event), None)
    if written is not None and (shown is None or windows_name(shown) == windows_name(written)):
        return ZoneInfo(written)
    if shown is None:
        raise ValueError("an event in a time zone without a name")
    return ZoneInfo(iana_name(shown) or shown)


def _zone_names(event: Json) -> Iterator[str]:
    """What Outlook calls the event's zone, where that is a name at all."""
    limits = (event.get("recurrence") or {}).get("range", {})
    for name in (limits.get("recurrenceTimeZone"), event.get("originalStartTimeZone")):
        if name and iana_name(name):
            yield name


def _properties(event: Json) -> dict[str, str]:
    return {item["id"]: item["value"] for item in event.get("singleValueExtendedProperties") or ()}
