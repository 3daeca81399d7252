"""What a manager decides about a proposal: edit, reject, approve, retry. Each is one transaction, the note
in the audit included.

The run's row is locked first, so that decisions about one run come one after the other. A decision that is
refused raises a RefusedError and changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, update

from scheduling_pipeline.database import audit
from scheduling_pipeline.database.roster import PendingSchedule, SchedulerRun
from scheduling_pipeline.roster.changes import Change, change_row, place_row, take_supervisor_along
from scheduling_pipeline.roster.deciding import (
    in_words,
    locked_run,
    open_for_change,
    open_request,
    row_by_id,
    together,
    why_not_open,
)
from scheduling_pipeline.roster.refused import (
    NothingToSubmitError,
    RowLockedError,
    StaleRevisionError,
)
from scheduling_pipeline.roster.requests import add_request
from scheduling_pipeline.roster.revision import note_revision, revision_of
from scheduling_pipeline.roster.table import DRAFT, Table, is_core
from scheduling_pipeline.roster_settings import RosterSettings

logger = logging.getLogger(__name__)


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
        run, voided = open_for_change(connection, row_id, revision, now)
        row = row_by_id(connection, row_id)
        if row["status"] not in (*DRAFT, "failed", "api_failed"):
            raise RowLockedError(f"The row is {in_words(row['status'])}: it can no longer be edited.")
        until = row["reissue_until"]
        again = {} if until is None else {row["event_ref_num"]: until}
        table = Table.load(connection, settings, now, run_id=run["id"], reissued=again)
        event = table.event(row["event_ref_num"])
        place = table.place(employee_id, start)
        kept = table.put({event.ref: place}, override)
        changes = [place_row(connection, table, row, place, override=kept[event.ref], who=who, now=now)]
        if is_core(event):
            changes += take_supervisor_along(connection, table, run["id"], event, place, who=who, now=now)
        decided = _decided(connection, run["id"], changes, voided, "row.edit", who, now)
    _tell(decided, "edited", who)
    return decided


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
        run, voided = open_for_change(connection, row_id, revision, now)
        if row_by_id(connection, row_id)["status"] not in DRAFT:
            raise RowLockedError("Only a row that waits for an approval can be rejected.")
        rows = together(connection, settings, run["id"], row_id, DRAFT)
        rejected = {"status": "rejected", "edited_by": who, "edited_at": now, "updated_at": now}
        changes = [change_row(connection, row_by_id(connection, row.id), rejected) for row in rows]
        decided = _decided(connection, run["id"], changes, voided, "row.reject", who, now)
    _tell(decided, "rejected", who)
    return decided


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
            raise why_not_open(connection, run_id)
        row = PendingSchedule
        connection.execute(
            update(row)
            .where(row.scheduler_run_id.in_(runs), row.status.in_(DRAFT))
            .values(status="rejected", edited_by=who, edited_at=now, updated_at=now)
        )
        for number in runs:
            note_revision(connection, number)
            before, after = {"status": "completed"}, {"status": "rejected"}
            audit.record(connection, who, "run.reject", f"run {number}", before=before, after=after, at=now)
    for number in runs:
        logger.info("run %d was rejected by %s", number, who)
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
            raise why_not_open(connection, run_id)
        current = revision_of(connection, run_id)
        if current != revision:
            raise StaleRevisionError(current)
        rows = (
            update(row)
            .where(row.scheduler_run_id == run_id, row.status.in_(DRAFT))
            .values(status="approved", updated_at=now)
        )
        count = connection.execute(rows).rowcount
        if count == 0:
            raise NothingToSubmitError("None of its rows would change anything in the planner.")
        request = add_request(connection, kind="submit", run_id=run_id, who=who, now=now, revision=revision)
        after = {"revision": revision, "rows": count, "request": request}
        audit.record(connection, who, "run.approve", f"run {run_id}", after=after, at=now)
    logger.info("run %d was approved by %s: %d rows, request %d", run_id, who, count, request)
    return request


def retry_row(engine: Engine, settings: RosterSettings, row_id: int, *, who: str, now: datetime) -> int:
    """Have a row submitted once more that could not be submitted, was edited since, or of which nobody knows
    what became; with those that failed along with it. The id of the request.

    Raises NotFoundError, RowLockedError, NothingToSubmitError.
    """
    again = ("api_failed", "user_edited", "approved", "unknown")
    with engine.begin() as connection:
        run = locked_run(connection, row_id)
        if run["approved_at"] is None:
            raise RowLockedError("Its proposal is not approved yet.")
        if open_request(connection, run["id"]) is not None:
            raise RowLockedError("Its proposal is being submitted: wait until that has ended.")
        row = row_by_id(connection, row_id)
        if row["status"] not in again:
            raise RowLockedError(f"The row is {in_words(row['status'])}: there is nothing to retry.")
        if row["schedule_datetime"] is None and row["previous_datetime"] is None:
            raise NothingToSubmitError("The event has no place.")
        hanging = together(connection, settings, run["id"], row_id, again)
        rows = [one.id for one in hanging]
        connection.execute(
            update(PendingSchedule)
            .where(PendingSchedule.id.in_(rows), PendingSchedule.status != "unknown")
            .values(status="approved", updated_at=now)
        )
        revision = note_revision(connection, run["id"])
        request = add_request(
            connection, kind="submit", run_id=run["id"], who=who, now=now, revision=revision, rows=rows
        )
        for one in hanging:
            status = one.status if one.status == "unknown" else "approved"
            before, after = {"status": one.status}, {"status": status, "request": request}
            subject = _subject(run["id"], one.id, one.event)
            audit.record(connection, who, "row.retry", subject, before=before, after=after, at=now)
    logger.info(
        "rows %s of run %d are to be submitted again, says %s: request %d", rows, run["id"], who, request
    )
    return request


def _decided(
    connection: Connection,
    run_id: int,
    changes: Iterable[Change],
    voided: bool,  # noqa: FBT001 - a field of what it makes
    action: str,
    who: str,
    now: datetime,
) -> Decided:
    """What was changed in a run, noted in the audit."""
    decided = Decided(run_id, note_revision(connection, run_id), tuple(changes), voided)
    for change in decided.changes:
        subject = _subject(run_id, change.row_id, change.event)
        audit.record(connection, who, action, subject, before=change.before, after=change.after, at=now)
    if voided:
        audit.record(connection, who, "approval.void", f"approval of run {run_id}", at=now)
    return decided


def _tell(decided: Decided, what: str, who: str) -> None:
    for change in decided.changes:
        logger.info("%s was %s by %s", _subject(decided.run_id, change.row_id, change.event), what, who)
    if decided.voided:
        logger.info("the approval of run %d is void, because of that", decided.run_id)


def _subject(run_id: int, row_id: int, event: int) -> str:
    return f"row {row_id} of run {run_id}, event {event}"
