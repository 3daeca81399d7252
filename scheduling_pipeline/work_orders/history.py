"""The history of runs, as it is read: a row for every run, however it began and ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, RowMapping, select

from scheduling_pipeline.database.work_orders import ScrapingRun
from scheduling_pipeline.work_orders.schedule import Trigger


class Phase(StrEnum):
    """How far a run is."""

    INITIALIZING = "initializing"
    LOGGING_IN = "logging_in"
    SCRAPING = "scraping"
    SAVING = "saving"
    COMPLETED = "completed"
    FAILED = "failed"


class UnknownRunError(Exception):
    """The owner has no such run."""


@dataclass(frozen=True, slots=True)
class Items:
    """What a run did to how many items. `processed`: how many it read."""

    processed: int = 0
    added: int = 0
    updated: int = 0
    removed: int = 0
    failed: int = 0

    @property
    def sentence(self) -> str:
        """As in `58 read (2 new, 3 updated, 1 removed)`."""
        parts = f"{self.added} new, {self.updated} updated, {self.removed} removed"
        return f"{self.processed} read ({parts}{f', {self.failed} failed' if self.failed else ''})"

    @property
    def columns(self) -> dict[str, int]:
        """By the names of the columns."""
        return {
            "items_processed": self.processed,
            "items_added": self.added,
            "items_updated": self.updated,
            "items_removed": self.removed,
            "items_failed": self.failed,
        }


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the history. `error_log` is there for a failed run; `metadata` is whatever was noted."""

    id: int
    owner_id: int
    schedule_id: int | None
    schedule_type: str
    trigger: Trigger
    dagster_run_id: str
    started_at: datetime
    completed_at: datetime | None
    phase: Phase
    percentage: int
    message: str
    items: Items
    duration_seconds: float | None
    memory_usage_mb: float | None
    error_message: str | None
    error_log: Mapping[str, Any] | None
    metadata: Mapping[str, Any] | None

    @property
    def success(self) -> bool:
        return self.phase is Phase.COMPLETED

    @property
    def running(self) -> bool:
        return self.completed_at is None


def runs_of(engine: Engine, owner_id: int, schedule_type: str | None = None, *, limit: int = 10) -> list[Run]:
    """An owner's runs, the newest first; of one type, or of all."""
    query = select(ScrapingRun.__table__).where(ScrapingRun.owner_id == owner_id)
    if schedule_type is not None:
        query = query.where(ScrapingRun.schedule_type == schedule_type)
    with engine.connect() as connection:
        found = connection.execute(query.order_by(ScrapingRun.id.desc()).limit(limit)).mappings()
        return [run_in(row) for row in found]


def run_of(engine: Engine, owner_id: int, run_id: int) -> Run:
    """One run of an owner. Raises UnknownRunError."""
    query = select(ScrapingRun.__table__).where(ScrapingRun.id == run_id, ScrapingRun.owner_id == owner_id)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise UnknownRunError(f"there is no run {run_id}")
    return run_in(row)


def run_in(row: RowMapping) -> Run:
    """The run that a row of the database is."""
    return Run(
        id=row["id"],
        owner_id=row["owner_id"],
        schedule_id=row["schedule_id"],
        schedule_type=row["schedule_type"],
        trigger=Trigger(row["trigger_type"]),
        dagster_run_id=row["dagster_run_id"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        phase=Phase(row["phase"]),
        percentage=row["percentage"],
        message=row["message"],
        items=Items(
            row["items_processed"],
            row["items_added"],
            row["items_updated"],
            row["items_removed"],
            row["items_failed"],
        ),
        duration_seconds=row["duration_seconds"],
        memory_usage_mb=row["memory_usage_mb"],
        error_message=row["error_message"],
        error_log=row["error_log"],
        metadata=row["run_metadata"],
    )
