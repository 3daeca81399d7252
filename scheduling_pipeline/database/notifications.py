"""The tables of what people are told: how jobs stand, what owners want, every message with its outcome."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Time,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from scheduling_pipeline.database.models import Base

_CHANNEL = "channel IN ('email', 'pushover', 'teams')"


class JobOutcome(Base):
    """How a job and a part of it (partition, agenda, dataset) ended last, and when trouble was last told."""

    __tablename__ = "job_outcomes"
    __table_args__ = (
        CheckConstraint("ending IN ('failed', 'held', 'degraded', 'succeeded')", name="ending"),
        CheckConstraint("ending <> 'succeeded' OR told_at IS NULL", name="trouble_told"),
    )

    job: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    ending: Mapped[str]
    essence: Mapped[str]
    event: Mapped[int] = mapped_column(BigInteger)  # Dagster's number of the end of the run
    run_id: Mapped[str]
    ended_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class NotificationPreference(Base):
    """What an owner wants to be told of, and when: at once, or once a day at `digest_at` in `zone`."""

    __tablename__ = "notification_preferences"

    owner_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"), primary_key=True)
    kinds: Mapped[list[Any]]
    stores: Mapped[list[Any]]
    places: Mapped[list[Any]]
    digest_at: Mapped[time | None] = mapped_column(Time)
    zone: Mapped[str]
    updated_at: Mapped[datetime]


class NotificationChannel(Base):
    """A way to reach an owner. Its keys are encrypted."""

    __tablename__ = "notification_channels"
    __table_args__ = (CheckConstraint(_CHANNEL, name="channel"),)

    owner_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    keys: Mapped[bytes] = mapped_column(LargeBinary)
    enabled: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    updated_at: Mapped[datetime]


class Notification(Base):
    """Something to tell an owner, or (without one) whoever runs the pipeline. `waiting` is for the digest
    that `digest_id` names once it is made; `suppressed` repeats what was told just before."""

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("kind IN ('outcome', 'changes', 'digest', 'test')", name="kind"),
        CheckConstraint("state IN ('waiting', 'suppressed', 'digested', 'queued')", name="state"),
        CheckConstraint("(state = 'digested') = (digest_id IS NOT NULL)", name="digested"),
        CheckConstraint("(kind = 'outcome') = (owner_id IS NULL)", name="owner"),
        Index("ix_notifications_owner", "owner_id", "state", "created_at"),
        Index("ix_notifications_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"))
    kind: Mapped[str]
    state: Mapped[str]
    content_hash: Mapped[str]
    changes: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    run_id: Mapped[str | None]
    created_at: Mapped[datetime]
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))


class NotificationDelivery(Base):
    """One message, or part of one, on its way by one channel. `sending` is noted before it is sent: one that
    stays so was cut off and may have arrived, so it becomes `unknown` and is not sent again."""

    __tablename__ = "notification_deliveries"
    __table_args__ = (
        UniqueConstraint(
            "notification_id", "channel", "address", "part", name="uq_notification_deliveries_part"
        ),
        CheckConstraint("state IN ('pending', 'sending', 'sent', 'failed', 'unknown')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("state <> 'failed' OR detail <> ''", name="failure_says_why"),
        CheckConstraint("part BETWEEN 1 AND parts", name="part"),
        Index("ix_notification_deliveries_state", "state", "not_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    channel: Mapped[str]
    address: Mapped[str] = mapped_column(default="", server_default="")  # which of the operators' addresses
    part: Mapped[int]
    parts: Mapped[int]
    title: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending", server_default="pending")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    not_before: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    detail: Mapped[str] = mapped_column(default="", server_default="")
