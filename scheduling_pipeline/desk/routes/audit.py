"""Who did what: for managers and admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.context import TheDesk
from scheduling_pipeline.desk.forms import Text
from scheduling_pipeline.desk.pages import render

router = APIRouter(prefix="/audit", tags=["audit"])
PAGE = 50


@router.get("", response_class=HTMLResponse)
def page(
    request: Request,
    desk: TheDesk,
    who: Text = "",
    q: Text = "",
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """The newest changes first; `before` goes on to older ones."""
    wanted = audit.Wanted(who, q)
    entries, older = audit.entries(desk.engine, wanted, before_id=before, limit=PAGE)
    return render(
        request,
        "audit.html",
        entries=entries,
        older=older,
        wanted=wanted,
        people=audit.people(desk.engine),
    )
