"""The WorkFossa account of whoever is signed in: entered, tested, forgotten; never shown."""

from __future__ import annotations

from typing import Self

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data.account import account_to_test, enter_account, forget_account
from scheduling_pipeline.desk.etags import IfNoneMatch, unless_known
from scheduling_pipeline.desk.forms import Entered, Fields
from scheduling_pipeline.desk.own_time import own_time
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.desk.routes.scraping_models import Instant
from scheduling_pipeline.desk.sessions import Visitor
from scheduling_pipeline.work_orders.credentials import Account, AccountState, account_state

router = APIRouter(tags=["WorkFossa account"])
PATH = "/account"
LONGEST = 200


class AccountShown(BaseModel):
    """`problem`: what the last test ended with; empty when the account worked, null when there was none."""

    entered: bool
    testing: bool
    updated_at: Instant | None
    checked_at: Instant | None
    problem: str | None

    @classmethod
    def of(cls, state: AccountState | None, *, testing: bool) -> Self:
        return cls(
            entered=state is not None,
            testing=testing,
            updated_at=state.updated_at if state else None,
            checked_at=state.checked_at if state else None,
            problem=state.problem if state else None,
        )


@router.get(PATH, response_class=HTMLResponse)
def page(request: Request, desk: TheDesk, visitor: SignedIn) -> HTMLResponse:
    """Whether an account is entered, how its last test went, and a form for another one."""
    return _page(request, desk, visitor)


@router.post(PATH, response_class=HTMLResponse)
def enter(request: Request, desk: TheDesk, visitor: SignedIn, fields: Fields) -> Response:
    """Keep the account of the form, and test it where that is wanted."""
    entered = Entered(fields)
    user = entered.text("user", "The e-mail", longest=LONGEST)
    password = fields.get("password", "")  # as it is: blanks may be part of it
    if not 1 <= len(password) <= LONGEST:
        entered.problems.append(f"The password has 1 to {LONGEST} characters.")
    account = Account(user, password)
    try:
        entered.check()
        enter_account(desk.engine, desk.cipher, visitor, account, desk.now())
    except Problem as problem:
        return _page(request, desk, visitor, user=user, problem=problem)
    if entered.chosen("test"):
        desk.account_checks.start(visitor.user_id, account)
    return back_to(PATH, "saved")


@router.post(f"{PATH}/test", response_class=HTMLResponse)
def test(request: Request, desk: TheDesk, visitor: SignedIn) -> Response:
    """Begin to log in with the account; the page says how it went."""
    try:
        _begin(desk, visitor)
    except Problem as problem:
        return _page(request, desk, visitor, problem=problem)
    return back_to(PATH, "testing")


@router.post(f"{PATH}/forget", response_class=HTMLResponse)
def forget(desk: TheDesk, visitor: SignedIn) -> Response:
    """Delete the account."""
    forget_account(desk.engine, visitor, desk.now())
    return back_to(PATH, "removed")


@router.get("/api/workfossa-account", response_model=AccountShown, responses={304: {"model": None}})
def get_account(desk: TheDesk, visitor: SignedIn, if_none_match: IfNoneMatch = None) -> Response:
    """How your account stands; 304 where nothing has changed since the answer with that ETag."""
    return unless_known(_shown(desk, visitor), if_none_match)


@router.post("/api/workfossa-account/test", status_code=202)
def post_test(desk: TheDesk, visitor: SignedIn) -> AccountShown:
    """Begin to log in with your account; 409 without one."""
    _begin(desk, visitor)
    return _shown(desk, visitor)


def _begin(desk: Desk, visitor: Visitor) -> None:
    account = account_to_test(desk.engine, desk.cipher, visitor)
    desk.account_checks.start(visitor.user_id, account)


def _shown(desk: Desk, visitor: Visitor) -> AccountShown:
    testing = desk.account_checks.under_way(visitor.user_id)  # asked first: what it ended with is there then
    return AccountShown.of(account_state(desk.engine, visitor.user_id), testing=testing)


def _page(
    request: Request, desk: Desk, visitor: Visitor, *, user: str = "", problem: Problem | None = None
) -> HTMLResponse:
    testing = desk.account_checks.under_way(visitor.user_id)
    details = problem.details if problem else None

    return render(
        request,
        "account.html",
        status=problem.status if problem else 200,
        problems=details["problems"] if details else [problem.message] if problem else [],
        state=account_state(desk.engine, visitor.user_id),
        testing=testing,
        user=user,
        own=own_time(desk, visitor.user_id),
    )
