"""Which of the events found in a calendar are ours: the same for every provider."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from scheduling_pipeline.calendars.model import EventContent, Tag
from scheduling_pipeline.calendars.provider import OwnedEvent, Unreadable

logger = logging.getLogger(__name__)

Json = dict[str, Any]


def owned_events(
    calendar: str,
    events: Iterable[Json],
    *,
    tag_of: Callable[[Json], Tag | None],
    content_of: Callable[[Json], EventContent],
    etag: str,
) -> list[OwnedEvent] | Unreadable:
    """The events of ours among those found, read with the provider's functions; `etag` is its field's name.

    One with a tag that is none (ValueError) is somebody's own and is left out. One of ours whose content
    cannot be read (ValueError) makes the calendar unreadable: left out, it would seem deleted, and be made a
    second time.
    """
    found: list[OwnedEvent] = []
    for event in events:
        try:
            tag = tag_of(event)
        except ValueError as error:
            logger.warning("calendar %s: event %s is not one of ours: %s", calendar, event["id"], error)
            continue
        if tag is None:
            continue
        try:
            content = content_of(event)
        except ValueError as error:
            return Unreadable(calendar, None, f"event {event['id']}: {error}")
        found.append(OwnedEvent(calendar, tag, event["id"], event[etag], content))
    return found


def of_scope(found: list[OwnedEvent] | Unreadable, scope: str) -> list[OwnedEvent] | Unreadable:
    """Those of a scope among events of ours."""
    return found if isinstance(found, Unreadable) else [event for event in found if event.tag.scope == scope]
