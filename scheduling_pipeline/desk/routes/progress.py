"""How a submission goes on, for pages and programs that follow it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from scheduling_pipeline.desk.context import TheDesk
from scheduling_pipeline.desk.data.submission import Outcome, Progress, load_progress
from scheduling_pipeline.desk.etags import IfNoneMatch, unless_known
from scheduling_pipeline.desk.forms import Number

router = APIRouter(tags=["submission"])


class OutcomeShown(BaseModel):
    """One row that was tried; `employee` is empty for an event that was taken off."""

    row_id: int
    event_id: int
    event: str
    employee: str
    schedule_datetime: datetime | None
    status: str
    error: str

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(
            row_id=outcome.row_id,
            event_id=outcome.event_ref,
            event=outcome.event,
            employee=outcome.employee,
            schedule_datetime=outcome.start,
            status=outcome.status,
            error=outcome.problem,
        )


class ProgressShown(BaseModel):
    """`state`: none, waiting, running, done or failed. `latest`: the newest outcomes first."""

    run_id: int
    state: str
    error: str
    done: int
    total: int
    api_submitted: int
    api_failed: int
    api_unknown: int
    latest: list[OutcomeShown]
    failed_events: list[OutcomeShown]

    @classmethod
    def of(cls, progress: Progress) -> Self:
        return cls(
            run_id=progress.run_id,
            state=progress.state,
            error=progress.problem,
            done=progress.done,
            total=progress.total,
            api_submitted=progress.submitted,
            api_failed=progress.failed,
            api_unknown=progress.unknown,
            latest=[OutcomeShown.of(outcome) for outcome in progress.latest],
            failed_events=[OutcomeShown.of(outcome) for outcome in progress.failures],
        )


@router.get(
    "/api/auto-schedule/progress/{run_id}",
    response_model=ProgressShown,
    responses={304: {"model": None}, 404: {}},
)
def get_progress(desk: TheDesk, run_id: Number, if_none_match: IfNoneMatch = None) -> Response:
    """How far the submission of a run is; 304 where nothing has changed since the answer with that ETag."""
    return unless_known(ProgressShown.of(load_progress(desk.engine, run_id, desk.zone)), if_none_match)
