"""Looking events up by the ids that older scripts kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote
from zoneinfo import ZoneInfo

from resources.graph_client import GraphClient
from resources.graph_wire import Call, GraphError, Reply, user_path
from resources.outlook_events import content_of, query_one, tag_of
from resources.outlook_legacy import LegacyEvent
from resources.outlook_mailboxes import unreadable
from scheduling_pipeline.calendars.model import Tag
from scheduling_pipeline.calendars.provider import Cause, Unreadable


def events_by_id(
    client: GraphClient, wanted: Sequence[tuple[str, str]], zone: ZoneInfo
) -> list[LegacyEvent | Tag | Unreadable]:
    """The event of each (calendar, id): as it stands, or our tag where it is ours already, or why not.

    `zone` is what Windows' name of it stands for. Raises SignInError.
    """
    calls = [
        Call("GET", f"{user_path(calendar)}/events/{quote(known, safe='')}?{query_one()}", mailbox=calendar)
        for calendar, known in wanted
    ]
    replies = client.batches(calls)
    return [_found(calendar, reply, zone) for (calendar, _), reply in zip(wanted, replies, strict=True)]


def _found(calendar: str, reply: Reply, zone: ZoneInfo) -> LegacyEvent | Tag | Unreadable:
    if isinstance(reply, GraphError):
        return unreadable(calendar, reply)
    try:
        tag = tag_of(reply)
        content = content_of(reply, zone)
    except ValueError as error:
        return Unreadable(calendar, Cause.INVALID, str(error))
    return tag or LegacyEvent(calendar, reply["id"], reply["@odata.etag"], content)
