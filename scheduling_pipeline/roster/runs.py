"""The runs of proposals: begun, found when they died, dismissed, purged.

The unique index on the one run that is `running` is what keeps two apart; the lease tells whether somebody is
still at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine, delete, func, select, update

from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.leases import is_held
from scheduling_pipeline.database.roster import (
    CrossmarkOperation,
    PendingSchedule,
    RosterRequest,
    SchedulerRun,
)
from scheduling_pipeline.roster.pins import PROPOSED
from scheduling_pipeline.roster_settings import RosterSettings

PROPOSAL_LEASE = "roster-proposal"
"""Who makes a proposal holds this lease."""

OPEN = ("waiting", "running")
"""The states of requests that are still to be carried out."""

_UNSETTLED = ("approved", "api_failed", "unknown")  # rows that somebody has still to see to


class RunInProgressError(Exception):
    """Another proposal is being made; `run_id` says which."""

    def __init__(self, run_id: int, since: datetime, who: str | None) -> None:
        by = f" by {who}" if who else ""
        super().__init__(f"run {run_id}, begun {since:%Y-%m-%d %H:%M} UTC{by}, is still in progress")
        self.run_id = run_id


class RunOverError(Exception):
    """The run is not running any more: it was completed, failed, or was given up as crashed."""


@dataclass(frozen=True, slots=True)
class CrashedRun:
    """A proposal that nobody finished."""

    run_id: int
    run_type: str
    requested_by: str | None
    started_at: datetime


def begin_run(
    engine: Engine, *, run_type: Literal["automatic", "manual"], requested_by: str | None, now: datetime
) -> int:
    """Note that a proposal is to be made, and keep others from being made meanwhile; the run's id.

    Raises RunInProgressError while another one is. Call `crashed_runs` first, so that one that died does
    not stand in the way.
    """
    with engine.begin() as connection:
        return add_run(connection, run_type=run_type, requested_by=requested_by, now=now)


def add_run(connection: Connection, *, run_type: str, requested_by: str | None, now: datetime) -> int:
    """`begin_run` in the caller's transaction."""
    values = {"run_type": run_type, "requested_by": requested_by, "started_at": now, "status": "running"}
    new = upsert(connection, SchedulerRun).values(values).on_conflict_do_nothing().returning(SchedulerRun.id)
    other = select(SchedulerRun.id, SchedulerRun.started_at, SchedulerRun.requested_by).where(
        SchedulerRun.status == "running"
    )
    while (run_id := connection.execute(new).scalar_one_or_none()) is None:
        running = connection.execute(other).one_or_none()
        if running is not None:  # else it has just ended
            raise RunInProgressError(*running)
    return run_id


def give_up(engine: Engine, run_id: int, problem: str, now: datetime) -> None:
    """Note that a run failed, and with it whatever was asked for; one that is over already stays as it is."""
    with engine.begin() as connection:
        connection.execute(
            update(SchedulerRun)
            .where(SchedulerRun.id == run_id, SchedulerRun.status == "running")
            .values(status="failed", completed_at=now, error_message=problem)
        )
        _fail_proposals(connection, [run_id], problem, now)


def crashed_runs(engine: Engine, settings: RosterSettings, now: datetime) -> list[CrashedRun]:
    """The proposals whose process died, until somebody dismisses them; the newest first.

    One that is `running`, was begun long enough ago and has nobody at it is marked crashed first, and what
    was asked for with it has failed.
    """
    run, request = SchedulerRun, RosterRequest
    long_ago = now - settings.crashed_after
    just_begun = select(request.run_id).where(request.state == "running", request.started_at >= long_ago)
    problem = f"nobody was at it for {settings.crashed_after_minutes:g} minutes"
    died = (
        update(run)
        .where(run.status == "running", run.started_at < long_ago, run.id.not_in(just_begun))
        .values(status="crashed", completed_at=now, error_message=problem)
        .returning(run.id)
    )
    crashed = (
        select(run.id, run.run_type, run.requested_by, run.started_at)
        .where(run.status == "crashed", run.dismissed_at.is_(None))
        .order_by(run.id.desc())
    )
    at_it = is_held(engine, PROPOSAL_LEASE)
    with engine.begin() as connection:
        if not at_it:
            _fail_proposals(connection, connection.scalars(died).all(), problem, now)
        return [CrashedRun(*row) for row in connection.execute(crashed)]


def _fail_proposals(connection: Connection, runs: Sequence[int], problem: str, now: datetime) -> None:
    request = RosterRequest
    connection.execute(
        update(request)
        .where(request.run_id.in_(runs), request.kind == "propose", request.state.in_(OPEN))
        .values(state="failed", finished_at=now, problem=problem)
    )


def dismiss_crash(engine: Engine, run_id: int, now: datetime) -> None:
    """Tell nobody of a crashed run any more. Raises LookupError for one that has not crashed."""
    dismissed = (
        update(SchedulerRun)
        .where(SchedulerRun.id == run_id, SchedulerRun.status == "crashed")
        .values(dismissed_at=now)
    )
    with engine.begin() as connection:
        if connection.execute(dismissed).rowcount == 0:
            raise LookupError(f"run {run_id} has not crashed")


def purge(engine: Engine, settings: RosterSettings, now: datetime) -> int:
    """Remove runs that began more than `keep_weeks` ago, with their rows and requests; how many runs.

    What was sent to the planner stays noted. Spared are the newest proposal, crashes that nobody has
    dismissed, and runs of which something is still open: a request, a row that was not submitted, or a write
    whose outcome nobody knows.
    """
    run, row, operation = SchedulerRun, PendingSchedule, CrossmarkOperation
    newest = select(func.max(run.id)).where(run.run_type.in_(PROPOSED), run.status == "completed")
    unsettled = select(row.scheduler_run_id).where(row.status.in_(_UNSETTLED))
    unknown = (
        select(row.scheduler_run_id)
        .join(operation, operation.pending_schedule_id == row.id)
        .where(operation.settled_at.is_(None))
    )
    asked = select(RosterRequest.run_id).where(RosterRequest.state.in_(OPEN))
    old = delete(run).where(
        run.started_at < now - timedelta(weeks=settings.keep_weeks),
        run.status != "running",
        ~((run.status == "crashed") & run.dismissed_at.is_(None)),
        run.id != func.coalesce(newest.scalar_subquery(), 0),
        run.id.not_in(unsettled.union(unknown, asked)),
    )
    with engine.begin() as connection:
        return connection.execute(old).rowcount
