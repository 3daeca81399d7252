"""Events that older scripts left in calendars: recognised by their exact shape, and taken over by tagging.

Whatever differs in anything from what those scripts wrote is somebody's own event and is not touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

from resources.graph_client import GraphClient
from resources.graph_wire import Call, Json, user_path
from resources.outlook_events import content_of, literal, marks, query
from resources.outlook_mailboxes import list_events, outcome_of
from scheduling_pipeline.calendars.model import EventContent, Tag
from scheduling_pipeline.calendars.provider import Outcome, Unreadable
from scheduling_pipeline.timetable.model import Kind

_SHAPE = ("showAs", "isReminderOn", "isAllDay", "attendees", "bodyPreview")
_PLAIN = {"showAs": "busy", "isReminderOn": False, "isAllDay": False, "attendees": [], "bodyPreview": ""}
_METHOD_SUBJECT = "Teaching"
_PRIVATE_PREFIX = "Private: "
_PRIVATE_SUBJECT = re.compile(r"Private: (?P<category>[A-Z0-9]+ - .+?)(?: \(Online\))?")


@dataclass(frozen=True, slots=True)
class LegacyEvent:
    """An event of an older script, as it stands."""

    calendar: str
    provider_id: str
    etag: str
    content: EventContent


def legacy_events(
    client: GraphClient, calendars: Iterable[str], kind: Kind, zone: ZoneInfo
) -> Mapping[str, list[LegacyEvent] | Unreadable]:
    """The untagged events of each calendar that the older script for that kind of agenda wrote.

    `zone` is the agendas' own. Raises SignInError, and ValueError for a kind that never had a script.
    """
    listings = list_events(client, calendars, query(_condition(kind), *_SHAPE))
    return {
        calendar: listing
        if isinstance(listing, Unreadable)
        else [
            LegacyEvent(calendar, event["id"], event["@odata.etag"], content_of(event, zone))
            for event in listing
            if _is_legacy(event, kind)
        ]
        for calendar, listing in listings.items()
    }


def tag_events(client: GraphClient, adopted: Sequence[tuple[LegacyEvent, Tag]]) -> list[Outcome]:
    """Write our tag into events, unless they changed since they were read; one outcome each.

    Raises SignInError, when some of them may have been tagged already; doing it again does no harm.
    """
    calls = [
        Call(
            "PATCH",
            f"{user_path(event.calendar)}/events/{quote(event.provider_id, safe='')}",
            {"singleValueExtendedProperties": marks(tag, event.content.zone)},
            event.etag,
            event.calendar,
        )
        for event, tag in adopted
    ]
    return [
        outcome_of(reply, event.provider_id)
        for (event, _), reply in zip(adopted, client.batches(calls), strict=True)
    ]


def _condition(kind: Kind) -> str:
    if kind is Kind.METHOD:
        return f"subject eq {literal(_METHOD_SUBJECT)}"
    if kind is Kind.PRIVATE:
        return f"startswith(subject,{literal(_PRIVATE_PREFIX)})"
    raise ValueError(f"no older script ever wrote events of {kind} agendas")


def _is_legacy(event: Json, kind: Kind) -> bool:
    plain = all(event[name] == value for name, value in _PLAIN.items())
    if not plain or _is_ours(event) or event["location"]["displayName"]:
        return False
    return _is_class(event) if kind is Kind.METHOD else _is_private_lesson(event)


def _is_ours(event: Json) -> bool:
    return bool(event.get("singleValueExtendedProperties"))


def _is_class(event: Json) -> bool:
    recurrence = event["recurrence"]
    if recurrence is None or event["subject"] != _METHOD_SUBJECT or event["categories"]:
        return False
    pattern = recurrence["pattern"]
    return (
        pattern["type"] == "weekly"
        and pattern["interval"] == 1
        and len(pattern["daysOfWeek"]) == 1
        and recurrence["range"]["type"] == "noEnd"
    )


def _is_private_lesson(event: Json) -> bool:
    subject = _PRIVATE_SUBJECT.fullmatch(event["subject"])
    if subject is None or event["recurrence"] is not None:
        return False
    return bool(event["categories"] == [subject["category"]])
