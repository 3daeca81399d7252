"""A mailbox's calendars and events: the calls below `/users/{id}/calendar`, `/calendars` and `/events`."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.graph import editing, extended, queries, schema, zones
from scheduling_pipeline.simulators.graph.directory import Directory, User
from scheduling_pipeline.simulators.graph.documents import Calendar, Event, EventId, read_event_id
from scheduling_pipeline.simulators.graph.errors import (
    GraphError,
    bad_request,
    invalid_property,
    item_not_found,
)
from scheduling_pipeline.simulators.graph.filters import matches, ordered
from scheduling_pipeline.simulators.graph.occurrences import Item, occurrence, occurrences, whole
from scheduling_pipeline.simulators.graph.rendering import READABLE, shown, shown_calendar
from scheduling_pipeline.simulators.graph.store import Mailbox, Store, Transaction
from scheduling_pipeline.simulators.graph.wire import Call, Reply

LONGEST_VIEW = timedelta(days=1825)
_EVENT = schema.properties("event")
_CALENDAR = schema.properties("calendar")


class Outlook:
    """Answers calendar calls. `calendar` None means all of the mailbox, for a new event the default one."""

    def __init__(self, store: Store, directory: Directory, clock: SimulatedClock) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    def calendar(self, mailbox: Mailbox, calendar_id: str) -> Calendar:
        """The calendar with an id."""
        for calendar in mailbox.calendars.values():
            if calendar.id == calendar_id:
                return calendar
        raise item_not_found()

    def list_calendars(self, call: Call, mailbox: Mailbox) -> Reply:
        found = list(mailbox.calendars.values())
        page, link = queries.page(call, found)
        values = [self._shown_calendar(call, mailbox, calendar) for calendar in page]
        return Reply(
            200, queries.collection(call, f"users('{mailbox.user}')/calendars", values, len(found), link)
        )

    def get_calendar(self, call: Call, mailbox: Mailbox, calendar: Calendar) -> Reply:
        context = {"@odata.context": f"{call.base}/$metadata#users('{mailbox.user}')/calendars/$entity"}
        return Reply(200, context | self._shown_calendar(call, mailbox, calendar))

    def create_calendar(self, call: Call, mailbox: Mailbox) -> Reply:
        body = schema.checked("calendar", call.body)
        name = body.get("name")
        if not name:
            raise invalid_property("name is required")
        if any(calendar.name.lower() == name.lower() for calendar in mailbox.calendars.values()):
            raise GraphError(409, "ErrorFolderExists", "A folder with the specified name already exists.")
        calendar = Calendar(uuid.uuid4().hex, name, body.get("color") or "auto")
        self._store.put_calendar(mailbox, calendar)
        reply = self.get_calendar(call, mailbox, calendar)
        reply.status = 201
        return reply

    def list_events(self, call: Call, mailbox: Mailbox, calendar: Calendar | None) -> Reply:
        items = (whole(event) for event in _events(mailbox, calendar))
        return self._collection(call, mailbox, "events", items)

    def view(self, call: Call, mailbox: Mailbox, calendar: Calendar | None) -> Reply:
        """What lies in a range of time, series taken apart into their occurrences."""
        start, end = _range(call)
        calendar = calendar or mailbox.default_calendar
        items = [item for event in _events(mailbox, calendar) for item in occurrences(event, start, end)]
        items.sort(key=lambda item: item.start_instant)
        return self._collection(call, mailbox, "calendarView", items)

    def instances(self, call: Call, mailbox: Mailbox, event_id: str) -> Reply:
        start, end = _range(call)
        event, _ = self._found(mailbox, event_id)
        if event.recurrence is None:
            raise bad_request("The item is not a recurring master.", "ErrorInvalidRequest")
        items = sorted(occurrences(event, start, end), key=lambda item: item.start_instant)
        return self._collection(call, mailbox, "instances", items)

    def get_event(self, call: Call, mailbox: Mailbox, event_id: str) -> Reply:
        return Reply(200, _entity(call, mailbox)(self._item(mailbox, event_id)))

    def create_event(self, call: Call, mailbox: Mailbox, calendar: Calendar | None) -> Reply:
        show = _entity(call, mailbox)  # refuses wrong query options before anything is written
        body = schema.checked("event", call.body)
        owner = self._owner(mailbox)
        transaction_id = body.get("transactionId")
        event = None
        if transaction_id:
            event = _repeated(mailbox, transaction_id, body)
        if event is None:
            event = editing.new_event(
                body, (calendar or mailbox.default_calendar).key, owner.owner, self._clock.now()
            )
            self._store.put_event(mailbox, event)
            if transaction_id:
                self._store.put_transaction(mailbox, transaction_id, Transaction(event.key, _digest(body)))
        document = show(whole(event))
        location = f"{call.base}/users/{mailbox.user}/events/{document['id']}"
        return Reply(201, document, {"Location": location})

    def update_event(self, call: Call, mailbox: Mailbox, event_id: str) -> Reply:
        show = _entity(call, mailbox)
        event, day = self._found(mailbox, event_id)
        _check_unchanged(call, event)
        body = schema.checked("event", call.body)
        if day is None:
            changed = editing.patched(event, body, self._clock.now())
        else:
            changed = editing.patched_occurrence(event, day, body, self._clock.now())
        self._store.put_event(mailbox, changed)
        return Reply(200, show(self._item(mailbox, event_id)))

    def delete_event(self, call: Call, mailbox: Mailbox, event_id: str) -> Reply:
        event, day = self._found(mailbox, event_id)
        _check_unchanged(call, event)
        if day is None:
            self._store.remove_event(mailbox, event)
        else:
            self._store.put_event(mailbox, editing.without_occurrence(event, day, self._clock.now()))
        return Reply(204)

    def move(self, mailbox: Mailbox, event_id: str, calendar_id: str) -> None:
        """Put an event into another calendar, as a person does in Outlook: its ordinary id changes."""
        event, _ = self._found(mailbox, event_id)
        event.calendar = self.calendar(mailbox, calendar_id).key
        event.version += 1
        self._store.put_event(mailbox, event)

    def _found(self, mailbox: Mailbox, event_id: str) -> tuple[Event, date | None]:
        """The event and, for the id of an occurrence that exists, its date."""
        asked: EventId = read_event_id(event_id)
        event = mailbox.events.get(asked.key)
        if event is None or (asked.calendar is not None and not event.calendar.startswith(asked.calendar)):
            raise item_not_found()
        if asked.day is not None and occurrence(event, asked.day) is None:
            raise item_not_found()
        return event, asked.day

    def _item(self, mailbox: Mailbox, event_id: str) -> Item:
        event, day = self._found(mailbox, event_id)
        item = whole(event) if day is None else occurrence(event, day)
        if item is None:
            raise item_not_found()
        return item

    def _owner(self, mailbox: Mailbox) -> User:
        owner = self._directory.find(mailbox.user)
        assert owner is not None  # noqa: S101 - a mailbox is only opened for a user
        return owner

    def _shown_calendar(self, call: Call, mailbox: Mailbox, calendar: Calendar) -> dict[str, Any]:
        document = shown_calendar(calendar, self._owner(mailbox).owner)
        return queries.selection(queries.option(call, "$select"), _CALENDAR)(document)

    def _collection(self, call: Call, mailbox: Mailbox, name: str, items: Iterable[Item]) -> Reply:
        if text := queries.option(call, "$filter"):
            items = filter(matches(text, READABLE), items)
        if order := queries.option(call, "$orderby"):
            items = ordered(items, order, READABLE)
        found = list(items)
        page, link = queries.page(call, found)
        values = list(map(_renderer(call), page))
        return Reply(
            200, queries.collection(call, f"users('{mailbox.user}')/{name}", values, len(found), link)
        )


def _entity(call: Call, mailbox: Mailbox) -> Callable[[Item], dict[str, Any]]:
    """How the call wants to see one event."""
    render = _renderer(call)
    context = {"@odata.context": f"{call.base}/$metadata#users('{mailbox.user}')/events/$entity"}
    return lambda item: context | render(item)


def _renderer(call: Call) -> Callable[[Item], dict[str, Any]]:
    select = queries.option(call, "$select")
    inner = queries.expanded_properties(queries.option(call, "$expand"))
    choose = extended.chooser(inner) if inner else None
    if inner and select:
        select += ",singleValueExtendedProperties"
    selected = queries.selection(select, _EVENT)
    return lambda item: selected(shown(item, call.prefer, choose))


def _events(mailbox: Mailbox, calendar: Calendar | None) -> Iterable[Event]:
    return (event for event in mailbox.events.values() if calendar is None or event.calendar == calendar.key)


def _range(call: Call) -> tuple[datetime, datetime]:
    """The instants between which a view is asked for. Without an offset they are in UTC."""
    utc = zones.zone("UTC")
    query = {name.lower(): text for name, text in call.query.items()}
    bounds = [query.get("startdatetime"), query.get("enddatetime")]
    if not all(bounds):
        raise bad_request(
            "This request requires a time window specified by the query string parameters StartDateTime and"
            " EndDateTime.",
            "ErrorInvalidParameter",
        )
    start, end = (zones.instant(zones.wall_time(str(text).replace(" ", "+"), utc), utc) for text in bounds)
    if end < start:
        raise bad_request("The end of the time window is before its start.", "ErrorInvalidParameter")
    if end - start > LONGEST_VIEW:
        raise bad_request(
            "Your request can't be completed. The range between the start and end dates is greater than the"
            f" allowed range. Maximum number of days: {LONGEST_VIEW.days}",
            "ErrorInvalidRequest",
        )
    return start, end


def _check_unchanged(call: Call, event: Event) -> None:
    expected = call.headers.get("if-match")
    if expected not in (None, "*", event.etag):
        raise GraphError(
            412,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in the"
            " request does not match the current change key for the item.",
        )


def _repeated(mailbox: Mailbox, transaction_id: str, body: dict[str, Any]) -> Event | None:
    """The event that the same request made before. The id of another or a deleted event is refused."""
    used = mailbox.transactions.get(transaction_id)
    if used is None:
        return None
    event = mailbox.events.get(used.event)
    if event is None or used.digest != _digest(body):
        raise GraphError(
            409,
            "ErrorDuplicateTransactionId",
            "Your request can't be completed. The TransactionId specified in the request has already been"
            " used to create a different event.",
        )
    return event


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
