"""`google`: people's consent to course calendars, and how they stand."""

from __future__ import annotations

import webbrowser
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduling_pipeline.commands.connections import open_google, open_store
from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.commands.screen import console, table, working
from scheduling_pipeline.courses.credentials import Connection, connections, save_credential, user_id_of
from scheduling_pipeline.courses.provision import CalendarSetUp


def connect(person: str, account: str, *, browser: bool) -> None:
    """Ask for a person's consent, keep it, and see to it that they have their calendar.

    Raises ConsentError, UnknownUserError, ServiceAccountError, CommandError.
    """
    store = open_store()
    google = open_google(store.settings)
    user_id_of(store.engine, person)  # before anybody is asked in vain
    cipher = google.cipher
    consent = google.oauth_client().ask(account, _opened if browser else _shown)
    save_credential(
        store.engine,
        cipher,
        user_email=person,
        account_email=consent.email,
        refresh_token=consent.refresh_token,
        scopes=consent.scopes,
        now=store.now,
    )
    console.print(f"{consent.email} is connected.")
    course_calendars = store.settings.course_calendars
    with google.service_calendars() as owner, working("setting up the calendar …"):
        provided = CalendarSetUp(
            store.engine, cipher, owner, course_calendars.calendar_name, course_calendars.zone, store.now
        ).provide(person)
    if provided.problem:
        raise CommandError(f"the calendar of {provided.person} is not ready: {provided.problem}")
    made = "was created" if provided.created else "is there"
    console.print(f"The calendar {course_calendars.calendar_name!r} of {provided.person} {made}.")


def status() -> None:
    """Show everybody who connected an account or has a calendar."""
    store = open_store()
    zone = ZoneInfo(store.settings.course_calendars.zone)
    shown = table(
        "Course calendars in Google", "person", "account", "calendar", "last synced", "needs sign-in"
    )
    for one in connections(store.engine):
        shown.add_row(
            one.person,
            one.account or "none",
            _calendar(one),
            _local(one.last_synced_at, zone) or "never",
            f"since {_local(one.needs_sign_in_since, zone)}: {one.problem}"
            if one.needs_sign_in_since
            else "",
        )
    if shown.row_count:
        console.print(shown)
    else:
        console.print("Nobody is connected: see `scheduling-pipeline google connect`.")


def _calendar(one: Connection) -> str:
    if one.calendar_state is None:
        return "none"
    return str(one.calendar) if one.calendar_state == "ready" else f"{one.calendar} ({one.calendar_state})"


def _local(when: datetime | None, zone: ZoneInfo) -> str:
    return f"{when.astimezone(zone):%a %d %b %Y %H:%M %Z}" if when else ""


def _opened(address: str) -> None:
    webbrowser.open(address)
    _say("Answer Google in the browser. Should no page have opened, go to:", address)


def _shown(address: str) -> None:
    _say("On this machine, go to:", address)


def _say(words: str, address: str) -> None:
    console.print(words)
    console.print(address, soft_wrap=True)  # or else it could not be copied
