"""Making a proposal: one transaction that touches nothing but the tables of proposals."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, insert, select, update

from scheduling_pipeline.database.leases import Leases, LeaseTimeoutError
from scheduling_pipeline.database.roster import PendingSchedule, SchedulerRun
from scheduling_pipeline.roster.engines import engine_named
from scheduling_pipeline.roster.explain import explain
from scheduling_pipeline.roster.pins import PROPOSED, earlier_proposal
from scheduling_pipeline.roster.proposal_rows import Counts, Draft, objective_of
from scheduling_pipeline.roster.reading import frozen
from scheduling_pipeline.roster.revision import note_revision
from scheduling_pipeline.roster.runs import (
    PROPOSAL_LEASE,
    RunInProgressError,
    RunOverError,
    begin_run,
    crashed_runs,
    dismiss_crash,
    give_up,
    purge,
)
from scheduling_pipeline.roster.snapshot import load_snapshot
from scheduling_pipeline.roster_settings import RosterSettings

__all__ = [
    "PROPOSAL_LEASE",
    "Made",
    "RunInProgressError",
    "RunOverError",
    "begin_run",
    "crashed_runs",
    "dismiss_crash",
    "give_up",
    "make_proposal",
    "purge",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """A proposal as it was written. `carried` edits of managers are in it, `broken_pins` could not be kept;
    `superseded` are the runs that it replaces."""

    run_id: int
    counts: Counts
    revision: str
    seconds: float
    proven: bool
    objective: Mapping[str, object]
    failures: Mapping[str, int]  # by code
    carried: int
    broken_pins: int
    superseded: tuple[int, ...]


def make_proposal(engine: Engine, run_id: int, settings: RosterSettings, now: datetime) -> Made:
    """Make the proposal of a run that was begun: all of its rows, or none.

    Older proposals that nobody has approved are superseded; what managers edited in the newest of them is
    carried over. On an exception the run is marked failed, and nothing else has changed. Raises
    RunInProgressError when another process makes the proposal, RunOverError when the run is over.
    """
    leases = Leases(engine)
    try:
        with leases.hold(PROPOSAL_LEASE, wait=timedelta(0)):
            return _make(engine, leases, run_id, settings, now)
    except LeaseTimeoutError:
        raise RunInProgressError(*_running(engine, run_id)) from None


def _make(engine: Engine, leases: Leases, run_id: int, settings: RosterSettings, now: datetime) -> Made:
    _running(engine, run_id)
    logger.info("proposal %d: begun, with the %s engine", run_id, settings.engine)
    started = time.perf_counter()
    try:
        while True:
            draft = _draft(engine, settings, now)
            leases.renew([PROPOSAL_LEASE])
            seconds = time.perf_counter() - started
            with engine.begin() as connection:
                if earlier_proposal(connection, settings.tz, lock=True) == draft.earlier:
                    made = _write(connection, run_id, draft, seconds)
                    break
            # Somebody edited or approved the earlier proposal meanwhile: their word counts.
    except BaseException as error:
        # What follows an exception's first line may quote the data.
        problem = f"{type(error).__name__}: {error}".splitlines()[0]
        give_up(engine, run_id, problem, now + timedelta(seconds=time.perf_counter() - started))
        logger.error("proposal %d: %s", run_id, problem)  # noqa: TRY400 - who catches it logs the rest
        raise
    placed, failed, left_out = made.counts.scheduled, made.counts.failed, made.counts.skipped
    done = "proposal %d: %d events placed, %d without a place, %d left out, in %.2f s"
    logger.info(done, run_id, placed, failed, left_out, made.seconds)
    return made


def _draft(engine: Engine, settings: RosterSettings, now: datetime) -> Draft:
    """Read and think; the database is not locked meanwhile."""
    with frozen(engine) as connection:
        earlier = earlier_proposal(connection, settings.tz)
        snapshot = load_snapshot(connection, settings, now, pins=earlier.places)
    plan = engine_named(settings.engine).plan(snapshot, settings.rules)
    explanations = explain(snapshot, settings.rules, plan)
    return Draft(snapshot, plan, explanations, earlier, settings.tz, now)


def _write(connection: Connection, run_id: int, draft: Draft, seconds: float) -> Made:
    plan = draft.plan
    rows, skipped = draft.rows(), draft.skipped()
    counts = Counts.of(rows, skipped)
    objective = objective_of(plan, seconds)
    completed = (
        update(SchedulerRun)
        .where(SchedulerRun.id == run_id, SchedulerRun.status == "running")
        .values(
            status="completed",
            completed_at=draft.now + timedelta(seconds=seconds),
            engine=plan.engine,
            total_events_processed=counts.processed,
            events_scheduled=counts.scheduled,
            events_requiring_swaps=counts.swaps,
            events_failed=counts.failed,
            events_skipped=counts.skipped,
            skipped=skipped,
            objective=objective,
        )
    )
    if connection.execute(completed).rowcount == 0:
        raise RunOverError(f"run {run_id} was given up before its proposal was ready")
    if rows:
        connection.execute(insert(PendingSchedule), [row | {"scheduler_run_id": run_id} for row in rows])
    return Made(
        run_id=run_id,
        counts=counts,
        revision=note_revision(connection, run_id),
        seconds=seconds,
        proven=all(plan.proof.proven),
        objective=objective,
        failures=dict(Counter(str(row["failure_code"]) for row in rows if row["failure_code"])),
        carried=sum(row["status"] == "user_edited" for row in rows),
        broken_pins=len(plan.broken_pins),
        superseded=_supersede(connection, run_id),
    )


def _supersede(connection: Connection, run_id: int) -> tuple[int, ...]:
    run = SchedulerRun
    older = (
        update(run)
        .where(
            run.id != run_id,
            run.run_type.in_(PROPOSED),
            run.status == "completed",
            run.approved_at.is_(None),
        )
        .values(status="superseded")
        .returning(run.id)
    )
    return tuple(sorted(connection.scalars(older)))


def _running(engine: Engine, run_id: int) -> tuple[int, datetime, str | None]:
    """The run's id, when it began, and for whom. Raises RunOverError when it is over."""
    run = SchedulerRun
    query = select(run.id, run.started_at, run.requested_by).where(run.id == run_id, run.status == "running")
    with engine.connect() as connection:
        found = connection.execute(query).tuples().one_or_none()
    if found is None:
        raise RunOverError(f"run {run_id} is not running")
    return found
