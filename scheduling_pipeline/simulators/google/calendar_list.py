"""The calendars on a person's list, with what is theirs alone: colour, default reminders, own title.

Somebody who was given access puts the calendar on the list themselves. Calendars that are gone, or that the
person may not read any more, are not shown.
"""

from __future__ import annotations

import re
from functools import partial

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.google import access, calendars, editing
from scheduling_pipeline.simulators.google.errors import forbidden, invalid, not_found
from scheduling_pipeline.simulators.google.paging import Lister, Row
from scheduling_pipeline.simulators.google.request import Request
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.google.store import Account, Calendar, Entry, Json, Store

DEFAULT_PAGE = 100
LARGEST_PAGE = 250

_CHANGEABLE = {"colorId", "hidden", "selected", "summaryOverride", "defaultReminders", "notificationSettings"}
_RGB = {"backgroundColor", "foregroundColor"}
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_COLOR_IDS = {str(number) for number in range(1, 25)}
_USUAL_COLORS = {"colorId": "14", "backgroundColor": "#9fe1e7", "foregroundColor": "#000000"}
_LEAST = "freeBusyReader"


class CalendarList:
    """The methods of the resource "calendarList"."""

    def __init__(self, store: Store, clock: SimulatedClock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    def get(self, request: Request) -> Json:
        return _shown(self._entry(request), self._calendar(request), request.caller)

    def insert(self, request: Request) -> Json:
        """Put a calendar on the list; one that is there already gets the given fields."""
        calendar = access.permitted(self._store, request.caller, request.body["id"], _LEAST)
        known = self._store.account(request.caller).entries.get(calendar.id)
        fields = known.fields if known and not known.deleted else {"selected": False}
        return self._put(request, calendar, editing.merged(fields, _given(request)))

    def list_entries(self, request: Request) -> Json:
        account = self._store.account(request.caller)
        parameters = request.parameters
        lister = Lister(f"list of {account.email}", account.revision, parameters, self._clock.now())
        sync = lister.since(self._settings.sync_token_days)
        if sync:
            for name in ("minAccessRole", "showOwnOrganizationOnly"):
                if name in parameters:
                    raise invalid(f"Parameter {name} cannot be used with a sync token.", name)
        least = parameters.text("minAccessRole") or _LEAST
        rows = []
        for entry in account.entries.values():
            calendar = self._store.calendars.get(entry.calendar)
            if calendar is None or not access.at_least(access.role(calendar, account.email), least):
                continue
            hidden = entry.fields.get("hidden") and not parameters.flag("showHidden")
            deleted = entry.deleted and not parameters.flag("showDeleted")
            changed = sync is not None and entry.revision > sync.revision
            if changed or (sync is None and not hidden and not deleted):
                rows.append(Row((entry.number,), partial(_shown, entry, calendar, account.email)))
        etag = f'"l{account.revision:015d}"'
        size = lister.size(DEFAULT_PAGE, LARGEST_PAGE)
        return {"kind": "calendar#calendarList", "etag": etag} | lister.page(rows, size)

    def patch(self, request: Request) -> Json:
        entry = self._entry(request)
        return self._put(request, self._calendar(request), editing.merged(entry.fields, _given(request)))

    def update(self, request: Request) -> Json:
        self._entry(request)
        return self._put(request, self._calendar(request), editing.merged({}, _given(request)))

    def delete(self, request: Request) -> None:
        calendar, entry = self._calendar(request), self._entry(request)
        if calendar.id == request.caller:
            raise forbidden("A primary calendar stays on the list.", "cannotUnsubscribePrimary", "calendar")
        entry.deleted = True
        self._keep(self._store.account(request.caller), entry)

    def _calendar(self, request: Request) -> Calendar:
        return access.permitted(self._store, request.caller, request.names["calendarId"], _LEAST)

    def _entry(self, request: Request) -> Entry:
        """The entry that the call is about, in the state that the caller expects."""
        calendar = self._calendar(request)
        entry = self._store.account(request.caller).entries.get(calendar.id)
        if entry is None or entry.deleted:
            raise not_found()
        request.expect(_etag(entry, calendar))
        return entry

    def _put(self, request: Request, calendar: Calendar, fields: Json) -> Json:
        _check(fields)
        account = self._store.account(request.caller)
        entry = account.entries.get(calendar.id) or Entry(calendar.id, account.revision + 1, 0, {})
        entry.fields, entry.deleted = fields, False
        self._keep(account, entry)
        return _shown(entry, calendar, request.caller)

    def _keep(self, account: Account, entry: Entry) -> None:
        entry.revision = account.revision + 1
        self._store.put_entry(account, entry)


def _shown(entry: Entry, calendar: Calendar, person: str) -> Json:
    """The entry's resource, with what it shows of its calendar."""
    resource = {
        **calendars.shown(calendar),
        **_USUAL_COLORS,
        "selected": False,
        "defaultReminders": [],
        **entry.fields,
        "kind": "calendar#calendarListEntry",
        "etag": _etag(entry, calendar),
        "accessRole": access.role(calendar, person),
    }
    if calendar.id == person:
        resource["primary"] = True
    if entry.deleted:
        resource["deleted"] = True
    return resource


def _etag(entry: Entry, calendar: Calendar) -> str:
    return f'"{entry.revision:08d}{calendar.changed:08d}"'


def _given(request: Request) -> Json:
    """What may be changed; colours as RGB only where the call says that it uses them."""
    names = _CHANGEABLE | (_RGB if request.parameters.flag("colorRgbFormat") else set())
    return {name: value for name, value in request.body.items() if name in names}


def _check(fields: Json) -> None:
    if fields.get("colorId", "1") not in _COLOR_IDS:
        raise invalid("Invalid colorId value.")
    for name in _RGB & fields.keys():
        if not _COLOR.fullmatch(fields[name]):
            raise invalid(f"Invalid {name} value.")
    editing.check_reminders(fields.get("defaultReminders", []))
