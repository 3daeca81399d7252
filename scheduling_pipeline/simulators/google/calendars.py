"""Calendars themselves: get, insert, patch, update, delete, and clear for a primary one."""

from __future__ import annotations

import secrets

from scheduling_pipeline.simulators.google import access, times
from scheduling_pipeline.simulators.google.editing import merged
from scheduling_pipeline.simulators.google.errors import forbidden, invalid
from scheduling_pipeline.simulators.google.events import Events
from scheduling_pipeline.simulators.google.request import Request
from scheduling_pipeline.simulators.google.store import PRIMARY_ZONE, Calendar, Entry, Json, Rule, Store

_CHANGEABLE = {"summary", "description", "location", "timeZone"}


class CalendarMethods:
    """The methods of the resource "calendars"."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def get(self, request: Request) -> Json:
        return shown(self._calendar(request, "reader"))

    def insert(self, request: Request) -> Json:
        """A new calendar is owned by who made it, and stands on their list."""
        calendar_id = f"c_{secrets.token_hex(32)}@group.calendar.google.com"
        fields = _checked({"timeZone": PRIMARY_ZONE} | _given(request.body))
        calendar = Calendar(calendar_id, request.caller, fields)
        self._store.put_calendar(calendar)
        scope = {"type": "user", "value": request.caller}
        self._store.put_rule(calendar, Rule(f"user:{request.caller}", scope, "owner", 1, 1))
        account = self._store.account(request.caller)
        number = account.revision + 1
        self._store.put_entry(account, Entry(calendar_id, number, number, {"selected": True}))
        return shown(calendar)

    def patch(self, request: Request) -> Json:
        return self._change(request, merge=True)

    def update(self, request: Request) -> Json:
        return self._change(request, merge=False)

    def delete(self, request: Request) -> None:
        calendar = self._calendar(request, "owner")
        request.expect(etag(calendar))
        if calendar.primary:
            raise forbidden(
                "A primary calendar cannot be deleted.", "cannotDeletePrimaryCalendar", "calendar"
            )
        self._store.remove_calendar(calendar)

    def clear(self, request: Request) -> None:
        calendar = self._calendar(request, "owner")
        if not calendar.primary:
            raise invalid("Only a primary calendar can be cleared.")
        self._events.clear(calendar)

    def _calendar(self, request: Request, needed: str) -> Calendar:
        return access.permitted(self._store, request.caller, request.names["calendarId"], needed)

    def _change(self, request: Request, *, merge: bool) -> Json:
        calendar = self._calendar(request, "owner")
        request.expect(etag(calendar))
        usual = {"summary": calendar.fields["summary"], "timeZone": calendar.zone}
        calendar.fields = _checked(merged(calendar.fields if merge else usual, _given(request.body)))
        calendar.changed = calendar.next_revision()
        self._store.put_calendar(calendar)
        return shown(calendar)


def shown(calendar: Calendar) -> Json:
    """The calendar's resource."""
    owner = {} if calendar.primary else {"dataOwner": calendar.owner}
    return {
        "kind": "calendar#calendar",
        "etag": etag(calendar),
        "id": calendar.id,
        **calendar.fields,
        **owner,
    }


def etag(calendar: Calendar) -> str:
    return f'"c{calendar.changed:015d}"'


def _given(body: Json) -> Json:
    return {name: value for name, value in body.items() if name in _CHANGEABLE}


def _checked(fields: Json) -> Json:
    kept = {name: value for name, value in fields.items() if value}
    if "summary" not in kept:
        raise invalid("A calendar needs a summary.")
    times.zone(kept.get("timeZone", ""))
    return kept
