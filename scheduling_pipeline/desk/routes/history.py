"""How proposals and submissions went: each run, and the figures over time."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from scheduling_pipeline.desk.context import TheDesk
from scheduling_pipeline.desk.pages import render
from scheduling_pipeline.desk.plot import plot
from scheduling_pipeline.roster.metrics import history
from scheduling_pipeline.roster.pins import PROPOSED

router = APIRouter(tags=["history"])
PAGE = 50
PLOTTED = 60  # runs, the newest
WEEKS = (1, 4, 13, 52)
RunType = Literal["", "automatic", "manual", "hand"]


class RunStatus(StrEnum):
    """Which runs, by their status; empty means any."""

    ANY = ""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CRASHED = "crashed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


@router.get("/auto-schedule/history", response_class=HTMLResponse)
def page(
    request: Request,
    desk: TheDesk,
    weeks: Annotated[int, Query(ge=1, le=520)] = 4,
    run_type: RunType = "",
    status: RunStatus = RunStatus.ANY,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """The runs of some weeks, the newest first; the figures are of all of these weeks."""
    figures = history(desk.engine, since=desk.now() - timedelta(weeks=weeks))
    shown = [
        run
        for run in figures.runs
        if run_type in ("", run.run_type) and status in (RunStatus.ANY, run.status)
    ]
    plotted = [run for run in shown if run.run_type in PROPOSED and run.status != RunStatus.RUNNING]
    return render(
        request,
        "history.html",
        figures=figures,
        plot=plot(plotted[:PLOTTED], desk.zone),
        runs=shown[(page - 1) * PAGE : page * PAGE],
        count=len(shown),
        page=page,
        pages=max(1, -(-len(shown) // PAGE)),
        weeks=weeks,
        spans=sorted({*WEEKS, weeks}),
        run_type=run_type,
        wanted=status,
        statuses=list(RunStatus),
    )
