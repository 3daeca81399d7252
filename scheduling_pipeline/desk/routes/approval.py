"""Approving exactly one revision of a proposal, or rejecting it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data import decisions
from scheduling_pipeline.desk.data.submission import NOT_APPROVED, Progress, load_progress
from scheduling_pipeline.desk.forms import Fields, Number, Text
from scheduling_pipeline.desk.pages import back_to
from scheduling_pipeline.desk.problems import Problem, RefusedError
from scheduling_pipeline.desk.routes.review import show_review

router = APIRouter(tags=["approval"])
POLL_SECONDS = 0.25
SUBMISSION_WAITS = 10  # a submission may take so many times as long as a proposal
RunNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]


class ApproveBody(BaseModel):
    """Which run, at which revision; both are needed. `wait`: answer only when it is submitted."""

    model_config = ConfigDict(extra="forbid")

    run_id: RunNumber | None = None
    revision: Text | None = None
    wait: bool = False


class FailedEvent(BaseModel):
    """An event that the planner did not take, or of which nobody knows."""

    event_id: int
    row_id: int
    error: str


class ApproveAnswer(BaseModel):
    """`state`: of the submission; the figures are final where it is `done` or `failed`."""

    success: Literal[True] = True
    run_id: int
    request_id: int
    state: str
    api_submitted: int
    api_failed: int
    failed_events: list[FailedEvent]
    message: str


class RejectBody(BaseModel):
    """Which run; without a number all that wait."""

    model_config = ConfigDict(extra="forbid")

    run_id: RunNumber | None = None


class Rejected(BaseModel):
    success: Literal[True] = True
    rejected: list[int]


@router.post(
    "/auto-schedule/approve",
    responses={202: {"model": ApproveAnswer}, 400: {}, 404: {}, 409: {}},
)
async def post_approve(
    desk: TheDesk, visitor: SignedIn, body: ApproveBody, answer: Response
) -> ApproveAnswer:
    """Approve a revision of a run; 409 where it is another one by now, or somebody was faster, also with an
    edit right after it.

    202 while it is being submitted, which takes minutes: see its progress. With `wait` 200 once it is over.
    """
    if body.run_id is None or not body.revision:
        raise RefusedError(["An approval names the run_id and the revision of what it approves."])
    request = await run_in_threadpool(decisions.approve, desk, body.run_id, body.revision, who=visitor.name)
    seconds = SUBMISSION_WAITS * desk.options.wait_seconds if body.wait else 0
    progress = await _submitted(desk, body.run_id, seconds)
    if progress.state == NOT_APPROVED:
        raise Problem(409, "APPROVAL_VOIDED", "The roster was edited just now, and the approval is void.")
    if not progress.is_over:
        answer.status_code = 202
    return _answer(request, progress)


@router.post("/auto-schedule/reject", responses={404: {}, 409: {}})
def post_reject(desk: TheDesk, visitor: SignedIn, body: RejectBody | None = None) -> Rejected:
    """Reject a proposal, or all that wait for an approval: their events can be proposed again."""
    run_id = body.run_id if body else None
    return Rejected(rejected=decisions.reject_runs(desk, run_id, who=visitor.name))


@router.post("/auto-schedule/runs/{run_id}/approve", response_class=HTMLResponse)
def approve(request: Request, desk: TheDesk, visitor: SignedIn, run_id: Number, fields: Fields) -> Response:
    """Approve the `revision` of the form."""
    try:
        decisions.approve(desk, run_id, fields.get("revision", ""), who=visitor.name)
    except Problem as problem:
        return _refused(request, desk, run_id, problem)
    return back_to(f"/auto-schedule/review?run_id={run_id}", "approved")


@router.post("/auto-schedule/runs/{run_id}/reject", response_class=HTMLResponse)
def reject(request: Request, desk: TheDesk, visitor: SignedIn, run_id: Number) -> Response:
    """Reject a proposal."""
    try:
        decisions.reject_runs(desk, run_id, who=visitor.name)
    except Problem as problem:
        return _refused(request, desk, run_id, problem)
    return back_to(f"/auto-schedule/review?run_id={run_id}", "rejected")


def _refused(request: Request, desk: Desk, run_id: int, problem: Problem) -> Response:
    """The run as it is now, and why nothing was decided. Raises Problem (404) where there is none."""
    return show_review(request, desk, run_id, problem=problem)


async def _submitted(desk: Desk, run_id: int, seconds: float) -> Progress:
    """The submission once it is over, or as it is after the longest wait."""
    clock = asyncio.get_running_loop().time
    ends = clock() + seconds
    while True:
        progress = await run_in_threadpool(load_progress, desk.engine, run_id, desk.zone)
        if progress.is_over or clock() >= ends:
            return progress
        await asyncio.sleep(POLL_SECONDS)


def _answer(request_id: int, progress: Progress) -> ApproveAnswer:
    return ApproveAnswer(
        run_id=progress.run_id,
        request_id=request_id,
        state=progress.state,
        api_submitted=progress.submitted,
        api_failed=progress.failed + progress.unknown,
        failed_events=[
            FailedEvent(event_id=one.event_ref, row_id=one.row_id, error=one.problem)
            for one in progress.failures
        ],
        message="Submitted" if progress.is_over else "Approved: it is being submitted",
    )
