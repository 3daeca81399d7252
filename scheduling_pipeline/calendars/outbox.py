"""What waits in the outbox: a write that was intended, and how it ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import RowMapping

from scheduling_pipeline.calendars.model import NO_EDITS, Edits, EventContent, Tag
from scheduling_pipeline.calendars.provider import Cause, Done, Operation, OperationKind, OwnedEvent

OPEN = ("sent", "unknown")  # the states in which nobody knows the outcome


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An operation with what the ledger needs to know once it is done.

    `removes`: it takes an event away, or what is to come of it. `in_doubt` is what an earlier create under
    the same tag, which was not found afterwards, may have made stand all the same.
    """

    operation: Operation
    reason: str
    origin: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    removes: bool = False
    in_doubt: EventContent | None = None

    def anew(self, operation: Operation) -> OutboxEntry:
        """Another write, for the same reason."""
        return replace(self, operation=operation, id=str(uuid.uuid4()))

    def to_row(self) -> dict[str, Any]:
        """What is written down of it in `calendar_operations` when it is sent."""
        operation = self.operation
        return {
            "id": self.id,
            "scope": operation.tag.scope,
            "calendar": operation.calendar,
            "uid": operation.tag.uid,
            "generation": operation.tag.generation,
            "kin": operation.tag.kin,
            "origin": self.origin,
            "kind": operation.kind.value,
            "state": "sent",
            "provider_id": operation.provider_id,
            "etag": operation.etag,
            "before": operation.before and operation.before.to_json(),
            "after": operation.after and operation.after.to_json(),
            "reason": self.reason,
        }

    @classmethod
    def from_row(cls, row: RowMapping) -> OutboxEntry:
        """A row of `calendar_operations`."""
        operation = Operation(
            kind=OperationKind(row["kind"]),
            calendar=row["calendar"],
            tag=Tag(row["scope"], row["kin"], row["uid"], row["generation"]),
            before=row["before"] and EventContent.from_json(row["before"]),
            after=row["after"] and EventContent.from_json(row["after"]),
            provider_id=row["provider_id"],
            etag=row["etag"],
        )
        return cls(operation, row["reason"], row["origin"], row["id"])


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an operation ended: `done` says what stands now; otherwise `state` and `detail` say why not.

    `stands` is the content that was seen, where somebody looked: not always what was sent, since a person
    may have changed it since; `edits` is what they changed and keep. `seen` is the event that was found in
    place of the one a refused write was about. `gone`: the event was deleted by hand, so the ledger forgets
    it; `declined`: and it stays deleted.
    """

    entry: OutboxEntry
    state: str  # done, rejected, unknown or lapsed (it certainly did not happen)
    done: Done | None = None
    detail: str = ""
    stands: EventContent | None = None
    edits: Edits = NO_EDITS
    seen: OwnedEvent | None = None
    gone: bool = False
    declined: bool = False
    cause: Cause | None = None

    @property
    def updated(self) -> bool:
        """Whether a write of ours changed an event that stands."""
        return self.done is not None and self.entry.operation.kind is OperationKind.UPDATE
