"""Figures about runs, for graphs: how many went well, how long they took, and what they found, day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from scheduling_pipeline.database.work_orders import ScrapingRun
from scheduling_pipeline.work_orders.history import Run, run_in


@dataclass(frozen=True, slots=True)
class DayOfRuns:
    """The runs that began on one day and ended. `seconds`: their median duration, None without any."""

    day: date
    succeeded: int
    failed: int
    seconds: float | None
    read: int
    added: int
    updated: int
    removed: int


def runs_by_day(
    engine: Engine, first: date, last: date, zone: ZoneInfo, *, owner_id: int | None = None
) -> list[DayOfRuns]:
    """Every day from `first` to `last` of a zone, days without runs too; of one owner, or of all."""
    begin = datetime.combine(first, time(0), zone)
    end = datetime.combine(last + timedelta(days=1), time(0), zone)
    query = select(ScrapingRun.__table__).where(
        ScrapingRun.started_at >= begin, ScrapingRun.started_at < end, ScrapingRun.completed_at.is_not(None)
    )
    if owner_id is not None:
        query = query.where(ScrapingRun.owner_id == owner_id)
    runs: defaultdict[date, list[Run]] = defaultdict(list)
    with engine.connect() as connection:
        for run in map(run_in, connection.execute(query).mappings()):
            runs[run.started_at.astimezone(zone).date()].append(run)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [_day(day, runs[day]) for day in days]


def _day(day: date, runs: Iterable[Run]) -> DayOfRuns:
    ended = list(runs)
    seconds = [run.duration_seconds for run in ended if run.duration_seconds is not None]
    return DayOfRuns(
        day,
        succeeded=sum(run.success for run in ended),
        failed=sum(not run.success for run in ended),
        seconds=median(seconds) if seconds else None,
        read=sum(run.items.processed for run in ended),
        added=sum(run.items.added for run in ended),
        updated=sum(run.items.updated for run in ended),
        removed=sum(run.items.removed for run in ended),
    )
