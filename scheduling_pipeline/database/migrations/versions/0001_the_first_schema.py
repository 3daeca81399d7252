"""the first schema

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asset_partitions",
        sa.Column("asset", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("asset", "partition", name=op.f("pk_asset_partitions")),
    )
    op.create_table(
        "calendar_operations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("kin", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('sent', 'unknown')) = (settled_at IS NULL)",
            name=op.f("ck_calendar_operations_settled"),
        ),
        sa.CheckConstraint(
            "kind IN ('create', 'update', 'delete')", name=op.f("ck_calendar_operations_kind")
        ),
        sa.CheckConstraint(
            "state IN ('sent', 'done', 'rejected', 'unknown', 'lapsed')",
            name=op.f("ck_calendar_operations_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_operations")),
    )
    with op.batch_alter_table("calendar_operations", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_operations_event", ["provider", "calendar", "uid"], unique=False)
        batch_op.create_index("ix_calendar_operations_open", ["provider", "scope", "state"], unique=False)

    op.create_table(
        "held_plans",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("removals", sa.JSON(), nullable=False),
        sa.Column("first_held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_held_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_held_plans")),
    )
    with op.batch_alter_table("held_plans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_plans_scope"), ["scope"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "outlook_calendars",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_outlook_calendars")),
    )
    with op.batch_alter_table("outlook_calendars", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outlook_calendars_partition"), ["partition"], unique=False)

    op.create_table(
        "outlook_changes",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_outlook_changes")),
    )
    with op.batch_alter_table("outlook_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outlook_changes_partition"), ["partition"], unique=False)

    op.create_table(
        "outlook_events",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("kin", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_outlook_events")),
    )
    with op.batch_alter_table("outlook_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outlook_events_partition"), ["partition"], unique=False)

    op.create_table(
        "readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agenda", sa.String(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("lessons", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.CheckConstraint(
            "outcome = 'complete' OR problem <> ''", name=op.f("ck_readings_failure_says_why")
        ),
        sa.CheckConstraint("outcome IN ('complete', 'failed')", name=op.f("ck_readings_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
    )
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.create_index("ix_readings_agenda_monday", ["agenda", "monday", "id"], unique=False)

    op.create_table(
        "releases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("released_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_releases_why")),
        sa.CheckConstraint("released_by <> ''", name=op.f("ck_releases_who")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
    )
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_releases_digest"), ["digest"], unique=False)

    op.create_table(
        "source_scopes",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopted_events", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "scope", name=op.f("pk_source_scopes")),
    )
    op.create_table(
        "synced_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("kin", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("provider_id <> ''", name=op.f("ck_synced_events_has_provider_id")),
        sa.CheckConstraint("generation >= 1", name=op.f("ck_synced_events_generation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synced_events")),
        sa.UniqueConstraint("provider", "calendar", "provider_id", name="uq_synced_events_provider_id"),
        sa.UniqueConstraint(
            "provider", "scope", "calendar", "uid", "generation", name="uq_synced_events_tag"
        ),
    )
    with op.batch_alter_table("synced_events", schema=None) as batch_op:
        batch_op.create_index("ix_synced_events_calendar", ["provider", "calendar"], unique=False)
        batch_op.create_index("ix_synced_events_live", ["provider", "scope", "removed_at"], unique=False)

    op.create_table(
        "teacher_accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("upn", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teacher_accounts")),
        sa.UniqueConstraint("upn", name=op.f("uq_teacher_accounts_upn")),
    )
    op.create_table(
        "timetable",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("asid", sa.String(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("occupied", sa.Integer(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("teacher", sa.String(), nullable=True),
        sa.Column("reading", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_timetable")),
    )
    with op.batch_alter_table("timetable", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_timetable_partition"), ["partition"], unique=False)

    op.create_table(
        "unmatched_teachers",
        sa.Column("agenda", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("agenda", "origin", name=op.f("pk_unmatched_teachers")),
    )


def downgrade() -> None:
    op.drop_table("unmatched_teachers")
    with op.batch_alter_table("timetable", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_timetable_partition"))

    op.drop_table("timetable")
    op.drop_table("teacher_accounts")
    with op.batch_alter_table("synced_events", schema=None) as batch_op:
        batch_op.drop_index("ix_synced_events_live")
        batch_op.drop_index("ix_synced_events_calendar")

    op.drop_table("synced_events")
    op.drop_table("source_scopes")
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_releases_digest"))

    op.drop_table("releases")
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.drop_index("ix_readings_agenda_monday")

    op.drop_table("readings")
    with op.batch_alter_table("outlook_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outlook_events_partition"))

    op.drop_table("outlook_events")
    with op.batch_alter_table("outlook_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outlook_changes_partition"))

    op.drop_table("outlook_changes")
    with op.batch_alter_table("outlook_calendars", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outlook_calendars_partition"))

    op.drop_table("outlook_calendars")
    op.drop_table("leases")
    with op.batch_alter_table("held_plans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_held_plans_scope"))

    op.drop_table("held_plans")
    with op.batch_alter_table("calendar_operations", schema=None) as batch_op:
        batch_op.drop_index("ix_calendar_operations_open")
        batch_op.drop_index("ix_calendar_operations_event")

    op.drop_table("calendar_operations")
    op.drop_table("asset_partitions")
