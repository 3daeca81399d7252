"""Bringing teachers' calendars up to date from the command line, and the account of it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from scheduling_pipeline.commands.job import RunReport, run_job

STEPS = {
    "timetable": "reading timetables",
    "outlook_events": "matching teachers",
    "outlook_changes": "comparing with Outlook",
    "outlook_calendars": "writing to Outlook",
}


def sync(console: Console) -> tuple[RunReport, list[str]]:
    """Bring all live agendas up to date, in one run; what it did, and the agendas."""
    from scheduling_pipeline.definitions import defs, sync_run  # noqa: PLC0415 - takes seconds

    job, agendas, tags = sync_run(defs)
    return run_job(console, job, STEPS, tags=tags), agendas


def account(report: RunReport, agendas: Sequence[str]) -> Table:
    """A row for each agenda: what was read, what should stand, what was changed."""
    table = Table(title="Teacher calendars", title_justify="left", box=None, padding=(0, 2, 0, 0))
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
    for agenda in agendas:
        cells = (report.count(asset, agenda, names) for asset, names in columns.values())
        table.add_row(agenda, *map(str, cells))
    return table


def verdict(report: RunReport) -> str:
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
