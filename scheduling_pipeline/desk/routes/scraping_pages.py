"""The schedules of whoever is signed in, as pages: how they stand, and a form for each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from holidays import list_supported_countries

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data import scraping
from scheduling_pipeline.desk.data.scraping import TYPES, ShownSchedule, load_schedule, load_schedules
from scheduling_pipeline.desk.data.scraping_history import sync_progress
from scheduling_pipeline.desk.forms import Fields, Number
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.desk.routes import scraping_form
from scheduling_pipeline.desk.sessions import Visitor
from scheduling_pipeline.work_orders.credentials import account_state
from scheduling_pipeline.work_orders.history import Phase
from scheduling_pipeline.work_orders.schedule import ScheduleType

router = APIRouter(prefix="/scrape-schedules", tags=["scrape schedules"])
PATH = "/scrape-schedules"
PHASES: Mapping[str, str] = {
    Phase.INITIALIZING: "Starting",
    Phase.LOGGING_IN: "Logging in",
    Phase.SCRAPING: "Reading",
    Phase.SAVING: "Saving",
    Phase.COMPLETED: "Done",
    Phase.FAILED: "Failed",
}


@router.get("", response_class=HTMLResponse)
def page(request: Request, desk: TheDesk, visitor: SignedIn) -> HTMLResponse:
    """Your schedules, and what there is none for yet."""
    now = desk.now()
    found = load_schedules(desk.engine, visitor.user_id, now)
    have = {shown.schedule.type for shown in found}
    return render(
        request,
        "scrape_schedules.html",
        schedules=found,
        progress={
            shown.schedule.id: sync_progress(desk.engine, shown.schedule, now)
            for shown in found
            if shown.syncing
        },
        rules={shown.schedule.id: scraping.rule_in_words(shown.schedule.rule) for shown in found},
        missing={kind: name for kind, name in TYPES.items() if kind not in have},
        account=account_state(desk.engine, visitor.user_id),
        daemon=desk.outside.daemon(),
        usual=desk.usual_zone,
        phases=PHASES,
        when=scraping.teller(now),
    )


@router.get("/new", response_class=HTMLResponse)
def new(
    request: Request,
    desk: TheDesk,
    visitor: SignedIn,
    schedule_type: ScheduleType = ScheduleType.WORK_ORDERS,
) -> HTMLResponse:
    """A form for a schedule of a type."""
    return _form(request, desk, visitor, schedule_type, scraping_form.shown(None, desk.usual_zone.key))


@router.post("/new", response_class=HTMLResponse)
def add(request: Request, desk: TheDesk, visitor: SignedIn, fields: Fields) -> Response:
    """Make the schedule of the form."""
    kind = fields.get("schedule_type", ScheduleType.WORK_ORDERS)
    try:
        scraping.create_schedule(
            desk.engine,
            visitor,
            kind,
            scraping_form.entered_in(fields),
            zone=desk.usual_zone.key,
            now=desk.now(),
        )
    except Problem as problem:
        return _form(request, desk, visitor, kind, fields, problem=problem)
    return back_to(PATH, "schedule-saved")


@router.get("/{schedule_id}", response_class=HTMLResponse)
def edit(request: Request, desk: TheDesk, visitor: SignedIn, schedule_id: Number) -> HTMLResponse:
    """The form of a schedule."""
    shown = load_schedule(desk.engine, visitor.user_id, schedule_id, desk.now())
    fields = scraping_form.shown(shown.schedule, desk.usual_zone.key)
    return _form(request, desk, visitor, shown.schedule.type, fields, shown)


@router.post("/{schedule_id}", response_class=HTMLResponse)
def save(request: Request, desk: TheDesk, visitor: SignedIn, schedule_id: Number, fields: Fields) -> Response:
    """Set what the form says."""
    try:
        scraping.change_schedule(
            desk.engine, visitor, schedule_id, scraping_form.entered_in(fields), desk.now()
        )
    except Problem as problem:
        shown = load_schedule(desk.engine, visitor.user_id, schedule_id, desk.now())
        return _form(request, desk, visitor, shown.schedule.type, fields, shown, problem)
    return back_to(PATH, "schedule-saved")


@router.post("/{schedule_id}/pause", response_class=HTMLResponse)
def pause(desk: TheDesk, visitor: SignedIn, schedule_id: Number) -> Response:
    """Run by hand alone from now on."""
    scraping.change_schedule(desk.engine, visitor, schedule_id, {"enabled": False}, desk.now())
    return back_to(PATH, "paused")


@router.post("/{schedule_id}/resume", response_class=HTMLResponse)
def resume(desk: TheDesk, visitor: SignedIn, schedule_id: Number) -> Response:
    """Run by itself again."""
    scraping.change_schedule(desk.engine, visitor, schedule_id, {"enabled": True}, desk.now())
    return back_to(PATH, "resumed")


@router.post("/{schedule_id}/reset", response_class=HTMLResponse)
def reset(desk: TheDesk, visitor: SignedIn, schedule_id: Number) -> Response:
    """Forgive the failures."""
    scraping.reset_schedule(desk.engine, visitor, schedule_id, desk.now())
    return back_to(PATH, "reset")


@router.post("/{schedule_id}/run", response_class=HTMLResponse)
def run(desk: TheDesk, visitor: SignedIn, schedule_id: Number) -> Response:
    """Ask for a run; without an account it leads to where one is entered."""
    if account_state(desk.engine, visitor.user_id) is None:
        return RedirectResponse("/account", 303)
    scraping.run_now(desk.engine, visitor, schedule_id, desk.now())
    return back_to(PATH, "asked")


@router.post("/{schedule_id}/delete", response_class=HTMLResponse)
def delete(desk: TheDesk, visitor: SignedIn, schedule_id: Number) -> Response:
    """Delete a schedule; its history stays."""
    scraping.remove_schedule(desk.engine, visitor, schedule_id, desk.now())
    return back_to(PATH, "removed")


def _form(
    request: Request,
    desk: Desk,
    visitor: Visitor,
    schedule_type: str,
    fields: Mapping[str, str],
    shown: ShownSchedule | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    now = desk.now()
    others = [
        other
        for other in load_schedules(desk.engine, visitor.user_id, now)
        if shown is None or other.schedule.id != shown.schedule.id
    ]
    details: Any = problem.details if problem else None
    return render(
        request,
        "scrape_schedule.html",
        status=problem.status if problem else 200,
        problems=details["problems"] if details else [problem.message] if problem else [],
        shown=shown,
        schedule_type=schedule_type,
        name=scraping.type_name(schedule_type),
        filled=fields,
        others=[other for other in others if other.schedule.type != schedule_type],
        coming=None if problem else _coming(desk, visitor, shown, schedule_type, fields, now),
        starts=scraping_form.STARTS,
        ends=scraping_form.ENDS,
        zones=scraping_form.ZONES,
        countries=sorted(list_supported_countries()),
        usual=desk.usual_zone,
        when=scraping.teller(now),
    )


def _coming(
    desk: Desk,
    visitor: Visitor,
    shown: ShownSchedule | None,
    schedule_type: str,
    fields: Mapping[str, str],
    now: datetime,
) -> scraping.Coming:
    """The runs to come as things stand."""
    if shown is not None:
        return scraping.coming_runs(shown.schedule, now)
    entered = scraping_form.entered_in(fields)
    return scraping.preview(
        desk.engine, visitor.user_id, schedule_type, None, entered, zone=desk.usual_zone.key, now=now
    )
