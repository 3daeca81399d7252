"""Events as Graph shows them to a caller: ids and times in the form that the caller prefers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from scheduling_pipeline.simulators.graph import extended, zones
from scheduling_pipeline.simulators.graph.documents import Calendar, event_id
from scheduling_pipeline.simulators.graph.editing import plain_text
from scheduling_pipeline.simulators.graph.filters import Property, fold, text
from scheduling_pipeline.simulators.graph.occurrences import Item
from scheduling_pipeline.simulators.graph.wire import Preferences

Chooser = Callable[[Mapping[str, str]], list[dict[str, str]]]


def shown(item: Item, prefer: Preferences, choose: Chooser | None = None) -> dict[str, Any]:
    """The item's JSON; `choose` picks the extended properties to show, by default none."""
    event, fields = item.event, item.fields
    location = fields["location"]
    own_id = event_id(event.key, event.calendar, item.day, immutable=prefer.immutable_ids)
    document: dict[str, Any] = {
        "@odata.etag": event.etag,
        "id": own_id,
        "createdDateTime": event.created,
        "lastModifiedDateTime": event.modified,
        "changeKey": event.change_key,
        **fields,
        "iCalUId": uid(item),
        "bodyPreview": plain_text(fields["body"])[:255],
        "locations": [location] if location["displayName"] else [],
        "seriesMasterId": None
        if item.day is None
        else event_id(event.key, event.calendar, None, immutable=prefer.immutable_ids),
        "type": item.kind,
        "webLink": f"https://outlook.office365.com/owa/?itemid={own_id}&exvsurl=1&path=/calendar/item",
        "recurrence": event.recurrence if item.day is None else None,
        "start": _shown_time(item, item.start, prefer),
        "end": _shown_time(item, item.end, prefer),
    }
    if prefer.text_body:
        document["body"] = {"contentType": "text", "content": plain_text(fields["body"])}
    if item.day is not None:
        original = datetime.combine(item.day, event.start.time())
        document["originalStart"] = (
            zones.instant(original, zones.zone(event.zone)).replace(tzinfo=None).isoformat() + "Z"
        )
    if choose is not None and (properties := choose(event.extended)):
        document["singleValueExtendedProperties"] = properties
    return document


def shown_calendar(calendar: Calendar, owner: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": calendar.id,
        "name": calendar.name,
        "color": calendar.color,
        "hexColor": "",
        "isDefaultCalendar": calendar.default,
        "changeKey": "AAAAAAAAAAAAAAAAAAAAAA==",
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": [],
        "defaultOnlineMeetingProvider": "unknown",
        "isTallyingResponses": True,
        "isRemovable": not calendar.default,
        "owner": dict(owner),
    }


def uid(item: Item) -> str:
    """The `iCalUId`: an Outlook global object id, which names the date of an occurrence."""
    day = f"{item.day.year:04X}{item.day.month:02X}{item.day.day:02X}" if item.day else "00000000"
    return f"040000008200E00074C5B7101A82E008{day}{'0' * 32}10000000{item.event.key.upper()}"


def _shown_time(item: Item, wall: datetime, prefer: Preferences) -> dict[str, str]:
    if not item.fields["isAllDay"]:  # a day is the same date in every zone
        wall = zones.moved(wall, zones.zone(item.event.zone), prefer.zone)
    return {"dateTime": zones.graph_time(wall), "timeZone": prefer.timezone}


def _instant(value: str) -> datetime:
    """Times without an offset are in UTC."""
    return zones.instant(zones.wall_time(value, zones.zone("UTC")), zones.zone("UTC"))


def _field(name: str) -> Property[Item]:
    return Property(lambda item: fold(item.fields[name]))


READABLE: Mapping[str, Property[Item]] = {
    **{
        name: _field(name)
        for name in (
            "subject",
            "importance",
            "sensitivity",
            "showAs",
            "isAllDay",
            "isCancelled",
            "isReminderOn",
            "isOrganizer",
            "hasAttachments",
            "reminderMinutesBeforeStart",
        )
    },
    "type": text(lambda item: item.kind),
    "iCalUId": text(uid),
    "bodyPreview": text(lambda item: plain_text(item.fields["body"])[:255]),
    "location/displayName": text(lambda item: item.fields["location"]["displayName"]),
    "start/dateTime": Property(lambda item: item.start_instant, literal=_instant),
    "end/dateTime": Property(lambda item: item.end_instant, literal=_instant),
    "createdDateTime": Property(lambda item: _instant(item.event.created), literal=_instant),
    "lastModifiedDateTime": Property(lambda item: _instant(item.event.modified), literal=_instant),
    "categories": Property(lambda item: item.fields["categories"], element={"": text(lambda name: name)}),
    "singleValueExtendedProperties": Property(
        lambda item: list(item.event.extended.items()), element=extended.ELEMENT
    ),
}
