"""The tables of the field roster: people, events, what is proposed, and what was submitted to Crossmark."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Time,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from scheduling_pipeline.database.models import Base

_ROTATIONS = "rotation_type IN ('juicer', 'primary_lead')"


class RosterEmployee(Base):
    """Somebody who works events; `id` is Crossmark's employee number, `rep_id` the number it schedules by."""

    __tablename__ = "employees"
    __table_args__ = (
        CheckConstraint(
            "job_title IN ('Club Supervisor', 'Lead Event Specialist', 'Event Specialist', 'Juicer Barista')",
            name="job_title",
        ),
        CheckConstraint("max_weekly_hours > 0", name="max_weekly_hours"),
        CheckConstraint("sync_status IN ('pending', 'synced', 'failed')", name="sync_status"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str | None]
    rep_id: Mapped[int | None] = mapped_column(unique=True)
    job_title: Mapped[str]
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    adult_beverage_trained: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    termination_date: Mapped[date | None] = mapped_column(Date)  # the last day on which they work
    max_weekly_hours: Mapped[float | None]
    created_at: Mapped[datetime]
    last_synced: Mapped[datetime | None]
    sync_status: Mapped[str] = mapped_column(default="pending", server_default="pending")


class EmployeeStore(Base):
    """Where somebody works; nobody's row means every store. `is_home`: the store that counts as theirs."""

    __tablename__ = "employee_stores"

    employee_id: Mapped[str] = mapped_column(ForeignKey("employees.id", ondelete="CASCADE"), primary_key=True)
    location_mvid: Mapped[str] = mapped_column(primary_key=True)
    is_home: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class RosterEvent(Base):
    """A field event. `project_ref_num` is Crossmark's mPlanID; an event that only a file knew has none there
    (`external_id` is null) and cannot be submitted. Due is the first day on which it is too late."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint(
            "event_type IN ('core', 'supervisor', 'digital_setup', 'digital_refresh', 'digital_teardown',"
            " 'freeosk', 'other', 'juicer')",
            name="event_type",
        ),
        CheckConstraint("due_datetime >= start_datetime", name="dates"),
        CheckConstraint("estimated_time > 0", name="estimated_time"),
        CheckConstraint("sync_status IN ('pending', 'synced', 'failed')", name="sync_status"),
        Index("ix_events_type", "event_type"),
        Index("ix_events_scheduled", "is_scheduled", "due_datetime"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_name: Mapped[str]
    project_ref_num: Mapped[int] = mapped_column(BigInteger, unique=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    location_mvid: Mapped[str | None]
    store_number: Mapped[int | None]
    store_name: Mapped[str | None]
    start_datetime: Mapped[datetime]
    due_datetime: Mapped[datetime]
    estimated_time: Mapped[int | None]  # minutes
    is_scheduled: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    condition: Mapped[str] = mapped_column(default="Unstaffed", server_default="Unstaffed")
    event_type: Mapped[str]
    parent_event_ref_num: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("events.project_ref_num", ondelete="SET NULL")
    )
    sales_tools_url: Mapped[str | None]
    allow_auto_schedule: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    auto_schedule_note: Mapped[str | None]  # why not, and who said so
    closed_at: Mapped[datetime | None]  # when the planner no longer had it
    last_synced: Mapped[datetime | None]
    sync_status: Mapped[str] = mapped_column(default="pending", server_default="pending")


class RosterSchedule(Base):
    """Who does an event, and when: one for each event. `employee_id` is null where the planner names somebody
    we do not know; `rep_name` says who."""

    __tablename__ = "schedules"
    __table_args__ = (
        CheckConstraint("sync_status IN ('pending', 'synced', 'failed')", name="sync_status"),
        Index("idx_schedules_date", "schedule_datetime"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_ref_num: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("events.project_ref_num", ondelete="CASCADE"), unique=True
    )
    employee_id: Mapped[str | None] = mapped_column(ForeignKey("employees.id"))
    rep_name: Mapped[str | None]
    schedule_datetime: Mapped[datetime]
    external_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)  # Crossmark's schedule id
    last_synced: Mapped[datetime | None]
    sync_status: Mapped[str] = mapped_column(default="pending", server_default="pending")


class WeeklyAvailability(Base):
    """The weekdays on which somebody works; without a row, all of them."""

    __tablename__ = "employee_weekly_availability"

    employee_id: Mapped[str] = mapped_column(ForeignKey("employees.id", ondelete="CASCADE"), primary_key=True)
    monday: Mapped[bool] = mapped_column(Boolean, default=True)
    tuesday: Mapped[bool] = mapped_column(Boolean, default=True)
    wednesday: Mapped[bool] = mapped_column(Boolean, default=True)
    thursday: Mapped[bool] = mapped_column(Boolean, default=True)
    friday: Mapped[bool] = mapped_column(Boolean, default=True)
    saturday: Mapped[bool] = mapped_column(Boolean, default=True)
    sunday: Mapped[bool] = mapped_column(Boolean, default=True)


class DateAvailability(Base):
    """Whether somebody works on one day, whatever their week says."""

    __tablename__ = "employee_availability"
    __table_args__ = (UniqueConstraint("employee_id", "date", name="uq_employee_availability"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    employee_id: Mapped[str] = mapped_column(ForeignKey("employees.id", ondelete="CASCADE"))
    date: Mapped[date] = mapped_column(Date)
    is_available: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str | None]


class AvailabilityOverride(Base):
    """Another week for somebody, for a while; a null weekday is as usual. Both days are included."""

    __tablename__ = "employee_availability_overrides"
    __table_args__ = (CheckConstraint("end_date >= start_date", name="dates"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    employee_id: Mapped[str] = mapped_column(ForeignKey("employees.id", ondelete="CASCADE"))
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date] = mapped_column(Date)
    monday: Mapped[bool | None] = mapped_column(Boolean)
    tuesday: Mapped[bool | None] = mapped_column(Boolean)
    wednesday: Mapped[bool | None] = mapped_column(Boolean)
    thursday: Mapped[bool | None] = mapped_column(Boolean)
    friday: Mapped[bool | None] = mapped_column(Boolean)
    saturday: Mapped[bool | None] = mapped_column(Boolean)
    sunday: Mapped[bool | None] = mapped_column(Boolean)
    reason: Mapped[str | None]


class TimeOff(Base):
    """Days on which somebody is away; both are included. Nobody's may overlap."""

    __tablename__ = "employee_time_off"
    __table_args__ = (CheckConstraint("end_date >= start_date", name="dates"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    employee_id: Mapped[str] = mapped_column(ForeignKey("employees.id", ondelete="CASCADE"))
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date] = mapped_column(Date)
    reason: Mapped[str | None]


class CompanyHoliday(Base):
    """A day of our own on which nobody works; a recurring one counts every year."""

    __tablename__ = "company_holidays"
    __table_args__ = (UniqueConstraint("name", "date", name="uq_company_holidays"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    date: Mapped[date] = mapped_column(Date)
    is_recurring: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())


class RotationAssignment(Base):
    """Who is a weekday's juicer or primary lead; 0 is Monday."""

    __tablename__ = "rotation_assignments"
    __table_args__ = (
        UniqueConstraint("day_of_week", "rotation_type", name="uq_rotation"),
        CheckConstraint("day_of_week BETWEEN 0 AND 6", name="day_of_week"),
        CheckConstraint(_ROTATIONS, name="rotation_type"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day_of_week: Mapped[int]
    rotation_type: Mapped[str]
    employee_id: Mapped[str] = mapped_column(ForeignKey("employees.id"))


class ScheduleException(Base):
    """Who is the juicer or primary lead on one day, whatever the rotation says."""

    __tablename__ = "schedule_exceptions"
    __table_args__ = (
        UniqueConstraint("exception_date", "rotation_type", name="uq_exception"),
        CheckConstraint(_ROTATIONS, name="rotation_type"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exception_date: Mapped[date] = mapped_column(Date)
    rotation_type: Mapped[str]
    employee_id: Mapped[str] = mapped_column(ForeignKey("employees.id"))
    reason: Mapped[str | None]
    created_at: Mapped[datetime]


class SchedulerRun(Base):
    """One proposal. `revision` is the digest of its rows as they are now; an approval names one revision.

    A `hand` run holds what a manager scheduled by hand; it is approved as it is made.
    """

    __tablename__ = "scheduler_run_history"
    __table_args__ = (
        CheckConstraint("run_type IN ('automatic', 'manual', 'hand')", name="run_type"),
        CheckConstraint(
            "status IN ('running', 'completed', 'failed', 'crashed', 'rejected', 'superseded')", name="status"
        ),
        CheckConstraint("(approved_at IS NULL) = (approved_revision IS NULL)", name="approval"),
        CheckConstraint("approved_at IS NULL OR status = 'completed'", name="approved_is_completed"),
        Index(
            "uq_scheduler_run_running",
            "status",
            unique=True,
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_type: Mapped[str]
    requested_by: Mapped[str | None]
    started_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    status: Mapped[str]
    engine: Mapped[str | None]
    total_events_processed: Mapped[int] = mapped_column(default=0, server_default="0")
    events_scheduled: Mapped[int] = mapped_column(default=0, server_default="0")
    events_requiring_swaps: Mapped[int] = mapped_column(default=0, server_default="0")
    events_failed: Mapped[int] = mapped_column(default=0, server_default="0")
    events_skipped: Mapped[int] = mapped_column(default=0, server_default="0")
    skipped: Mapped[list[Any] | None]  # what was left out, and why: event_ref_num, code, params
    objective: Mapped[dict[str, Any] | None]  # the value of each level, whether proven, and the gap
    error_message: Mapped[str | None]
    dismissed_at: Mapped[datetime | None]  # a crashed run that nobody wants to be told of any more
    revision: Mapped[str | None] = mapped_column(String(64))
    approved_revision: Mapped[str | None] = mapped_column(String(64))
    approved_at: Mapped[datetime | None]
    approved_by_user: Mapped[str | None]


class PendingSchedule(Base):
    """One row of a proposal: an event's place, or why it has none.

    A row with `previous_datetime` is about an event that stands in the planner already: it moves, or, without
    a new place, is taken off. `failed` rows have a stable `failure_code`.
    """

    __tablename__ = "pending_schedules"
    __table_args__ = (
        UniqueConstraint("scheduler_run_id", "event_ref_num", name="uq_pending_schedules_event"),
        CheckConstraint(
            "status IN ('proposed', 'user_edited', 'approved', 'api_submitted', 'api_failed', 'failed',"
            " 'rejected', 'unknown')",
            name="status",
        ),
        CheckConstraint(
            "(employee_id IS NULL) = (schedule_datetime IS NULL)"
            " AND (schedule_datetime IS NULL) = (schedule_time IS NULL)",
            name="place_is_whole",
        ),
        CheckConstraint(
            "schedule_datetime IS NOT NULL OR previous_datetime IS NOT NULL OR failure_code IS NOT NULL",
            name="place_or_reason",
        ),
        CheckConstraint("status <> 'failed' OR failure_code IS NOT NULL", name="failure_says_why"),
        CheckConstraint("NOT is_swap OR bumped_event_ref_num IS NOT NULL", name="swap_says_whom"),
        Index("idx_pending_schedules_run", "scheduler_run_id"),
        Index("idx_pending_schedules_status", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scheduler_run_id: Mapped[int] = mapped_column(ForeignKey("scheduler_run_history.id", ondelete="CASCADE"))
    event_ref_num: Mapped[int] = mapped_column(BigInteger, ForeignKey("events.project_ref_num"))
    employee_id: Mapped[str | None] = mapped_column(ForeignKey("employees.id"))
    schedule_datetime: Mapped[datetime | None]
    schedule_time: Mapped[time | None] = mapped_column(Time)  # store time, for display
    status: Mapped[str]
    is_swap: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    bumped_event_ref_num: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("events.project_ref_num")
    )  # the event that made room for this one
    made_room_for: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("events.project_ref_num")
    )  # the event that this one made room for
    previous_employee_id: Mapped[str | None] = mapped_column(ForeignKey("employees.id"))
    previous_datetime: Mapped[datetime | None]
    reissue_until: Mapped[date | None] = mapped_column(Date)  # of one that is offered again: its new due day
    swap_reason: Mapped[str | None]
    failure_code: Mapped[str | None]
    failure_params: Mapped[dict[str, Any] | None]
    failure_reason: Mapped[str | None]  # the sentence made of code and parameters
    explanation: Mapped[dict[str, Any] | None]  # static causes or blocking set, and verified fixes
    override_reason: Mapped[str | None]  # why a manager broke a soft rule
    edited_by: Mapped[str | None]
    edited_at: Mapped[datetime | None]
    api_error_details: Mapped[str | None]
    api_submitted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RosterRequest(Base):
    """What somebody asked for on the desk, for a run to carry out: a proposal, or a submission.

    `rows` names the rows of the run that are to be submitted; null means all that were approved.
    """

    __tablename__ = "roster_requests"
    __table_args__ = (
        CheckConstraint("kind IN ('propose', 'submit')", name="kind"),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'void')", name="state"),
        Index("ix_roster_requests_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("scheduler_run_history.id", ondelete="CASCADE"))
    revision: Mapped[str | None] = mapped_column(String(64))
    rows: Mapped[list[Any] | None]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="waiting", server_default="waiting")
    attempt: Mapped[int] = mapped_column(default=0, server_default="0")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    problem: Mapped[str | None]


class CrossmarkOperation(Base):
    """One write to the planner: noted before it is sent, its outcome after. Never deleted."""

    __tablename__ = "crossmark_operations"
    __table_args__ = (
        CheckConstraint("kind IN ('schedule', 'unschedule', 'reissue')", name="kind"),
        CheckConstraint("purpose IN ('place', 'move', 'drop', 'compensate', 'reissue')", name="purpose"),
        CheckConstraint("(kind = 'reissue') = (expires_on IS NOT NULL)", name="reissue_expires"),
        CheckConstraint("state IN ('sent', 'done', 'rejected', 'unknown')", name="state"),
        CheckConstraint("(state IN ('sent', 'unknown')) = (settled_at IS NULL)", name="settled"),
        Index("ix_crossmark_operations_row", "pending_schedule_id"),
        Index("ix_crossmark_operations_state", "state"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    pending_schedule_id: Mapped[int | None] = mapped_column(
        ForeignKey("pending_schedules.id", ondelete="SET NULL")
    )
    event_ref_num: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    purpose: Mapped[str]
    state: Mapped[str]
    mplan_id: Mapped[int]
    location_id: Mapped[int]
    rep_id: Mapped[int | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    schedule_id: Mapped[int | None] = mapped_column(BigInteger)
    expires_on: Mapped[date | None] = mapped_column(Date)  # of a reissue
    detail: Mapped[str] = mapped_column(default="", server_default="")
    timed_out: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    run_id: Mapped[str]
    sent_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    milliseconds: Mapped[int | None] = mapped_column(Integer)  # how long the planner took to answer
