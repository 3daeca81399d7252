"""What everybody reaches: signing in, and whether the desk is alive."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from sqlalchemy import text

from scheduling_pipeline.desk import audit, sessions, users
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.csrf import check_origin
from scheduling_pipeline.desk.forms import Fields
from scheduling_pipeline.desk.pages import render
from scheduling_pipeline.desk.problems import Problem

router = APIRouter(tags=["signing in"])


@router.get("/healthz", response_class=PlainTextResponse)
def health(desk: TheDesk) -> str:
    """Answers `ok` while the desk and its database work."""
    with desk.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return "ok"


@router.get("/sign-in", response_class=HTMLResponse)
def sign_in_page(request: Request, desk: TheDesk, next: str = "/") -> Response:  # noqa: A002 - its name in the address
    """The form; who is signed in already goes on."""
    if sessions.find(desk.engine, request.cookies.get(sessions.COOKIE), desk.now()):
        return RedirectResponse(own_path(next), 303)
    return render(request, "sign_in.html", next=own_path(next), name="")


@router.post("/sign-in", response_class=HTMLResponse)
def sign_in(request: Request, desk: TheDesk, fields: Fields) -> Response:
    """Check name and password, and begin a session."""
    check_origin(request, desk.options.desk.url)
    name, onward = fields.get("name", ""), own_path(fields.get("next", "/"))
    try:
        desk.limits.count_sign_in(request.client.host if request.client else "", name)
    except Problem as problem:
        return _again(request, name, onward, problem.message, problem)
    user = users.check_password(desk.engine, name, fields.get("password", ""))
    if user is None:
        return _again(request, name, onward, "Name or password is wrong.", Problem(401, "SIGN_IN", ""))
    now = desk.now()
    with desk.engine.begin() as connection:
        key = sessions.start(connection, user.id, now, timedelta(hours=desk.options.desk.session_hours))
        audit.record(connection, user.name, "sign-in", f"user {user.name}", at=now)
    answer = RedirectResponse(onward, 303)
    set_cookie(answer, desk, key)
    return answer


def set_cookie(answer: Response, desk: Desk, key: str) -> None:
    """The session's key, out of reach of scripts and of other sites."""
    answer.set_cookie(
        sessions.COOKIE,
        key,
        max_age=int(timedelta(hours=desk.options.desk.session_hours).total_seconds()),
        httponly=True,
        samesite="lax",
        secure=desk.options.desk.url.startswith("https:"),
    )


def own_path(wanted: str) -> str:
    """`wanted` where it is a path of the desk, else the dashboard: nobody is sent on to another site."""
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not wanted.startswith("//") and not parts.scheme and not parts.netloc
    return wanted if ours and wanted.isascii() and wanted.isprintable() and "\\" not in wanted else "/"


def _again(request: Request, name: str, onward: str, message: str, problem: Problem) -> Response:
    page = render(
        request, "sign_in.html", status=problem.status, next=onward, name=name[:100], problems=[message]
    )
    page.headers.update(problem.headers)
    return page
