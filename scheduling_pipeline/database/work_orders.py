"""The tables of the work orders: who has them read and when, what was read, and what changed.

An owner is a user of the desk. What is theirs goes with them; a run's history outlives its schedule.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    Time,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from scheduling_pipeline.database.models import Base


class ScrapingSchedule(Base):
    """How often and in which hours something is read for an owner: one for each kind of schedule.

    Either every `interval_hours`, or at the times of a cron expression; hours, days and expression are those
    of `zone`. Any type may stand here: one that nobody can execute is left out with a warning, not an error.
    `next_run` is also what the cadence counts on from. `stopped_at`: too many failures in a row.
    """

    __tablename__ = "scraping_schedules"
    __table_args__ = (
        UniqueConstraint("owner_id", "schedule_type", name="uq_scraping_schedules_type"),
        CheckConstraint("schedule_type <> ''", name="schedule_type"),
        CheckConstraint("(interval_hours IS NULL) <> (cron IS NULL)", name="interval_or_cron"),
        CheckConstraint("interval_hours BETWEEN 0.5 AND 24", name="interval_hours"),
        CheckConstraint("(active_start IS NULL) = (active_end IS NULL)", name="hours_are_whole"),
        CheckConstraint("active_start BETWEEN 0 AND 23 AND active_end BETWEEN 0 AND 24", name="active_hours"),
        CheckConstraint("consecutive_failures >= 0", name="consecutive_failures"),
        CheckConstraint("waits_for <> id", name="waits_for_another"),
        CheckConstraint("next_run IS NULL OR (enabled AND stopped_at IS NULL)", name="next_run_happens"),
        Index("ix_scraping_schedules_next_run", "next_run"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"))
    schedule_type: Mapped[str]
    interval_hours: Mapped[float | None]
    cron: Mapped[str | None]
    active_start: Mapped[int | None]  # an hour of the day, which is included
    active_end: Mapped[int | None]  # an hour of the day, which is not; 24 is midnight
    zone: Mapped[str]
    holiday_country: Mapped[str | None]
    rest_days: Mapped[list[Any]]  # ISO dates
    waits_for: Mapped[int | None] = mapped_column(ForeignKey("scraping_schedules.id", ondelete="SET NULL"))
    enabled: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    next_run: Mapped[datetime | None]
    slot_taken_at: Mapped[datetime | None]  # when its last scheduled run began
    last_run: Mapped[datetime | None]  # when it ended, however it did
    last_success: Mapped[datetime | None]
    consecutive_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    stopped_at: Mapped[datetime | None]
    requested_at: Mapped[datetime | None]  # when somebody asked for a run by hand that has not begun
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ScrapingRun(Base):
    """The history: one row for each run, however it began and ended. `completed_at` is null while it runs.

    Phase and percentage are written as the run goes on, so that everybody sees them and a restart keeps them.
    """

    __tablename__ = "scraping_history"
    __table_args__ = (
        CheckConstraint("trigger_type IN ('manual', 'scheduled')", name="trigger_type"),
        CheckConstraint(
            "phase IN ('initializing', 'logging_in', 'scraping', 'saving', 'completed', 'failed')",
            name="phase",
        ),
        CheckConstraint("percentage BETWEEN 0 AND 100", name="percentage"),
        CheckConstraint("(completed_at IS NULL) = (phase NOT IN ('completed', 'failed'))", name="completed"),
        CheckConstraint("success = (phase = 'completed')", name="success"),
        CheckConstraint("(phase = 'failed') = (error_message IS NOT NULL)", name="failure_says_why"),
        CheckConstraint("completed_at >= started_at", name="times"),
        # Never two runs of one kind for one owner at the same time.
        Index(
            "uq_scraping_history_running",
            "owner_id",
            "schedule_type",
            unique=True,
            sqlite_where=text("completed_at IS NULL"),
            postgresql_where=text("completed_at IS NULL"),
        ),
        Index("ix_scraping_history_owner", "owner_id", "schedule_type", "id"),
        Index("ix_scraping_history_started", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"))
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("scraping_schedules.id", ondelete="SET NULL"))
    schedule_type: Mapped[str]
    trigger_type: Mapped[str]
    dagster_run_id: Mapped[str]
    started_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    phase: Mapped[str]
    percentage: Mapped[int]
    message: Mapped[str] = mapped_column(default="", server_default="")
    success: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    items_processed: Mapped[int] = mapped_column(default=0, server_default="0")
    items_added: Mapped[int] = mapped_column(default=0, server_default="0")
    items_updated: Mapped[int] = mapped_column(default=0, server_default="0")
    items_removed: Mapped[int] = mapped_column(default=0, server_default="0")
    items_failed: Mapped[int] = mapped_column(default=0, server_default="0")
    duration_seconds: Mapped[float | None]
    memory_usage_mb: Mapped[float | None]
    error_message: Mapped[str | None]
    error_log: Mapped[dict[str, Any] | None]
    run_metadata: Mapped[dict[str, Any] | None]


class WorkFossaCredential(Base):
    """An owner's account at WorkFossa, encrypted. `checked_at`: when it was last tried; `problem`: with what
    result, empty when it was right, null when it was not tried yet."""

    __tablename__ = "workfossa_credentials"
    __table_args__ = (CheckConstraint("(checked_at IS NULL) = (problem IS NULL)", name="checked"),)

    owner_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"), primary_key=True)
    user: Mapped[bytes] = mapped_column(LargeBinary)
    password: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    problem: Mapped[str | None]


class WorkOrderReading(Base):
    """One reading of an owner's list. Only a complete one may remove anything; any other says why it is not.

    `doubt`: why removals waited although it was complete. `baseline`: the first complete one, of which nobody
    is told anything; with another account there is another.
    """

    __tablename__ = "work_order_readings"
    __table_args__ = (
        CheckConstraint("complete OR problem <> ''", name="incomplete_says_why"),
        CheckConstraint("complete OR NOT baseline", name="baseline_is_complete"),
        Index("ix_work_order_readings_owner", "owner_id", "id"),
        Index(
            "uq_work_order_readings_baseline",
            "owner_id",
            unique=True,
            sqlite_where=text("baseline"),
            postgresql_where=text("baseline"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"))
    read_at: Mapped[datetime]
    run_id: Mapped[str]
    complete: Mapped[bool]
    baseline: Mapped[bool]
    problem: Mapped[str] = mapped_column(default="", server_default="")
    doubt: Mapped[str] = mapped_column(default="", server_default="")
    listed: Mapped[int]
    added: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    completed: Mapped[int]
    removed: Mapped[int]
    missing: Mapped[int]  # not listed, and not yet taken for removed


class StoredWorkOrder(Base):
    """A work order as last listed. `external_id` is the site's number without its W-.

    `missing_since`: the complete reading that was the first not to list it, and nothing says yet why.
    `announced`: whether people were told of it; a new one that may take a missing one's place waits.
    """

    __tablename__ = "work_orders"
    __table_args__ = (
        UniqueConstraint("owner_id", "external_id", name="uq_work_orders_external_id"),
        CheckConstraint("external_id <> ''", name="external_id"),
        CheckConstraint(
            "status IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled', 'unknown')",
            name="status",
        ),
        CheckConstraint("state IN ('open', 'completed', 'removed')", name="state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        CheckConstraint("missing_since IS NULL OR state = 'open'", name="missing_is_open"),
        CheckConstraint("visit_url IS NULL OR visit_url LIKE '%/visits/%'", name="visit_url"),
        CheckConstraint("(visit_id IS NULL) = (visit_url IS NULL)", name="visit"),
        CheckConstraint("visits_done BETWEEN 0 AND visits_total", name="visits"),
        Index("ix_work_orders_day", "owner_id", "state", "scheduled_date"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"))
    external_id: Mapped[str]
    customer_name: Mapped[str | None]
    customer_url: Mapped[str | None]
    store_number: Mapped[str | None]  # with its #
    location_id: Mapped[str | None]  # the site's number of the place
    street: Mapped[str | None]
    cross_street: Mapped[str | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    postal_code: Mapped[str | None]
    county: Mapped[str | None]
    status: Mapped[str]
    site_status: Mapped[str]  # the badge's own words
    categories: Mapped[list[Any]]
    reason: Mapped[str | None]
    project: Mapped[str | None]
    purchase_order: Mapped[str | None]
    created_on: Mapped[date | None] = mapped_column(Date)
    instructions: Mapped[str]
    visits_done: Mapped[int]
    visits_total: Mapped[int]
    visit_id: Mapped[str | None]
    visit_url: Mapped[str | None]
    scheduled_date: Mapped[date | None] = mapped_column(Date)  # of the next visit
    scheduled_time: Mapped[time | None] = mapped_column(Time)  # null: at any time
    due_date: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(default="open", server_default="open")
    closed_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]
    announced: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    first_seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]  # when what is listed of it last changed


class WorkOrderService(Base):
    """What is to be done for a work order; `position` keeps the list's order. A code may be no number."""

    __tablename__ = "work_order_services"
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity"),)

    work_order_id: Mapped[int] = mapped_column(
        ForeignKey("work_orders.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    category: Mapped[str]
    code: Mapped[str]
    description: Mapped[str]
    quantity: Mapped[int]


class WorkOrderVisit(Base):
    """A visit that was the next one at some time. `visit_id` is the site's; finished ones stay."""

    __tablename__ = "work_order_visits"

    work_order_id: Mapped[int] = mapped_column(
        ForeignKey("work_orders.id", ondelete="CASCADE"), primary_key=True
    )
    visit_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date | None] = mapped_column(Date)
    at: Mapped[time | None] = mapped_column(Time)
    finished_on: Mapped[date | None] = mapped_column(Date)


class WorkOrderLocation(Base):
    """A place whose equipment was looked at: `read_at` says when, and without dispensers there are none."""

    __tablename__ = "work_order_locations"
    __table_args__ = (
        UniqueConstraint("owner_id", "location_id", name="uq_work_order_locations_location"),
        CheckConstraint("location_id <> ''", name="location_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"))
    location_id: Mapped[str]
    read_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class StoredDispenser(Base):
    """A dispenser of a place. It lives as long as its place, whatever becomes of the orders there."""

    __tablename__ = "dispensers"
    __table_args__ = (UniqueConstraint("place_id", "position", name="uq_dispensers_position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("work_order_locations.id", ondelete="CASCADE"))
    position: Mapped[int]
    number: Mapped[str]  # 1/2: its two sides
    grades: Mapped[list[Any]]
    maker: Mapped[str]
    model: Mapped[str | None]
    serial: Mapped[str | None]
    stand_alone_code: Mapped[str | None]
    nozzles: Mapped[int | None]  # on each side
    meter_type: Mapped[str | None]


class WorkOrderChange(Base):
    """Something that people are told of: one row for each change, never altered.

    `external_id` is the order that it is about, of a replacement the new one; `other_id` the one that it
    traded dates with, or took the place of. `subject` and `other` are what a message shows of them.
    """

    __tablename__ = "work_order_changes"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('added', 'removed', 'moved', 'swapped', 'replaced', 'completed')", name="kind"
        ),
        CheckConstraint("(kind IN ('swapped', 'replaced')) = (other_id IS NOT NULL)", name="other"),
        UniqueConstraint("reading_id", "external_id", name="uq_work_order_changes_once"),
        Index("ix_work_order_changes_owner", "owner_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("desk_users.id", ondelete="CASCADE"))
    reading_id: Mapped[int] = mapped_column(ForeignKey("work_order_readings.id", ondelete="CASCADE"))
    noticed_at: Mapped[datetime]
    kind: Mapped[str]
    external_id: Mapped[str]
    other_id: Mapped[str | None]
    before: Mapped[date | None] = mapped_column(Date)
    after: Mapped[date | None] = mapped_column(Date)
    subject: Mapped[dict[str, Any]]
    other: Mapped[dict[str, Any] | None]
