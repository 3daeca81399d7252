"""The review desk, put together: `create_app` makes the web app that `scheduling-pipeline desk` serves.

A new page: a module in `routes/` with a `router`, listed in ROUTERS below with its Guard; a template in
`templates/` that extends `base.html`, shown with `pages.render`; an entry in `pages.NAVIGATION`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import APIRouter, Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from scheduling_pipeline.desk.access import Guard
from scheduling_pipeline.desk.account_checks import AccountChecks
from scheduling_pipeline.desk.context import Desk, DeskOptions
from scheduling_pipeline.desk.description import DescribedApp
from scheduling_pipeline.desk.errors import add_error_handlers
from scheduling_pipeline.desk.limiting import Limits
from scheduling_pipeline.desk.outside import Outside
from scheduling_pipeline.desk.pages import STATIC
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.routes import (
    account,
    approval,
    audit,
    changes,
    dashboard,
    docs,
    employees,
    events,
    exceptions,
    hand,
    held,
    history,
    holidays,
    monitoring,
    notifications,
    notifications_api,
    progress,
    proposals,
    review,
    rotations,
    rows,
    scraping,
    scraping_history,
    scraping_pages,
    sign_in,
    sign_out,
    users,
    work_orders,
)
from scheduling_pipeline.desk.security import SecureHeaders

ROUTERS: tuple[tuple[APIRouter, Guard], ...] = (  # every route but sign-in, health and static files
    (dashboard.router, Guard()),
    (proposals.router, Guard()),
    (review.router, Guard()),
    (rows.router, Guard()),
    (approval.router, Guard()),
    (progress.router, Guard()),
    (hand.router, Guard()),  # its /events/hand-over comes before /events/{event_ref}
    (events.router, Guard()),
    (history.router, Guard()),
    (rotations.router, Guard()),
    (exceptions.router, Guard()),
    (employees.router, Guard()),
    (holidays.router, Guard()),
    (held.router, Guard()),
    (audit.router, Guard(look=Role.MANAGER)),
    (users.router, Guard(look=Role.ADMIN, change=Role.ADMIN)),
    (scraping_history.router, Guard(change=Role.VIEWER)),  # its /history comes before /{schedule_id}
    (scraping.router, Guard(change=Role.VIEWER)),
    (scraping_pages.router, Guard(change=Role.VIEWER)),
    (account.router, Guard(change=Role.VIEWER)),
    (work_orders.router, Guard()),
    (changes.router, Guard()),
    (notifications.router, Guard(change=Role.VIEWER)),
    (notifications_api.router, Guard(change=Role.VIEWER)),
    (monitoring.router, Guard()),
    (sign_out.router, Guard(change=Role.VIEWER)),
    (docs.router, Guard()),
)


def create_app(
    engine: Engine, options: DeskOptions, now: Callable[[], datetime], outside: Outside | None = None
) -> FastAPI:
    """The desk on a migrated database. `now` is the clock, aware. Without `outside`, nobody is asked."""
    outside = outside or Outside()
    checks = AccountChecks(engine, outside.check_account, now)

    @asynccontextmanager
    async def while_it_runs(_: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(checks.stop)

    app = DescribedApp(
        title="Review desk",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=while_it_runs,
    )
    app.state.desk = Desk(engine, options, now, Limits(options.desk), outside, checks)
    app.add_middleware(SecureHeaders)
    add_error_handlers(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(sign_in.router)
    for router, guard in ROUTERS:
        app.include_router(router, dependencies=[Depends(guard)])
    return app
