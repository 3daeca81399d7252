"""Messages and what became of them, in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from scheduling_pipeline.desk.data.notifications_log import Message, State, Way


class WayShown(BaseModel):
    """By which channel, and what became of it there; `detail`: why it was not sent, or not yet."""

    channel: str
    state: State
    parts: int
    detail: str
    sent_at: datetime | None

    @classmethod
    def of(cls, way: Way) -> Self:
        return cls(
            channel=way.channel, state=way.state, parts=way.parts, detail=way.detail, sent_at=way.sent_at
        )


class MessageShown(BaseModel):
    """`state`: of the channel where it fared worst; `settled`: nothing more happens to it."""

    id: int
    kind: str
    title: str
    state: State
    settled: bool
    created_at: datetime
    channels: list[WayShown]

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls(
            id=message.id,
            kind=message.kind,
            title=message.title,
            state=message.state,
            settled=message.settled,
            created_at=message.created_at,
            channels=[WayShown.of(way) for way in message.ways],
        )
