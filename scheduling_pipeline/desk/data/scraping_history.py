"""The history of an owner's runs as it is shown, and how far one that is under way is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Engine, delete, select

from scheduling_pipeline.database.work_orders import ScrapingRun
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.problems import Problem, not_found
from scheduling_pipeline.desk.sessions import Visitor
from scheduling_pipeline.work_orders.history import Phase, Run, UnknownRunError, run_in, run_of
from scheduling_pipeline.work_orders.schedule import Schedule

SHOWN_AFTER = timedelta(seconds=10)  # how long the end of a run is told as progress


class SyncStatus(StrEnum):
    """What there is to tell of a schedule's run; NOT_FOUND when none is under way and none has just ended."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a run is; `started_at` is when it was asked for while it has not begun."""

    status: SyncStatus
    phase: Phase | None = None
    percentage: int = 0
    message: str = ""
    found: int = 0
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None


def newest_run(engine: Engine, owner_id: int, schedule_type: str, *, successful: bool = False) -> Run | None:
    """The newest run of a type, or the newest that went well; None without any."""
    row = ScrapingRun
    query = select(row.__table__).where(row.owner_id == owner_id, row.schedule_type == schedule_type)
    if successful:
        query = query.where(row.success)
    with engine.connect() as connection:
        found = connection.execute(query.order_by(row.id.desc()).limit(1)).mappings().one_or_none()
    return None if found is None else run_in(found)


def page_of_runs(
    engine: Engine, owner_id: int, schedule_type: str | None, *, before_id: int | None, limit: int
) -> tuple[list[Run], int | None]:
    """The newest runs, also of schedules that are gone; and where there are older ones, where to go on."""
    row = ScrapingRun
    query = select(row.__table__).where(row.owner_id == owner_id).order_by(row.id.desc()).limit(limit + 1)
    if schedule_type is not None:
        query = query.where(row.schedule_type == schedule_type)
    if before_id is not None:
        query = query.where(row.id < before_id)
    with engine.connect() as connection:
        found = [run_in(one) for one in connection.execute(query).mappings()]
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def load_run(engine: Engine, owner_id: int, run_id: int) -> Run:
    """One run of an owner. Raises Problem (404)."""
    try:
        return run_of(engine, owner_id, run_id)
    except UnknownRunError:
        raise not_found(f"run {run_id}") from None


def sync_progress(engine: Engine, schedule: Schedule, now: datetime) -> SyncProgress:
    """What there is to tell now of a schedule's run. The end of one is told for a while."""
    run = newest_run(engine, schedule.owner_id, schedule.type)
    if run is not None and run.running:
        return _progress(run, SyncStatus.IN_PROGRESS)
    if schedule.requested_at is not None:
        return SyncProgress(
            SyncStatus.IN_PROGRESS,
            Phase.INITIALIZING,
            message="Asked for: it begins within 30 seconds.",
            started_at=schedule.requested_at,
        )
    if run is not None and run.completed_at is not None and now - run.completed_at <= SHOWN_AFTER:
        return _progress(run, SyncStatus.COMPLETED if run.success else SyncStatus.FAILED)
    return SyncProgress(SyncStatus.NOT_FOUND)


def delete_run(engine: Engine, visitor: Visitor, run_id: int, now: datetime) -> None:
    """Raises Problem: 404, or 409 for a run that is under way."""
    run = load_run(engine, visitor.user_id, run_id)
    if run.running:
        raise Problem(409, "RUNNING", "That run is under way: it can be deleted when it has ended.")
    with engine.begin() as connection:
        connection.execute(delete(ScrapingRun).where(ScrapingRun.id == run_id))
        audit.record(connection, visitor.name, "scrape-history.delete", f"run {run_id}", at=now)


def delete_runs(engine: Engine, visitor: Visitor, now: datetime) -> int:
    """Delete all runs of somebody that have ended; how many that were."""
    row = ScrapingRun
    ended = delete(row).where(row.owner_id == visitor.user_id, row.completed_at.is_not(None))
    with engine.begin() as connection:
        count = connection.execute(ended).rowcount
        subject = f"all {count} runs of {visitor.name}"
        audit.record(connection, visitor.name, "scrape-history.delete", subject, at=now)
    return count


def _progress(run: Run, status: SyncStatus) -> SyncProgress:
    return SyncProgress(
        status,
        run.phase,
        run.percentage,
        run.message,
        run.items.processed,
        run.started_at,
        run.completed_at,
        run.error_message,
    )
