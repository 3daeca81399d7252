"""Events one at a time: insert, get, patch, update, delete, import and move.

Deleted events stay with the status "cancelled" and hold their id; a PATCH or PUT with another status brings
them back. An instance of a series is changed by its own id, and is kept from then on (see `occurrences`).

Not simulated: mail to attendees and their copies, details that are hidden from readers of private events,
other types of events than the default one, attachments, conferences and labels.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.google import access, editing, occurrences, rendering, times
from scheduling_pipeline.simulators.google.errors import (
    bad_request,
    deleted,
    duplicate,
    forbidden,
    invalid,
    not_found,
)
from scheduling_pipeline.simulators.google.occurrences import Item
from scheduling_pipeline.simulators.google.request import Request
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.google.store import Calendar, Event, Json, Store

_ID = re.compile(r"[a-v0-9]{5,1024}")
_BASE32HEX = "0123456789abcdefghijklmnopqrstuv"
_MOMENTARY = timedelta(milliseconds=1)


class Events:
    """The methods of the resource "events" that concern one event."""

    def __init__(self, store: Store, clock: SimulatedClock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    def get(self, request: Request) -> Json:
        calendar = self._calendar(request, "reader")
        zone = request.parameters.text("timeZone")
        if zone is not None:
            times.zone(zone)
        return rendering.event(_existing(request, calendar), calendar, request.caller, zone)

    def insert(self, request: Request) -> Json:
        calendar = self._calendar(request, "writer")
        body = request.body
        event_id = body.get("id") or "".join(secrets.choice(_BASE32HEX) for _ in range(26))
        if not _ID.fullmatch(event_id):
            raise invalid("Invalid resource id value.")
        uid = body.get("iCalUID") or f"{event_id}@google.com"
        if body.get("id") and uid != f"{event_id}@google.com":
            raise invalid("Only one of id and iCalUID may be given.")
        if event_id in calendar.events or (body.get("iCalUID") and _by_uid(calendar, uid)):
            raise duplicate()
        return self._create(request, calendar, event_id, uid, _organizer(calendar))

    def import_(self, request: Request) -> Json:
        """Add the event of an iCalUID, or replace it by a newer state."""
        calendar = self._calendar(request, "writer")
        uid = request.body["iCalUID"]
        known = _by_uid(calendar, uid)
        if known is None:
            organizer = request.body.get("organizer") or _organizer(calendar)
            return self._create(request, calendar, "_" + secrets.token_hex(16), uid, organizer)
        return self._replace(request, calendar, occurrences.whole(known))

    def patch(self, request: Request) -> Json:
        calendar = self._calendar(request, "writer")
        item = self._expected(request, calendar)
        change = self._changes(request)
        reminders = change.pop("reminders", None)
        fields = item.fields
        if change:
            editing.check_sequence(request.body, item.fields["sequence"])
            fields = editing.event_fields(editing.merged(item.fields, change), calendar.zone)
        return self._write(request, calendar, item, fields, reminders)

    def update(self, request: Request) -> Json:
        calendar = self._calendar(request, "writer")
        return self._replace(request, calendar, self._expected(request, calendar))

    def delete(self, request: Request) -> None:
        calendar = self._calendar(request, "writer")
        item = _existing(request, calendar)
        if item.cancelled:
            raise deleted()
        request.expect(item.etag)
        self._write(request, calendar, item, item.fields | {"status": "cancelled"}, None)

    def move(self, request: Request) -> Json:
        """Another calendar becomes the organizer; the event leaves a cancelled one behind."""
        source = self._calendar(request, "writer")
        target_id = request.parameters.text("destination") or ""
        target = access.permitted(self._store, request.caller, target_id, "writer")
        item = self._expected(request, source)
        if item.event is None or item.series is not None:
            raise bad_request(
                "cannotMoveInstance", "Instances of recurring events cannot be moved.", "calendar"
            )
        if item.cancelled:
            raise forbidden()
        if item.id in target.events:
            raise duplicate()
        moved = self._put(
            target, item.id, item.fields | {"organizer": _organizer(target)}, item.event.reminders
        )
        for kept in source.instances.get(item.id, {}).values():
            number, revision = _next_number(target), target.next_revision()
            copy = replace(kept, number=number, revision=revision, reminders=dict(kept.reminders))
            self._store.put_event(target, copy)
        self._write(request, source, item, item.fields | {"status": "cancelled"}, None)
        return rendering.event(occurrences.whole(moved), target, request.caller)

    def clear(self, calendar: Calendar) -> None:
        """Delete all events of a calendar."""
        for event in [event for event in calendar.events.values() if event.series is None]:
            event.fields = self._stamped(event.fields | {"status": "cancelled"})
            event.revision = calendar.next_revision()
            self._store.put_event(calendar, event)

    def _calendar(self, request: Request, needed: str) -> Calendar:
        return access.permitted(self._store, request.caller, request.names["calendarId"], needed)

    def _expected(self, request: Request, calendar: Calendar) -> Item:
        """The item to change, in the state that the caller expects."""
        item = _existing(request, calendar)
        request.expect(item.etag)
        if item.series is not None:
            if item.series.fields["status"] == "cancelled":
                raise forbidden()
            if request.body.get("recurrence"):
                raise invalid("An instance of a recurring event cannot recur itself.")
        return item

    def _changes(self, request: Request) -> Json:
        change = editing.changes(request.body, request.parameters)
        if change.get("attendees") and request.caller == self._settings.service_account:
            raise forbidden(
                "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority.",
                "forbiddenForServiceAccounts",
                "calendar",
            )
        return change

    def _create(self, request: Request, calendar: Calendar, event_id: str, uid: str, organizer: Json) -> Json:
        change = self._changes(request)
        reminders = change.pop("reminders", None)
        fields = editing.event_fields(editing.merged({}, change), calendar.zone)
        fields |= {
            "created": times.stamp(self._clock.now()),
            "creator": {"email": request.caller},
            "organizer": organizer,
            "iCalUID": uid,
            "sequence": request.body.get("sequence") or 0,
        }
        own = {} if reminders is None else {request.caller: editing.reminders({}, reminders)}
        made = self._put(calendar, event_id, self._stamped(fields), own)
        return rendering.event(occurrences.whole(made), calendar, request.caller)

    def _replace(self, request: Request, calendar: Calendar, item: Item) -> Json:
        """A PUT: what the body leaves out goes back to its default."""
        editing.check_sequence(request.body, item.fields["sequence"])
        change = self._changes(request)
        reminders = change.pop("reminders", None) or {"useDefault": True}
        kept = {name: value for name, value in item.fields.items() if name in editing.OUTPUT_ONLY}
        fields = editing.event_fields(kept | editing.merged({}, change), calendar.zone)
        return self._write(request, calendar, item, fields, reminders, replaced=True)

    def _write(
        self,
        request: Request,
        calendar: Calendar,
        item: Item,
        fields: Json,
        reminders: Json | None,
        *,
        replaced: bool = False,
    ) -> Json:
        """Keep the new fields of an item and show it."""
        event = item.event
        if event is None:
            series = item.series.id if item.series else None
            event = Event(item.id, _next_number(calendar), 0, {}, {}, series, item.original)
        if reminders is not None:
            before = {} if replaced else item.reminders(request.caller)
            event.reminders[request.caller] = editing.reminders(before, reminders)
        if fields is not item.fields:  # a change of reminders alone is none of the event
            fields = self._stamped(fields | {"sequence": item.fields["sequence"] + 1})
        event.fields = occurrences.difference(item.inherited, fields) if item.series else fields
        event.revision = calendar.next_revision()
        self._store.put_event(calendar, event)
        if item.series is None:
            occurrences.forget_stray(self._store, calendar, event)
        return rendering.event(replace(item, fields=fields, event=event), calendar, request.caller)

    def _put(self, calendar: Calendar, event_id: str, fields: Json, reminders: dict[str, Json]) -> Event:
        event = Event(event_id, _next_number(calendar), calendar.next_revision(), fields, dict(reminders))
        self._store.put_event(calendar, event)
        return event

    def _stamped(self, fields: Json) -> Json:
        """The fields, last changed now: later than before, even if the simulated clock stands still."""
        now = self._clock.now()
        if "updated" in fields:
            now = max(now, datetime.fromisoformat(fields["updated"]) + _MOMENTARY)
        return fields | {"updated": times.stamp(now)}


def _existing(request: Request, calendar: Calendar) -> Item:
    item = occurrences.find(calendar, request.names["eventId"])
    if item is None:
        raise not_found()
    return item


def _by_uid(calendar: Calendar, uid: str) -> Event | None:
    return next(
        (
            event
            for event in calendar.events.values()
            if event.series is None and event.fields["iCalUID"] == uid
        ),
        None,
    )


def _organizer(calendar: Calendar) -> Json:
    email = {"email": calendar.id}
    return email if calendar.primary else email | {"displayName": calendar.fields["summary"]}


def _next_number(calendar: Calendar) -> int:
    return calendar.revision + 1
