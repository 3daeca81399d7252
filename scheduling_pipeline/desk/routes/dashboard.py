"""The first page: what waits for somebody, and what went wrong; and how the roster stands, which takes longer
to find out and so is a page of its own, that the first one then shows."""

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
    crashed = crashed_runs(desk.engine, desk.options.roster, desk.now())
    return render(request, "dashboard.html", crashed=crashed, runs=overview(desk.engine))


@router.get("/roster-health", response_class=HTMLResponse)
def health(request: Request, desk: TheDesk) -> HTMLResponse:
    """What is wrong with the roster as it stands, and with what is left to do."""
    found = audit(desk.engine, desk.options.roster, desk.now())
    return render(request, "roster_health.html", audit=found, most=MOST_FINDINGS)
