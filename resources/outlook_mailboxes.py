"""What Graph's replies mean to the calendar engine, and the listing of events in many mailboxes."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from resources.graph_client import GraphClient
from resources.graph_wire import Call, GraphError, Json, Reply, expect, user_path
from scheduling_pipeline.calendars.provider import Cause, Done, Outcome, Rejected, Unknown, Unreadable

_CAUSES = {
    HTTPStatus.UNAUTHORIZED: Cause.FORBIDDEN,
    HTTPStatus.FORBIDDEN: Cause.FORBIDDEN,
    HTTPStatus.CONFLICT: Cause.CONFLICT,
    HTTPStatus.GONE: Cause.GONE,
    HTTPStatus.PRECONDITION_FAILED: Cause.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS: Cause.THROTTLED,
}
_NO_SUCH_ITEM = "ErrorItemNotFound"  # any other 404 is about the user or the mailbox


def cause_of(error: GraphError) -> Cause | None:
    """Why Graph refused; None when it did not refuse, but fail or fall silent."""
    if error.status == HTTPStatus.NOT_FOUND:
        return Cause.GONE if error.code == _NO_SUCH_ITEM else Cause.NO_CALENDAR
    refused = HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR
    if not refused or error.status == HTTPStatus.REQUEST_TIMEOUT:
        return None
    return _CAUSES.get(HTTPStatus(error.status), Cause.INVALID)


def outcome_of(reply: Reply, provider_id: str = "") -> Outcome:
    """How a write to an event ended; `provider_id` is its id, where it had one before."""
    if isinstance(reply, GraphError):
        cause = cause_of(reply)
        return Unknown(str(reply)) if cause is None else Rejected(cause, str(reply))
    provider_id = reply.get("id") or provider_id
    if not provider_id:
        return Unknown("an answer without the event's id")
    return Done(provider_id, reply.get("@odata.etag") or "")


def unreadable(calendar: str, error: GraphError) -> Unreadable:
    """What the engine is told of a calendar that could not be read."""
    return Unreadable(calendar, cause_of(error), str(error))


def list_events(
    client: GraphClient, calendars: Iterable[str], query: str
) -> dict[str, list[Json] | Unreadable]:
    """The events of each calendar that a query finds, all pages. Raises SignInError.

    First pages come in batches; what follows comes page by page, one request at a time to a mailbox.
    """
    names = list(dict.fromkeys(calendars))
    calls = [Call("GET", f"{user_path(name)}/events?{query}", mailbox=name) for name in names]
    firsts = client.batches(calls)
    with ThreadPoolExecutor(client.concurrency) as pool:
        listings = pool.map(lambda name, first: _collect(client, name, first), names, firsts)
        return dict(zip(names, listings, strict=True))


def _collect(client: GraphClient, calendar: str, first: Reply) -> list[Json] | Unreadable:
    try:
        return client.collect(expect(first))
    except GraphError as error:
        return unreadable(calendar, error)
