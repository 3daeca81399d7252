"""The figures of the history: how proposals and submissions went, one by one and over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean, median, quantiles

from sqlalchemy import Connection, Engine, RowMapping, func, select

from scheduling_pipeline.database.roster import CrossmarkOperation, PendingSchedule, SchedulerRun
from scheduling_pipeline.roster.pins import PROPOSED
from scheduling_pipeline.roster.reading import frozen

_EVER = datetime.min.replace(tzinfo=UTC)
_MADE = ("completed", "rejected", "superseded")
_UNFINISHED = ("failed", "crashed")
_NOT_SUBMITTED = ("api_failed", "unknown")


@dataclass(frozen=True, slots=True)
class RunFigures:
    """One run. Shares are from 0 to 1, and None where there was nothing to count."""

    run_id: int
    run_type: str
    status: str
    started_at: datetime
    seconds: float | None
    processed: int
    scheduled: int
    swaps: int
    failed: int
    edited: int
    submitted: int
    not_submitted: int
    approval_seconds: float | None

    @property
    def success_rate(self) -> float | None:
        """Of the events that it was about, how many have a place."""
        return share(self.scheduled, self.processed)

    @property
    def swap_share(self) -> float | None:
        """Of the events that have a place, how many needed another to make room."""
        return share(self.swaps, self.scheduled)

    @property
    def submission_share(self) -> float | None:
        """Of the rows that were submitted, how many stand in the planner."""
        return share(self.submitted, self.submitted + self.not_submitted)


@dataclass(frozen=True, slots=True)
class Calls:
    """What was written to the planner. `retry_share`: of what was tried again, how much worked."""

    sent: int
    median_milliseconds: float | None
    p95_milliseconds: float | None
    time_outs: int
    time_out_share: float | None
    retries: int
    retry_share: float | None


@dataclass(frozen=True, slots=True)
class History:
    """`runs`: the newest first, those by hand included. The other figures are of all of them; None where
    there was nothing to count. `unfinished`: proposals that failed or crashed. `mean_processed`: the events
    that a proposal is about."""

    runs: tuple[RunFigures, ...]
    proposals: int
    unfinished: int
    started_by_hand: int
    started_by_hand_share: float | None
    scheduled_by_hand: int
    success_rate: float | None
    swap_share: float | None
    mean_processed: float | None
    mean_seconds: float | None
    submission_share: float | None
    edited_share: float | None
    median_approval_seconds: float | None
    calls: Calls


def history(engine: Engine, *, since: datetime | None = None) -> History:
    """The figures of all runs that began, and all writes that were sent, from an instant on."""
    with frozen(engine) as connection:
        runs = _load_runs(connection, since or _EVER)
        calls = _load_calls(connection, since or _EVER)
    return summary(runs, calls)


def summary(runs: Sequence[RunFigures], calls: Calls) -> History:
    """The runs and what they amount to. Pure."""
    proposals = [run for run in runs if run.run_type in PROPOSED]
    manual = sum(run.run_type == "manual" for run in proposals)
    scheduled = sum(run.scheduled for run in proposals)
    submitted = sum(run.submitted for run in runs)
    approved = [run for run in proposals if run.approval_seconds is not None]
    return History(
        runs=tuple(runs),
        proposals=len(proposals),
        unfinished=sum(run.status in _UNFINISHED for run in proposals),
        started_by_hand=manual,
        started_by_hand_share=share(manual, len(proposals)),
        scheduled_by_hand=len(runs) - len(proposals),
        success_rate=share(scheduled, sum(run.processed for run in proposals)),
        swap_share=share(sum(run.swaps for run in proposals), scheduled),
        mean_processed=_of(mean, (run.processed for run in proposals if run.status in _MADE)),
        mean_seconds=_of(mean, (run.seconds for run in proposals)),
        submission_share=share(submitted, submitted + sum(run.not_submitted for run in runs)),
        edited_share=share(sum(run.edited > 0 for run in approved), len(approved)),
        median_approval_seconds=_of(median, (run.approval_seconds for run in approved)),
        calls=calls,
    )


def share(part: int, whole: int) -> float | None:
    """A part of a whole, from 0 to 1; None of nothing."""
    return part / whole if whole else None


def p95(values: Sequence[float]) -> float | None:
    """What 95 % of some values do not exceed; None without any."""
    if len(values) > 1:
        return quantiles(values, n=20, method="inclusive")[-1]
    return values[0] if values else None


def _load_runs(connection: Connection, since: datetime) -> list[RunFigures]:
    run, row = SchedulerRun, PendingSchedule
    states = (
        select(row.scheduler_run_id, row.status, row.edited_by.is_not(None), func.count())
        .join(run, run.id == row.scheduler_run_id)
        .where(run.started_at >= since)
        .group_by(row.scheduler_run_id, row.status, row.edited_by.is_not(None))
    )
    rows: dict[int, Counter[str]] = defaultdict(Counter)
    for run_id, status, edited, count in connection.execute(states):
        rows[run_id][status] += count
        rows[run_id]["edited"] += count if edited else 0
    query = select(run.__table__).where(run.started_at >= since).order_by(run.id.desc())
    return [_run(one, rows[one["id"]]) for one in connection.execute(query).mappings()]


def _run(run: RowMapping, rows: Counter[str]) -> RunFigures:
    made = run["completed_at"] if run["status"] in _MADE else None
    approved = run["approved_at"]
    return RunFigures(
        run_id=run["id"],
        run_type=run["run_type"],
        status=run["status"],
        started_at=run["started_at"],
        seconds=(made - run["started_at"]).total_seconds() if made else None,
        processed=run["total_events_processed"],
        scheduled=run["events_scheduled"],
        swaps=run["events_requiring_swaps"],
        failed=run["events_failed"],
        edited=rows["edited"],
        submitted=rows["api_submitted"],
        not_submitted=sum(rows[state] for state in _NOT_SUBMITTED),
        approval_seconds=(approved - made).total_seconds() if approved and made else None,
    )


def _load_calls(connection: Connection, since: datetime) -> Calls:
    operation = CrossmarkOperation
    query = (
        select(
            operation.pending_schedule_id,
            operation.kind,
            operation.purpose,
            operation.state,
            operation.timed_out,
            operation.milliseconds,
        )
        .where(operation.sent_at >= since)
        .order_by(operation.sent_at, operation.id)
    )
    rows = connection.execute(query).all()
    times = [row.milliseconds for row in rows if row.milliseconds is not None]
    time_outs = sum(row.timed_out for row in rows)
    tried: set[tuple[int, str, str]] = set()
    retries = []
    for row in rows:
        if row.pending_schedule_id is not None:
            key = (row.pending_schedule_id, row.kind, row.purpose)
            retries += [row.state == "done"] if key in tried else []
            tried.add(key)
    return Calls(
        sent=len(rows),
        median_milliseconds=median(times) if times else None,
        p95_milliseconds=p95(times),
        time_outs=time_outs,
        time_out_share=share(time_outs, len(rows)),
        retries=len(retries),
        retry_share=share(sum(retries), len(retries)),
    )


def _of(figure: Callable[[Sequence[float]], float], values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return figure(known) if known else None
