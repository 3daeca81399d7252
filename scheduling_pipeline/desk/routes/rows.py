"""One row of a proposal: edited, taken out, or submitted once more."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data import decisions
from scheduling_pipeline.desk.data.choices import Choices, load_choices
from scheduling_pipeline.desk.data.explanations import explain
from scheduling_pipeline.desk.data.proposal import load_row, named_run
from scheduling_pipeline.desk.data.refusals import RulesBrokenProblem, sentences_of
from scheduling_pipeline.desk.forms import Fields, Key, Number, Text
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.placing import Asked, AskedDay, AskedTime, asked_in, wish
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.desk.routes.shown import RowShown
from scheduling_pipeline.roster.refused import NotFoundError
from scheduling_pipeline.roster.review import Decided
from scheduling_pipeline.roster.rows import ProposalRow

router = APIRouter(tags=["rows"])
EDITABLE = ("proposed", "user_edited", "approved", "failed", "api_failed")


class EditBody(BaseModel):
    """Where the event is to be; `schedule_datetime` is store time where it has no offset. `revision`: of the
    run as the manager saw it. `override`: why a soft rule may be broken."""

    model_config = ConfigDict(extra="forbid")

    employee_id: Key
    schedule_datetime: Text
    revision: Text | None = None
    override: Text | None = None


class RevisionBody(BaseModel):
    """The revision of the run as the manager saw it."""

    model_config = ConfigDict(extra="forbid")

    revision: Text | None = None


class Edited(BaseModel):
    """`also_updated`: rows that changed with it. `revision`: of the run, from now on. `approval_voided`: the
    run had been approved, and has to be approved again."""

    success: Literal[True] = True
    updated_schedule: RowShown
    also_updated: list[RowShown]
    revision: str
    approval_voided: bool


class Retried(BaseModel):
    success: Literal[True] = True
    request_id: int
    message: str = "It is being submitted once more"


@router.get("/auto-schedule/rows/{row_id}", response_class=HTMLResponse)
def page(
    request: Request,
    desk: TheDesk,
    row_id: Number,
    day: AskedDay = None,
    start: AskedTime = None,
    employee_id: Text = "",
) -> HTMLResponse:
    """A row, and a form to put its event elsewhere; `day`, `start` and `employee_id` fill it in."""
    return _page(request, desk, row_id, Asked(day, start, employee_id))


@router.post("/auto-schedule/rows/{row_id}", response_class=HTMLResponse)
def edit(request: Request, desk: TheDesk, visitor: SignedIn, row_id: Number, fields: Fields) -> Response:
    """Put the event where the form says; with `look` only see who could do it then."""
    asked = asked_in(fields)
    try:
        if "look" in fields:
            return _page(request, desk, row_id, asked)
        wanted = asked.wish(desk.zone)
        revision = fields.get("revision")
        decided = decisions.edit(desk, row_id, wanted, revision=revision, who=visitor.name)
    except Problem as problem:
        return _page(request, desk, row_id, asked, problem)
    notice = "approval-void" if decided.voided else "row-edited"
    return back_to(f"/auto-schedule/review?run_id={decided.run_id}&week={asked.day}", notice)


@router.post("/auto-schedule/rows/{row_id}/reject", response_class=HTMLResponse)
def reject(request: Request, desk: TheDesk, visitor: SignedIn, row_id: Number, fields: Fields) -> Response:
    """Take the row out of its proposal."""
    try:
        decided = decisions.reject_row(desk, row_id, revision=fields.get("revision"), who=visitor.name)
    except Problem as problem:
        return _page(request, desk, row_id, Asked(), problem)
    return back_to(f"/auto-schedule/review?run_id={decided.run_id}", "row-rejected")


@router.post("/auto-schedule/rows/{row_id}/retry", response_class=HTMLResponse)
def retry(request: Request, desk: TheDesk, visitor: SignedIn, row_id: Number) -> Response:
    """Submit the row once more."""
    with desk.engine.connect() as connection:
        row = load_row(connection, row_id, desk.options.roster)
    try:
        decisions.retry(desk, row_id, who=visitor.name)
    except Problem as problem:
        return _page(request, desk, row_id, Asked(), problem)
    return back_to(f"/auto-schedule/review?run_id={row.run_id}", "retried")


@router.put("/api/pending-schedule/{row_id}", responses={400: {}, 404: {}, 409: {}})
def put_row(desk: TheDesk, visitor: SignedIn, row_id: Number, body: EditBody) -> Edited:
    """Put an event elsewhere; 422 where that breaks rules, with each of them in the details, 409 where the
    run was changed meanwhile or its submission has begun."""
    wanted = wish(desk.zone, body.employee_id, body.schedule_datetime, body.override)
    decided = decisions.edit(desk, row_id, wanted, revision=body.revision, who=visitor.name)
    return _edited(desk, row_id, decided)


@router.post("/api/pending-schedule/{row_id}/reject", responses={404: {}, 409: {}})
def post_reject(desk: TheDesk, visitor: SignedIn, row_id: Number, body: RevisionBody | None = None) -> Edited:
    """Take a row out of its proposal, with all that only makes sense with it."""
    revision = body.revision if body else None
    decided = decisions.reject_row(desk, row_id, revision=revision, who=visitor.name)
    return _edited(desk, row_id, decided)


@router.post("/api/auto-schedule/retry/{row_id}", status_code=202, responses={404: {}, 409: {}})
def post_retry(desk: TheDesk, visitor: SignedIn, row_id: Number) -> Retried:
    """Submit a row once more that failed, or of which nobody knows what became."""
    return Retried(request_id=decisions.retry(desk, row_id, who=visitor.name))


def _edited(desk: Desk, row_id: int, decided: Decided) -> Edited:
    with desk.engine.connect() as connection:
        rows = [
            RowShown.of(load_row(connection, number, desk.options.roster))
            for number in [row_id, *(change.row_id for change in decided.changes if change.row_id != row_id)]
        ]
    return Edited(
        updated_schedule=rows[0],
        also_updated=rows[1:],
        revision=decided.revision,
        approval_voided=decided.voided,
    )


def _page(
    request: Request, desk: Desk, row_id: int, asked: Asked, problem: Problem | None = None
) -> HTMLResponse:
    with desk.engine.connect() as connection:
        row = load_row(connection, row_id, desk.options.roster)
        return render(
            request,
            "row.html",
            status=problem.status if problem else 200,
            problems=sentences_of(problem),
            overridable=isinstance(problem, RulesBrokenProblem) and problem.overridable,
            row=row,
            run=named_run(connection, row.run_id),
            explained=explain(connection, [row]),
            choices=_choices(desk, connection, row, asked),
            asked=asked,
        )


def _choices(desk: Desk, connection: Connection, row: ProposalRow, asked: Asked) -> Choices | None:
    """None for a row that can no longer be edited, or whose event is gone."""
    if row.status not in EDITABLE:
        return None
    try:
        return load_choices(
            connection,
            desk.options.roster,
            desk.now(),
            row.event_ref,
            run_id=row.run_id,
            day=asked.day,
            start=asked.start,
        )
    except NotFoundError:
        return None
