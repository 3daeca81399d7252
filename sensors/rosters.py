"""What people ask for on the desk starts runs: proposals, and submissions of what a manager approved.

Each request is a row in the database until a run has carried it out. A run that died is known by the lease
that nobody holds: its request gets another run, under another key, as Dagster never starts a used one again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
from sqlalchemy import Engine

from assets.jobs import AssetJob
from assets.roster import request_config
from resources.clock import Clock
from resources.database import Database
from scheduling_pipeline.database.leases import is_held
from scheduling_pipeline.roster.requests import SUBMISSION_LEASE, Kind, Request, open_requests
from scheduling_pipeline.roster.runs import PROPOSAL_LEASE, give_up
from sensors.attempts import NO_RETRY, is_alive

SECONDS_BETWEEN_TICKS = 5
REQUEST_TAG = "scheduling/roster_request"
LEASES: dict[Kind, str] = {"propose": PROPOSAL_LEASE, "submit": SUBMISSION_LEASE}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """What a tick needs to know. `now` is real time even where the outside is simulated: processes live in
    it."""

    instance: dg.DagsterInstance
    engine: Engine
    now: datetime

    def runs_of(self, request: Request) -> list[dg.RunRecord]:
        """The runs that were started for a request, the newest first."""
        return list(self.instance.get_run_records(dg.RunsFilter(tags={REQUEST_TAG: str(request.id)})))

    def alive(self, request: Request, record: dg.RunRecord) -> bool:
        """Whether a run waits or works for a request."""
        lease = LEASES[request.kind]
        return is_alive(self.instance, record, self.now, lambda: is_held(self.engine, lease))


def build_submission_sensor(
    job: AssetJob, *, running: bool, now: Callable[[], datetime] = _now
) -> dg.SensorDefinition:
    """Approved rosters, one after another; a killed submission goes on in another run."""

    @dg.sensor(
        name="approved_rosters",
        job=job,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=_status(running=running),
        description="A manager approved a roster, or asked for a failed row again: submit it to Crossmark.",
    )
    def approved_rosters(
        context: dg.SensorEvaluationContext, database: Database
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        desk = Desk(context.instance, database.engine, now())
        waiting = open_requests(database.engine, "submit")
        if not waiting:
            yield dg.SkipReason("nothing was approved that is not submitted")
            return
        oldest, *_ = waiting
        runs = desk.runs_of(oldest)
        if any(desk.alive(oldest, run) for run in runs):
            yield dg.SkipReason(f"request {oldest.id} is being submitted")
            return
        yield _run(oldest, attempt=len(runs) + 1)

    return approved_rosters


def build_request_sensor(
    job: AssetJob, *, running: bool, now: Callable[[], datetime] = _now
) -> dg.SensorDefinition:
    """Proposals that somebody wants now. One whose run failed is given up: the desk offers it again."""

    @dg.sensor(
        name="requested_proposals",
        job=job,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=_status(running=running),
        description="Somebody wants a new roster proposal now.",
    )
    def requested_proposals(
        context: dg.SensorEvaluationContext, database: Database, clock: Clock
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        desk = Desk(context.instance, database.engine, now())
        waiting = open_requests(database.engine, "propose")
        if not waiting:
            yield dg.SkipReason("nobody asked for a proposal")
        for request in waiting:
            runs = desk.runs_of(request)
            if not runs:
                yield _run(request, attempt=1)
            elif any(desk.alive(request, run) for run in runs):
                yield dg.SkipReason(f"proposal {request.run_id} is being made")
            else:
                problem = f"Dagster run {runs[0].dagster_run.run_id} failed before there was a proposal"
                give_up(database.engine, request.run_id, problem, clock.now())

    return requested_proposals


def _run(request: Request, *, attempt: int) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{request.kind}-{request.id}-{attempt}",
        run_config=request_config(request.kind, request.id),
        tags={REQUEST_TAG: str(request.id), **NO_RETRY},
    )


def _status(*, running: bool) -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED
