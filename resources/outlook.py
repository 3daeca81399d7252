"""Outlook calendars as the calendar engine's provider: operations to Graph calls, replies to outcomes.

A calendar's key is its owner's id (or user principal name) in the directory. What is retried, and where, is
said in `resources.graph`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from resources.graph_client import BATCH, PER_MAILBOX, GraphClient
from resources.graph_sign_in import SignInError
from resources.graph_wire import Call, GraphError, Json, Reply, expect, user_path
from resources.outlook_events import SCOPE, TAG, changed, content_of, created, has_property, query, tag_of
from resources.outlook_mailboxes import list_events, outcome_of, unreadable
from resources.owned import of_scope, owned_events
from scheduling_pipeline.calendars.provider import (
    Cause,
    Done,
    Limits,
    Operation,
    OperationKind,
    Outcome,
    OwnedEvent,
    Rejected,
    Unreadable,
)


class Outlook:
    """Writes to and reads from the calendars of one tenant; safe to use from several threads."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._limits = Limits(BATCH, PER_MAILBOX, client.concurrency)

    @property
    def name(self) -> str:
        """Names the provider in ledger rows."""
        return "outlook"

    @property
    def limits(self) -> Limits:
        """What Graph takes at a time."""
        return self._limits

    def send(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Send one batch of writes; one outcome each, in the same order."""
        try:
            replies = self._client.batch([_call(operation) for operation in operations])
        except SignInError as error:
            return [Rejected(Cause.FORBIDDEN, str(error))] * len(operations)
        return [_outcome(operation, reply) for operation, reply in zip(operations, replies, strict=True)]

    def look_up(self, operations: Sequence[Operation]) -> list[OwnedEvent | Unreadable | None]:
        """What stands for each operation's tag; None means nothing stands.

        An update or delete is about one event: a copy that somebody made of it, tag and all, does not count,
        nor does the event once it lies among the deleted ones, where its id still leads to it.
        """
        calls = [
            Call("GET", f"{_events(operation)}?{query(has_property(TAG, str(operation.tag)))}")
            for operation in operations
        ]
        try:
            replies = self._client.batch(calls)
        except SignInError as error:
            return [Unreadable(operation.calendar, Cause.FORBIDDEN, str(error)) for operation in operations]
        return [
            self._standing(operation, reply) for operation, reply in zip(operations, replies, strict=True)
        ]

    def list_owned(self, calendars: Sequence[str], scope: str) -> Mapping[str, list[OwnedEvent] | Unreadable]:
        """All events of ours of a scope, for each calendar; singles and masters of series.

        Raises SignInError.
        """
        listings = list_events(self._client, calendars, query(has_property(SCOPE, scope)))
        return {
            calendar: listing
            if isinstance(listing, Unreadable)
            else of_scope(_owned(calendar, listing), scope)
            for calendar, listing in listings.items()
        }

    def _standing(self, operation: Operation, reply: Reply) -> OwnedEvent | Unreadable | None:
        try:
            found = self._client.collect(expect(reply))
        except GraphError as error:
            return unreadable(operation.calendar, error)
        except SignInError as error:
            return Unreadable(operation.calendar, Cause.FORBIDDEN, str(error))
        # The oldest is the one we made; others with its tag are copies.
        found.sort(key=lambda event: str(event["createdDateTime"]))
        owned = _owned(operation.calendar, found)
        if isinstance(owned, Unreadable):
            return owned
        return next(
            (
                event
                for event in owned
                if event.tag == operation.tag and operation.provider_id in ("", event.provider_id)
            ),
            None,
        )


def _owned(calendar: str, events: Iterable[Json]) -> list[OwnedEvent] | Unreadable:
    return owned_events(calendar, events, tag_of=tag_of, content_of=content_of, etag="@odata.etag")


def _events(operation: Operation) -> str:
    return f"{user_path(operation.calendar)}/events"


def _call(operation: Operation) -> Call:
    """The request that carries out an operation."""
    calendar, events = operation.calendar, _events(operation)
    if operation.kind is OperationKind.CREATE:
        assert operation.after is not None  # noqa: S101 - a create has one
        return Call("POST", events, created(calendar, operation.tag, operation.after), mailbox=calendar)
    path = f"{events}/{quote(operation.provider_id, safe='')}"
    if operation.kind is OperationKind.DELETE:
        return Call("DELETE", path, mailbox=calendar)
    assert operation.before is not None  # noqa: S101 - an update has both
    assert operation.after is not None  # noqa: S101 - an update has both
    return Call("PATCH", path, changed(operation.before, operation.after), operation.etag, calendar)


def _outcome(operation: Operation, reply: Reply) -> Outcome:
    outcome = outcome_of(reply, operation.provider_id)
    match operation.kind, outcome:
        case OperationKind.DELETE, Rejected(Cause.GONE):
            return Done(operation.provider_id)
        case OperationKind.CREATE, Done() if not _is_as_sent(operation, reply):
            return Rejected(Cause.CONFLICT, "an earlier write of this event took effect")
    return outcome


def _is_as_sent(operation: Operation, reply: Reply) -> bool:
    """Whether a create was answered with what it asked for: one that repeats a transaction is answered with
    the event as it was made the first time."""
    if isinstance(reply, GraphError) or operation.after is None or "start" not in reply:
        return True
    return content_of(reply, operation.after.zone) == operation.after
