"""`desk` and `desk-user`: the review desk, and who may sign in to it."""

from __future__ import annotations

import getpass
import os

import typer
import uvicorn

from resources.browser import BrowserUnavailableError
from resources.tab import AuthenticationError, RefusedPageError, SiteDown
from scheduling_pipeline.commands.connections import open_clock, open_store
from scheduling_pipeline.commands.daemon import daemon_status
from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.commands.screen import console, table
from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.app import create_app
from scheduling_pipeline.desk.context import DeskOptions
from scheduling_pipeline.desk.outside import AccountCheckError, Outside
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.settings import Settings
from scheduling_pipeline.systems import workfossa_of
from scheduling_pipeline.work_orders.credentials import Account

PASSWORD = "DESK_PASSWORD"  # noqa: S105 - the name of a variable


def serve(dagster_url: str | None) -> None:
    """Serve the desk until Ctrl-C or SIGTERM."""
    store = open_store()
    settings = store.settings
    options = DeskOptions(settings.roster, settings.desk, dagster_url, work_orders=settings.work_orders)
    app = create_app(store.engine, options, open_clock(settings).now, outside_of(settings))
    if not any(user.role is Role.ADMIN and user.is_active for user in users.users(store.engine)):
        console.print("Nobody can sign in as admin yet: scheduling-pipeline desk-user add NAME --role admin")
    console.print(f"The desk is at {settings.desk.url}")
    uvicorn.run(app, host=settings.desk.host, port=settings.desk.port, log_config=None, server_header=False)


def outside_of(settings: Settings) -> Outside:
    """What the desk asks of WorkFossa and of Dagster."""
    site = workfossa_of(settings)

    def check_account(account: Account) -> None:
        try:
            site.check_login(account)
        except (AuthenticationError, SiteDown, RefusedPageError, BrowserUnavailableError) as error:
            raise AccountCheckError(str(error)) from None

    return Outside(check_account, daemon_status)


def add(name: str, role: Role) -> None:
    """Let somebody sign in; the password is asked for twice, or comes from DESK_PASSWORD."""
    store = open_store()
    password = os.environ.get(PASSWORD) or _asked_twice()
    try:
        users.add_user(store.engine, name, role, password, who=_operator(), now=store.now)
    except users.UserError as error:
        raise CommandError(str(error)) from None
    console.print(f"{name.strip()} may sign in as {role}.")


def show() -> None:
    """List everybody."""
    store = open_store()
    zone = store.settings.roster.tz
    shown = table("Users of the desk", "name", "role", "may sign in", "since")
    for user in users.users(store.engine):
        since = f"{user.created_at.astimezone(zone):%d %b %Y %H:%M %Z}"
        shown.add_row(user.name, user.role, "yes" if user.is_active else "no", since)
    if shown.row_count:
        console.print(shown)
    else:
        console.print("Nobody yet: scheduling-pipeline desk-user add NAME --role admin")


def disable(name: str) -> None:
    """Let somebody sign in no more, and end their sessions."""
    store = open_store()
    try:
        user = users.user_named(store.engine, name)
        users.change_user(
            store.engine, user.id, role=user.role, is_active=False, who=_operator(), now=store.now
        )
    except users.UserError as error:
        raise CommandError(str(error)) from None
    console.print(f"{user.name} may sign in no more.")


def _asked_twice() -> str:
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _operator() -> str:
    """Who types, for the audit: the account on this machine."""
    return f"{getpass.getuser()} (command line)"
