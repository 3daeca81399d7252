"""Bringing course calendars up to date from the command line, and the account of it."""

from __future__ import annotations

import httpx
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from assets.course_jobs import CATALOGUE_JOB, COURSES_JOB, CREATE_JOB
from scheduling_pipeline.commands.connections import Store, open_google, open_store
from scheduling_pipeline.commands.job import RunReport, run_job
from scheduling_pipeline.courses.credentials import connections, save_credential
from scheduling_pipeline.courses.standing import without_calendar
from scheduling_pipeline.database.courses import User

SYNC_STEPS = {
    "course_catalogue": "reading the catalogue",
    "course_events": "making course events",
    "google_changes": "comparing with the ledger",
    "google_calendars": "writing to Google",
}
CREATE_STEPS = {"create_calendars": "creating calendars"}
CATALOGUE_STEPS = {"course_catalogue": "reading the catalogue"}


def know_people(console: Console) -> RunReport | None:
    """Bring the catalogue to what was ingested, unless people are known already."""
    from scheduling_pipeline.definitions import defs  # noqa: PLC0415 - takes seconds

    if _people(open_store()):
        return None
    return run_job(console, defs.resolve_job_def(CATALOGUE_JOB), CATALOGUE_STEPS)


def sync(console: Console) -> RunReport:
    """Bring the calendars of all who are due up to date."""
    from scheduling_pipeline.definitions import defs  # noqa: PLC0415 - takes seconds

    return run_job(console, defs.resolve_job_def(COURSES_JOB), SYNC_STEPS)


def provide(console: Console) -> RunReport | None:
    """Give calendars to those who signed in and have none; None when there are no such people."""
    from scheduling_pipeline.definitions import defs  # noqa: PLC0415 - takes seconds

    if not without_calendar(open_store().engine):
        return None
    return run_job(console, defs.resolve_job_def(CREATE_JOB), CREATE_STEPS)


def everybody_signs_in() -> int:
    """Let each of the demo's people allow it on the simulated consent page; how many did just now."""
    store = open_store()
    connected = {one.person for one in connections(store.engine) if one.account}
    new = [email for email in _people(store) if email not in connected]
    for email in new:
        _sign_in(store, email)
    return len(new)


def _people(store: Store) -> list[str]:
    with store.engine.connect() as connection:
        return list(connection.scalars(select(User.email).order_by(User.email)))


def _sign_in(store: Store, email: str) -> None:
    google = open_google(store.settings)

    def allow(address: str) -> None:
        trusted = store.settings.google.ca_bundle or True
        form = {"email": email, "decision": "allow"}
        answer = httpx.post(address, data=form, verify=trusted, trust_env=False)
        httpx.get(answer.headers["location"], trust_env=False)  # back to us, as a browser would go

    consent = google.oauth_client().ask(email, allow)
    save_credential(
        store.engine,
        google.cipher,
        user_email=email,
        account_email=consent.email,
        refresh_token=consent.refresh_token,
        scopes=consent.scopes,
        now=store.now,
    )


def account(report: RunReport) -> Table:
    """What was due, and what was changed."""
    table = Table(title="Course calendars", title_justify="left", box=None, padding=(0, 2, 0, 0))
    columns = {
        "people due": ("course_events", ["people"]),
        "classes": ("course_events", ["classes"]),
        "exams": ("course_events", ["final exams"]),
        "other events": ("course_events", ["university events"]),
        "new": ("google_changes", ["to create"]),
        "changed": ("google_changes", ["to update"]),
        "gone": ("google_changes", ["to delete", "to end"]),
        "held": ("google_changes", ["held"]),
    }
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*(str(report.total(asset, names)) for asset, names in columns.values()))
    return table


def created(report: RunReport) -> str:
    """How many calendars there are more."""
    return f"{report.total('google_calendars', ['calendars created'])} course calendars created."


def verdict(report: RunReport) -> str:
    """How many writes there were, and what still stands out."""
    writes = report.total("google_calendars", ["calendar writes"])
    left = {
        "held": report.total("google_changes", ["held"]),
        "failed": report.total("google_calendars", ["events failed", "events unknown"]),
    }
    waiting = ", ".join(f"{count} {word}" for word, count in left.items() if count)
    if waiting:
        return f"{writes} course calendar writes; {waiting}."
    if writes:
        return f"{writes} course calendar writes."
    due = report.total("course_events", ["people"])
    return f"0 course calendar writes: {'everything stood already' if due else 'nobody was due'}."
