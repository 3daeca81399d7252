"""What the Calendar API's replies mean to the calendar engine."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from resources.google_events import content_of, event_id, tag_of
from resources.google_wire import NO_CONSENT, NO_TOKEN, GoogleError, Json, Reply
from resources.owned import owned_events
from scheduling_pipeline.calendars.model import Tag
from scheduling_pipeline.calendars.provider import (
    Cause,
    Done,
    Operation,
    OperationKind,
    Outcome,
    OwnedEvent,
    Rejected,
    Unknown,
    Unreadable,
)

CANCELLED = "cancelled"  # how Google shows a deleted event

_CAUSES: dict[int, Cause] = {
    HTTPStatus.UNAUTHORIZED: Cause.SIGN_IN,
    HTTPStatus.FORBIDDEN: Cause.FORBIDDEN,
    HTTPStatus.NOT_FOUND: Cause.NO_CALENDAR,
    HTTPStatus.CONFLICT: Cause.CONFLICT,
    HTTPStatus.GONE: Cause.GONE,
    HTTPStatus.PRECONDITION_FAILED: Cause.CONFLICT,
}


def cause_of(error: GoogleError) -> Cause | None:
    """Why Google refused; None when it did not refuse, but fail or fall silent.

    404 is taken for a missing calendar: one for a missing event has become 410 before.
    """
    if error.over_limit or error.reason == NO_TOKEN:
        return Cause.THROTTLED
    refused = HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR
    if not refused or error.status == HTTPStatus.REQUEST_TIMEOUT:
        return None
    return _CAUSES.get(error.status, Cause.INVALID)


def outcome_of(operation: Operation, reply: Reply) -> Outcome:
    """How a write ended."""
    provider_id = operation.provider_id or event_id(operation.calendar, operation.tag)
    if not isinstance(reply, GoogleError):
        return Done(provider_id, reply.get("etag") or "")
    cause = cause_of(reply)
    if cause is None:
        return Unknown(_said(reply))
    if cause is Cause.GONE and operation.kind is OperationKind.DELETE:
        return Done(provider_id)
    return Rejected(cause, _said(reply))


def unreadable(calendar: str, error: GoogleError) -> Unreadable:
    """What the engine is told of a calendar that could not be read."""
    return Unreadable(calendar, cause_of(error), _said(error))


def _said(error: GoogleError) -> str:
    """What a person is told: Google's status and reason, or our own sentence."""
    return error.message if error.reason in (NO_TOKEN, NO_CONSENT) else str(error)


def owned(calendar: str, events: Iterable[Json]) -> list[OwnedEvent] | Unreadable:
    """The events of ours among those found; single dates of a series are not events of their own.

    A copy that somebody made of one has the tag too, but not the id: it is theirs.
    """

    def tag(event: Json) -> Tag | None:
        found = tag_of(event)
        return found if found is not None and event["id"] == event_id(calendar, found) else None

    standing = (
        event for event in events if event.get("status") != CANCELLED and "recurringEventId" not in event
    )
    return owned_events(calendar, standing, tag_of=tag, content_of=content_of, etag="etag")
