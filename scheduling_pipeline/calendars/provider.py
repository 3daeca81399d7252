"""What the engine asks of a calendar provider, and the three ways a write can end.

A provider turns operations into calls; it owns sign-in, pacing and retries of what certainly did not
happen. What *may* have happened it reports as `Unknown`: the engine then looks our tag up, and never
sends again blindly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from scheduling_pipeline.calendars.model import EventContent, Tag


class OperationKind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Operation:
    """One write. `tag` is our key inside the event and never changes while that event stands.

    CREATE: `after` only. UPDATE: `provider_id`, `etag`, `before`, `after`; only the fields that differ are
    sent, with If-Match. DELETE: `provider_id`, `before`.
    """

    kind: OperationKind
    calendar: str
    tag: Tag
    before: EventContent | None = None
    after: EventContent | None = None
    provider_id: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The write stands (or, for a delete, nothing stands there any more)."""

    provider_id: str = ""
    etag: str = ""


class Cause(StrEnum):
    """Why a write was refused."""

    CONFLICT = "changed by somebody else"  # the etag no longer matches
    GONE = "no longer there"
    NO_CALENDAR = "no such calendar"
    SIGN_IN = "its owner has to sign in again"
    FORBIDDEN = "not allowed"
    INVALID = "not accepted"
    THROTTLED = "too many requests"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The write certainly did not happen, and sending it again as it is would not help now."""

    cause: Cause
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The write may have happened: no answer, or an answer that does not say."""

    detail: str = ""


Outcome = Done | Rejected | Unknown


@dataclass(frozen=True, slots=True)
class OwnedEvent:
    """An event that carries our tag, as it stands at the provider now."""

    calendar: str
    tag: Tag
    provider_id: str
    etag: str
    content: EventContent


@dataclass(frozen=True, slots=True)
class EditedDates:
    """The local dates of a series that somebody changed by hand, alone: deleted, or made otherwise."""

    deleted: frozenset[date] = frozenset()
    changed: frozenset[date] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.deleted or self.changed)


class Unreadable(Exception):  # noqa: N818 - a fact about a calendar, not a fault of the program
    """A calendar that could not be listed. `cause` says whether anything can be done about it."""

    def __init__(self, calendar: str, cause: Cause | None, detail: str) -> None:
        super().__init__(f"calendar of {calendar}: {cause or 'could not be read'} ({detail})")
        self.calendar = calendar
        self.cause = cause
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one send may carry: operations in all, and operations of one calendar."""

    batch: int
    per_calendar: int
    concurrent_batches: int


class Provider(Protocol):
    """Writes to and reads from calendars. Implementations are safe to call from several threads."""

    @property
    def name(self) -> str:
        """Names the provider in ledger rows."""

    @property
    def limits(self) -> Limits: ...

    def send(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Send one batch (within `limits`); one outcome each, in the same order. Never raises for a write."""

    def look_up(self, operations: Sequence[Operation]) -> list[OwnedEvent | Unreadable | None]:
        """What stands for each operation's tag (create) or id (update, delete): None means nothing stands."""

    def list_owned(self, calendars: Sequence[str], scope: str) -> Mapping[str, list[OwnedEvent] | Unreadable]:
        """All events of ours of a scope, for each calendar; masters of series, not their occurrences."""
