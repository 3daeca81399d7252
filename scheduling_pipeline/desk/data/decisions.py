"""What managers decide about a proposal. Whatever is refused raises Problem."""

from __future__ import annotations

from scheduling_pipeline.desk.context import Desk
from scheduling_pipeline.desk.data.refusals import told
from scheduling_pipeline.desk.placing import Wish
from scheduling_pipeline.roster import review
from scheduling_pipeline.roster.review import Decided


def edit(desk: Desk, row_id: int, wanted: Wish, *, revision: str | None, who: str) -> Decided:
    """Put a row's event elsewhere."""
    with told(desk.zone):
        return review.edit_row(
            desk.engine,
            desk.options.roster,
            row_id,
            employee_id=wanted.employee_id,
            start=wanted.start,
            revision=revision,
            override=wanted.override,
            who=who,
            now=desk.now(),
        )


def reject_row(desk: Desk, row_id: int, *, revision: str | None, who: str) -> Decided:
    """Take a row out of its proposal, with all that only makes sense with it."""
    with told(desk.zone):
        return review.reject_row(
            desk.engine, desk.options.roster, row_id, revision=revision, who=who, now=desk.now()
        )


def approve(desk: Desk, run_id: int, revision: str, *, who: str) -> int:
    """Approve exactly this revision of a run; the id of the request to submit it."""
    with told(desk.zone):
        return review.approve(desk.engine, run_id, revision, who=who, now=desk.now())


def reject_runs(desk: Desk, run_id: int | None, *, who: str) -> list[int]:
    """Reject a proposal, or all that wait; their numbers."""
    with told(desk.zone):
        return review.reject_runs(desk.engine, run_id, who=who, now=desk.now())


def retry(desk: Desk, row_id: int, *, who: str) -> int:
    """Submit a row once more; the id of the request."""
    with told(desk.zone):
        return review.retry_row(desk.engine, desk.options.roster, row_id, who=who, now=desk.now())
