"""The one place where it is decided who gets in: signed in, of the role, and from our own page."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie
from starlette.concurrency import run_in_threadpool

from scheduling_pipeline.desk import sessions
from scheduling_pipeline.desk.context import desk_of
from scheduling_pipeline.desk.csrf import check_token
from scheduling_pipeline.desk.problems import Problem, SignInNeededError
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.sessions import COOKIE, Visitor

SAFE = frozenset({"GET", "HEAD"})
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Made by signing in.")


class Guard:
    """Guards the routes of a router: who may look at them, and who may change something by them."""

    def __init__(self, *, look: Role = Role.VIEWER, change: Role = Role.MANAGER) -> None:
        self._look = look
        self._change = change

    async def __call__(self, request: Request, key: Annotated[str | None, Security(_cookie)]) -> None:
        """Raises SignInNeededError, or Problem (403)."""
        desk = desk_of(request)
        visitor = await run_in_threadpool(lambda: sessions.find(desk.engine, key, desk.now()))
        if visitor is None:
            raise SignInNeededError
        request.state.visitor = visitor
        changes = request.method not in SAFE
        needed = self._change if changes else self._look
        if not visitor.role.covers(needed):
            raise Problem(403, "FORBIDDEN", f"This is for the role {needed}; yours is {visitor.role}.")
        if changes:
            await check_token(request, visitor.csrf_token)


def visitor_of(request: Request) -> Visitor:
    """Who is signed in; only for routes that a Guard guards."""
    visitor: Visitor = request.state.visitor
    return visitor


SignedIn = Annotated[Visitor, Depends(visitor_of)]
