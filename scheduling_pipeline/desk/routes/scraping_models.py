"""What programs send of schedules, and what they get: all instants in UTC, with a Z."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from scheduling_pipeline.desk.data.scraping import Coming, ShownSchedule
from scheduling_pipeline.desk.data.scraping_history import SyncProgress, SyncStatus
from scheduling_pipeline.desk.forms import FIRST_DAY, LAST_DAY, Text
from scheduling_pipeline.desk.outside import DaemonStatus
from scheduling_pipeline.work_orders.editing import MOST_REST_DAYS, Fields
from scheduling_pipeline.work_orders.history import Phase, Run
from scheduling_pipeline.work_orders.schedule import Hours, Schedule, ScheduleType, State, Trigger
from scheduling_pipeline.work_orders.wording import run_time

Instant = Annotated[datetime, AfterValidator(lambda value: value.astimezone(UTC))]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
SetNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
_LIMITS = {"minimum": 0.5, "maximum": 24}  # described here; refused, with a sentence, where they are known


class ActiveHours(BaseModel):
    """Whole hours: `start` is included, `end` is not, 24 is midnight. They wrap midnight where `start` is the
    later one, and are the whole day where both are the same."""

    model_config = ConfigDict(extra="forbid")

    start: Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": 23})]
    end: Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": 24})]


class ScheduleSettings(BaseModel):
    """What somebody sets of a schedule: an interval (of 1 hour, unless set) or a cron expression, and where
    that does not hold."""

    model_config = ConfigDict(extra="forbid")

    interval_hours: Annotated[float | None, Field(json_schema_extra=_LIMITS)] = None
    cron: Text | None = None
    active_hours: ActiveHours | None = None
    zone: Annotated[Text, Field(description="An IANA zone, such as America/New_York.")] = ""
    holiday_country: Annotated[Text | None, Field(description="Rests on its public holidays.")] = None
    rest_days: Annotated[list[Day], Field(max_length=MOST_REST_DAYS)] = []
    waits_for: Annotated[SetNumber | None, Field(description="The schedule that has to succeed first.")] = (
        None
    )
    enabled: bool = True

    @property
    def fields(self) -> Fields:
        """What was sent, and nothing else."""
        given = self.model_fields_set
        fields = Fields()
        if "interval_hours" in given:
            fields["interval_hours"] = self.interval_hours
        if "cron" in given:
            fields["cron"] = self.cron
        if "active_hours" in given:
            hours = self.active_hours
            fields["hours"] = Hours(hours.start, hours.end) if hours else None
        if "zone" in given:
            fields["zone"] = self.zone
        if "holiday_country" in given:
            fields["holiday_country"] = self.holiday_country
        if "rest_days" in given:
            fields["rest_days"] = frozenset(self.rest_days)
        if "waits_for" in given:
            fields["waits_for"] = self.waits_for
        if "enabled" in given:
            fields["enabled"] = self.enabled
        return fields


class ScheduleChanges(ScheduleSettings):
    """What is left out stays as it is; null takes away what was set."""


class NewSchedule(ScheduleSettings):
    """A schedule that is to be made; one for each type."""

    schedule_type: Text


class PreviewBody(ScheduleSettings):
    """A schedule that is not saved: a new one, or that of `schedule_id` with these fields."""

    schedule_type: Text = ScheduleType.WORK_ORDERS
    schedule_id: SetNumber | None = None


class ScheduleShown(BaseModel):
    """A schedule. `status` is how it was set and whether it stopped, `badge` how it stands now."""

    id: int
    user_id: int
    schedule_type: str
    interval_hours: float | None
    cron: str | None
    active_hours: ActiveHours | None
    zone: str
    holiday_country: str | None
    rest_days: list[date]
    waits_for: int | None
    enabled: bool
    status: State
    badge: str
    last_run: Instant | None
    last_success: Instant | None
    next_run: Instant | None
    next_run_text: str
    requested_at: Instant | None
    consecutive_failures: int
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, shown: ShownSchedule) -> Self:
        schedule, rule = shown.schedule, shown.schedule.rule
        return cls(
            id=schedule.id,
            user_id=schedule.owner_id,
            schedule_type=schedule.type,
            interval_hours=rule.interval_hours,
            cron=rule.cron,
            active_hours=ActiveHours(start=rule.hours.start, end=rule.hours.end) if rule.hours else None,
            zone=rule.zone.key,
            holiday_country=rule.holiday_country,
            rest_days=sorted(rule.rest_days),
            waits_for=schedule.waits_for,
            enabled=schedule.enabled,
            status=schedule.state,
            badge=shown.badge.words,
            last_run=schedule.last_run,
            last_success=schedule.last_success,
            next_run=schedule.next_run,
            next_run_text=shown.next_run_text,
            requested_at=schedule.requested_at,
            consecutive_failures=schedule.consecutive_failures,
            created_at=shown.created_at,
            updated_at=shown.updated_at,
        )


class Deleted(BaseModel):
    success: Literal[True] = True
    deleted: int


class RunRequested(BaseModel):
    """A run was asked for: it begins within half a minute."""

    schedule_id: int
    requested_at: Instant
    message: str

    @classmethod
    def of(cls, schedule: Schedule, at: datetime) -> Self:
        return cls(
            schedule_id=schedule.id,
            requested_at=schedule.requested_at or at,
            message="Asked for: it begins within 30 seconds.",
        )


class ComingRun(BaseModel):
    at: Instant
    text: str


class PreviewShown(BaseModel):
    """`runs`: the first ones, none of a schedule that is paused. `why_not`: why it does not run now."""

    next_run: Instant | None
    next_run_text: str
    why_not: str
    runs: list[ComingRun]

    @classmethod
    def of(cls, coming: Coming, now: datetime) -> Self:
        zone = coming.schedule.rule.zone
        return cls(
            next_run=coming.schedule.next_run,
            next_run_text=coming.next_run_text,
            why_not=coming.why_not,
            runs=[ComingRun(at=run, text=run_time(run, now, zone)) for run in coming.runs],
        )


class RunShown(BaseModel):
    """A row of the history. `completed_at` is null while it runs."""

    id: int
    user_id: int
    schedule_type: str
    trigger_type: Trigger
    started_at: Instant
    completed_at: Instant | None
    success: bool
    phase: Phase
    items_processed: int
    items_added: int
    items_updated: int
    items_removed: int
    items_failed: int
    duration_seconds: float | None
    memory_usage_mb: float | None
    error_message: str | None
    has_error_log: bool
    metadata: dict[str, Any] | None

    @classmethod
    def of(cls, run: Run) -> Self:
        return cls(
            id=run.id,
            user_id=run.owner_id,
            schedule_type=run.schedule_type,
            trigger_type=run.trigger,
            started_at=run.started_at,
            completed_at=run.completed_at,
            success=run.success,
            phase=run.phase,
            duration_seconds=run.duration_seconds,
            memory_usage_mb=run.memory_usage_mb,
            error_message=run.error_message,
            has_error_log=run.error_log is not None,
            metadata=None if run.metadata is None else dict(run.metadata),
            **run.items.columns,
        )


class SyncShown(BaseModel):
    """How far a schedule's run is. The end of one is told for ten seconds."""

    status: SyncStatus
    phase: Phase | None
    percentage: int
    message: str
    work_orders_found: int
    started_at: Instant | None
    completed_at: Instant | None
    error: str | None
    schedule_id: int
    schedule_type: str

    @classmethod
    def of(cls, progress: SyncProgress, schedule: Schedule) -> Self:
        return cls(
            status=progress.status,
            phase=progress.phase,
            percentage=progress.percentage,
            message=progress.message,
            work_orders_found=progress.found,
            started_at=progress.started_at,
            completed_at=progress.completed_at,
            error=progress.error,
            schedule_id=schedule.id,
            schedule_type=schedule.type,
        )


class DaemonShown(BaseModel):
    """How the scheduler of everybody is."""

    running: bool
    last_check: Instant | None
    schedules_checked: int
    tasks_executed: int

    @classmethod
    def of(cls, status: DaemonStatus) -> Self:
        return cls(
            running=status.running,
            last_check=status.last_check,
            schedules_checked=status.schedules_checked,
            tasks_executed=status.tasks_executed,
        )


SimpleState = Literal["not_configured", "paused", "failed", "starting", "active"]


class SimpleStatus(BaseModel):
    """How the work orders' schedule stands, in a word and a sentence."""

    status: SimpleState
    message: str
    schedule_id: int | None = None
    last_run: Instant | None = None
    next_run: Instant | None = None
