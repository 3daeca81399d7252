"""Google calendars as the calendar engine's provider: operations to calls, replies to outcomes.

A calendar's key is its id at Google; calls about it carry its owner's token. What is retried, and where, is
said in `resources.google_client`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from resources.google_client import BATCH, GoogleClient
from resources.google_events import FIELDS, SCOPE, changed, created, day_of, event_id
from resources.google_outcomes import CANCELLED, outcome_of, owned, unreadable
from resources.google_wire import Call, GoogleError, Json, Reply
from resources.owned import of_scope
from scheduling_pipeline.calendars.model import LedgerEvent
from scheduling_pipeline.calendars.provider import (
    EditedDates,
    Limits,
    Operation,
    OperationKind,
    Outcome,
    OwnedEvent,
    Unreadable,
)

_PAGE = {"maxResults": 2500}  # the most that Google gives at a time
_LISTING = _PAGE | {
    "singleEvents": False,
    "fields": f"kind,nextPageToken,nextSyncToken,items({FIELDS})",
}
_SINGLE_DATES = _PAGE | {
    "singleEvents": False,
    "fields": "kind,nextPageToken,items(id,status,recurringEventId,originalStartTime)",
}
_WRITING = {"sendUpdates": "none", "fields": "id,etag"}


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a calendar since a sync token was given out: events of ours, and ids (of anybody's)
    that were deleted. `complete`: the events are all that stand, and what is not among them is gone.
    """

    events: list[OwnedEvent]
    deleted: frozenset[str]
    sync_token: str
    complete: bool


