"""Course calendars.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "buildings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("abbreviation", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buildings")),
        sa.UniqueConstraint("abbreviation", name=op.f("uq_buildings_abbreviation")),
    )
    op.create_table(
        "course_events",
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
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_course_events")),
    )
    op.create_index(op.f("ix_course_events_partition"), "course_events", ["partition"], unique=False)

    op.create_table(
        "google_changes",
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
        sa.PrimaryKeyConstraint("row", name=op.f("pk_google_changes")),
    )
    op.create_index(op.f("ix_google_changes_partition"), "google_changes", ["partition"], unique=False)

    op.create_table(
        "terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("season", sa.String(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.CheckConstraint("season IN ('spring', 'summer', 'fall')", name=op.f("ck_terms_season")),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_terms_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("uid", name=op.f("uq_terms_uid")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=True),
        sa.Column("last_name", sa.String(), nullable=True),
        sa.Column("access_level", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("change_generation", sa.Integer(), nullable=False),
        sa.Column("synced_generation", sa.Integer(), nullable=False),
        sa.Column(
            "calendar_needs_sync",
            sa.Boolean(),
            sa.Computed("change_generation > synced_generation", persisted=True),
            nullable=False,
        ),
        sa.Column("last_calendar_sync_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sync_outcome", sa.String(), nullable=False),
        sa.Column("last_sync_problem", sa.String(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email")),
        sa.CheckConstraint("synced_generation <= change_generation", name=op.f("ck_users_generations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "courses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("term_id", sa.Integer(), nullable=False),
        sa.Column("crn", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("course_number", sa.Integer(), nullable=False),
        sa.Column("section_number", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("schedule_type", sa.String(), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("credit_hours", sa.Float(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("link_identifier", sa.String(), nullable=True),
        sa.Column("seats_capacity", sa.Integer(), nullable=True),
        sa.Column("seats_available", sa.Integer(), nullable=True),
        sa.Column("instructor_name", sa.String(), nullable=True),
        sa.Column("instructor_email", sa.String(), nullable=True),
        sa.Column("last_meeting_number", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'cancelled')", name=op.f("ck_courses_status")),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_courses_dates")),
        sa.ForeignKeyConstraint(["term_id"], ["terms.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
        sa.UniqueConstraint("term_id", "crn", name="uq_courses_crn"),
    )
    op.create_table(
        "google_calendars",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("google_calendar_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sync_token", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state = 'creating' OR google_calendar_id IS NOT NULL", name=op.f("ck_google_calendars_has_id")
        ),
        sa.CheckConstraint(
            "state IN ('creating', 'sharing', 'ready', 'missing')", name=op.f("ck_google_calendars_state")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_google_calendars")),
        sa.UniqueConstraint("google_calendar_id", name=op.f("uq_google_calendars_google_calendar_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_google_calendars_user_id")),
    )
    op.create_index("ix_google_calendars_state", "google_calendars", ["state"], unique=False)

    op.create_table(
        "oauth_credentials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_sign_in_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_credentials")),
        sa.UniqueConstraint("user_id", "provider", "email", name="uq_oauth_credentials_account"),
    )
    op.create_table(
        "rooms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
        sa.UniqueConstraint("building_id", "number", name="uq_rooms_number"),
    )
    op.create_table(
        "university_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ics_uid", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("start_time", sa.Time(), nullable=True),
        sa.Column("end_time", sa.Time(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("organization", sa.String(), nullable=True),
        sa.Column("term_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(start_time IS NULL) = (end_time IS NULL)", name=op.f("ck_university_events_times")
        ),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_university_events_dates")),
        sa.ForeignKeyConstraint(["term_id"], ["terms.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_university_events")),
        sa.UniqueConstraint("ics_uid", name=op.f("uq_university_events_ics_uid")),
    )
    op.create_index(op.f("ix_university_events_category"), "university_events", ["category"], unique=False)

    op.create_table(
        "enrollments",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "course_id", name=op.f("pk_enrollments")),
    )
    op.create_index(op.f("ix_enrollments_course_id"), "enrollments", ["course_id"], unique=False)

    op.create_table(
        "final_exams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("term_id", sa.Integer(), nullable=False),
        sa.Column("crn", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("exam_date", sa.Date(), nullable=False),
        sa.Column("start_time", sa.Time(), nullable=False),
        sa.Column("end_time", sa.Time(), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("combined_crns", sa.String(), nullable=True),
        sa.CheckConstraint("end_time >= start_time", name=op.f("ck_final_exams_times")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["term_id"], ["terms.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_final_exams")),
        sa.UniqueConstraint("term_id", "crn", name="uq_final_exams_crn"),
    )
    op.create_index(op.f("ix_final_exams_course_id"), "final_exams", ["course_id"], unique=False)

    op.create_table(
        "meeting_times",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("begin_time", sa.Time(), nullable=False),
        sa.Column("end_time", sa.Time(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('lecture', 'laboratory')", name=op.f("ck_meeting_times_kind")),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_meeting_times_dates")),
        sa.CheckConstraint("end_time >= begin_time", name=op.f("ck_meeting_times_times")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_meeting_times_number")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_meeting_times_weekday")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_times")),
        sa.UniqueConstraint("course_id", "number", name="uq_meeting_times_number"),
        sa.UniqueConstraint(
            "course_id",
            "weekday",
            "begin_time",
            "end_time",
            "start_date",
            "end_date",
            name="uq_meeting_times_when",
        ),
    )
    op.create_table(
        "meeting_time_rooms",
        sa.Column("meeting_time_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_time_id"], ["meeting_times.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("meeting_time_id", "room_id", name=op.f("pk_meeting_time_rooms")),
    )
    with op.batch_alter_table("synced_events") as batch_op:
        batch_op.add_column(sa.Column("edits", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("declined", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("synced_events") as batch_op:
        batch_op.drop_column("declined")
        batch_op.drop_column("edits")

    op.drop_table("meeting_time_rooms")
    op.drop_table("meeting_times")
    op.drop_table("final_exams")
    op.drop_table("enrollments")
    op.drop_table("university_events")
    op.drop_table("rooms")
    op.drop_table("oauth_credentials")
    op.drop_table("google_calendars")
    op.drop_table("courses")
    op.drop_table("users")
    op.drop_table("terms")
    op.drop_table("google_changes")
    op.drop_table("course_events")
    op.drop_table("buildings")
