"""Pages: every template gets who is signed in, their token, the navigation, and times in the stores' zone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from scheduling_pipeline.desk import words
from scheduling_pipeline.desk.context import desk_of
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.sessions import Visitor
from scheduling_pipeline.roster import wording
from scheduling_pipeline.work_orders.wording import time_of_day

HERE = Path(__file__).parent
STATIC = HERE / "static"
NAVIGATION = (  # by groups: path, name, and for whom
    (
        "Field roster",
        (
            ("/", "Dashboard", Role.VIEWER),
            ("/auto-schedule/review", "Review", Role.VIEWER),
            ("/events", "Events", Role.VIEWER),
            ("/rotations", "Rotations", Role.VIEWER),
            ("/exceptions", "Exceptions", Role.VIEWER),
            ("/employees", "Employees", Role.VIEWER),
            ("/holidays", "Holidays", Role.VIEWER),
            ("/auto-schedule/history", "History", Role.VIEWER),
        ),
    ),
    (
        "Work orders",
        (
            ("/work-orders", "Orders", Role.VIEWER),
            ("/changes", "Changes", Role.VIEWER),
            ("/scrape-schedules", "Schedules", Role.VIEWER),
            ("/scrape-history", "Runs", Role.VIEWER),
            ("/notifications", "Notifications", Role.VIEWER),
            ("/account", "Account", Role.VIEWER),
        ),
    ),
    (
        "All flows",
        (
            ("/held", "Held plans", Role.VIEWER),
            ("/monitoring", "Monitoring", Role.VIEWER),
            ("/audit", "Audit", Role.MANAGER),
            ("/users", "Users", Role.ADMIN),
        ),
    ),
)
NOTICES: Mapping[str, str] = {  # what a page says once after a change: its address names one of these
    "saved": "Saved.",
    "added": "Added.",
    "removed": "Removed.",
    "released": "Released: the removals go through with the next run of that flow.",
    "dismissed": "Dismissed: nobody is told of that run any more.",
    "asked": "Asked for: it starts within seconds.",
    "approved": "Approved: it is being submitted.",
    "rejected": "Rejected: its events can be proposed again.",
    "row-edited": "The row is changed, and the proposal has a new revision.",
    "approval-void": "The row is changed. The approval no longer holds: approve the proposal again.",
    "row-rejected": "Taken out of the proposal, with all that only made sense with it.",
    "retried": "It is being submitted once more.",
    "submitting": "Approved by you and on its way to the planner.",
    "schedule-saved": "Saved. The next run stands below.",
    "testing": "The test has begun; how it went stands below.",
    "paused": "Paused: it runs by hand alone until it is resumed.",
    "resumed": "Resumed. The next run stands below.",
    "reset": "The failures are forgiven, and automatic runs go on.",
    "signed-out": "You are signed out.",
}


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401
    """A page. `values` are what the template names; see `base.html` for what all of them have."""
    desk = desk_of(request)
    visitor = getattr(request.state, "visitor", None)
    context = {
        "visitor": visitor,
        "csrf_token": visitor.csrf_token if visitor else "",
        "navigation": _navigation(visitor, request.url.path) if visitor else [],
        "zone": desk.zone,
        "zone_name": desk.options.roster.zone,
        "dagster_url": desk.options.dagster_url,
        "notice": NOTICES.get(request.query_params.get("notice", "")),
        "problems": (),
    }
    return HTMLResponse(_templates.get_template(template).render(context | values), status)


def back_to(path: str, notice: str) -> RedirectResponse:
    """After a change: to a page that says so, so that loading it again repeats nothing."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}notice={notice}", 303)


def static_address(name: str) -> str:
    """The address of one of our files; it changes with the file, so that browsers may keep it."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def day_text(value: date) -> str:
    """Such as Tue 3 March 2026."""
    return f"{value:%a} {value.day} {value:%B %Y}"


def clock_text(value: time) -> str:
    """Such as 09:45: store time."""
    return f"{value:%H:%M}"


def moment_text(value: datetime, zone: ZoneInfo) -> str:
    """Such as Tue 3 March 2026, 09:45 EST."""
    local = value.astimezone(zone)
    return f"{day_text(local.date())}, {local:%H:%M %Z}"


def hour_text(value: datetime) -> str:
    """Such as 09:45: of an instant in the stores' zone."""
    return f"{value.hour:02}:{value.minute:02}"


@pass_context
def _instant_text(context: Context, value: datetime | None) -> str:
    return "never" if value is None else moment_text(value, context["zone"])


def _navigation(visitor: Visitor, where: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """What somebody may look at, by groups."""
    return [
        (
            group,
            [
                {"path": path, "name": name, "here": _is_here(path, where)}
                for path, name, role in pages
                if visitor.may(role)
            ],
        )
        for group, pages in NAVIGATION
    ]


def _is_here(path: str, where: str) -> bool:
    return where == path or (path != "/" and where.startswith(f"{path}/"))


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "day": day_text,
        "short_day": wording.day_text,
        "clock": clock_text,
        "hour": hour_text,
        "time_of_day": time_of_day,
        "instant": _instant_text,
        "short_name": words.short_name,
    }
    made.globals |= {
        "static": static_address,
        "types": words.TYPES,
        "absences": words.ABSENCES,
        "run_types": words.RUN_TYPES,
    }
    return made


_templates = _environment()
