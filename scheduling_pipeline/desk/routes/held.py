"""Calendar plans that the brake holds, and a person's word that their removals may go through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from scheduling_pipeline.calendars import holds
from scheduling_pipeline.calendars.names import with_names
from scheduling_pipeline.courses.events import SCOPE as COURSES
from scheduling_pipeline.courses.guard import SCOPE as CATALOGUE
from scheduling_pipeline.courses.standing import ready_calendars
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.forms import Entered, Fields
from scheduling_pipeline.desk.pages import back_to, render
from scheduling_pipeline.desk.problems import RefusedError, not_found
from scheduling_pipeline.timetable.teachers import account_names

router = APIRouter(prefix="/held", tags=["held plans"])
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{1,64}$")]
FLOWS = {CATALOGUE: "the course catalogue", COURSES: "course calendars"}


@router.get("", response_class=HTMLResponse)
def page(request: Request, desk: TheDesk) -> HTMLResponse:
    """What is held, with the reasons and each removal."""
    return _page(request, desk)


@router.post("/{digest}/release", response_class=HTMLResponse)
def release(request: Request, desk: TheDesk, visitor: SignedIn, digest: Digest, fields: Fields) -> Response:
    """Let the removals held under a digest through, with a reason."""
    entered = Entered(fields)
    why = entered.text("why", "The reason")
    now = desk.now()
    try:
        entered.check()
        count = holds.release(desk.engine, digest, who=visitor.name, why=why, now=now)
    except RefusedError as refused:
        return _page(request, desk, refused)
    except holds.UnknownDigestError:
        raise not_found("plan held under that digest any more; look at the list again") from None
    with desk.engine.begin() as connection:  # the release itself, with who and why, is kept in any case
        after = {"removals": count, "why": why}
        audit.record(connection, visitor.name, "held.release", f"plan {digest}", after=after, at=now)
    return back_to("/held", "released")


def _page(request: Request, desk: Desk, refused: RefusedError | None = None) -> HTMLResponse:
    held = holds.held_plans(desk.engine)
    names = {**account_names(desk.engine), **ready_calendars(desk.engine)}
    return render(
        request,
        "held.html",
        status=refused.status if refused else 200,
        problems=refused.problems if refused else [],
        plans=[_shown(plan, names) | {"released": _is_released(desk, plan)} for plan in held],
    )


def _is_released(desk: Desk, plan: Mapping[str, Any]) -> bool:
    """Whether somebody let these removals through, and the next run has not come yet."""
    keys = set(plan["keys"])
    return any(keys <= set(released) for released in holds.released_keys(desk.engine, plan["scope"]))


def _shown(plan: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A plan as people read it."""
    rows = plan["scope"] == CATALOGUE  # of tables, in nobody's calendar
    return {
        "digest": plan["digest"],
        "flow": FLOWS.get(plan["scope"], plan["scope"]),
        "since": plan["first_held_at"],
        "reasons": [with_names(reason, names) for reason in plan["reasons"]],
        "removals": [
            {
                "whose": names.get(removal["calendar"], removal["calendar"]),
                "when": "" if rows else f"{datetime.fromisoformat(removal['dtstart']):%a %d %b %Y %H:%M %Z}",
                "what": removal["summary"],
            }
            for removal in plan["removals"]
        ],
    }
