"""Proposals by hand: ask for one, see how it stands, and dismiss one that crashed."""

from __future__ import annotations

from asyncio import get_running_loop, sleep
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data.runs import RunStatus, dismiss, propose, run_status
from scheduling_pipeline.desk.etags import IfNoneMatch, unless_known
from scheduling_pipeline.desk.forms import Fields, Number
from scheduling_pipeline.desk.pages import back_to
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.roster.runs import RunInProgressError, crashed_runs

router = APIRouter(tags=["proposals"])
POLL_SECONDS = 0.25


class RunBody(BaseModel):
    """What kind of run: one that a person asks for."""

    model_config = ConfigDict(extra="forbid")

    run_type: Literal["manual"] = "manual"


class StatusShown(BaseModel):
    """A run as it is now. `rows`: how many of its rows are in which state."""

    run_id: int
    status: str
    started_at: datetime
    completed_at: datetime | None
    events_scheduled: int
    events_requiring_swaps: int
    events_failed: int
    events_skipped: int
    total_events_processed: int
    error_message: str | None
    approved_at: datetime | None
    rows: dict[str, int]


class RunAnswer(StatusShown):
    """The run that was asked for, after at most a minute; `running` where it takes longer."""

    success: Literal[True] = True
    message: str


class DismissBody(BaseModel):
    """Which crashed run."""

    model_config = ConfigDict(extra="forbid")

    run_id: int = Field(ge=1, le=2**31 - 1)


class Dismissed(BaseModel):
    success: Literal[True] = True
    message: str = "Dismissed"


@router.post("/api/auto-schedule/run", responses={202: {"model": RunAnswer}, 409: {}, 429: {}})
async def post_run(
    desk: TheDesk, visitor: SignedIn, answer: Response, body: RunBody | None = None
) -> RunAnswer:
    """Make a proposal now and wait for it, at most a minute; 409 while another one is being made.

    202 where it is still running then; ask for its status.
    """
    del body  # says only what this route is for
    run_id = await run_in_threadpool(_ask, desk, visitor.name)
    run = await _finished(desk, run_id)
    shown = _shown(run, desk.zone).model_dump()
    if run.status == "running":
        answer.status_code = 202
        return RunAnswer(**shown, message="Scheduler run started")
    if run.status != "completed":
        message = f"The run ended as {run.status}: {run.error_message or 'nobody knows why'}."
        raise Problem(500, "RUN_FAILED", message, details={"run_id": run_id, "status": run.status})
    return RunAnswer(**shown, message="Scheduler run completed")


@router.get(
    "/api/auto-schedule/status/{run_id}",
    response_model=StatusShown,
    responses={304: {"model": None}, 404: {}},
)
def get_status(desk: TheDesk, run_id: Number, if_none_match: IfNoneMatch = None) -> Response:
    """How a run stands; 304 where nothing has changed since the answer with that ETag."""
    return unless_known(_shown(run_status(desk.engine, run_id), desk.zone), if_none_match)


@router.post("/api/auto-schedule/dismiss-crash", responses={404: {}})
def post_dismiss(desk: TheDesk, visitor: SignedIn, body: DismissBody) -> Dismissed:
    """Tell nobody of a crashed run any more."""
    dismiss(desk.engine, body.run_id, who=visitor.name, now=desk.now())
    return Dismissed()


@router.post("/auto-schedule/propose", response_class=HTMLResponse)
def propose_now(desk: TheDesk, visitor: SignedIn) -> Response:
    """Ask for a proposal; the dashboard shows how it goes."""
    _ask(desk, visitor.name)
    return back_to("/", "asked")


@router.post("/auto-schedule/crashed/{run_id}", response_class=HTMLResponse)
def settle_crash(desk: TheDesk, visitor: SignedIn, run_id: Number, fields: Fields) -> Response:
    """Dismiss a crashed run, and with `again` ask for another one."""
    if "again" in fields:
        _ask(desk, visitor.name)
    dismiss(desk.engine, run_id, who=visitor.name, now=desk.now())
    return back_to("/", "asked" if "again" in fields else "dismissed")


def _ask(desk: Desk, who: str) -> int:
    desk.limits.count_run(who)
    crashed_runs(desk.engine, desk.options.roster, desk.now())  # one that died does not stand in the way
    try:
        return propose(desk.engine, who=who, now=desk.now())
    except RunInProgressError as error:
        message = "A proposal is being made already: wait for it."
        raise Problem(409, "RUN_IN_PROGRESS", message, details={"run_id": error.run_id}) from None


async def _finished(desk: Desk, run_id: int) -> RunStatus:
    """The run once it is over, or as it is after the longest wait."""
    ends = get_running_loop().time() + desk.options.wait_seconds
    while True:
        run = await run_in_threadpool(run_status, desk.engine, run_id)
        if run.status != "running" or get_running_loop().time() >= ends:
            return run
        await sleep(POLL_SECONDS)


def _shown(run: RunStatus, zone: ZoneInfo) -> StatusShown:
    def local(instant: datetime | None) -> datetime | None:
        return instant.astimezone(zone) if instant else None

    return StatusShown(
        run_id=run.run_id,
        status=run.status,
        started_at=run.started_at.astimezone(zone),
        completed_at=local(run.completed_at),
        events_scheduled=run.events_scheduled,
        events_requiring_swaps=run.events_requiring_swaps,
        events_failed=run.events_failed,
        events_skipped=run.events_skipped,
        total_events_processed=run.events_processed,
        error_message=run.error_message,
        approved_at=local(run.approved_at),
        rows=dict(run.rows),
    )
