"""Runs and rows of proposals as whoever decides about them needs them: locked, and open for a decision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from scheduling_pipeline.database.roster import PendingSchedule, RosterRequest, SchedulerRun
from scheduling_pipeline.roster.approved import LIVE, roster_rows
from scheduling_pipeline.roster.refused import (
    AlreadyApprovedError,
    NotFoundError,
    RefusedError,
    RowLockedError,
    RunNotOpenError,
    StaleRevisionError,
    SupersededError,
)
from scheduling_pipeline.roster.requests import void_requests
from scheduling_pipeline.roster.runs import OPEN
from scheduling_pipeline.roster.steps import Row, components
from scheduling_pipeline.roster.table import DRAFT
from scheduling_pipeline.roster_settings import RosterSettings


def open_for_change(
    connection: Connection, row_id: int, revision: str | None, now: datetime
) -> tuple[RowMapping, bool]:
    """The locked run of a row, and whether an approval had to be voided to change it. `revision`: the one
    that they had before them, None not to compare.

    Raises NotFoundError, SupersededError, RunNotOpenError, StaleRevisionError, RowLockedError.
    """
    run = locked_run(connection, row_id)
    if run["status"] == "superseded":
        raise SupersededError
    if run["status"] != "completed":
        raise RunNotOpenError(run["status"])
    if revision is not None and revision != run["revision"]:
        raise StaleRevisionError(run["revision"])
    request = open_request(connection, run["id"])
    if request is None:
        return run, False
    if request["state"] == "running" or run["run_type"] == "hand":
        raise RowLockedError("It is being submitted: wait until that has ended.")
    void_requests(connection, run["id"], now)
    _withdraw(connection, run["id"], whole=request["rows"] is None)
    return run, True


def _withdraw(connection: Connection, run_id: int, *, whole: bool) -> None:
    """Approved rows are what they were before."""
    run, row = SchedulerRun, PendingSchedule

    def back(status: str, *which: ColumnElement[bool]) -> None:
        approved = update(row).where(row.scheduler_run_id == run_id, row.status == "approved", *which)
        connection.execute(approved.values(status=status))

    back("api_failed", row.api_error_details.is_not(None))
    back("user_edited", row.edited_at.is_not(None))
    back("proposed")
    if whole:
        connection.execute(
            update(run)
            .where(run.id == run_id)
            .values(approved_at=None, approved_revision=None, approved_by_user=None)
        )


def together(
    connection: Connection, settings: RosterSettings, run_id: int, row_id: int, states: Iterable[str]
) -> list[Row]:
    """The rows in some states that hang together with one, this one included."""
    around = roster_rows(
        connection,
        settings,
        PendingSchedule.scheduler_run_id == run_id,
        statuses={*LIVE, *states},
    )
    found = next(part for part in components(around) if any(row.id == row_id for row in part))
    alone = next(row for row in found if row.id == row_id)
    if alone.core is not None and alone.previous is None and alone.status in DRAFT:
        return [alone]
    return [row for row in found if row.status in set(states)]


def locked_run(connection: Connection, row_id: int) -> RowMapping:
    """The run of a row; nobody else decides about it until the end of the transaction.

    Raises NotFoundError.
    """
    run, row = SchedulerRun, PendingSchedule
    query = (
        select(run.__table__)
        .where(run.id == select(row.scheduler_run_id).where(row.id == row_id).scalar_subquery())
        .with_for_update()
    )
    found = connection.execute(query).mappings().one_or_none()
    if found is None:
        raise NotFoundError(f"There is no row {row_id}.")
    return found


def open_request(connection: Connection, run_id: int) -> RowMapping | None:
    """The request to submit of a run, locked, so that nobody begins it meanwhile."""
    request = RosterRequest
    query = (
        select(request.__table__)
        .where(request.run_id == run_id, request.kind == "submit", request.state.in_(OPEN))
        .with_for_update()
    )
    return connection.execute(query).mappings().one_or_none()


def row_by_id(connection: Connection, row_id: int) -> RowMapping:
    """A row of `pending_schedules`, which there is."""
    query = select(PendingSchedule.__table__).where(PendingSchedule.id == row_id)
    return connection.execute(query).mappings().one()


def why_not_open(connection: Connection, run_id: int) -> RefusedError:
    """Why a run cannot be approved or rejected at the revision that they had before them."""
    query = select(SchedulerRun.__table__).where(SchedulerRun.id == run_id)
    run = connection.execute(query).mappings().one_or_none()
    if run is None:
        return NotFoundError(f"There is no proposal {run_id}.")
    if run["status"] == "superseded":
        return SupersededError()
    if run["status"] != "completed":
        return RunNotOpenError(run["status"])
    if run["approved_at"] is not None:
        return AlreadyApprovedError(run["approved_by_user"], run["approved_at"])
    return StaleRevisionError(run["revision"])


def in_words(status: str) -> str:
    """The state of a row."""
    return {"api_submitted": "submitted", "api_failed": "refused by the planner"}.get(status, status)
