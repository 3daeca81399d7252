"""`doctor`: tries every outside connection and permission, writes nothing to them, and says what to do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import typer
from alembic.util import CommandError as MigrationError
from rich.text import Text
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from resources.browser import BrowserUnavailableError, open_browser
from resources.crossmark_check import check_crossmark
from resources.google_check import check_google
from resources.graph_check import Finding, check
from resources.sharepoint_check import check_sharepoint
from resources.workfossa_check import check_accounts, check_workfossa
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.commands.agendas import live_agendas
from scheduling_pipeline.commands.connections import (
    open_clock,
    open_crossmark,
    open_google,
    open_graph,
    open_sharepoint,
    open_sparksource,
)
from scheduling_pipeline.commands.errors import SITE_FAULTS
from scheduling_pipeline.commands.screen import console, table, working
from scheduling_pipeline.database.connection import connect, current_revision, migrate
from scheduling_pipeline.database.leases import Leases, LeaseTimeoutError
from scheduling_pipeline.files.mirror import Mirror, MirrorError
from scheduling_pipeline.settings import Settings, SettingsError, load_settings
from scheduling_pipeline.systems import workfossa_of
from scheduling_pipeline.teacher_calendars import LOGIN_LEASE
from scheduling_pipeline.timetable.agendas import AgendaFileError

WAIT_FOR_LOGIN = timedelta(seconds=10)
_Check = Callable[[Settings], Iterator[Finding]]


def doctor() -> None:
    """Show a table of all findings. Exit code 1 when something that is set up does not work."""
    findings: list[tuple[str, Finding]] = []
    try:
        settings = load_settings()
    except SettingsError as error:
        findings.append(("settings", Finding("settings", ok=False, detail=str(error))))
    else:
        findings.append(("settings", Finding("settings", ok=True, detail="complete as far as they go")))
        for system, look in _CHECKS.items():
            with working(f"looking at the {system} …"):
                findings += [(system, finding) for finding in look(settings)]
    shown = table("What was looked at", "", "system", "what", "found")
    for system, finding in findings:
        shown.add_row(_mark(finding), system, finding.name, finding.detail)
    console.print(shown)
    failed = [finding for _, finding in findings if not finding.ok and not finding.optional]
    if failed:
        console.print(f"{len(failed)} of {len(findings)} do not work: see ✗ above.", style="red")
        raise typer.Exit(1)
    console.print("All that is set up works.", style="green")


def _mark(finding: Finding) -> Text:
    if finding.ok:
        return Text("✓", style="green")
    return Text("!", style="yellow") if finding.optional else Text("✗", style="red")


def _agendas(settings: Settings) -> Iterator[Finding]:
    try:
        live = [agenda.key for agenda in live_agendas(settings)]
    except (AgendaFileError, SettingsError) as error:
        yield Finding("catalogue", ok=False, detail=str(error))
    else:
        yield Finding("catalogue", ok=True, detail=f"live: {', '.join(live)}")


def _clock(settings: Settings) -> Iterator[Finding]:
    try:
        now = open_clock(settings).now()
    except httpx.HTTPError as error:
        detail = f"SCHEDULING_CLOCK_URL does not answer ({type(error).__name__}); unset it to use real time"
        yield Finding("time", ok=False, detail=detail)
        return
    local = now.astimezone(ZoneInfo(settings.teacher_calendars.zone))
    source = "simulated" if settings.clock_url else "this machine's"
    yield Finding("time", ok=True, detail=f"{local:%a %d %b %Y %H:%M %Z}, {source}")


def _database(settings: Settings) -> Iterator[Finding]:
    address = make_url(settings.database_url).render_as_string(hide_password=True)
    try:
        engine = connect(settings.database_url)
    except OSError as error:  # the folder of an SQLite file cannot be made
        yield Finding("address", ok=False, detail=f"{address}: {error.strerror}")
        return
    try:
        migrate(engine)
        yield Finding("opens", ok=True, detail=address)
        with engine.connect() as connection:
            revision = current_revision(connection)
        yield Finding("schema", ok=True, detail=f"at the newest revision, {revision}")
        leases = Leases(engine)
        leases.release(leases.try_acquire(["doctor"]))
        yield Finding("writable", ok=True, detail="a row was written and removed")
    except OperationalError as error:
        yield Finding("opens", ok=False, detail=f"{address}: {error.orig}")
    except MigrationError as error:
        detail = f"{address}: {error}; it was made by another version of this program"
        yield Finding("schema", ok=False, detail=detail)
    finally:
        engine.dispose()


def _booking_site(settings: Settings) -> Iterator[Finding]:
    if not settings.sparksource.configured:
        yield _not_set_up(settings.sparksource.missing)
        return
    try:
        asyncio.run(_launch(settings.sparksource.chromium))
    except BrowserUnavailableError as error:
        yield Finding("browser", ok=False, detail=str(error))
        return
    yield Finding("browser", ok=True, detail="Chromium starts")
    engine = connect(settings.database_url)
    try:
        with Leases(engine).hold(LOGIN_LEASE, wait=WAIT_FOR_LOGIN):
            open_sparksource(settings).check_login()
    except LeaseTimeoutError:
        detail = "not tried: a run is using the login now; try again when it is over"
        yield Finding("login", ok=False, detail=detail, optional=True)
    except OperationalError:
        yield Finding("login", ok=False, detail="not tried: it is taken turns at through the database")
    except SITE_FAULTS as error:
        detail = f"{error}; check SPARKSOURCE_URL, SPARKSOURCE_USER and SPARKSOURCE_PASS"
        yield Finding("login", ok=False, detail=detail)
    else:
        yield Finding("login", ok=True, detail=f"{settings.sparksource.url} accepts the user")
    finally:
        engine.dispose()


async def _launch(chromium: str | None) -> None:
    async with open_browser(chromium):
        pass


def _graph(settings: Settings) -> Iterator[Finding]:
    if not settings.graph.configured:
        yield _not_set_up(settings.graph.missing)
        return
    with open_graph(settings).connect() as client:
        yield from check(client)


def _sharepoint(settings: Settings) -> Iterator[Finding]:
    missing = settings.scheduler.missing
    missing += [] if settings.scheduler.client_id else settings.graph.missing
    if missing:
        yield _not_set_up(missing)
        return
    yield from check_sharepoint(open_sharepoint(settings))
    directory = settings.scheduler.ingestion_dir
    try:
        Mirror(directory).prepare()
    except MirrorError as error:
        yield Finding("ingestion_dir", ok=False, detail=str(error))
    else:
        yield Finding("ingestion_dir", ok=True, detail=f"{directory.absolute()} can be written to")


def _google(settings: Settings) -> Iterator[Finding]:
    if not settings.google.configured:
        yield _not_set_up(settings.google.missing)
        return
    yield from check_google(open_google(settings))


def _crossmark(settings: Settings) -> Iterator[Finding]:
    if not settings.crossmark.configured:
        yield _not_set_up(settings.crossmark.missing)
        return
    try:
        today = open_clock(settings).now().astimezone(settings.roster.tz).date()
    except httpx.HTTPError:
        yield Finding("account", ok=False, detail="not tried: there is no clock to say which days to ask for")
        return
    yield from check_crossmark(open_crossmark(settings), today)


def _workfossa(settings: Settings) -> Iterator[Finding]:
    if not settings.work_orders.configured:
        yield _not_set_up(settings.work_orders.missing)
        return
    cipher = Cipher(settings.work_orders.key.get_secret_value())
    try:
        with ExitStack() as opened:
            engine = connect(settings.database_url)
            opened.callback(engine.dispose)
            yield check_accounts(engine, cipher)
    except (OSError, OperationalError):
        yield Finding("key", ok=False, detail="not tried: what it opens is in the database")
    yield from check_workfossa(workfossa_of(settings))


def _definitions(settings: Settings) -> Iterator[Finding]:
    try:
        from scheduling_pipeline.definitions import build_definitions  # noqa: PLC0415 - builds them

        build_definitions(settings)
    except (AgendaFileError, SettingsError) as error:
        yield Finding("definitions", ok=False, detail=str(error))
    else:
        yield Finding("definitions", ok=True, detail="Dagster can load them")


def _dagster_home(_: Settings) -> Iterator[Finding]:
    folder = os.environ.get("DAGSTER_HOME")
    if not folder:
        detail = (
            "DAGSTER_HOME is not set: Dagster forgets runs and schedules when it stops; set it to a folder"
        )
        yield Finding("home", ok=False, detail=detail, optional=True)
    elif not Path(folder).is_absolute() or not Path(folder).is_dir():
        yield Finding("home", ok=False, detail=f"DAGSTER_HOME={folder} is not the full path of a folder")
    elif not (Path(folder) / "dagster.yaml").is_file():
        detail = f"{folder} has no dagster.yaml; copy deploy/embedded/dagster.yaml there"
        yield Finding("home", ok=False, detail=detail)
    else:
        yield Finding("home", ok=True, detail=folder)


def _not_set_up(missing: list[str]) -> Finding:
    return Finding("set up", ok=False, detail=f"no; to use it, set {', '.join(missing)}", optional=True)


_CHECKS: dict[str, _Check] = {
    "agendas": _agendas,
    "clock": _clock,
    "database": _database,
    "booking site": _booking_site,
    "Microsoft Graph": _graph,
    "SharePoint": _sharepoint,
    "Google": _google,
    "Crossmark": _crossmark,
    "WorkFossa": _workfossa,
    "definitions": _definitions,
    "Dagster": _dagster_home,
}
