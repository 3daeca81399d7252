"""`run`: the whole pipeline against the simulators; `simulators`: those alone."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from resources.database import Database
from scheduling_pipeline.commands import courses, demo, ingest, owners, roster, sync, work_orders
from scheduling_pipeline.commands.job import say_how_it_went
from scheduling_pipeline.settings import load_settings

INTERRUPTED = 130
DEFAULT_PORTS = demo.Ports()
console = Console()


def run(*, once: bool, ports: demo.Ports = DEFAULT_PORTS) -> None:
    """Start everything, run the jobs once, say what they did, and stay up until Ctrl-C.

    Raises DemoError when something does not start, SystemExit(1) when a job fails and SystemExit(130) when
    it is interrupted: what was written by then is in the outbox, and the next run goes on from there.
    """
    home = Path(os.environ.get("SCHEDULING_HOME", "var")).absolute()
    with contextlib.ExitStack() as stack:
        console.print(
            "Starting the simulated booking site, Outlook, SharePoint, Google, Crossmark and WorkFossa …"
        )
        addresses = stack.enter_context(demo.simulators(home / "simulators", ports))
        demo.prepare(home, ports, addresses.environment)
        dagster_url = None if once else stack.enter_context(demo.dagster(home, ports))
        try:
            succeeded = _do_all_jobs(addresses)
        except KeyboardInterrupt:
            console.print("Interrupted; stopping …")
            raise SystemExit(INTERRUPTED) from None
        if not succeeded:
            raise SystemExit(1)
        if dagster_url:
            desk_url = stack.enter_context(demo.desk(home, ports))
            demo.wait_for_dagster(dagster_url, home)
            demo.wait_for_desk(desk_url, home)
            console.print(_addresses(dagster_url, desk_url, addresses))
            console.print("Everything stays up until Ctrl-C.")
            demo.wait_for_interrupt()
            console.print("Stopping …")


def simulators(home: Path) -> None:
    """Run the simulators in the foreground until Ctrl-C."""
    command = [sys.executable, "-m", "scheduling_pipeline.simulators", "--home", str(home)]
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run(command, check=True)  # noqa: S603 - our own command


def _do_all_jobs(addresses: demo.Addresses) -> bool:
    """Each job once; whether all succeeded. Files first: the school's list tells namesakes apart."""
    files = ingest.everything_new(console)
    if files.success:
        console.print(ingest.account(files, Database(url=load_settings().database_url).engine))
    say_how_it_went(console, files, ingest.verdict(files))
    calendars, agendas = sync.sync(console)
    if calendars.success:
        console.print(sync.account(calendars, agendas))
    say_how_it_went(console, calendars, sync.verdict(calendars))
    return all((files.success, calendars.success, _course_calendars(), _roster(), _work_orders(addresses)))


def _roster() -> bool:
    """A roster is proposed; that is all, until somebody approves it."""
    roster.set_the_desk()
    report = roster.propose(console)
    if report.success:
        console.print(roster.account(report))
    say_how_it_went(console, report, roster.verdict(report))
    return report.success


def _work_orders(addresses: demo.Addresses) -> bool:
    """The owners' work orders are read, the dispensers of new places, and what is new is told."""
    owners.set_the_owners(addresses.workfossa_accounts, addresses.pushover)
    report = work_orders.read(console)
    console.print(work_orders.account(report))
    say_how_it_went(console, report, f"{work_orders.verdict(report)} {work_orders.tell()}")
    return report.success


def _course_calendars() -> bool:
    """People sign in, are given calendars, and find their courses there."""
    if people := courses.know_people(console):
        say_how_it_went(console, people, "The catalogue is read.")
    if signed_in := courses.everybody_signs_in():
        console.print(f"{signed_in} students let us write to their Google calendars.")
    created = courses.provide(console)
    if created is not None:
        say_how_it_went(console, created, courses.created(created))
    report = courses.sync(console)
    if report.success:
        console.print(courses.account(report))
    say_how_it_went(console, report, courses.verdict(report))
    return all(one is None or one.success for one in (people, created, report))


def _addresses(dagster_url: str, desk_url: str, addresses: demo.Addresses) -> Table:
    table = Table(
        title="Where to look", title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0)
    )
    table.add_row("Dagster: runs, lineage, schedules, backfills", dagster_url)
    table.add_row(f"Review desk (user manager, password {roster.DEMO_PASSWORD})", desk_url)
    table.add_row("Booking site (user planner, password planner)", addresses.sparksource_url)
    table.add_row("Simulated Outlook and SharePoint", addresses.outlook_url)
    table.add_row("Simulated Google calendars", addresses.google_url)
    table.add_row("Simulated Crossmark planner", f"{addresses.crossmark_url}/demo")
    table.add_row("Simulated WorkFossa work orders", f"{addresses.workfossa_url}/demo")
    table.add_row("Messages: e-mail, Pushover, Teams", addresses.mailbox_url)
    return table
