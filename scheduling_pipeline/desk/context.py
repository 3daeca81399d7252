"""What every request needs: the database, the settings, the clock and the limits. Nothing here is global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy import Engine

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.desk.account_checks import AccountChecks
from scheduling_pipeline.desk.limiting import Limits
from scheduling_pipeline.desk.outside import Outside
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.roster_settings import DeskSettings, RosterSettings
from scheduling_pipeline.work_orders_settings import WorkOrdersSettings


@dataclass(frozen=True)
class DeskOptions:
    """The settings that the desk goes by. `dagster_url`: where people find Dagster's pages, if they do.
    `wait_seconds`: how long a program that asks for a proposal waits for it at most."""

    roster: RosterSettings
    desk: DeskSettings
    dagster_url: str | None = None
    wait_seconds: float = 60
    work_orders: WorkOrdersSettings = field(default_factory=WorkOrdersSettings)


@dataclass(frozen=True)
class Desk:
    """One running desk."""

    engine: Engine
    options: DeskOptions
    now: Callable[[], datetime]
    limits: Limits
    outside: Outside
    account_checks: AccountChecks

    @property
    def cipher(self) -> Cipher:
        """What people's accounts and keys are encrypted with. Raises Problem (503) where no key is set."""
        key = self.options.work_orders.key.get_secret_value()
        if not key:
            raise Problem(503, "NO_KEY", "Accounts and keys cannot be kept here: WORK_ORDERS_KEY is not set.")
        return Cipher(key)

    @property
    def zone(self) -> ZoneInfo:
        """The stores' zone, in which all times are shown."""
        return self.options.roster.tz

    @property
    def usual_zone(self) -> ZoneInfo:
        """The zone of owners who chose none for a schedule."""
        return ZoneInfo(self.options.work_orders.zone)

    def today(self) -> date:
        """The stores' day."""
        return self.now().astimezone(self.zone).date()


def desk_of(request: Request) -> Desk:
    """The desk that a request came to."""
    desk: Desk = request.app.state.desk
    return desk


TheDesk = Annotated[Desk, Depends(desk_of)]
