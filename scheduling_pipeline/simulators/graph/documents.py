"""What stands in the simulated mailboxes, as plain data: events, calendars, and their ids."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from scheduling_pipeline.simulators.graph.errors import GraphError


@dataclass(slots=True)
class ChangedOccurrence:
    """What Outlook calls an exception: an occurrence with its own times and the properties that differ."""

    start: datetime
    end: datetime
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Event:
    """An event as it is kept: `start` and `end` are wall times in `zone` (a name); `fields` the rest.

    `key` and `calendar` are 16 bytes in hex; `version` grows with each write. `recurrence` makes it a series:
    `cancelled` are the dates taken out of it (ISO), `exceptions` the changed occurrences by date. `extended`
    are the extended properties by normalised id. `created` and `modified` are instants as Graph writes them.
    """

    key: str
    calendar: str
    start: datetime
    end: datetime
    zone: str
    fields: dict[str, Any]
    created: str
    modified: str
    version: int = 1
    recurrence: dict[str, Any] | None = None
    cancelled: list[str] = field(default_factory=list)
    exceptions: dict[str, ChangedOccurrence] = field(default_factory=dict)
    extended: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Event:
        """The inverse of what `orjson` makes of an event."""
        data["start"], data["end"] = map(datetime.fromisoformat, (data["start"], data["end"]))
        data["exceptions"] = {
            day: ChangedOccurrence(
                datetime.fromisoformat(item["start"]), datetime.fromisoformat(item["end"]), item["fields"]
            )
            for day, item in data["exceptions"].items()
        }
        return cls(**data)

    @property
    def etag(self) -> str:
        return f'W/"{self.change_key}"'

    @property
    def change_key(self) -> str:
        return base64.urlsafe_b64encode(bytes.fromhex(self.key)[:8] + self.version.to_bytes(8)).decode()


@dataclass(slots=True)
class Calendar:
    """A calendar of a mailbox."""

    key: str
    name: str
    color: str = "auto"
    default: bool = False

    @property
    def id(self) -> str:
        return "AAMkAC" + base64.urlsafe_b64encode(bytes.fromhex(self.key)).decode()


class EventId(NamedTuple):
    """What an event id says: the event; for an occurrence its date; for an ordinary id its calendar."""

    key: str
    day: date | None
    calendar: str | None


def event_id(key: str, calendar: str, day: date | None, *, immutable: bool) -> str:
    """The id of an event or occurrence. An ordinary one changes with the calendar, an immutable one never."""
    payload = bytes.fromhex(key) if immutable else bytes.fromhex(calendar)[:8] + bytes.fromhex(key)
    if day is not None:
        payload += day.toordinal().to_bytes(3)
    return ("AAkALg" if immutable else "AAMkAG") + base64.urlsafe_b64encode(payload).decode()


def read_event_id(text: str) -> EventId:
    """The inverse of `event_id`; `calendar` is only the beginning of the calendar's key."""
    try:
        payload = base64.urlsafe_b64decode(text[6:])
    except (binascii.Error, ValueError):
        raise _malformed_id() from None
    folder = {"AAkALg": 0, "AAMkAG": 8}.get(text[:6])
    if folder is None or len(payload) not in (folder + 16, folder + 19):
        raise _malformed_id()
    day = payload[folder + 16 :]
    return EventId(
        key=payload[folder : folder + 16].hex(),
        day=date.fromordinal(int.from_bytes(day)) if day else None,
        calendar=payload[:folder].hex() if folder else None,
    )


def _malformed_id() -> GraphError:
    return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")
