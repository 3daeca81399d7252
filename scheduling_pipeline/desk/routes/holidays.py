"""Holidays of our own, beside the public ones that the settings name."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data.holidays import add_holiday, holidays, remove_holiday
from scheduling_pipeline.desk.forms import Entered, Fields, Number
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import RefusedError

router = APIRouter(prefix="/holidays", tags=["holidays"])


@router.get("", response_class=HTMLResponse)
def page(request: Request, desk: TheDesk) -> HTMLResponse:
    """The holidays, and a form for another one."""
    return _page(request, desk, {})


@router.post("", response_class=HTMLResponse)
def add(request: Request, desk: TheDesk, visitor: SignedIn, fields: Fields) -> Response:
    """Add what the form says."""
    entered = Entered(fields)
    name, day = entered.text("name", "The name", longest=100), entered.day("date", "The day")
    try:
        entered.check()
        every_year = entered.chosen("every_year")
        add_holiday(desk.engine, name, day, every_year=every_year, who=visitor.name, now=desk.now())
    except RefusedError as refused:
        return _page(request, desk, dict(fields), refused)
    return back_to("/holidays", "added")


@router.post("/{holiday_id}/remove", response_class=HTMLResponse)
def remove(desk: TheDesk, visitor: SignedIn, holiday_id: Number) -> Response:
    """Take a holiday away."""
    remove_holiday(desk.engine, holiday_id, who=visitor.name, now=desk.now())
    return back_to("/holidays", "removed")


def _page(
    request: Request, desk: Desk, filled: dict[str, str], refused: RefusedError | None = None
) -> HTMLResponse:
    return render(
        request,
        "holidays.html",
        status=refused.status if refused else 200,
        problems=refused.problems if refused else [],
        holidays=holidays(desk.engine, desk.today()),
        public=desk.options.roster.closed_on,
        filled=filled,
    )
