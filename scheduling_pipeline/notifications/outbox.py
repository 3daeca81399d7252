"""Messages on their way: each part is written down before it is sent, and its outcome after.

A message that a channel did not take for now is tried again a few times. One that may have arrived, because
nobody knows how sending it ended, is shown as unknown and not sent again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from scheduling_pipeline.database.notifications import Notification, NotificationDelivery
from scheduling_pipeline.notifications.parts import Part

Verdict = Literal["sent", "again", "refused", "unknown"]
WAITS = (  # before a message that failed is tried once more; the first time at the next tick
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)
CUT_OFF = timedelta(minutes=10)  # far more than sending takes
_UNDONE = ("pending", "sending")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One part that is being sent now. `owner`: whose it is, None for whoever runs the pipeline."""

    id: int
    owner: int | None
    kind: str
    channel: str
    address: str
    title: str
    body: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a delivery; `detail` says in plain words why it was not sent."""

    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of the delivery log: something told, suppressed or waiting, and how one part of it fared.

    `state` is sent, failed, unknown, pending (`detail` says why it failed so far), sending; or, of something
    without parts, suppressed, waiting (for the digest), digested.
    """

    notification: int
    kind: str
    state: str
    channel: str
    part: int
    parts: int
    title: str
    detail: str
    created_at: datetime
    sent_at: datetime | None


def note(connection: Connection, **values: Any) -> int:  # noqa: ANN401 - columns of Notification
    """Note something to tell, in the caller's transaction; its id."""
    made = insert(Notification).values(values).returning(Notification.id)
    return connection.execute(made).scalar_one()


def queue(
    connection: Connection, notification: int, channel: str, parts: Sequence[Part], address: str = ""
) -> None:
    """Have the parts of a message sent by a channel, in this order."""
    rows = [
        {
            "notification_id": notification,
            "channel": channel,
            "address": address,
            "part": number,
            "parts": len(parts),
            "title": part.title,
            "body": part.body,
        }
        for number, part in enumerate(parts, 1)
    ]
    connection.execute(insert(NotificationDelivery), rows)


def is_on_its_way(connection: Connection, owner: int, kind: str, channel: str) -> bool:
    """Whether a message of this kind to an owner by a channel is neither sent nor given up."""
    row = NotificationDelivery
    query = (
        select(row.id)
        .join(Notification, Notification.id == row.notification_id)
        .where(
            Notification.owner_id == owner,
            Notification.kind == kind,
            row.channel == channel,
            row.state.in_(_UNDONE),
        )
    )
    return connection.scalar(query.limit(1)) is not None


def claim(engine: Engine, now: datetime) -> Delivery | None:
    """The next part that is due, noted as being sent; None when there is none.

    A part waits for the earlier ones of its message, and what failed for what was not tried as often.
    """
    row, earlier = NotificationDelivery, aliased(NotificationDelivery)
    blocked = exists().where(
        earlier.notification_id == row.notification_id,
        earlier.channel == row.channel,
        earlier.address == row.address,
        earlier.part < row.part,
        earlier.state.in_(_UNDONE),
    )
    due = (
        select(row.id)
        .where(
            row.state == "pending",
            or_(row.not_before.is_(None), row.not_before <= now),
            ~blocked,
        )
        .order_by(row.attempts, row.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with engine.begin() as connection:
        found = connection.scalar(due)
        if found is None:
            return None
        connection.execute(
            update(row)
            .where(row.id == found)
            .values(state="sending", claimed_at=now, attempts=row.attempts + 1)
        )
        query = (
            select(
                row.id,
                Notification.owner_id,
                Notification.kind,
                row.channel,
                row.address,
                row.title,
                row.body,
                row.attempts,
            )
            .join(Notification, Notification.id == row.notification_id)
            .where(row.id == found)
        )
        return Delivery(*connection.execute(query).one())


def settle(engine: Engine, delivery: Delivery, sent: Sent, now: datetime) -> None:
    """Note what became of a delivery."""
    values: dict[str, Any] = {"detail": sent.detail}
    if sent.verdict == "sent":
        values |= {"state": "sent", "sent_at": now}
    elif sent.verdict == "again" and delivery.attempts <= len(WAITS):
        values |= {"state": "pending", "not_before": now + WAITS[delivery.attempts - 1]}
    else:
        values |= {"state": "unknown" if sent.verdict == "unknown" else "failed"}
    with engine.begin() as connection:
        connection.execute(
            update(NotificationDelivery).where(NotificationDelivery.id == delivery.id).values(values)
        )


def give_up_cut_off(engine: Engine, now: datetime) -> int:
    """Note as unknown what was being sent by a process that is gone; how many these were."""
    cut_off = (
        update(NotificationDelivery)
        .where(NotificationDelivery.state == "sending", NotificationDelivery.claimed_at < now - CUT_OFF)
        .values(state="unknown", detail="the process ended while it was being sent: it may have arrived")
    )
    with engine.begin() as connection:
        return connection.execute(cut_off).rowcount


def purge(engine: Engine, before: datetime) -> int:
    """Forget what was told before an instant; how many messages these were."""
    old = delete(Notification).where(Notification.created_at < before, Notification.state != "waiting")
    with engine.begin() as connection:
        return connection.execute(old).rowcount


def log(
    engine: Engine, owner: int | None, *, limit: int | None = 100, among: Collection[int] | None = None
) -> list[LogEntry]:
    """What an owner (None: whoever runs the pipeline) was told, the newest first; of some messages or all."""
    told, row = Notification, NotificationDelivery
    query = (
        select(
            told.id,
            told.kind,
            func.coalesce(row.state, told.state),
            func.coalesce(row.channel, ""),
            func.coalesce(row.part, 0),
            func.coalesce(row.parts, 0),
            func.coalesce(row.title, ""),
            func.coalesce(row.detail, ""),
            told.created_at,
            row.sent_at,
        )
        .outerjoin(row, row.notification_id == told.id)
        .where(told.owner_id.is_(None) if owner is None else told.owner_id == owner)
        .order_by(told.id.desc(), row.id)
        .limit(limit)
    )
    if among is not None:
        query = query.where(told.id.in_(among))
    with engine.connect() as connection:
        return [LogEntry(*entry) for entry in connection.execute(query)]
