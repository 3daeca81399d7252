"""How far the submission of a run has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, RowMapping, func, select

from scheduling_pipeline.database.roster import (
    PendingSchedule,
    RosterEmployee,
    RosterEvent,
    RosterRequest,
    SchedulerRun,
)
from scheduling_pipeline.desk.problems import not_found
from scheduling_pipeline.roster.runs import OPEN

CONCERNED = ("approved", "api_submitted", "api_failed", "unknown")
NOT_APPROVED = "none"
LATEST = 20  # outcomes that are shown while it goes on
MOST_FAILURES = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row that was tried. `start` is aware, in the stores' zone; None for an event that is taken off."""

    row_id: int
    event_ref: int
    event: str
    employee: str
    start: datetime | None
    status: str
    problem: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`state`: of the newest request to submit the run, NOT_APPROVED while there is none that holds. `done`
    of `total` rows have an outcome. `latest`: the newest outcomes first; `failures`: those that the planner
    did not take, or of which nobody knows."""

    run_id: int
    state: str
    problem: str
    total: int
    submitted: int
    failed: int
    unknown: int
    latest: Sequence[Outcome]
    failures: Sequence[Outcome]

    @property
    def done(self) -> int:
        return self.submitted + self.failed + self.unknown

    @property
    def is_over(self) -> bool:
        return self.state not in OPEN


def load_progress(engine: Engine, run_id: int, zone: ZoneInfo) -> Progress:
    """The submission of a run as it is now. Raises Problem (404)."""
    row, request = PendingSchedule, RosterRequest
    counted = (
        select(row.status, func.count().label("rows"))
        .where(row.scheduler_run_id == run_id, row.status.in_(CONCERNED))
        .group_by(row.status)
    )
    newest = (
        select(request.state, request.problem)
        .where(request.run_id == run_id, request.kind == "submit", request.state != "void")
        .order_by(request.id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        if connection.execute(select(SchedulerRun.id).where(SchedulerRun.id == run_id)).first() is None:
            raise not_found(f"run {run_id}")
        counts = {one.status: one.rows for one in connection.execute(counted)}
        asked = connection.execute(newest).one_or_none()
        return Progress(
            run_id=run_id,
            state=asked.state if asked else NOT_APPROVED,
            problem=(asked.problem or "") if asked else "",
            total=sum(counts.values()),
            submitted=counts.get("api_submitted", 0),
            failed=counts.get("api_failed", 0),
            unknown=counts.get("unknown", 0),
            latest=_outcomes(connection, run_id, CONCERNED[1:], LATEST, zone),
            failures=_outcomes(connection, run_id, CONCERNED[2:], MOST_FAILURES, zone),
        )


def _outcomes(
    connection: Connection, run_id: int, statuses: Sequence[str], most: int, zone: ZoneInfo
) -> list[Outcome]:
    row = PendingSchedule
    query = (
        select(row.__table__, RosterEvent.project_name, RosterEmployee.name)
        .join(RosterEvent, RosterEvent.project_ref_num == row.event_ref_num)
        .outerjoin(RosterEmployee, RosterEmployee.id == row.employee_id)
        .where(row.scheduler_run_id == run_id, row.status.in_(statuses))
        .order_by(row.updated_at.desc(), row.id.desc())
        .limit(most)
    )
    return [_outcome(found, zone) for found in connection.execute(query).mappings()]


def _outcome(row: RowMapping, zone: ZoneInfo) -> Outcome:
    start = row["schedule_datetime"]
    return Outcome(
        row_id=row["id"],
        event_ref=row["event_ref_num"],
        event=row["project_name"],
        employee=row["name"] or "",
        start=start.astimezone(zone) if start else None,
        status=row["status"],
        problem=row["api_error_details"] or "",
    )
