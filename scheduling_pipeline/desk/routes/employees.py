"""Employees: the list, and for each of them who they are and when they work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data import availability as times
from scheduling_pipeline.desk.data import employees as people
from scheduling_pipeline.desk.data.employees import Profile, Wanted
from scheduling_pipeline.desk.data.rotations import WEEKDAYS
from scheduling_pipeline.desk.forms import Entered, Fields, Key, Number, Text
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import RefusedError, not_found
from scheduling_pipeline.roster.model import JobTitle

router = APIRouter(prefix="/employees", tags=["employees"])
PAGE = 50
EmployeeId = Annotated[Key, Path()]
WORKS = {"": None, "yes": True, "no": False}


class Form(NamedTuple):
    """One of the forms of an employee's page, and what is said when it was done."""

    name: str
    notice: str


@router.get("", response_class=HTMLResponse)
def listing(
    request: Request,
    desk: TheDesk,
    q: Text = "",
    title: JobTitle | None = None,
    former: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """One page of employees, by name."""
    wanted = Wanted(q, title or "", former)
    rows, count = people.employees(desk.engine, wanted, page=page, size=PAGE)
    return render(
        request,
        "employees.html",
        employees=rows,
        count=count,
        page=page,
        pages=max(1, -(-count // PAGE)),
        wanted=wanted,
        titles=list(JobTitle),
    )


@router.get("/{employee_id}", response_class=HTMLResponse)
def page(request: Request, desk: TheDesk, employee_id: EmployeeId) -> HTMLResponse:
    """Everything about one employee."""
    return _page(request, desk, employee_id)


@router.post("/{employee_id}", response_class=HTMLResponse)
def save(
    request: Request, desk: TheDesk, visitor: SignedIn, employee_id: EmployeeId, fields: Fields
) -> Response:
    """Save title, hours and stores; a store's box is named `store-` and its location id."""

    def do(entered: Entered) -> None:
        title = entered.text("title", "The title")
        if title not in list(JobTitle):
            entered.problems.append("Choose a title.")
        hours = _hours(entered)
        entered.check()
        stores = frozenset(name.removeprefix("store-") for name in fields if name.startswith("store-"))
        wanted = Profile(JobTitle(title), hours, stores, fields.get("home", ""))
        people.save_profile(desk.engine, employee_id, wanted, who=visitor.name, now=desk.now())

    return _done(request, desk, employee_id, fields, Form("profile", "saved"), do)


@router.post("/{employee_id}/last-day", response_class=HTMLResponse)
def set_last_day(
    request: Request, desk: TheDesk, visitor: SignedIn, employee_id: EmployeeId, fields: Fields
) -> Response:
    """Note until when somebody works; an empty day takes it back."""

    def do(entered: Entered) -> None:
        day = entered.day_if_any("last_day", "The last day")
        entered.check()
        people.set_last_day(desk.engine, employee_id, day, who=visitor.name, now=desk.now())

    return _done(request, desk, employee_id, fields, Form("last-day", "saved"), do)


@router.post("/{employee_id}/week", response_class=HTMLResponse)
def save_week(
    request: Request, desk: TheDesk, visitor: SignedIn, employee_id: EmployeeId, fields: Fields
) -> Response:
    """Save the usual week: a ticked weekday is worked."""

    def do(entered: Entered) -> None:
        week = {day: entered.chosen(day) for day in WEEKDAYS}
        times.save_week(desk.engine, employee_id, week, who=visitor.name, now=desk.now())

    return _done(request, desk, employee_id, fields, Form("week", "saved"), do)


@router.post("/{employee_id}/override", response_class=HTMLResponse)
def add_override(
    request: Request, desk: TheDesk, visitor: SignedIn, employee_id: EmployeeId, fields: Fields
) -> Response:
    """Add another week for a while; `yes`, `no`, or empty as usual, for each weekday."""

    def do(entered: Entered) -> None:
        span = _span(entered, employee_id)
        week = {day: WORKS.get(fields.get(day, "")) for day in WEEKDAYS}
        times.add_override(desk.engine, span, week, who=visitor.name, now=desk.now())

    return _done(request, desk, employee_id, fields, Form("override", "added"), do)


@router.post("/{employee_id}/time-off", response_class=HTMLResponse)
def add_time_off(
    request: Request, desk: TheDesk, visitor: SignedIn, employee_id: EmployeeId, fields: Fields
) -> Response:
    """Add days on which somebody is away."""

    def do(entered: Entered) -> None:
        span = _span(entered, employee_id)
        times.add_time_off(desk.engine, span, who=visitor.name, now=desk.now())

    return _done(request, desk, employee_id, fields, Form("time-off", "added"), do)


@router.post("/{employee_id}/day", response_class=HTMLResponse)
def add_day(
    request: Request, desk: TheDesk, visitor: SignedIn, employee_id: EmployeeId, fields: Fields
) -> Response:
    """Note whether somebody works on one day."""

    def do(entered: Entered) -> None:
        day = entered.day("date", "The day")
        reason = entered.text("reason", "The reason", needed=False)
        if fields.get("works") not in {"yes", "no"}:
            entered.problems.append("Say whether they work on that day.")
        entered.check()
        works = fields["works"] == "yes"
        times.add_day(
            desk.engine, employee_id, day, works=works, reason=reason, who=visitor.name, now=desk.now()
        )

    return _done(request, desk, employee_id, fields, Form("day", "added"), do)


@router.post("/{employee_id}/{kind}/{number}/remove", response_class=HTMLResponse)
def remove(desk: TheDesk, visitor: SignedIn, employee_id: EmployeeId, kind: str, number: Number) -> Response:
    """Take away an `override`, a `day` or a `time-off`."""
    if kind not in times.KEPT:
        raise not_found("such note")
    times.remove(desk.engine, kind, employee_id, number, who=visitor.name, now=desk.now())
    return back_to(_address(employee_id), "removed")


def _done(
    request: Request,
    desk: Desk,
    employee_id: str,
    fields: Fields,
    form: Form,
    do: Callable[[Entered], None],
) -> Response:
    """Do it; where it is refused, show the page again with what is wrong and what was entered."""
    try:
        do(Entered(fields))
    except RefusedError as refused:
        return _page(request, desk, employee_id, form.name, fields, refused)
    return back_to(_address(employee_id), form.notice)


def _page(
    request: Request,
    desk: Desk,
    employee_id: str,
    form: str = "",
    filled: Mapping[str, str] | None = None,
    refused: RefusedError | None = None,
) -> HTMLResponse:
    with desk.engine.connect() as connection:
        row = people.employee(connection, employee_id)
        profile = people.profile(connection, row)
        stores = people.stores(connection)
        known = times.availability(connection, employee_id, desk.today())
    return render(
        request,
        "employee.html",
        status=refused.status if refused else 200,
        problems=refused.problems if refused else [],
        employee=row,
        profile=profile,
        stores=stores,
        availability=known,
        weekdays=WEEKDAYS,
        titles=list(JobTitle),
        form=form,
        filled=filled or {},
    )


def _address(employee_id: str) -> str:
    return f"/employees/{quote(employee_id, safe='')}"


def _span(entered: Entered, employee_id: str) -> times.Span:
    first, last = entered.day("first", "The first day"), entered.day("last", "The last day")
    reason = entered.text("reason", "The reason", needed=False)
    entered.check()
    return times.Span(employee_id, first, last, reason)


def _hours(entered: Entered) -> float | None:
    text = entered.text("max_weekly_hours", "The most hours a week", needed=False)
    try:
        return float(text) if text else None
    except ValueError:
        entered.problems.append(f"{text!r} is no number of hours.")
        return None