class GoogleCalendars:
    """Writes to and reads from people's calendars; safe to use from several threads."""

    def __init__(self, client: GoogleClient) -> None:
        self._client = client
        self._limits = Limits(BATCH, BATCH, client.concurrency)

    @property
    def name(self) -> str:
        """Names the provider in ledger rows."""
        return "google"

    @property
    def limits(self) -> Limits:
        """What is sent at a time."""
        return self._limits

    def prepare(self, calendars: Collection[str]) -> None:
        """Begin to sign in for these calendars, which are about to be written to."""
        self._client.prepare(calendars)

    def send(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Send one batch of writes; one outcome each, in the same order."""
        answers = self._client.batch([_call(operation) for operation in operations])
        replies = self._told_apart(answers, operations)
        return [outcome_of(operation, reply) for operation, reply in zip(operations, replies, strict=True)]

    def look_up(self, operations: Sequence[Operation]) -> list[OwnedEvent | Unreadable | None]:
        """What stands for each operation's tag; None means nothing stands."""
        calls = [
            Call("events.get", operation.calendar, {"eventId": _id(operation), "fields": FIELDS})
            for operation in operations
        ]
        replies = self._told_apart(self._client.batch(calls), operations)
        return [_standing(operation, reply) for operation, reply in zip(operations, replies, strict=True)]

    def list_owned(self, calendars: Sequence[str], scope: str) -> Mapping[str, list[OwnedEvent] | Unreadable]:
        """All events of ours of a scope, for each calendar; singles and masters of series."""
        params = _LISTING | {"privateExtendedProperty": f"{SCOPE}={scope}"}
        names = list(dict.fromkeys(calendars))
        listings = self._client.listings([Call("events.list", name, params) for name in names])
        return {name: _of_scope(name, listing, scope) for name, listing in zip(names, listings, strict=True)}

    def edited_dates(self, events: Sequence[LedgerEvent]) -> list[EditedDates | Unreadable]:
        """The dates of these series that somebody deleted or changed; none of an event that happens once."""
        series = [event for event in events if event.content.rrule is not None]
        names = list(dict.fromkeys(event.calendar for event in series))
        calls = [Call("events.list", name, _SINGLE_DATES) for name in names]
        listings = dict(zip(names, self._client.listings(calls), strict=True))
        return [
            _edited_dates(event, listings[event.calendar]) if event.content.rrule else EditedDates()
            for event in events
        ]

    def changes_since(self, calendar: str, sync_token: str | None) -> Changes:
        """What changed in a calendar since `sync_token`; all that stands without one, or with one too old.

        Raises Unreadable.
        """
        params = _LISTING | ({"syncToken": sync_token} if sync_token else {})
        (pages,) = self._client.listings([Call("events.list", calendar, params)])
        if isinstance(pages, GoogleError):
            if sync_token and pages.status == HTTPStatus.GONE:
                return self.changes_since(calendar, None)
            raise unreadable(calendar, pages)
        items = _items(pages)
        events = owned(calendar, items)
        if isinstance(events, Unreadable):
            raise events
        cancelled = (item for item in items if item["status"] == CANCELLED)
        deleted = frozenset(item["id"] for item in cancelled if "recurringEventId" not in item)
        return Changes(events, deleted, pages[-1]["nextSyncToken"], complete=not sync_token)

    def _told_apart(self, answers: Sequence[Reply], about: Sequence[Operation]) -> list[Reply]:
        """Answers in which 404 means a missing calendar, and 410 a missing event: Google says 404 of both.

        Where it cannot be found out, the calendar's answer stands in for the event's.
        """
        asked = {
            item.calendar
            for item, answer in zip(about, answers, strict=True)
            if isinstance(answer, GoogleError) and answer.status == HTTPStatus.NOT_FOUND
        }
        if not asked:
            return list(answers)
        calls = [Call("calendars.get", calendar, {"fields": "id"}) for calendar in sorted(asked)]
        calendars = dict(zip(sorted(asked), self._client.batches(calls), strict=True))
        return [
            _about_event(answer, calendars[item.calendar])
            if isinstance(answer, GoogleError) and answer.status == HTTPStatus.NOT_FOUND
            else answer
            for item, answer in zip(about, answers, strict=True)
        ]


def _about_event(missing: GoogleError, calendar: Reply) -> GoogleError:
    """What a 404 means, given what is known of the calendar."""
    if isinstance(calendar, GoogleError):
        return calendar
    return GoogleError(HTTPStatus.GONE, missing.reason, "there is no such event")


def _id(operation: Operation) -> str:
    return operation.provider_id or event_id(operation.calendar, operation.tag)


def _call(operation: Operation) -> Call:
    """The call that carries out an operation."""
    calendar = operation.calendar
    if operation.kind is OperationKind.CREATE:
        assert operation.after is not None  # noqa: S101 - a create has one
        body = created(calendar, operation.tag, operation.after)
        return Call("events.insert", calendar, _WRITING | {"body": body})
    if operation.kind is OperationKind.DELETE:
        which = {"eventId": operation.provider_id, "sendUpdates": "none"}
        return Call("events.delete", calendar, which, operation.etag)
    assert operation.before is not None  # noqa: S101 - an update has both
    assert operation.after is not None  # noqa: S101 - an update has both
    params = _WRITING | {"eventId": operation.provider_id, "body": changed(operation.before, operation.after)}
    return Call("events.patch", calendar, params, operation.etag)


def _standing(operation: Operation, reply: Reply) -> OwnedEvent | Unreadable | None:
    """The event of an operation, if it is ours. One that was deleted can still be had, as cancelled."""
    if isinstance(reply, GoogleError):
        gone = reply.status == HTTPStatus.GONE
        return None if gone else unreadable(operation.calendar, reply)
    found = owned(operation.calendar, [reply])
    if isinstance(found, Unreadable):
        return found
    return next((event for event in found if event.tag == operation.tag), None)


def _of_scope(calendar: str, listing: list[Json] | GoogleError, scope: str) -> list[OwnedEvent] | Unreadable:
    if isinstance(listing, GoogleError):
        return unreadable(calendar, listing)
    return of_scope(owned(calendar, _items(listing)), scope)


def _items(pages: Sequence[Json]) -> Collection[Json]:
    """The items of all pages, each once: an event that changes meanwhile may come on two of them."""
    return {item["id"]: item for page in pages for item in page.get("items", ())}.values()


def _edited_dates(event: LedgerEvent, listing: list[Json] | GoogleError) -> EditedDates | Unreadable:
    if isinstance(listing, GoogleError):
        return unreadable(event.calendar, listing)
    dates: dict[bool, set[date]] = {True: set(), False: set()}
    for item in _items(listing):
        if item.get("recurringEventId") == event.provider_id:
            day = day_of(item["originalStartTime"], event.content.zone)
            dates[item["status"] == CANCELLED].add(day)
    return EditedDates(deleted=frozenset(dates[True]), changed=frozenset(dates[False]))
