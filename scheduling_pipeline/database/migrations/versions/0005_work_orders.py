"""Work orders: schedules of reading them, what was read, and what changed.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scraping_schedules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("schedule_type", sa.String(), nullable=False),
        sa.Column("interval_hours", sa.Float(), nullable=True),
        sa.Column("cron", sa.String(), nullable=True),
        sa.Column("active_start", sa.Integer(), nullable=True),
        sa.Column("active_end", sa.Integer(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("holiday_country", sa.String(), nullable=True),
        sa.Column("rest_days", sa.JSON(), nullable=False),
        sa.Column("waits_for", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("next_run", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slot_taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_run", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("schedule_type <> ''", name=op.f("ck_scraping_schedules_schedule_type")),
        sa.CheckConstraint(
            "(active_start IS NULL) = (active_end IS NULL)",
            name=op.f("ck_scraping_schedules_hours_are_whole"),
        ),
        sa.CheckConstraint(
            "(interval_hours IS NULL) <> (cron IS NULL)", name=op.f("ck_scraping_schedules_interval_or_cron")
        ),
        sa.CheckConstraint(
            "active_start BETWEEN 0 AND 23 AND active_end BETWEEN 0 AND 24",
            name=op.f("ck_scraping_schedules_active_hours"),
        ),
        sa.CheckConstraint(
            "consecutive_failures >= 0", name=op.f("ck_scraping_schedules_consecutive_failures")
        ),
        sa.CheckConstraint(
            "interval_hours BETWEEN 0.5 AND 24", name=op.f("ck_scraping_schedules_interval_hours")
        ),
        sa.CheckConstraint(
            "next_run IS NULL OR (enabled AND stopped_at IS NULL)",
            name=op.f("ck_scraping_schedules_next_run_happens"),
        ),
        sa.CheckConstraint("waits_for <> id", name=op.f("ck_scraping_schedules_waits_for_another")),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["waits_for"], ["scraping_schedules.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scraping_schedules")),
        sa.UniqueConstraint("owner_id", "schedule_type", name="uq_scraping_schedules_type"),
    )
    op.create_index("ix_scraping_schedules_next_run", "scraping_schedules", ["next_run"], unique=False)

    op.create_table(
        "work_order_locations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("location_id <> ''", name=op.f("ck_work_order_locations_location_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_locations")),
        sa.UniqueConstraint("owner_id", "location_id", name="uq_work_order_locations_location"),
    )
    op.create_table(
        "work_order_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("baseline", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.String(), server_default="", nullable=False),
        sa.Column("doubt", sa.String(), server_default="", nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "complete OR problem <> ''", name=op.f("ck_work_order_readings_incomplete_says_why")
        ),
        sa.CheckConstraint(
            "complete OR NOT baseline", name=op.f("ck_work_order_readings_baseline_is_complete")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_readings")),
    )
    op.create_index("ix_work_order_readings_owner", "work_order_readings", ["owner_id", "id"], unique=False)
    op.create_index(
        "uq_work_order_readings_baseline",
        "work_order_readings",
        ["owner_id"],
        unique=True,
        sqlite_where=sa.text("baseline"),
        postgresql_where=sa.text("baseline"),
    )

    op.create_table(
        "work_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("customer_name", sa.String(), nullable=True),
        sa.Column("customer_url", sa.String(), nullable=True),
        sa.Column("store_number", sa.String(), nullable=True),
        sa.Column("location_id", sa.String(), nullable=True),
        sa.Column("street", sa.String(), nullable=True),
        sa.Column("cross_street", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("postal_code", sa.String(), nullable=True),
        sa.Column("county", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("site_status", sa.String(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("project", sa.String(), nullable=True),
        sa.Column("purchase_order", sa.String(), nullable=True),
        sa.Column("created_on", sa.Date(), nullable=True),
        sa.Column("instructions", sa.String(), nullable=False),
        sa.Column("visits_done", sa.Integer(), nullable=False),
        sa.Column("visits_total", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.String(), nullable=True),
        sa.Column("visit_url", sa.String(), nullable=True),
        sa.Column("scheduled_date", sa.Date(), nullable=True),
        sa.Column("scheduled_time", sa.Time(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_work_orders_closed")),
        sa.CheckConstraint("external_id <> ''", name=op.f("ck_work_orders_external_id")),
        sa.CheckConstraint(
            "missing_since IS NULL OR state = 'open'", name=op.f("ck_work_orders_missing_is_open")
        ),
        sa.CheckConstraint("state IN ('open', 'completed', 'removed')", name=op.f("ck_work_orders_state")),
        sa.CheckConstraint(
            "status IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled', 'unknown')",
            name=op.f("ck_work_orders_status"),
        ),
        sa.CheckConstraint(
            "visit_url IS NULL OR visit_url LIKE '%/visits/%'", name=op.f("ck_work_orders_visit_url")
        ),
        sa.CheckConstraint("(visit_id IS NULL) = (visit_url IS NULL)", name=op.f("ck_work_orders_visit")),
        sa.CheckConstraint("visits_done BETWEEN 0 AND visits_total", name=op.f("ck_work_orders_visits")),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_orders")),
        sa.UniqueConstraint("owner_id", "external_id", name="uq_work_orders_external_id"),
    )
    op.create_index(
        "ix_work_orders_day", "work_orders", ["owner_id", "state", "scheduled_date"], unique=False
    )

    op.create_table(
        "workfossa_credentials",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("user", sa.LargeBinary(), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(checked_at IS NULL) = (problem IS NULL)", name=op.f("ck_workfossa_credentials_checked")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_workfossa_credentials")),
    )
    op.create_table(
        "dispensers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("grades", sa.JSON(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("serial", sa.String(), nullable=True),
        sa.Column("stand_alone_code", sa.String(), nullable=True),
        sa.Column("nozzles", sa.Integer(), nullable=True),
        sa.Column("meter_type", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["place_id"], ["work_order_locations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensers")),
        sa.UniqueConstraint("place_id", "position", name="uq_dispensers_position"),
    )
    op.create_table(
        "scraping_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=True),
        sa.Column("schedule_type", sa.String(), nullable=False),
        sa.Column("trigger_type", sa.String(), nullable=False),
        sa.Column("dagster_run_id", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("percentage", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), server_default="", nullable=False),
        sa.Column("success", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("items_processed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("items_added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("items_updated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("items_removed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("items_failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("duration_seconds", sa.Float(), nullable=True),
        sa.Column("memory_usage_mb", sa.Float(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("error_log", sa.JSON(), nullable=True),
        sa.Column("run_metadata", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "(completed_at IS NULL) = (phase NOT IN ('completed', 'failed'))",
            name=op.f("ck_scraping_history_completed"),
        ),
        sa.CheckConstraint(
            "(phase = 'failed') = (error_message IS NOT NULL)",
            name=op.f("ck_scraping_history_failure_says_why"),
        ),
        sa.CheckConstraint(
            "phase IN ('initializing', 'logging_in', 'scraping', 'saving', 'completed', 'failed')",
            name=op.f("ck_scraping_history_phase"),
        ),
        sa.CheckConstraint("success = (phase = 'completed')", name=op.f("ck_scraping_history_success")),
        sa.CheckConstraint(
            "trigger_type IN ('manual', 'scheduled')", name=op.f("ck_scraping_history_trigger_type")
        ),
        sa.CheckConstraint("completed_at >= started_at", name=op.f("ck_scraping_history_times")),
        sa.CheckConstraint("percentage BETWEEN 0 AND 100", name=op.f("ck_scraping_history_percentage")),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["schedule_id"], ["scraping_schedules.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scraping_history")),
    )
    op.create_index(
        "ix_scraping_history_owner", "scraping_history", ["owner_id", "schedule_type", "id"], unique=False
    )
    op.create_index("ix_scraping_history_started", "scraping_history", ["started_at"], unique=False)
    op.create_index(
        "uq_scraping_history_running",
        "scraping_history",
        ["owner_id", "schedule_type"],
        unique=True,
        sqlite_where=sa.text("completed_at IS NULL"),
        postgresql_where=sa.text("completed_at IS NULL"),
    )

    op.create_table(
        "work_order_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("other_id", sa.String(), nullable=True),
        sa.Column("before", sa.Date(), nullable=True),
        sa.Column("after", sa.Date(), nullable=True),
        sa.Column("subject", sa.JSON(), nullable=False),
        sa.Column("other", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "(kind IN ('swapped', 'replaced')) = (other_id IS NOT NULL)",
            name=op.f("ck_work_order_changes_other"),
        ),
        sa.CheckConstraint(
            "kind IN ('added', 'removed', 'moved', 'swapped', 'replaced', 'completed')",
            name=op.f("ck_work_order_changes_kind"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reading_id"], ["work_order_readings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_changes")),
        sa.UniqueConstraint("reading_id", "external_id", name="uq_work_order_changes_once"),
    )
    op.create_index("ix_work_order_changes_owner", "work_order_changes", ["owner_id", "id"], unique=False)

    op.create_table(
        "work_order_services",
        sa.Column("work_order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_work_order_services_quantity")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_orders.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("work_order_id", "position", name=op.f("pk_work_order_services")),
    )
    op.create_table(
        "work_order_visits",
        sa.Column("work_order_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("at", sa.Time(), nullable=True),
        sa.Column("finished_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_orders.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("work_order_id", "visit_id", name=op.f("pk_work_order_visits")),
    )


def downgrade() -> None:
    op.drop_table("work_order_visits")
    op.drop_table("work_order_services")
    op.drop_table("work_order_changes")
    op.drop_table("scraping_history")
    op.drop_table("dispensers")
    op.drop_table("workfossa_credentials")
    op.drop_table("work_orders")
    op.drop_table("work_order_readings")
    op.drop_table("work_order_locations")
    op.drop_table("scraping_schedules")
