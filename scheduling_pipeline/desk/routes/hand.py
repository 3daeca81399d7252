"""Scheduling by hand: an event placed, moved or taken off, two people swapped, a day handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data import by_hand
from scheduling_pipeline.desk.data import events as found
from scheduling_pipeline.desk.data.hand_over import load_day
from scheduling_pipeline.desk.data.refusals import RulesBrokenProblem, sentences_of
from scheduling_pipeline.desk.forms import Entered, Fields, Text
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.placing import Asked, AskedDay, Wish, asked_in
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.desk.routes.events import EventRef, show_event
from scheduling_pipeline.roster.model import EventType

router = APIRouter(prefix="/events", tags=["by hand"])


@router.get("/hand-over", response_class=HTMLResponse)
def hand_over_page(
    request: Request, desk: TheDesk, day: AskedDay = None, from_employee: Text = ""
) -> HTMLResponse:
    """What somebody has on a day, and a form to give it to somebody else."""
    return _hand_over(request, desk, day or desk.today(), from_employee, {})


@router.post("/hand-over", response_class=HTMLResponse)
def hand_over(request: Request, desk: TheDesk, visitor: SignedIn, fields: Fields) -> Response:
    """Give what `from_employee` has on `day` to `to_employee`; `type-core` and so on say of which types."""
    entered = Entered(fields)
    day = entered.day("day", "The day")
    giver = entered.text("from_employee", "Who has it now", longest=100)
    taker = entered.text("to_employee", "Who gets it", longest=100)
    override = entered.text("override", "The reason", needed=False)
    types = {kind for kind in EventType if entered.chosen(f"type-{kind}")}
    if not types:
        entered.problems.append("Choose at least one kind of event.")
    try:
        entered.check()
        run_id = by_hand.hand_over(
            desk,
            day,
            from_employee=giver,
            to_employee=taker,
            types=types,
            override=override or None,
            who=visitor.name,
        )
    except Problem as problem:
        return _hand_over(request, desk, day, giver, fields, problem)
    return _to_run(run_id)


@router.post("/{event_ref}/place", response_class=HTMLResponse)
def place(
    request: Request, desk: TheDesk, visitor: SignedIn, event_ref: EventRef, fields: Fields
) -> Response:
    """Schedule or move the event to where the form says; with `look` only see who could do it then."""

    def do(wanted: Wish) -> int:
        with desk.engine.connect() as connection:
            seen = found.event(connection, event_ref, today=desk.today(), zone=desk.zone)
        put = by_hand.schedule if seen.place is None else by_hand.move
        return put(desk, event_ref, wanted, who=visitor.name)

    return _put(request, desk, event_ref, fields, do)


@router.post("/{event_ref}/reissue", response_class=HTMLResponse)
def reissue(
    request: Request, desk: TheDesk, visitor: SignedIn, event_ref: EventRef, fields: Fields
) -> Response:
    """Have the event offered again, for where the form says; with `look` only see who could do it then."""

    def do(wanted: Wish) -> int:
        return by_hand.reissue(desk, event_ref, wanted, who=visitor.name)

    return _put(request, desk, event_ref, fields, do)


@router.post("/{event_ref}/unschedule", response_class=HTMLResponse)
def unschedule(request: Request, desk: TheDesk, visitor: SignedIn, event_ref: EventRef) -> Response:
    """Take the event off the planner."""
    try:
        run_id = by_hand.unschedule(desk, event_ref, who=visitor.name)
    except Problem as problem:
        return show_event(request, desk, event_ref, Asked(), problem)
    return _to_run(run_id)


@router.post("/{event_ref}/swap", response_class=HTMLResponse)
def swap(request: Request, desk: TheDesk, visitor: SignedIn, event_ref: EventRef, fields: Fields) -> Response:
    """Have the event and the `other` one trade people."""
    entered = Entered(fields)
    other = entered.text("other", "The other event", longest=20)
    override = entered.text("override", "The reason", needed=False)
    if other and not (other.isascii() and other.isdigit() and int(other) < 2**63):
        entered.problems.append(f"{other!r} is no number of an event.")
    try:
        entered.check()
        run_id = by_hand.swap(desk, event_ref, int(other), override=override or None, who=visitor.name)
    except Problem as problem:
        return show_event(request, desk, event_ref, Asked(override=override), problem)
    return _to_run(run_id)


def _put(request: Request, desk: Desk, event_ref: int, fields: Fields, do: Callable[[Wish], int]) -> Response:
    asked = asked_in(fields)
    try:
        if "look" in fields:
            return show_event(request, desk, event_ref, asked)
        run_id = do(asked.wish(desk.zone))
    except Problem as problem:
        return show_event(request, desk, event_ref, asked, problem)
    return _to_run(run_id)


def _to_run(run_id: int) -> Response:
    return back_to(f"/auto-schedule/review?run_id={run_id}", "submitting")


def _hand_over(
    request: Request,
    desk: Desk,
    day: date,
    giver: str,
    filled: Fields,
    problem: Problem | None = None,
) -> HTMLResponse:
    with desk.engine.connect() as connection:
        having = load_day(connection, day, giver, desk.options.roster)
    return render(
        request,
        "hand_over.html",
        status=problem.status if problem else 200,
        problems=sentences_of(problem),
        overridable=isinstance(problem, RulesBrokenProblem) and problem.overridable,
        day=day,
        giver=giver,
        filled=filled,
        having=having,
        today=desk.today(),
    )
