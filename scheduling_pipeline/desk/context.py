"""What every request needs: the database, the settings, the clock and the limits. Nothing here is global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy import Engine

from scheduling_pipeline.desk.limiting import Limits
from scheduling_pipeline.roster_settings import DeskSettings, RosterSettings


@dataclass(frozen=True)
class DeskOptions:
    """The settings that the desk goes by. `dagster_url`: where people find Dagster's pages, if they do.
    `wait_seconds`: how long a program that asks for a proposal waits for it at most."""

    roster: RosterSettings
    desk: DeskSettings
    dagster_url: str | None = None
    wait_seconds: float = 60


@dataclass(frozen=True)
class Desk:
    """One running desk."""

    engine: Engine
    options: DeskOptions
    now: Callable[[], datetime]
    limits: Limits

    @property
    def zone(self) -> ZoneInfo:
        """The stores' zone, in which all times are shown."""
        return self.options.roster.tz

    def today(self) -> date:
        """The stores' day."""
        return self.now().astimezone(self.zone).date()


def desk_of(request: Request) -> Desk:
    """The desk that a request came to."""
    desk: Desk = request.app.state.desk
    return desk


TheDesk = Annotated[Desk, Depends(desk_of)]
