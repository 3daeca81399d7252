"""The first page: what waits for somebody, what went wrong, and how the roster stands."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from scheduling_pipeline.desk.context import TheDesk
from scheduling_pipeline.desk.data.runs import overview
from scheduling_pipeline.desk.pages import render
from scheduling_pipeline.roster.audit import audit
from scheduling_pipeline.roster.runs import crashed_runs

router = APIRouter(tags=["dashboard"])
MOST_FINDINGS = 6  # before the others are folded away


@router.get("/", response_class=HTMLResponse)
def page(request: Request, desk: TheDesk) -> HTMLResponse:
    """The dashboard."""
    settings, now = desk.options.roster, desk.now()
    return render(
        request,
        "dashboard.html",
        crashed=crashed_runs(desk.engine, settings, now),
        runs=overview(desk.engine),
        audit=audit(desk.engine, settings, now),
        most=MOST_FINDINGS,
    )
