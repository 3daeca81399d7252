"""The people who may sign in; for admins."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.forms import Entered, Fields, Number
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import RefusedError
from scheduling_pipeline.desk.roles import Role

router = APIRouter(prefix="/users", tags=["users"])


@router.get("", response_class=HTMLResponse)
def page(request: Request, desk: TheDesk) -> HTMLResponse:
    """Everybody, and a form for somebody new."""
    return _page(request, desk, [])


@router.post("", response_class=HTMLResponse)
def add(request: Request, desk: TheDesk, visitor: SignedIn, fields: Fields) -> Response:
    """Let somebody new in."""
    try:
        role = _role(fields)
        password = fields.get("password", "")
        users.add_user(desk.engine, fields.get("name", ""), role, password, who=visitor.name, now=desk.now())
    except (users.UserError, RefusedError) as refused:
        return _page(request, desk, [_sentence(refused)])
    return back_to("/users", "added")


@router.post("/{user_id}", response_class=HTMLResponse)
def change(request: Request, desk: TheDesk, visitor: SignedIn, user_id: Number, fields: Fields) -> Response:
    """Give somebody another role, or let them in no more or again."""
    try:
        role, is_active = _role(fields), Entered(fields).chosen("is_active")
        users.change_user(
            desk.engine, user_id, role=role, is_active=is_active, who=visitor.name, now=desk.now()
        )
    except (users.UserError, RefusedError) as refused:
        return _page(request, desk, [_sentence(refused)])
    return back_to("/users", "saved")


@router.post("/{user_id}/password", response_class=HTMLResponse)
def set_password(
    request: Request, desk: TheDesk, visitor: SignedIn, user_id: Number, fields: Fields
) -> Response:
    """Give somebody another password."""
    try:
        users.set_password(desk.engine, user_id, fields.get("password", ""), who=visitor.name, now=desk.now())
    except users.UserError as refused:
        return _page(request, desk, [_sentence(refused)])
    return back_to("/users", "saved")


def _page(request: Request, desk: Desk, problems: list[str]) -> HTMLResponse:
    return render(
        request,
        "users.html",
        status=400 if problems else 200,
        problems=problems,
        users=users.users(desk.engine),
        roles=list(Role),
        shortest=users.SHORTEST,
        longest=users.LONGEST,
    )


def _role(fields: Fields) -> Role:
    if fields.get("role") not in list(Role):
        raise RefusedError(["Choose a role."])
    return Role(fields["role"])


def _sentence(refused: Exception) -> str:
    text = str(refused)
    return text[0].upper() + text[1:].rstrip(".") + "."
