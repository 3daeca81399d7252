"""From a body to an event's fields: merging, and what Google takes as an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduling_pipeline.simulators.google import recurrence, times
from scheduling_pipeline.simulators.google.errors import bad_request, invalid, not_simulated, time_range_empty
from scheduling_pipeline.simulators.google.parameters import Parameters
from scheduling_pipeline.simulators.google.store import Json

MOST_PROPERTIES = 300
MOST_PROPERTY_CHARACTERS = 32 * 1024
LONGEST_PROPERTY_KEY = 44
LONGEST_PROPERTY_VALUE = 1024
MOST_OVERRIDES = 5
LONGEST_REMINDER = 40_320

# What only Google sets. A client may send it back, and it changes nothing.
OUTPUT_ONLY = frozenset({
    "kind", "etag", "id", "iCalUID", "htmlLink", "hangoutLink", "created", "updated", "creator", "organizer",
    "recurringEventId", "originalStartTime", "locked", "attendeesOmitted", "privateCopy", "sequence",
})  # fmt: skip
# Ignored unless the parameter says that the client knows of it.
_OPT_IN = {
    "attachments": "supportsAttachments",
    "conferenceData": "conferenceDataVersion",
    "eventLabelId": "eventLabelVersion",
}
_OTHER_TYPES = {"birthday", "focusTime", "fromGmail", "outOfOffice", "workingLocation"}
_MEMBERS = {
    "status": {"confirmed", "tentative", "cancelled"},
    "transparency": {"opaque", "transparent"},
    "visibility": {"default", "public", "private", "confidential"},
    "colorId": {str(number) for number in range(1, 12)},
    "eventType": {"default"},
}
_UNSHOWN = {  # Google leaves out what is usual
    "transparency": "opaque",
    "visibility": "default",
    "anyoneCanAddSelf": False,
    "guestsCanInviteOthers": True,
    "guestsCanModify": False,
    "guestsCanSeeOtherGuests": True,
}


def changes(body: Json, parameters: Parameters) -> Json:
    """The part of a body that may change an event; nulls stay, they remove."""
    asked = {name: value for name, value in body.items() if name not in OUTPUT_ONLY}
    for name, parameter in _OPT_IN.items():
        if asked.pop(name, None) and parameters.text(parameter) not in (None, "0", "false"):
            raise not_simulated(f"the event field {name}")
    if asked.get("eventType") in _OTHER_TYPES:
        raise not_simulated("events of other types than default")
    return asked


def merged(current: Mapping[str, Any], change: Mapping[str, Any]) -> Json:
    """A PATCH: objects are merged by key, null removes, everything else replaces."""
    result = dict(current)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[name] = value
    return result


def event_fields(fields: Json, calendar_zone: str) -> Json:
    """The fields as an event keeps them; values that no event can have are refused."""
    given = {name: value for name, value in fields.items() if value not in ("", [], {})}
    kept = {"status": "confirmed", "eventType": "default"} | given
    recurring = "recurrence" in kept
    for name, members in _MEMBERS.items():
        if name in kept and kept[name] not in members:
            raise invalid(f"Invalid {name} value: {kept[name]}.")
    start = times.normalised(kept.get("start", {}), "start", calendar_zone, recurring=recurring)
    end = times.normalised(kept.get("end", {}), "end", calendar_zone, recurring=recurring)
    if start.keys() != end.keys():
        raise invalid("Start and end times must either both be date or both be dateTime.")
    begins, ends = times.instant(start, calendar_zone), times.instant(end, calendar_zone)
    if ends < begins or (ends == begins and "date" in start):
        raise time_range_empty()
    if recurring:
        recurrence.starts(start, kept["recurrence"])
    kept |= {"start": start, "end": end}
    if "extendedProperties" in kept:
        kept["extendedProperties"] = _properties(kept["extendedProperties"])
    if "attendees" in kept:
        kept["attendees"] = [_attendee(attendee) for attendee in kept["attendees"]]
    return {name: value for name, value in kept.items() if value not in ({}, _UNSHOWN.get(name))}


def reminders(current: Json, change: Json) -> Json:
    """A person's reminders of an event after a change; the default ones and own ones exclude each other."""
    kept = {name: value for name, value in merged(current, change).items() if value != []}
    if change.get("useDefault") and "overrides" not in change:
        kept.pop("overrides", None)
    kept.setdefault("useDefault", False)
    check_reminders(kept.get("overrides", []))
    if kept["useDefault"] and "overrides" in kept:
        raise bad_request(
            "cannotUseDefaultRemindersAndSpecifyOverride",
            "Cannot specify both default reminders and overrides at the same time.",
            "calendar",
        )
    return kept


def check_reminders(asked: list[Json]) -> None:
    """Refuse reminders that Google does not have."""
    if len(asked) > MOST_OVERRIDES:
        raise invalid(f"There may be at most {MOST_OVERRIDES} reminders.")
    for reminder in asked:
        minutes = reminder.get("minutes")
        if reminder.get("method") not in ("email", "popup"):
            raise invalid("Invalid reminder method.")
        if minutes is None or not 0 <= minutes <= LONGEST_REMINDER:
            raise invalid("Invalid reminder minutes.")


def check_sequence(body: Json, current: int) -> None:
    """Refuse a body that was made from an older state of the event."""
    given = body.get("sequence")
    if given is not None and given < current:
        raise invalid(
            "Invalid sequence value. The specified sequence number is below the current sequence number of"
            " the resource. Re-fetch the resource and use its sequence number on the following request."
        )


def _properties(asked: Json) -> Json:
    """Extended properties within Google's limits: too long keys are dropped, too long values cut."""
    kept = {
        visibility: {
            key: value[:LONGEST_PROPERTY_VALUE]
            for key, value in properties.items()
            if len(key) <= LONGEST_PROPERTY_KEY and value is not None
        }
        for visibility, properties in asked.items()
        if properties
    }
    sizes = [len(key) + len(value) for properties in kept.values() for key, value in properties.items()]
    if len(sizes) > MOST_PROPERTIES or sum(sizes) > MOST_PROPERTY_CHARACTERS:
        raise invalid("Too many extended properties.")
    return kept


def _attendee(asked: Json) -> Json:
    if not asked.get("email"):
        raise invalid("Invalid attendee email.")
    return {"responseStatus": "needsAction"} | asked
