"""The planner's events: the list, one of them, and the schedule as a file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data import events as found
from scheduling_pipeline.desk.data.choices import Choices, load_choices
from scheduling_pipeline.desk.data.events import PAGE, Show, Wanted
from scheduling_pipeline.desk.data.refusals import RulesBrokenProblem, sentences_of
from scheduling_pipeline.desk.forms import Entered, Fields, Text
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.placing import Asked, AskedDay, AskedTime
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.roster.exports import export_schedule
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.refused import NotFoundError
from scheduling_pipeline.roster.rows import load_history

router = APIRouter(prefix="/events", tags=["events"])
EventRef = Annotated[int, Path(ge=1, le=2**63 - 1)]
SHOWN = {
    Show.COMING: "coming",
    Show.OPEN: "without a place",
    Show.SOON: "without a place and due soon",
    Show.UNDATED: "staffed without a date",
    Show.SCHEDULED: "scheduled",
    Show.KEPT_OUT: "kept out of proposals",
    Show.ALL: "all, past ones too",
}


@router.get("", response_class=HTMLResponse)
def listing(
    request: Request,
    desk: TheDesk,
    q: Text = "",
    type: EventType | Literal[""] = "",  # noqa: A002 - the name in the address
    show: Show = Show.COMING,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """One page of events, by day."""
    wanted = Wanted(q, type or None, show)
    with desk.engine.connect() as connection:
        rows, count = found.events(connection, wanted, page=page, today=desk.today(), zone=desk.zone)
    return render(
        request,
        "events.html",
        events=rows,
        count=count,
        page=page,
        pages=max(1, -(-count // PAGE)),
        wanted=wanted,
        shown=SHOWN,
    )


@router.get("/schedule.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def schedule_file(desk: TheDesk, valid_only: bool = False) -> Response:  # noqa: FBT001, FBT002 - an address
    """The schedule from today on, as the planner's own calendar export looks."""
    now = desk.now()
    text = export_schedule(desk.engine, desk.options.roster, now, valid_only=valid_only)
    name = f"CalendarSchedule-{desk.today().isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{event_ref}", response_class=HTMLResponse)
def page(
    request: Request,
    desk: TheDesk,
    event_ref: EventRef,
    day: AskedDay = None,
    start: AskedTime = None,
    employee_id: Text = "",
) -> HTMLResponse:
    """One event, and what can be done about it by hand; `day`, `start` and `employee_id` fill in the form."""
    return show_event(request, desk, event_ref, Asked(day, start, employee_id))


@router.post("/{event_ref}/automatic", response_class=HTMLResponse)
def set_automatic(
    request: Request, desk: TheDesk, visitor: SignedIn, event_ref: EventRef, fields: Fields
) -> Response:
    """Let proposals be about the event (`allowed` is `yes`), or keep it out of them, with a `note`."""
    entered = Entered(fields)
    note = entered.text("note", "The note", needed=False)
    allowed = fields.get("allowed") == "yes"
    try:
        entered.check()
        found.set_automatic(
            desk.engine, event_ref, allowed=allowed, note=note, who=visitor.name, now=desk.now()
        )
    except Problem as problem:
        return show_event(request, desk, event_ref, Asked(), problem)
    return back_to(f"/events/{event_ref}", "saved")


def show_event(
    request: Request, desk: Desk, event_ref: int, asked: Asked, problem: Problem | None = None
) -> HTMLResponse:
    """The page of an event; with a problem, what could not be done about it. Raises Problem (404)."""
    zone, today = desk.zone, desk.today()
    with desk.engine.connect() as connection:
        seen = found.event(connection, event_ref, today=today, zone=zone)
        again = seen.place is not None and seen.place.start <= desk.now()
        due_again = max(seen.due, asked.day or today) + timedelta(days=1) if again else None
        return render(
            request,
            "event.html",
            status=problem.status if problem else 200,
            problems=sentences_of(problem),
            overridable=isinstance(problem, RulesBrokenProblem) and problem.overridable,
            event=seen,
            partners=found.partners(connection, seen, today=today, zone=zone),
            others=found.swappable(connection, seen, today=today, zone=zone),
            history=load_history(connection, event_ref, zone, desk.options.roster.rules.minutes),
            choices=_choices(desk, connection, event_ref, asked, due_again),
            again=again,
            asked=asked,
        )


def _choices(
    desk: Desk, connection: Connection, event_ref: int, asked: Asked, due_again: date | None
) -> Choices | None:
    """None for an event about which nothing can be scheduled any more."""
    try:
        return load_choices(
            connection,
            desk.options.roster,
            desk.now(),
            event_ref,
            due_again=due_again,
            day=asked.day,
            start=asked.start,
        )
    except NotFoundError:
        return None
