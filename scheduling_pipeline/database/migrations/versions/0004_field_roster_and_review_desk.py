"""The field roster and the review desk.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_holidays",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("is_recurring", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_holidays")),
        sa.UniqueConstraint("name", "date", name="uq_company_holidays"),
    )
    op.create_table(
        "desk_audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_audit")),
    )
    op.create_index("ix_desk_audit_at", "desk_audit", ["at"], unique=False)

    op.create_table(
        "desk_users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'manager', 'admin')", name=op.f("ck_desk_users_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_desk_users_name")),
    )
    op.create_table(
        "employees",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("rep_id", sa.Integer(), nullable=True),
        sa.Column("job_title", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("adult_beverage_trained", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("termination_date", sa.Date(), nullable=True),
        sa.Column("max_weekly_hours", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_synced", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_status", sa.String(), server_default="pending", nullable=False),
        sa.CheckConstraint(
            "job_title IN ('Club Supervisor', 'Lead Event Specialist', 'Event Specialist', 'Juicer Barista')",
            name=op.f("ck_employees_job_title"),
        ),
        sa.CheckConstraint(
            "sync_status IN ('pending', 'synced', 'failed')", name=op.f("ck_employees_sync_status")
        ),
        sa.CheckConstraint("max_weekly_hours > 0", name=op.f("ck_employees_max_weekly_hours")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employees")),
        sa.UniqueConstraint("email", name=op.f("uq_employees_email")),
        sa.UniqueConstraint("rep_id", name=op.f("uq_employees_rep_id")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_name", sa.String(), nullable=False),
        sa.Column("project_ref_num", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("location_mvid", sa.String(), nullable=True),
        sa.Column("store_number", sa.Integer(), nullable=True),
        sa.Column("store_name", sa.String(), nullable=True),
        sa.Column("start_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("estimated_time", sa.Integer(), nullable=True),
        sa.Column("is_scheduled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("condition", sa.String(), server_default="Unstaffed", nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("parent_event_ref_num", sa.BigInteger(), nullable=True),
        sa.Column("sales_tools_url", sa.String(), nullable=True),
        sa.Column("allow_auto_schedule", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("auto_schedule_note", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_synced", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_status", sa.String(), server_default="pending", nullable=False),
        sa.CheckConstraint(
            "event_type IN ('core', 'supervisor', 'digital_setup', 'digital_refresh', 'digital_teardown',"
            " 'freeosk', 'other', 'juicer')",
            name=op.f("ck_events_event_type"),
        ),
        sa.CheckConstraint(
            "sync_status IN ('pending', 'synced', 'failed')", name=op.f("ck_events_sync_status")
        ),
        sa.CheckConstraint("due_datetime >= start_datetime", name=op.f("ck_events_dates")),
        sa.CheckConstraint("estimated_time > 0", name=op.f("ck_events_estimated_time")),
        sa.ForeignKeyConstraint(["parent_event_ref_num"], ["events.project_ref_num"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("external_id", name=op.f("uq_events_external_id")),
        sa.UniqueConstraint("project_ref_num", name=op.f("uq_events_project_ref_num")),
    )
    op.create_index("ix_events_scheduled", "events", ["is_scheduled", "due_datetime"], unique=False)
    op.create_index("ix_events_type", "events", ["event_type"], unique=False)

    op.create_table(
        "scheduler_run_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_type", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=True),
        sa.Column("total_events_processed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("events_scheduled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("events_requiring_swaps", sa.Integer(), server_default="0", nullable=False),
        sa.Column("events_failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("events_skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=True),
        sa.Column("objective", sa.JSON(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.String(length=64), nullable=True),
        sa.Column("approved_revision", sa.String(length=64), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_user", sa.String(), nullable=True),
        sa.CheckConstraint(
            "approved_at IS NULL OR status = 'completed'",
            name=op.f("ck_scheduler_run_history_approved_is_completed"),
        ),
        sa.CheckConstraint(
            "run_type IN ('automatic', 'manual', 'hand')", name=op.f("ck_scheduler_run_history_run_type")
        ),
        sa.CheckConstraint(
            "status IN ('running', 'completed', 'failed', 'crashed', 'rejected', 'superseded')",
            name=op.f("ck_scheduler_run_history_status"),
        ),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_revision IS NULL)",
            name=op.f("ck_scheduler_run_history_approval"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduler_run_history")),
    )
    op.create_index(
        "uq_scheduler_run_running",
        "scheduler_run_history",
        ["status"],
        unique=True,
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )

    op.create_table(
        "desk_sessions",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("csrf_token", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["desk_users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_desk_sessions")),
    )
    op.create_index("ix_desk_sessions_user", "desk_sessions", ["user_id"], unique=False)

    op.create_table(
        "employee_availability",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("is_available", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employee_availability")),
        sa.UniqueConstraint("employee_id", "date", name="uq_employee_availability"),
    )
    op.create_table(
        "employee_availability_overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("monday", sa.Boolean(), nullable=True),
        sa.Column("tuesday", sa.Boolean(), nullable=True),
        sa.Column("wednesday", sa.Boolean(), nullable=True),
        sa.Column("thursday", sa.Boolean(), nullable=True),
        sa.Column("friday", sa.Boolean(), nullable=True),
        sa.Column("saturday", sa.Boolean(), nullable=True),
        sa.Column("sunday", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_employee_availability_overrides_dates")),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employee_availability_overrides")),
    )
    op.create_table(
        "employee_stores",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("location_mvid", sa.String(), nullable=False),
        sa.Column("is_home", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("employee_id", "location_mvid", name=op.f("pk_employee_stores")),
    )
    op.create_table(
        "employee_time_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_employee_time_off_dates")),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employee_time_off")),
    )
    op.create_table(
        "employee_weekly_availability",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("monday", sa.Boolean(), nullable=False),
        sa.Column("tuesday", sa.Boolean(), nullable=False),
        sa.Column("wednesday", sa.Boolean(), nullable=False),
        sa.Column("thursday", sa.Boolean(), nullable=False),
        sa.Column("friday", sa.Boolean(), nullable=False),
        sa.Column("saturday", sa.Boolean(), nullable=False),
        sa.Column("sunday", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("employee_id", name=op.f("pk_employee_weekly_availability")),
    )
    op.create_table(
        "pending_schedules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheduler_run_id", sa.Integer(), nullable=False),
        sa.Column("event_ref_num", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=True),
        sa.Column("schedule_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("schedule_time", sa.Time(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("is_swap", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("bumped_event_ref_num", sa.BigInteger(), nullable=True),
        sa.Column("made_room_for", sa.BigInteger(), nullable=True),
        sa.Column("previous_employee_id", sa.String(), nullable=True),
        sa.Column("previous_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reissue_until", sa.Date(), nullable=True),
        sa.Column("swap_reason", sa.String(), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_params", sa.JSON(), nullable=True),
        sa.Column("failure_reason", sa.String(), nullable=True),
        sa.Column("explanation", sa.JSON(), nullable=True),
        sa.Column("override_reason", sa.String(), nullable=True),
        sa.Column("edited_by", sa.String(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("api_error_details", sa.String(), nullable=True),
        sa.Column("api_submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status <> 'failed' OR failure_code IS NOT NULL",
            name=op.f("ck_pending_schedules_failure_says_why"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'user_edited', 'approved', 'api_submitted', 'api_failed', 'failed',"
            " 'rejected', 'unknown')",
            name=op.f("ck_pending_schedules_status"),
        ),
        sa.CheckConstraint(
            "(employee_id IS NULL) = (schedule_datetime IS NULL)"
            " AND (schedule_datetime IS NULL) = (schedule_time IS NULL)",
            name=op.f("ck_pending_schedules_place_is_whole"),
        ),
        sa.CheckConstraint(
            "NOT is_swap OR bumped_event_ref_num IS NOT NULL",
            name=op.f("ck_pending_schedules_swap_says_whom"),
        ),
        sa.CheckConstraint(
            "schedule_datetime IS NOT NULL OR previous_datetime IS NOT NULL OR failure_code IS NOT NULL",
            name=op.f("ck_pending_schedules_place_or_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["bumped_event_ref_num"],
            ["events.project_ref_num"],
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"],
            ["employees.id"],
        ),
        sa.ForeignKeyConstraint(
            ["event_ref_num"],
            ["events.project_ref_num"],
        ),
        sa.ForeignKeyConstraint(
            ["made_room_for"],
            ["events.project_ref_num"],
        ),
        sa.ForeignKeyConstraint(
            ["previous_employee_id"],
            ["employees.id"],
        ),
        sa.ForeignKeyConstraint(["scheduler_run_id"], ["scheduler_run_history.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_schedules")),
        sa.UniqueConstraint("scheduler_run_id", "event_ref_num", name="uq_pending_schedules_event"),
    )
    op.create_index("idx_pending_schedules_run", "pending_schedules", ["scheduler_run_id"], unique=False)
    op.create_index("idx_pending_schedules_status", "pending_schedules", ["status"], unique=False)

    op.create_table(
        "roster_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.String(length=64), nullable=True),
        sa.Column("rows", sa.JSON(), nullable=True),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('propose', 'submit')", name=op.f("ck_roster_requests_kind")),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'void')", name=op.f("ck_roster_requests_state")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["scheduler_run_history.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_requests")),
    )
    op.create_index("ix_roster_requests_state", "roster_requests", ["state"], unique=False)

    op.create_table(
        "rotation_assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day_of_week", sa.Integer(), nullable=False),
        sa.Column("rotation_type", sa.String(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.CheckConstraint(
            "rotation_type IN ('juicer', 'primary_lead')", name=op.f("ck_rotation_assignments_rotation_type")
        ),
        sa.CheckConstraint("day_of_week BETWEEN 0 AND 6", name=op.f("ck_rotation_assignments_day_of_week")),
        sa.ForeignKeyConstraint(
            ["employee_id"],
            ["employees.id"],
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rotation_assignments")),
        sa.UniqueConstraint("day_of_week", "rotation_type", name="uq_rotation"),
    )
    op.create_table(
        "schedule_exceptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exception_date", sa.Date(), nullable=False),
        sa.Column("rotation_type", sa.String(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "rotation_type IN ('juicer', 'primary_lead')", name=op.f("ck_schedule_exceptions_rotation_type")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"],
            ["employees.id"],
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_exceptions")),
        sa.UniqueConstraint("exception_date", "rotation_type", name="uq_exception"),
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_ref_num", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=True),
        sa.Column("rep_name", sa.String(), nullable=True),
        sa.Column("schedule_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("external_id", sa.BigInteger(), nullable=True),
        sa.Column("last_synced", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_status", sa.String(), server_default="pending", nullable=False),
        sa.CheckConstraint(
            "sync_status IN ('pending', 'synced', 'failed')", name=op.f("ck_schedules_sync_status")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"],
            ["employees.id"],
        ),
        sa.ForeignKeyConstraint(["event_ref_num"], ["events.project_ref_num"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("event_ref_num", name=op.f("uq_schedules_event_ref_num")),
        sa.UniqueConstraint("external_id", name=op.f("uq_schedules_external_id")),
    )
    op.create_index("idx_schedules_date", "schedules", ["schedule_datetime"], unique=False)

    op.create_table(
        "crossmark_operations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pending_schedule_id", sa.Integer(), nullable=True),
        sa.Column("event_ref_num", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("mplan_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("rep_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("schedule_id", sa.BigInteger(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("detail", sa.String(), server_default="", nullable=False),
        sa.Column("timed_out", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('sent', 'unknown')) = (settled_at IS NULL)",
            name=op.f("ck_crossmark_operations_settled"),
        ),
        sa.CheckConstraint(
            "kind IN ('schedule', 'unschedule', 'reissue')", name=op.f("ck_crossmark_operations_kind")
        ),
        sa.CheckConstraint(
            "purpose IN ('place', 'move', 'drop', 'compensate', 'reissue')",
            name=op.f("ck_crossmark_operations_purpose"),
        ),
        sa.CheckConstraint(
            "(kind = 'reissue') = (expires_on IS NOT NULL)",
            name=op.f("ck_crossmark_operations_reissue_expires"),
        ),
        sa.CheckConstraint(
            "state IN ('sent', 'done', 'rejected', 'unknown')", name=op.f("ck_crossmark_operations_state")
        ),
        sa.ForeignKeyConstraint(["pending_schedule_id"], ["pending_schedules.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crossmark_operations")),
    )
    op.create_index(
        "ix_crossmark_operations_row", "crossmark_operations", ["pending_schedule_id"], unique=False
    )
    op.create_index("ix_crossmark_operations_state", "crossmark_operations", ["state"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_crossmark_operations_state", "crossmark_operations")
    op.drop_index("ix_crossmark_operations_row", "crossmark_operations")

    op.drop_table("crossmark_operations")
    op.drop_index("idx_schedules_date", "schedules")

    op.drop_table("schedules")
    op.drop_table("schedule_exceptions")
    op.drop_table("rotation_assignments")
    op.drop_index("ix_roster_requests_state", "roster_requests")

    op.drop_table("roster_requests")
    op.drop_index("idx_pending_schedules_status", "pending_schedules")
    op.drop_index("idx_pending_schedules_run", "pending_schedules")

    op.drop_table("pending_schedules")
    op.drop_table("employee_weekly_availability")
    op.drop_table("employee_time_off")
    op.drop_table("employee_stores")
    op.drop_table("employee_availability_overrides")
    op.drop_table("employee_availability")
    op.drop_index("ix_desk_sessions_user", "desk_sessions")

    op.drop_table("desk_sessions")
    op.drop_index(
        "uq_scheduler_run_running",
        "scheduler_run_history",
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )

    op.drop_table("scheduler_run_history")
    op.drop_index("ix_events_type", "events")
    op.drop_index("ix_events_scheduled", "events")

    op.drop_table("events")
    op.drop_table("employees")
    op.drop_table("desk_users")
    op.drop_index("ix_desk_audit_at", "desk_audit")

    op.drop_table("desk_audit")
    op.drop_table("company_holidays")
