"""The runs of proposals as the dashboard and the status show them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Select, func, select

from scheduling_pipeline.database.roster import PendingSchedule, RosterRequest, SchedulerRun
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.problems import not_found
from scheduling_pipeline.roster.pins import PROPOSED
from scheduling_pipeline.roster.requests import ask_for_proposal
from scheduling_pipeline.roster.runs import dismiss_crash

UNSETTLED = ("api_failed", "unknown")
SHOWN = 10


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run; `rows`: how many of its rows are in which state."""

    run_id: int
    run_type: str
    requested_by: str | None
    status: str
    started_at: datetime
    completed_at: datetime | None
    approved_at: datetime | None
    approved_by: str | None
    events_processed: int
    events_scheduled: int
    events_requiring_swaps: int
    events_failed: int
    events_skipped: int
    error_message: str | None
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """`waiting`: the proposal that nobody has approved yet. `unsettled`: runs with rows that the planner did
    not take, or of which nobody knows. `submitting`: approved ones that are being submitted."""

    running: RunStatus | None
    waiting: RunStatus | None
    unsettled: Sequence[RunStatus]
    submitting: Sequence[RunStatus]
    last: Sequence[RunStatus]


_RUN = (
    SchedulerRun.id.label("run_id"),
    SchedulerRun.run_type,
    SchedulerRun.requested_by,
    SchedulerRun.status,
    SchedulerRun.started_at,
    SchedulerRun.completed_at,
    SchedulerRun.approved_at,
    SchedulerRun.approved_by_user.label("approved_by"),
    SchedulerRun.total_events_processed.label("events_processed"),
    SchedulerRun.events_scheduled,
    SchedulerRun.events_requiring_swaps,
    SchedulerRun.events_failed,
    SchedulerRun.events_skipped,
    SchedulerRun.error_message,
)


def run_status(engine: Engine, run_id: int) -> RunStatus:
    """One run as it is now. Raises Problem (404)."""
    with engine.connect() as connection:
        found = _runs(connection, [run_id])
    if not found:
        raise not_found(f"run {run_id}")
    return found[0]


def overview(engine: Engine) -> Overview:
    """What the dashboard shows of runs."""
    run, row, request = SchedulerRun, PendingSchedule, RosterRequest
    newest = run.id.desc()
    with engine.connect() as connection:

        def ids(query: Select[tuple[int]]) -> list[int]:
            return list(connection.execute(query).scalars())

        running = ids(select(run.id).where(run.status == "running"))
        waiting = ids(
            select(run.id)
            .where(run.status == "completed", run.approved_at.is_(None), run.run_type.in_(PROPOSED))
            .order_by(newest)
            .limit(1)
        )
        unsettled = ids(select(row.scheduler_run_id).where(row.status.in_(UNSETTLED)).distinct())
        submitting = ids(
            select(request.run_id)
            .where(request.kind == "submit", request.state.in_(("waiting", "running")))
            .distinct()
        )
        last = ids(select(run.id).order_by(newest).limit(SHOWN))
        known = {
            one.run_id: one for one in _runs(connection, {*running, *waiting, *unsettled, *submitting, *last})
        }
    return Overview(
        running=next((known[number] for number in running), None),
        waiting=next((known[number] for number in waiting), None),
        unsettled=[known[number] for number in sorted(unsettled, reverse=True)],
        submitting=[known[number] for number in sorted(submitting, reverse=True)],
        last=[known[number] for number in last],
    )


def propose(engine: Engine, *, who: str, now: datetime) -> int:
    """Ask for a proposal; its run's number. Raises RunInProgressError."""
    asked = ask_for_proposal(engine, who, now)
    with engine.begin() as connection:
        audit.record(connection, who, "proposal.ask", f"run {asked.run_id}", at=now)
    return asked.run_id


def dismiss(engine: Engine, run_id: int, *, who: str, now: datetime) -> None:
    """Tell nobody of a crashed run any more. Raises Problem (404)."""
    try:
        dismiss_crash(engine, run_id, now)
    except LookupError:
        raise not_found(f"crashed run {run_id}") from None
    with engine.begin() as connection:
        audit.record(connection, who, "crash.dismiss", f"run {run_id}", at=now)


def _runs(connection: Connection, numbers: Collection[int]) -> list[RunStatus]:
    """These runs, the newest first."""
    rows = PendingSchedule
    counted = (
        select(rows.scheduler_run_id, rows.status, func.count().label("count"))
        .where(rows.scheduler_run_id.in_(numbers))
        .group_by(rows.scheduler_run_id, rows.status)
    )
    counts: dict[int, dict[str, int]] = {}
    for count in connection.execute(counted):
        counts.setdefault(count.scheduler_run_id, {})[count.status] = count[2]
    query = select(*_RUN).where(SchedulerRun.id.in_(numbers)).order_by(SchedulerRun.id.desc())
    found = connection.execute(query).mappings()
    return [RunStatus(**run, rows=counts.get(run["run_id"], {})) for run in found]
