"""What managers decide about a proposal, noted in the audit. Whatever is refused raises Problem."""

from __future__ import annotations

from datetime import datetime

from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.context import Desk
from scheduling_pipeline.desk.data.refusals import told
from scheduling_pipeline.desk.placing import Wish
from scheduling_pipeline.roster import review
from scheduling_pipeline.roster.review import Decided


def edit(desk: Desk, row_id: int, wanted: Wish, *, revision: str | None, who: str) -> Decided:
    """Put a row's event elsewhere."""
    now = desk.now()
    with told(desk.zone):
        decided = review.edit_row(
            desk.engine,
            desk.options.roster,
            row_id,
            employee_id=wanted.employee_id,
            start=wanted.start,
            revision=revision,
            override=wanted.override,
            who=who,
            now=now,
        )
    _note_changes(desk, decided, "row.edit", who, now)
    return decided


def reject_row(desk: Desk, row_id: int, *, revision: str | None, who: str) -> Decided:
    """Take a row out of its proposal, with all that only makes sense with it."""
    now = desk.now()
    with told(desk.zone):
        decided = review.reject_row(
            desk.engine, desk.options.roster, row_id, revision=revision, who=who, now=now
        )
    _note_changes(desk, decided, "row.reject", who, now)
    return decided


def approve(desk: Desk, run_id: int, revision: str, *, who: str) -> int:
    """Approve exactly this revision of a run; the id of the request to submit it."""
    now = desk.now()
    with told(desk.zone):
        request = review.approve(desk.engine, run_id, revision, who=who, now=now)
    _note(desk, who, "run.approve", f"run {run_id}", now, after={"revision": revision})
    return request


def reject_runs(desk: Desk, run_id: int | None, *, who: str) -> list[int]:
    """Reject a proposal, or all that wait; their numbers."""
    now = desk.now()
    with told(desk.zone):
        rejected = review.reject_runs(desk.engine, run_id, who=who, now=now)
    for number in rejected:
        _note(desk, who, "run.reject", f"run {number}", now)
    return rejected


def retry(desk: Desk, row_id: int, *, who: str) -> int:
    """Submit a row once more; the id of the request."""
    now = desk.now()
    with told(desk.zone):
        request = review.retry_row(desk.engine, desk.options.roster, row_id, who=who, now=now)
    _note(desk, who, "row.retry", f"row {row_id}", now)
    return request


def _note_changes(desk: Desk, decided: Decided, action: str, who: str, now: datetime) -> None:
    with desk.engine.begin() as connection:
        for change in decided.changes:
            subject = f"row {change.row_id} of run {decided.run_id}, event {change.event}"
            audit.record(connection, who, action, subject, before=change.before, after=change.after, at=now)
        if decided.voided:
            subject = f"approval of run {decided.run_id}"
            audit.record(connection, who, "approval.void", subject, at=now)


def _note(desk: Desk, who: str, action: str, subject: str, now: datetime, *, after: object = None) -> None:
    with desk.engine.begin() as connection:
        audit.record(connection, who, action, subject, after=after, at=now)
