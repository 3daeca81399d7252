"""How the readings of work orders go: one's own, for admins everybody's; for managers, all flows' jobs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from scheduling_pipeline.desk.access import SignedIn
from scheduling_pipeline.desk.context import Desk, TheDesk
from scheduling_pipeline.desk.data.monitoring import Monitored, jobs, monitored
from scheduling_pipeline.desk.own_time import OwnTime, own_time
from scheduling_pipeline.desk.pages import render
from scheduling_pipeline.desk.plot import bars_by_day, line_by_day
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.sessions import Visitor

router = APIRouter(tags=["monitoring"])
SPANS = (7, 30, 90)
Days = Annotated[int, Query(ge=1, le=366)]
Whose = Literal["", "mine"]


class DayShown(BaseModel):
    """The runs that began on a day (of your schedules' zone) and ended; `seconds`: their median duration."""

    day: date
    succeeded: int
    failed: int
    seconds: float | None
    read: int
    added: int
    updated: int
    removed: int


class FailingShown(BaseModel):
    """A schedule whose last run failed; `stopped_at`: since when it does not run by itself any more."""

    owner: str
    type: str
    failures: int
    last_run: datetime | None
    last_success: datetime | None
    stopped_at: datetime | None
    error: str


class ReadingShown(BaseModel):
    """A reading of a list; `problem`: why it was not complete; `doubt`: why what it lacked stayed."""

    owner: str
    read_at: datetime
    baseline: bool
    problem: str
    doubt: str
    listed: int
    added: int
    updated: int
    completed: int
    removed: int
    missing: int


class MonitoringShown(BaseModel):
    """`success_rate`: from 0 to 1, null without any run."""

    success_rate: float | None
    days: list[DayShown]
    failing: list[FailingShown]
    readings: list[ReadingShown]


@router.get("/monitoring", response_class=HTMLResponse)
def page(
    request: Request, desk: TheDesk, visitor: SignedIn, days: Days = 30, whose: Whose = ""
) -> HTMLResponse:
    """The runs of so many days up to today, as plots and as a table; what fails; the last readings."""
    own = own_time(desk, visitor.user_id)
    found = _monitored(desk, visitor, days, whose, own)
    return render(
        request,
        "monitoring.html",
        found=found,
        own=own,
        runs=bars_by_day({day.day: (day.succeeded, day.failed) for day in found.days}),
        durations=line_by_day({day.day: day.seconds for day in found.days}),
        items=bars_by_day({day.day: (day.added, day.updated, day.removed) for day in found.days}),
        days=days,
        spans=sorted({*SPANS, days}),
        whose=whose,
        everybody=_owner(visitor, whose) is None,
        jobs=jobs(desk.engine) if visitor.may(Role.MANAGER) else None,
    )


@router.get("/api/monitoring")
def get_monitoring(desk: TheDesk, visitor: SignedIn, days: Days = 30, whose: Whose = "") -> MonitoringShown:
    """Your runs of so many days up to today, what fails, and the last readings; everybody's for an admin who
    does not ask for `mine`."""
    found = _monitored(desk, visitor, days, whose, own_time(desk, visitor.user_id))
    return MonitoringShown(
        success_rate=found.success_rate,
        days=[DayShown(**asdict(day)) for day in found.days],
        failing=[FailingShown(**asdict(one)) for one in found.failing],
        readings=[ReadingShown(**asdict(one)) for one in found.readings],
    )


def _monitored(desk: Desk, visitor: Visitor, days: int, whose: Whose, own: OwnTime) -> Monitored:
    first = own.today - timedelta(days=days - 1)
    return monitored(desk.engine, first, own.today, own.zone, _owner(visitor, whose))


def _owner(visitor: Visitor, whose: Whose) -> int | None:
    """Whose runs are shown; None: everybody's."""
    return None if visitor.may(Role.ADMIN) and not whose else visitor.user_id
