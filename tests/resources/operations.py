"""What to do with an event that stands, whoever provides it."""

from __future__ import annotations

from scheduling_pipeline.calendars.model import EventContent
from scheduling_pipeline.calendars.provider import Operation, OperationKind, OwnedEvent


def update(standing: OwnedEvent, after: EventContent) -> Operation:
    return Operation(
        OperationKind.UPDATE,
        standing.calendar,
        standing.tag,
        standing.content,
        after,
        standing.provider_id,
        standing.etag,
    )


def delete(standing: OwnedEvent, etag: str = "") -> Operation:
    return Operation(
        OperationKind.DELETE,
        standing.calendar,
        standing.tag,
        standing.content,
        provider_id=standing.provider_id,
        etag=etag,
    )
