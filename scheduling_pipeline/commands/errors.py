"""Faults that a person can do something about: a plain sentence instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError

from resources.browser import BrowserUnavailableError
from resources.directory import DirectoryError
from resources.google_service_account import ServiceAccountError
from resources.google_sign_in import ConsentError
from resources.graph_sign_in import SignInError
from resources.graph_wire import GraphError
from resources.tab import AuthenticationError, RefusedPageError, SiteDown
from scheduling_pipeline.calendars.holds import UnknownDigestError
from scheduling_pipeline.commands.connections import NotConfiguredError
from scheduling_pipeline.commands.demo import DemoError
from scheduling_pipeline.courses.credentials import UnknownUserError
from scheduling_pipeline.database.leases import LeaseLostError, LeaseTimeoutError
from scheduling_pipeline.files.arrival import CursorError
from scheduling_pipeline.files.model import DriveError
from scheduling_pipeline.settings import SettingsError
from scheduling_pipeline.teacher_calendars import NothingReachableError, StaleReadingError
from scheduling_pipeline.timetable.adoption import AdoptionNeededError
from scheduling_pipeline.timetable.agendas import AgendaFileError
from scheduling_pipeline.timetable.state_files import StateFileError


class CommandError(Exception):
    """A command cannot do what it was asked for; the message says why and what to do."""


SITE_FAULTS = (AuthenticationError, SiteDown, RefusedPageError, BrowserUnavailableError)
_EXPECTED = (
    CommandError,
    DemoError,
    SettingsError,
    NotConfiguredError,
    AgendaFileError,
    StateFileError,
    UnknownDigestError,
    StaleReadingError,
    NothingReachableError,
    AdoptionNeededError,
    LeaseTimeoutError,
    LeaseLostError,
    SignInError,
    ServiceAccountError,
    ConsentError,
    UnknownUserError,
    DirectoryError,
    DriveError,
    CursorError,
    *SITE_FAULTS,
)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn an expected fault into its message and exit code 1."""
    try:
        yield
    except _EXPECTED as fault:
        message = str(fault)
    except GraphError as fault:
        message = f"Microsoft Graph did not answer as hoped: {fault}"
    except httpx.HTTPError as fault:
        message = f"the clock at SCHEDULING_CLOCK_URL does not answer ({type(fault).__name__})"
    except OperationalError as fault:
        message = f"the database cannot be used: {fault.orig}"
    else:
        return
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(f"✗ {message}", style="red")
    raise typer.Exit(1)
