"""How the readings of work orders go: figures by day, what fails, the last readings; how all jobs ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import aliased

from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.database.notifications import JobOutcome
from scheduling_pipeline.database.work_orders import ScrapingRun, ScrapingSchedule, WorkOrderReading
from scheduling_pipeline.work_orders.metrics import DayOfRuns, runs_by_day

READINGS = 15


@dataclass(frozen=True, slots=True)
class Failing:
    """A schedule whose last run failed. `stopped_at`: since when it does not run by itself any more."""

    owner: str
    type: str
    failures: int
    last_run: datetime | None
    last_success: datetime | None
    stopped_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a list. `problem`: why it was not complete; `doubt`: why what it lacked stayed."""

    owner: str
    read_at: datetime
    baseline: bool
    problem: str
    doubt: str
    listed: int
    added: int
    updated: int
    completed: int
    removed: int
    missing: int


@dataclass(frozen=True, slots=True)
class Monitored:
    """The runs of some days, of one owner or of all, and how things stand now."""

    days: Sequence[DayOfRuns]
    failing: Sequence[Failing]
    readings: Sequence[Reading]

    @property
    def succeeded(self) -> int:
        return sum(day.succeeded for day in self.days)

    @property
    def failed(self) -> int:
        return sum(day.failed for day in self.days)

    @property
    def success_rate(self) -> float | None:
        """From 0 to 1; None without any run."""
        runs = self.succeeded + self.failed
        return self.succeeded / runs if runs else None


@dataclass(frozen=True, slots=True)
class JobStanding:
    """How a job (of a part: partition, agenda, dataset; or of all) ended last. `told_at`: when trouble of it
    was last told, None where there is none."""

    job: str
    part: str
    ending: str
    ended_at: datetime
    told_at: datetime | None
    run_id: str


def monitored(engine: Engine, first: date, last: date, zone: ZoneInfo, owner_id: int | None) -> Monitored:
    """The days of a zone from the first to the last; of one owner, or of all."""
    return Monitored(
        runs_by_day(engine, first, last, zone, owner_id=owner_id),
        _failing(engine, owner_id),
        _readings(engine, owner_id),
    )


def jobs(engine: Engine) -> list[JobStanding]:
    """How the jobs of all flows ended last: what did not end well first, then by name."""
    row = JobOutcome
    query = select(row.job, row.part, row.ending, row.ended_at, row.told_at, row.run_id)
    with engine.connect() as connection:
        found = connection.execute(query.order_by(row.ending == "succeeded", row.job, row.part))
        return [JobStanding(*one) for one in found]


def _failing(engine: Engine, owner_id: int | None) -> list[Failing]:
    row, run, failed = ScrapingSchedule, ScrapingRun, aliased(ScrapingRun)
    newest = (
        select(func.max(failed.id))
        .where(
            failed.owner_id == row.owner_id,
            failed.schedule_type == row.schedule_type,
            failed.error_message.is_not(None),
        )
        .correlate(row)
        .scalar_subquery()
    )
    query = (
        select(
            DeskUser.name,
            row.schedule_type,
            row.consecutive_failures,
            row.last_run,
            row.last_success,
            row.stopped_at,
            func.coalesce(run.error_message, ""),
        )
        .join(DeskUser, DeskUser.id == row.owner_id)
        .outerjoin(run, run.id == newest)
        .where(or_(row.consecutive_failures > 0, row.stopped_at.is_not(None)))
    )
    if owner_id is not None:
        query = query.where(row.owner_id == owner_id)
    with engine.connect() as connection:
        found = connection.execute(query.order_by(row.stopped_at.is_(None), DeskUser.name, row.schedule_type))
        return [Failing(*one) for one in found]


def _readings(engine: Engine, owner_id: int | None) -> list[Reading]:
    row = WorkOrderReading
    query = select(
        DeskUser.name,
        row.read_at,
        row.baseline,
        row.problem,
        row.doubt,
        row.listed,
        row.added,
        row.updated,
        row.completed,
        row.removed,
        row.missing,
    ).join(DeskUser, DeskUser.id == row.owner_id)
    if owner_id is not None:
        query = query.where(row.owner_id == owner_id)
    with engine.connect() as connection:
        return [
            Reading(*one)
            for one in connection.execute(query.order_by(row.read_at.desc(), row.id.desc()).limit(READINGS))
        ]
