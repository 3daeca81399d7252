"""Ending one's own session."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from scheduling_pipeline.desk import sessions
from scheduling_pipeline.desk.context import TheDesk
from scheduling_pipeline.desk.pages import back_to

router = APIRouter(tags=["signing in"])


@router.post("/sign-out", response_class=HTMLResponse)
def sign_out(request: Request, desk: TheDesk) -> Response:
    """End the session, here and in the database."""
    with desk.engine.begin() as connection:
        sessions.end(connection, request.cookies[sessions.COOKIE])
    answer = back_to("/sign-in", "signed-out")
    answer.delete_cookie(sessions.COOKIE)
    return answer
