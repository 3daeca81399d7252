"""The outside systems for the commands, opened as the settings describe them. Nothing here is global."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from resources.clock import Clock
from resources.crossmark import Crossmark
from resources.database import Database
from resources.directory import list_accounts
from resources.google import Google
from resources.graph import Graph
from resources.graph_client import GraphClient
from resources.outlook import Outlook
from resources.sharepoint import SharePoint
from resources.sparksource import SparkSource
from scheduling_pipeline.calendars.access import Calendars
from scheduling_pipeline.setting_group import SettingsGroup
from scheduling_pipeline.settings import Settings, load_settings
from scheduling_pipeline.systems import (
    crossmark_of,
    google_of,
    graph_of,
    revealed,
    sharepoint_of,
    sparksource_of,
)
from scheduling_pipeline.timetable.accounts import Account


class NotConfiguredError(Exception):
    """A system is needed that the settings say nothing about."""


@dataclass(frozen=True)
class Store:
    """What every command has: the settings, the database and the time at which it began."""

    settings: Settings
    engine: Engine
    now: datetime


@dataclass(frozen=True)
class Tenant(Store):
    """The calendars too: a signed-in client, the directory, and what it takes to plan and write."""

    client: GraphClient
    accounts: list[Account]
    calendars: Calendars

    @property
    def names(self) -> dict[str, str]:
        """Display names by calendar."""
        return {account.calendar: account.display_name for account in self.accounts}


def open_store() -> Store:
    """Read the settings, open the database and ask for the time."""
    settings = load_settings()
    return Store(settings, Database(url=settings.database_url).engine, open_clock(settings).now())


@contextmanager
def open_tenant(command: str) -> Iterator[Tenant]:
    """The same and Outlook; `command` names the run in the ledger. Raises NotConfiguredError, SignInError."""
    store = open_store()
    with open_graph(store.settings).connect() as client:
        run_id = f"{command}-{uuid.uuid4().hex[:12]}"
        yield Tenant(
            store.settings,
            store.engine,
            store.now,
            client,
            list_accounts(client),
            Calendars(store.engine, Outlook(client), run_id),
        )


def open_clock(settings: Settings) -> Clock:
    """The clock that the settings name."""
    return Clock(url=settings.clock_url)


def open_graph(settings: Settings) -> Graph:
    """Microsoft Graph. Raises NotConfiguredError."""
    _require(settings.graph, "Microsoft Graph")
    return graph_of(settings, revealed)


def open_google(settings: Settings) -> Google:
    """Google. Raises NotConfiguredError."""
    _require(settings.google, "Google")
    return google_of(settings, revealed)


def open_sparksource(settings: Settings) -> SparkSource:
    """The booking site. Raises NotConfiguredError."""
    _require(settings.sparksource, "the booking site")
    return sparksource_of(settings, revealed)


def open_sharepoint(settings: Settings) -> SharePoint:
    """The SharePoint folder. Raises NotConfiguredError."""
    _require(settings.scheduler, "SharePoint")
    if not settings.scheduler.client_id:
        _require(settings.graph, "Microsoft Graph")
    return sharepoint_of(settings, revealed)


def open_crossmark(settings: Settings) -> Crossmark:
    """The planner of field events. Raises NotConfiguredError."""
    _require(settings.crossmark, "Crossmark")
    return crossmark_of(settings, revealed)


def _require(group: SettingsGroup, name: str) -> None:
    if not group.configured:
        raise NotConfiguredError(f"{name} is not set up: set {', '.join(group.missing)}")
