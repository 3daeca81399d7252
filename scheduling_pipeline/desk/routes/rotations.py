"""Rotations: seven days, each with its juicer and its primary lead."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data.rotations import (
    WEEKDAYS,
    Rotations,
    fingerprint,
    rotations,
    save_rotations,
)
from scheduling_pipeline.desk.data.staff import PART, candidates, staff
from scheduling_pipeline.desk.forms import Fields, Key
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.roster.model import RotationType

router = APIRouter(tags=["rotations"])
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Week = Annotated[
    dict[Weekday, Key | None], Field(description="Employees by weekday; nobody on a day that is left out.")
]


class RotationsBody(BaseModel):
    """Both rotations, whole: they replace what there is."""

    model_config = ConfigDict(extra="forbid")

    juicer: Week
    primary_lead: Week


class Saved(BaseModel):
    """It was done."""

    success: Literal[True] = True
    message: str


@router.get("/rotations", response_class=HTMLResponse)
def page(request: Request, desk: TheDesk) -> HTMLResponse:
    """The week, with a choice of people for each day."""
    return _page(request, desk)


@router.post("/rotations", response_class=HTMLResponse)
def save(request: Request, desk: TheDesk, visitor: SignedIn, fields: Fields) -> Response:
    """Save the page's form: all of it, or nothing."""
    entered = {
        kind: {day: fields.get(f"{kind}-{day}", "").strip() or None for day in WEEKDAYS}
        for kind in RotationType
    }
    try:
        _save(desk, entered, visitor.name, fields.get("seen"))
    except Problem as problem:
        return _page(request, desk, problem, None if problem.status == 409 else entered)  # noqa: PLR2004 - a conflict
    return back_to("/rotations", "saved")


@router.get("/api/rotations")
def get_rotations(desk: TheDesk) -> RotationsBody:
    """The rotations by weekday; null where nobody is."""
    with desk.engine.connect() as connection:
        return RotationsBody.model_validate(rotations(connection))


@router.post("/api/rotations")
def post_rotations(desk: TheDesk, visitor: SignedIn, body: RotationsBody) -> Saved:
    """Replace the rotations: all of them, or 400 with what is wrong."""
    wanted = {RotationType.JUICER: body.juicer, RotationType.PRIMARY_LEAD: body.primary_lead}
    _save(
        desk,
        {kind: {str(day): who for day, who in week.items()} for kind, week in wanted.items()},
        visitor.name,
    )
    return Saved(message="Rotations updated")


def _save(desk: Desk, wanted: Rotations, who: str, seen: str | None = None) -> None:
    save_rotations(desk.engine, wanted, who=who, now=desk.now(), today=desk.today(), seen=seen)


def _page(
    request: Request, desk: Desk, problem: Problem | None = None, entered: Rotations | None = None
) -> HTMLResponse:
    with desk.engine.connect() as connection:
        people, stored = staff(connection), rotations(connection)
    details = problem.details if problem else None
    return render(
        request,
        "rotations.html",
        status=problem.status if problem else 200,
        problems=details["problems"] if details else [problem.message] if problem else [],
        weekdays=WEEKDAYS,
        parts=PART,
        people=people,
        choices={kind: candidates(people, kind, desk.today()) for kind in RotationType},
        chosen=entered or stored,
        seen=fingerprint(stored),
    )
