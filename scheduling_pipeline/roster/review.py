"""What a manager decides about a proposal: edit, reject, approve, retry. Each is one transaction.

The run's row is locked first, so that decisions about one run come one after the other. A decision that is
refused raises a RefusedError and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, select, update

from scheduling_pipeline.database.roster import PendingSchedule, RosterRequest, SchedulerRun
from scheduling_pipeline.roster.approved import LIVE, roster_rows
from scheduling_pipeline.roster.changes import Change, change_row, place_row, take_supervisor_along
from scheduling_pipeline.roster.refused import (
    AlreadyApprovedError,
    NotFoundError,
    NothingToSubmitError,
    RefusedError,
    RowLockedError,
    RunNotOpenError,
    StaleRevisionError,
    SupersededError,
)
from scheduling_pipeline.roster.requests import add_request, void_requests
from scheduling_pipeline.roster.revision import note_revision, revision_of
from scheduling_pipeline.roster.runs import OPEN
from scheduling_pipeline.roster.steps import Row, components
from scheduling_pipeline.roster.table import Table, is_core
from scheduling_pipeline.roster_settings import RosterSettings

DRAFT = ("proposed", "user_edited")
"""The states of rows that wait for an approval."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision changed. `revision`: of the run, from now on. `voided`: an approval that no longer
    holds, because of it."""

    run_id: int
    revision: str
    changes: tuple[Change, ...]
    voided: bool = False


def edit_row(
    engine: Engine,
    settings: RosterSettings,
    row_id: int,
    *,
    employee_id: str,
    start: datetime,
    revision: str | None,
    override: str | None,
    who: str,
    now: datetime,
) -> Decided:
    """Put an event elsewhere; a Core event takes its Supervisor event along to the new day. `start`: an
    instant. `revision`: the one that they had before them, None not to compare. `override`: why a soft rule
    may be broken.

    A row of a run that was approved and is not being submitted yet can be edited, and voids the approval;
    one that could not be submitted is edited by itself, and then retried.

    Raises RuleBrokenError, OverrideNeededError, StaleRevisionError, RowLockedError, SupersededError,
    RunNotOpenError, NotFoundError.
    """
    with engine.begin() as connection:
        run, voided = _open_for_change(connection, row_id, revision, now)
        row = _row(connection, row_id)
        if row["status"] not in (*DRAFT, "failed", "api_failed"):
            raise RowLockedError(f"The row is {_plain(row['status'])}: it can no longer be edited.")
        table = Table.load(connection, settings, now, run_id=run["id"])
        event = table.event(row["event_ref_num"])
        place = table.place(employee_id, start)
        kept = table.put({event.ref: place}, override)
        changes = [place_row(connection, table, row, place, override=kept[event.ref], who=who, now=now)]
        if is_core(event):
            changes += take_supervisor_along(connection, table, run["id"], event, place, who=who, now=now)
        return Decided(run["id"], note_revision(connection, run["id"]), tuple(changes), voided)


def reject_row(
    engine: Engine,
    settings: RosterSettings,
    row_id: int,
    *,
    revision: str | None = None,
    who: str,
    now: datetime,
) -> Decided:
    """Take a row out of a proposal, with all that only makes sense with it: its Core or Supervisor event,
    the events that make room for it, and those that it makes room for. A Supervisor event that stands
    nowhere yet goes alone.

    Raises StaleRevisionError, RowLockedError, SupersededError, RunNotOpenError, NotFoundError.
    """
    with engine.begin() as connection:
        run, voided = _open_for_change(connection, row_id, revision, now)
        if _row(connection, row_id)["status"] not in DRAFT:
            raise RowLockedError("Only a row that waits for an approval can be rejected.")
        rows = _together(connection, settings, run["id"], row_id, DRAFT)
        rejected = {"status": "rejected", "edited_by": who, "edited_at": now, "updated_at": now}
        changes = [change_row(connection, _row(connection, row.id), rejected) for row in rows]
        return Decided(run["id"], note_revision(connection, run["id"]), tuple(changes), voided)


def reject_runs(engine: Engine, run_id: int | None, *, who: str, now: datetime) -> list[int]:
    """Reject a proposal, or all that wait for an approval; their ids. Its events can be proposed again.

    Raises NotFoundError, AlreadyApprovedError, SupersededError or RunNotOpenError for one that does not wait.
    """
    run = SchedulerRun
    waiting = (run.status == "completed") & run.approved_at.is_(None) & (run.run_type != "hand")
    chosen = waiting if run_id is None else waiting & (run.id == run_id)
    with engine.begin() as connection:
        rejected = update(run).where(chosen).values(status="rejected").returning(run.id)
        runs = sorted(connection.scalars(rejected))
        if run_id is not None and not runs:
            raise _why_not_open(connection, run_id)
        row = PendingSchedule
        connection.execute(
            update(row)
            .where(row.scheduler_run_id.in_(runs), row.status.in_(DRAFT))
            .values(status="rejected", edited_by=who, edited_at=now, updated_at=now)
        )
        for number in runs:
            note_revision(connection, number)
        return runs


def approve(engine: Engine, run_id: int, revision: str, *, who: str, now: datetime) -> int:
    """Approve exactly this revision of a proposal; the id of the request to submit it. Of several who try,
    one succeeds.

    Raises NotFoundError, StaleRevisionError, AlreadyApprovedError, SupersededError, RunNotOpenError,
    NothingToSubmitError.
    """
    run, row = SchedulerRun, PendingSchedule
    with engine.begin() as connection:
        approved = (
            update(run)
            .where(
                run.id == run_id,
                run.status == "completed",
                run.approved_at.is_(None),
                run.revision == revision,
            )
            .values(approved_at=now, approved_revision=revision, approved_by_user=who)
        )
        if connection.execute(approved).rowcount == 0:
            raise _why_not_open(connection, run_id)
        current = revision_of(connection, run_id)
        if current != revision:
            raise StaleRevisionError(current)
        rows = (
            update(row)
            .where(row.scheduler_run_id == run_id, row.status.in_(DRAFT))
            .values(status="approved", updated_at=now)
        )
        if connection.execute(rows).rowcount == 0:
            raise NothingToSubmitError("None of its rows would change anything in the planner.")
        return add_request(connection, kind="submit", run_id=run_id, who=who, now=now, revision=revision)


def retry_row(engine: Engine, settings: RosterSettings, row_id: int, *, who: str, now: datetime) -> int:
    """Have a row submitted once more that could not be submitted, was edited since, or of which nobody knows
    what became; with those that failed along with it. The id of the request.

    Raises NotFoundError, RowLockedError, NothingToSubmitError.
    """
    again = ("api_failed", "user_edited", "approved", "unknown")
    with engine.begin() as connection:
        run = _locked_run(connection, row_id)
        if run["approved_at"] is None:
            raise RowLockedError("Its proposal is not approved yet.")
        if _open_request(connection, run["id"]) is not None:
            raise RowLockedError("Its proposal is being submitted: wait until that has ended.")
        row = _row(connection, row_id)
        if row["status"] not in again:
            raise RowLockedError(f"The row is {_plain(row['status'])}: there is nothing to retry.")
        if row["schedule_datetime"] is None and row["previous_datetime"] is None:
            raise NothingToSubmitError("The event has no place.")
        rows = [one.id for one in _together(connection, settings, run["id"], row_id, again)]
        connection.execute(
            update(PendingSchedule)
            .where(PendingSchedule.id.in_(rows), PendingSchedule.status != "unknown")
            .values(status="approved", updated_at=now)
        )
        revision = note_revision(connection, run["id"])
        return add_request(
            connection, kind="submit", run_id=run["id"], who=who, now=now, revision=revision, rows=rows
        )


def _open_for_change(
    connection: Connection, row_id: int, revision: str | None, now: datetime
) -> tuple[RowMapping, bool]:
    """The locked run of a row, and whether an approval had to be voided to change it."""
    run = _locked_run(connection, row_id)
    if run["status"] == "superseded":
        raise SupersededError
    if run["status"] != "completed":
        raise RunNotOpenError(run["status"])
    if revision is not None and revision != run["revision"]:
        raise StaleRevisionError(run["revision"])
    request = _open_request(connection, run["id"])
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


def _together(
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


def _locked_run(connection: Connection, row_id: int) -> RowMapping:
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


def _open_request(connection: Connection, run_id: int) -> RowMapping | None:
    """The request to submit of a run, locked, so that nobody begins it meanwhile."""
    request = RosterRequest
    query = (
        select(request.__table__)
        .where(request.run_id == run_id, request.kind == "submit", request.state.in_(OPEN))
        .with_for_update()
    )
    return connection.execute(query).mappings().one_or_none()


def _row(connection: Connection, row_id: int) -> RowMapping:
    query = select(PendingSchedule.__table__).where(PendingSchedule.id == row_id)
    return connection.execute(query).mappings().one()


def _why_not_open(connection: Connection, run_id: int) -> RefusedError:
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


def _plain(status: str) -> str:
    return {"api_submitted": "submitted", "api_failed": "refused by the planner"}.get(status, status)
