"""`run`: the whole pipeline against the simulators; `simulators`: those alone."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from scheduling_pipeline.commands import demo
from scheduling_pipeline.commands.job import RunReport, run_sync

INTERRUPTED = 130
DEFAULT_PORTS = demo.Ports()
console = Console()


def run(*, once: bool, ports: demo.Ports = DEFAULT_PORTS) -> None:
    """Start everything, run the main job once, say what it did, and stay up until Ctrl-C.

    Raises DemoError when something does not start, SystemExit(1) when the job fails and SystemExit(130) when
    it is interrupted: what was written by then is in the outbox, and the next run goes on from there.
    """
    home = Path(os.environ.get("SCHEDULING_HOME", "var")).absolute()
    with contextlib.ExitStack() as stack:
        console.print("Starting the simulated booking site and the simulated Outlook …")
        addresses = stack.enter_context(demo.simulators(home / "simulators", ports))
        demo.prepare(home, addresses.environment)
        dagster_url = None if once else stack.enter_context(demo.dagster(home, ports.dagster))
        try:
            report = run_sync(console)
        except KeyboardInterrupt:
            console.print("Interrupted; stopping …")
            raise SystemExit(INTERRUPTED) from None
        if report.success:
            console.print(_account(report))
        _say_how_it_went(report)
        if not report.success:
            raise SystemExit(1)
        if dagster_url:
            demo.wait_for_dagster(dagster_url, home)
            console.print(_addresses(dagster_url, addresses))
            console.print("Everything stays up until Ctrl-C.")
            demo.wait_for_interrupt()
            console.print("Stopping …")


def simulators(home: Path) -> None:
    """Run the simulators in the foreground until Ctrl-C."""
    command = [sys.executable, "-m", "scheduling_pipeline.simulators", "--home", str(home)]
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run(command, check=True)  # noqa: S603 - our own command


def _account(report: RunReport) -> Table:
    """A row for each agenda: what was read, what should stand, what was changed."""
    table = Table(title="What was done", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("agenda", no_wrap=True)
    columns = {
        "lessons": ("timetable", ["lessons read"]),
        "events": ("outlook_events", ["events"]),
        "new": ("outlook_changes", ["to create"]),
        "changed": ("outlook_changes", ["to update", "to split"]),
        "gone": ("outlook_changes", ["to delete", "to end"]),
        "same": ("outlook_changes", ["kept, unchanged"]),
        "held": ("outlook_changes", ["held"]),
    }
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for agenda in report.agendas:
        cells = (report.count(asset, agenda, names) for asset, names in columns.values())
        table.add_row(agenda, *map(str, cells))
    return table


def _say_how_it_went(report: RunReport) -> None:
    for error in report.errors:
        console.print(Text.assemble(("✗ ", "red"), error))
    for check, description in report.failed_checks:
        console.print(Text.assemble(("! ", "yellow"), f"check “{check}”:"))
        console.print(Padding(Text(description), (0, 0, 0, 4)))
    if report.success:
        console.print(Text.assemble(("✓ ", "green"), _writes(report)))


def _writes(report: RunReport) -> str:
    """How many writes there were, and what still stands out."""
    writes = report.total("outlook_calendars", ["calendar writes"])
    left = {
        "held": report.total("outlook_changes", ["held"]),
        "left out": report.total("outlook_changes", ["left out"]),
        "failed": report.total("outlook_calendars", ["events failed", "events unknown"]),
    }
    waiting = ", ".join(f"{count} {word}" for word, count in left.items() if count)
    if waiting:
        return f"{writes} calendar writes; {waiting}."
    return f"{writes} calendar writes." if writes else "0 calendar writes: everything stood already."


def _addresses(dagster_url: str, addresses: demo.Addresses) -> Table:
    table = Table(
        title="Where to look", title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0)
    )
    table.add_row("Dagster: runs, lineage, schedules, backfills", dagster_url)
    table.add_row("Booking site (user planner, password planner)", addresses.sparksource_url)
    table.add_row("Simulated Outlook: every mailbox, by week", addresses.outlook_url)
    return table
