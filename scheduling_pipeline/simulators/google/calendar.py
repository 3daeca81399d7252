"""The Calendar API without HTTP: finds the method of a call, checks query and body, and answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.google import description, fields, schema
from scheduling_pipeline.simulators.google.acl import AccessList
from scheduling_pipeline.simulators.google.calendar_list import CalendarList
from scheduling_pipeline.simulators.google.calendars import CalendarMethods
from scheduling_pipeline.simulators.google.errors import not_found, not_simulated
from scheduling_pipeline.simulators.google.events import Events
from scheduling_pipeline.simulators.google.listing import Lists
from scheduling_pipeline.simulators.google.parameters import Parameters
from scheduling_pipeline.simulators.google.request import Request, matches
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.google.store import Json, Store
from scheduling_pipeline.simulators.google.wire import Call, Reply

Handler = Callable[[Request], Json | None]


class Calendars:
    """All of the API that is simulated. Who calls is known already; it knows no quotas and no faults."""

    def __init__(self, store: Store, clock: SimulatedClock, settings: Settings) -> None:
        self._store = store
        self._handlers = _handlers(store, clock, settings)

    def handle(self, call: Call) -> Reply:
        """The reply to a call; a `GoogleError` where it is refused."""
        found = description.find(call.method, call.path)
        if found is None:
            raise not_found()
        method, names = found
        handler = self._handlers.get(method.name)
        if handler is None:
            raise not_simulated(method.name)
        parameters = Parameters.of(method, call.query)
        body = schema.checked(method, call.body)
        self._store.account(call.caller)  # the first call of a person opens their account
        resource = handler(Request(call.caller, names, parameters, body, call.headers.get("if-match")))
        if resource is None:
            return Reply(204)
        headers = {"ETag": resource["etag"]}
        known = call.headers.get("if-none-match")
        if call.method == "GET" and known is not None and matches(known, resource["etag"]):
            return Reply(304, headers=headers)
        return Reply(200, fields.selected(resource, parameters.text("fields")), headers)


def _handlers(store: Store, clock: SimulatedClock, settings: Settings) -> Mapping[str, Handler]:
    events = Events(store, clock, settings)
    lists = Lists(store, clock, settings)
    calendars = CalendarMethods(store, events)
    entries = CalendarList(store, clock, settings)
    rules = AccessList(store, clock, settings)
    return {
        "acl.delete": rules.delete,
        "acl.get": rules.get,
        "acl.insert": rules.insert,
        "acl.list": rules.list_rules,
        "acl.patch": rules.change,
        "acl.update": rules.change,
        "calendarList.delete": entries.delete,
        "calendarList.get": entries.get,
        "calendarList.insert": entries.insert,
        "calendarList.list": entries.list_entries,
        "calendarList.patch": entries.patch,
        "calendarList.update": entries.update,
        "calendars.clear": calendars.clear,
        "calendars.delete": calendars.delete,
        "calendars.get": calendars.get,
        "calendars.insert": calendars.insert,
        "calendars.patch": calendars.patch,
        "calendars.update": calendars.update,
        "events.delete": events.delete,
        "events.get": events.get,
        "events.import": events.import_,
        "events.insert": events.insert,
        "events.instances": lists.instances,
        "events.list": lists.list_events,
        "events.move": events.move,
        "events.patch": events.patch,
        "events.update": events.update,
    }
