"""Proposing a roster from the command line, and the account of it; what the demo needs for its desk."""

from __future__ import annotations

from itertools import cycle

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from assets.roster import PROPOSE_JOB
from scheduling_pipeline.commands.connections import Store, open_crossmark, open_store
from scheduling_pipeline.commands.job import RunReport, run_job
from scheduling_pipeline.database.roster import RosterEmployee
from scheduling_pipeline.desk.data.rotations import WEEKDAYS, Rotations, rotations, save_rotations
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.users import add_user, users
from scheduling_pipeline.roster.model import JobTitle, RotationType
from scheduling_pipeline.roster.times import day_of
from scheduling_pipeline.roster.workforce import refresh_workforce

STEPS = {
    "workforce": "reading people",
    "crossmark_events": "reading field events",
    "roster_proposal": "proposing a roster",
}
DEMO_USERS = {"manager": Role.MANAGER, "viewer": Role.VIEWER, "admin": Role.ADMIN}
DEMO_PASSWORD = "field-roster"  # noqa: S105 - of a desk that only this machine can reach
DEMO = "demo"
PART_TITLES = {RotationType.JUICER: JobTitle.JUICER, RotationType.PRIMARY_LEAD: JobTitle.LEAD}


def set_the_desk() -> None:
    """Give the demo's desk its users and a first rotation, once."""
    store = open_store()
    if not users(store.engine):
        for name, role in DEMO_USERS.items():
            add_user(store.engine, name, role, DEMO_PASSWORD, who=DEMO, now=store.now)
    with store.engine.connect() as connection:
        assigned = any(day for days in rotations(connection).values() for day in days.values())
    if not assigned:
        with open_crossmark(store.settings).connect() as planner:
            refresh_workforce(store.engine, planner, store.settings.roster, store.now)
        today = day_of(store.now, store.settings.roster.tz)
        save_rotations(store.engine, _taking_turns(store), who=DEMO, now=store.now, today=today)


def propose(console: Console) -> RunReport:
    """Read Crossmark and propose a roster."""
    from scheduling_pipeline.definitions import defs  # noqa: PLC0415 - takes seconds

    return run_job(console, defs.resolve_job_def(PROPOSE_JOB), STEPS)


def account(report: RunReport) -> Table:
    """What is proposed."""
    table = Table(title="Field roster", title_justify="left", box=None, padding=(0, 2, 0, 0))
    columns = {
        "people": ("workforce", ["listed"]),
        "events": ("crossmark_events", ["listed"]),
        "placed": ("roster_proposal", ["events placed"]),
        "by a swap": ("roster_proposal", ["events that need a swap"]),
        "moved": ("roster_proposal", ["events moved"]),
        "without a place": ("roster_proposal", ["events without a place"]),
        "left out": ("roster_proposal", ["events left out"]),
    }
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*(str(report.total(asset, names)) for asset, names in columns.values()))
    return table


def verdict(report: RunReport) -> str:
    """How the proposal stands."""
    placed = report.total("roster_proposal", ["events placed"])
    failed = report.total("roster_proposal", ["events without a place"])
    waits = "it waits on the desk for a manager's approval; nothing was submitted to Crossmark"
    return f"{placed} events placed, {failed} without a place: {waits}."


def _taking_turns(store: Store) -> Rotations:
    """Juicers and leads, one after another through the week."""
    query = select(RosterEmployee.id).order_by(RosterEmployee.name)
    turns = {}
    with store.engine.connect() as connection:
        for kind, title in PART_TITLES.items():
            people = cycle(connection.scalars(query.where(RosterEmployee.job_title == title)).all())
            turns[kind] = dict(zip(WEEKDAYS, people, strict=False))
    return turns
