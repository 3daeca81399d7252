"""Exceptions from the rotation, day by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data.exceptions import DayException, add_exception, exceptions, remove_exception
from scheduling_pipeline.desk.data.staff import PART, candidates, staff
from scheduling_pipeline.desk.forms import FIRST_DAY, LAST_DAY, Entered, Fields, Key, Number, Text
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.roster.model import RotationType

router = APIRouter(tags=["exceptions"])
SHOWN = timedelta(days=28)
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
AskedDay = Annotated[date | None, Query(ge=FIRST_DAY, le=LAST_DAY)]


class ExceptionBody(BaseModel):
    """Who has a part of the rotation on one day."""

    model_config = ConfigDict(extra="forbid")

    date: Day
    rotation_type: RotationType
    employee_id: Key
    reason: Text = ""


class ExceptionAdded(BaseModel):
    success: Literal[True] = True
    exception_id: int


class ExceptionShown(BaseModel):
    id: int
    date: date
    rotation_type: RotationType
    employee_id: str
    employee_name: str
    reason: str


class ExceptionRemoved(BaseModel):
    success: Literal[True] = True


@router.get("/exceptions", response_class=HTMLResponse)
def page(
    request: Request,
    desk: TheDesk,
    first: AskedDay = None,
    last: AskedDay = None,
    date: AskedDay = None,
    rotation_type: RotationType | None = None,
    employee_id: Text = "",
) -> HTMLResponse:
    """The coming exceptions, and a form for another one, which `date`, `rotation_type` and `employee_id` fill
    in."""
    start = first or desk.today()
    end = last or max(start, desk.today()) + SHOWN
    filled = {
        "date": date.isoformat() if date else "",
        "rotation_type": rotation_type or "",
        "employee_id": employee_id,
    }
    return _page(request, desk, start, end, filled)


@router.post("/exceptions", response_class=HTMLResponse)
def add(request: Request, desk: TheDesk, visitor: SignedIn, fields: Fields) -> Response:
    """Add what the form says."""
    entered = Entered(fields)
    day = entered.day("date", "The day")
    chosen = entered.text("rotation_type", "The part")
    employee_id = entered.text("employee_id", "The person")
    reason = entered.text("reason", "The reason", needed=False)
    if chosen and chosen not in list(RotationType):
        entered.problems.append(f"{chosen!r} is no part of the rotation.")
    try:
        entered.check()
        _add(desk, day, RotationType(chosen), employee_id, reason, visitor.name)
    except Problem as problem:
        return _page(request, desk, desk.today(), desk.today() + SHOWN, dict(fields), problem)
    return back_to("/exceptions", "added")


@router.post("/exceptions/{exception_id}/remove", response_class=HTMLResponse)
def remove(desk: TheDesk, visitor: SignedIn, exception_id: Number) -> Response:
    """Take an exception away: the rotation holds again."""
    remove_exception(desk.engine, exception_id, who=visitor.name, now=desk.now())
    return back_to("/exceptions", "removed")


@router.get("/api/rotation-exceptions")
def list_exceptions(desk: TheDesk, first: AskedDay = None, last: AskedDay = None) -> list[ExceptionShown]:
    """The exceptions between two days, by default of the coming four weeks."""
    start = first or desk.today()
    found = exceptions(desk.engine, start, last or max(start, desk.today()) + SHOWN)
    return [_shown(one) for one in found]


@router.post("/api/rotation-exception")
def post_exception(desk: TheDesk, visitor: SignedIn, body: ExceptionBody) -> ExceptionAdded:
    """Add an exception; 400 for a person who cannot, 409 where the day has one already."""
    added = _add(desk, body.date, body.rotation_type, body.employee_id, body.reason, visitor.name)
    return ExceptionAdded(exception_id=added)


@router.delete("/api/rotation-exception/{exception_id}")
def delete_exception(desk: TheDesk, visitor: SignedIn, exception_id: Number) -> ExceptionRemoved:
    """Take an exception away."""
    remove_exception(desk.engine, exception_id, who=visitor.name, now=desk.now())
    return ExceptionRemoved()


def _add(desk: Desk, day: date, kind: RotationType, employee_id: str, reason: str, who: str) -> int:
    return add_exception(
        desk.engine,
        day=day,
        kind=kind,
        employee_id=employee_id,
        reason=reason,
        who=who,
        now=desk.now(),
        today=desk.today(),
    )


def _shown(one: DayException) -> ExceptionShown:
    return ExceptionShown(
        id=one.id,
        date=one.day,
        rotation_type=one.kind,
        employee_id=one.employee_id,
        employee_name=one.employee,
        reason=one.reason,
    )


def _page(
    request: Request,
    desk: Desk,
    first: date,
    last: date,
    filled: dict[str, str],
    problem: Problem | None = None,
) -> HTMLResponse:
    with desk.engine.connect() as connection:
        people = staff(connection)
    details = problem.details if problem else None
    return render(
        request,
        "exceptions.html",
        status=problem.status if problem else 200,
        problems=details["problems"] if details else [problem.message] if problem else [],
        exceptions=exceptions(desk.engine, first, last),
        first=first,
        last=last,
        today=desk.today(),
        parts=PART,
        choices={kind: candidates(people, kind, desk.today()) for kind in RotationType},
        filled=filled,
    )
