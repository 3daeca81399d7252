"""What an owner was told: each message, and what became of it by every channel."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from sqlalchemy import Engine

from scheduling_pipeline.notifications.outbox import LogEntry, log

PARTS_READ = 200


class State(StrEnum):
    """What became of a message, or of it by one channel. The worst of several comes first."""

    FAILED = "failed"
    UNKNOWN = "unknown"  # it may have arrived
    SENDING = "sending"
    PENDING = "pending"  # waits to be sent, or to be tried once more
    SENT = "sent"
    WAITING = "waiting"  # for the daily digest
    SUPPRESSED = "suppressed"  # it repeats what was told just before
    DIGESTED = "digested"
    UNREACHED = "unreached"  # when its digest was made, no channel was on


UNDER_WAY = frozenset({State.PENDING, State.SENDING, State.WAITING})


@dataclass(frozen=True, slots=True)
class Way:
    """A message as it went by one channel. `detail`: why it was not sent, or not yet."""

    channel: str
    state: State
    parts: int
    detail: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """`kind`: changes, digest or test. `state`: that of the way that fared worst."""

    id: int
    kind: str
    title: str
    state: State
    created_at: datetime
    ways: Sequence[Way]

    @property
    def settled(self) -> bool:
        """Whether nothing more happens to it."""
        return UNDER_WAY.isdisjoint({self.state, *(way.state for way in self.ways)})


def recent_messages(engine: Engine, owner_id: int) -> list[Message]:
    """The newest messages of an owner, the newest first."""
    entries = log(engine, owner_id, limit=PARTS_READ)
    found = _messages(entries)
    return found[:-1] if len(entries) == PARTS_READ else found  # the last one may lack parts


def messages_named(engine: Engine, owner_id: int, numbers: Collection[int]) -> dict[int, Message]:
    """Those of these messages that are the owner's, by number."""
    entries = log(engine, owner_id, limit=None, among=numbers)
    return {message.id: message for message in _messages(entries)}


def _messages(entries: Sequence[LogEntry]) -> list[Message]:
    return [_message(list(parts)) for _, parts in groupby(entries, lambda entry: entry.notification)]


def _message(entries: Sequence[LogEntry]) -> Message:
    first = entries[0]
    by_channel: dict[str, list[LogEntry]] = {}
    for entry in entries:
        if entry.channel:
            by_channel.setdefault(entry.channel, []).append(entry)
    ways = [_way(channel, parts) for channel, parts in by_channel.items()]
    if ways:
        state = _worst([way.state for way in ways])
    else:
        state = State.UNREACHED if first.state == "queued" else State(first.state)
    return Message(first.notification, first.kind, first.title, state, first.created_at, ways)


def _way(channel: str, parts: Sequence[LogEntry]) -> Way:
    state = _worst([State(part.state) for part in parts])
    return Way(
        channel=channel,
        state=state,
        parts=len(parts),
        detail=next((part.detail for part in parts if part.state == state), ""),
        sent_at=parts[-1].sent_at if state is State.SENT else None,
    )


def _worst(states: Collection[State]) -> State:
    return next(state for state in State if state in states)
