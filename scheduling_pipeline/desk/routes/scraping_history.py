"""The history of runs, for programs and as a page; also of schedules that are gone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import TheDesk
from scheduling_pipeline.desk.data.scraping import TYPES, load_schedule, load_schedules, teller
from scheduling_pipeline.desk.data.scraping_history import (
    delete_run,
    delete_runs,
    load_run,
    page_of_runs,
)
from scheduling_pipeline.desk.forms import Number
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import not_found
from scheduling_pipeline.desk.routes.scraping_models import Deleted, RunShown
from scheduling_pipeline.work_orders.history import runs_of
from scheduling_pipeline.work_orders.schedule import ScheduleType

router = APIRouter(tags=["scrape history"])
API = "/api/scraping-schedules"
PAGE = "/scrape-history"
SHOWN = 50


@router.delete(f"{API}/history")
def delete_history(desk: TheDesk, visitor: SignedIn) -> Deleted:
    """Delete your whole history but for runs that are under way; how many that were."""
    return Deleted(deleted=delete_runs(desk.engine, visitor, desk.now()))


@router.delete(f"{API}/history/{{history_id}}")
def delete_history_row(desk: TheDesk, visitor: SignedIn, history_id: Number) -> Deleted:
    """Delete one run from your history; 409 while it is under way."""
    delete_run(desk.engine, visitor, history_id, desk.now())
    return Deleted(deleted=1)


@router.get(f"{API}/{{schedule_id}}/history")
def get_history(
    desk: TheDesk,
    visitor: SignedIn,
    schedule_id: Number,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> list[RunShown]:
    """The last runs of a schedule's type, the newest first."""
    schedule = load_schedule(desk.engine, visitor.user_id, schedule_id, desk.now()).schedule
    return [RunShown.of(run) for run in runs_of(desk.engine, visitor.user_id, schedule.type, limit=limit)]


@router.get(f"{API}/{{schedule_id}}/history/{{history_id}}/error-log")
def get_error_log(
    desk: TheDesk, visitor: SignedIn, schedule_id: Number, history_id: Number
) -> dict[str, Any]:
    """What is kept of the error that ended a run: type, message, traceback, timestamp."""
    schedule = load_schedule(desk.engine, visitor.user_id, schedule_id, desk.now()).schedule
    run = load_run(desk.engine, visitor.user_id, history_id)
    if run.schedule_type != schedule.type or run.error_log is None:
        raise not_found(f"error log of run {history_id}")
    return dict(run.error_log)


@router.get(PAGE, response_class=HTMLResponse)
def page(
    request: Request,
    desk: TheDesk,
    visitor: SignedIn,
    schedule_type: ScheduleType | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """Your runs, the newest first."""
    runs, older = page_of_runs(desk.engine, visitor.user_id, schedule_type, before_id=before, limit=SHOWN)
    zones = {
        shown.schedule.type: shown.schedule.rule.zone
        for shown in load_schedules(desk.engine, visitor.user_id, desk.now())
    }
    return render(
        request,
        "scrape_history.html",
        runs=runs,
        older=older,
        types=TYPES,
        wanted=schedule_type,
        zones=zones,
        usual=desk.usual_zone,
        when=teller(desk.now()),
        path=PAGE,
    )


@router.post(f"{PAGE}/delete-all", response_class=HTMLResponse)
def delete_all(desk: TheDesk, visitor: SignedIn) -> Response:
    """Delete your whole history."""
    delete_runs(desk.engine, visitor, desk.now())
    return back_to(PAGE, "removed")


@router.post(f"{PAGE}/{{history_id}}/delete", response_class=HTMLResponse)
def delete_one(desk: TheDesk, visitor: SignedIn, history_id: Number) -> Response:
    """Delete one run."""
    delete_run(desk.engine, visitor, history_id, desk.now())
    return back_to(PAGE, "removed")
