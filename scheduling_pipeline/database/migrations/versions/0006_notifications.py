"""Notifications: how jobs stand, what owners want to be told, and every message.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_outcomes",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("ending", sa.String(), nullable=False),
        sa.Column("essence", sa.String(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ending <> 'succeeded' OR told_at IS NULL", name=op.f("ck_job_outcomes_trouble_told")
        ),
        sa.CheckConstraint(
            "ending IN ('failed', 'held', 'degraded', 'succeeded')", name=op.f("ck_job_outcomes_ending")
        ),
        sa.PrimaryKeyConstraint("job", "part", name=op.f("pk_job_outcomes")),
    )
    op.create_table(
        "notification_channels",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('email', 'pushover', 'teams')", name=op.f("ck_notification_channels_channel")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", "channel", name=op.f("pk_notification_channels")),
    )
    op.create_table(
        "notification_preferences",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("stores", sa.JSON(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("digest_at", sa.Time(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_notification_preferences")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(kind = 'outcome') = (owner_id IS NULL)", name=op.f("ck_notifications_owner")),
        sa.CheckConstraint(
            "(state = 'digested') = (digest_id IS NOT NULL)", name=op.f("ck_notifications_digested")
        ),
        sa.CheckConstraint(
            "kind IN ('outcome', 'changes', 'digest', 'test')", name=op.f("ck_notifications_kind")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'suppressed', 'digested', 'queued')", name=op.f("ck_notifications_state")
        ),
        sa.ForeignKeyConstraint(["digest_id"], ["notifications.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index("ix_notifications_created_at", "notifications", ["created_at"])
    op.create_index("ix_notifications_owner", "notifications", ["owner_id", "state", "created_at"])

    op.create_table(
        "notification_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), server_default="", nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_notification_deliveries_sent")
        ),
        sa.CheckConstraint(
            "state <> 'failed' OR detail <> ''", name=op.f("ck_notification_deliveries_failure_says_why")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'failed', 'unknown')",
            name=op.f("ck_notification_deliveries_state"),
        ),
        sa.CheckConstraint("part BETWEEN 1 AND parts", name=op.f("ck_notification_deliveries_part")),
        sa.ForeignKeyConstraint(["notification_id"], ["notifications.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_deliveries")),
        sa.UniqueConstraint(
            "notification_id", "channel", "address", "part", name="uq_notification_deliveries_part"
        ),
    )
    op.create_index("ix_notification_deliveries_state", "notification_deliveries", ["state", "not_before"])


def downgrade() -> None:
    op.drop_index("ix_notification_deliveries_state", "notification_deliveries")

    op.drop_table("notification_deliveries")
    op.drop_index("ix_notifications_owner", "notifications")
    op.drop_index("ix_notifications_created_at", "notifications")

    op.drop_table("notifications")
    op.drop_table("notification_preferences")
    op.drop_table("notification_channels")
    op.drop_table("job_outcomes")
