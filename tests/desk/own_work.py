"""Somebody with work orders of their own: readings, changes, dispensers, runs. All names are invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Engine, select

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.notifications.channels import Keys
from scheduling_pipeline.notifications.owners import save_channel
from scheduling_pipeline.work_orders.dispensers import save_dispensers
from scheduling_pipeline.work_orders.equipment import Equipment
from scheduling_pipeline.work_orders.history import Items
from scheduling_pipeline.work_orders.model import (
    Dispenser,
    Listing,
    Place,
    Service,
    Status,
    Visit,
    WorkOrder,
)
from scheduling_pipeline.work_orders.refresh import Refreshed, refresh
from scheduling_pipeline.work_orders.runs import Runs
from scheduling_pipeline.work_orders.schedule import Trigger
from tests.desk.people import NOW, Office, Person

MONDAY = date(2026, 3, 2)  # the day of NOW


def order(number: int, day: int | None = 0) -> WorkOrder:
    """An open order with its visit so many days after the Monday of `NOW`."""
    store = f"#{1000 + number}"
    return WorkOrder(
        id=str(110_000 + number),
        status=Status.PENDING,
        site_status="Work Created",
        place=Place(
            store, f"51{number:03}", "12 Mill Road", None, "Springfield", "OH", "45501", "Clark County"
        ),
        customer="Halewood Fuel Stops",
        services=(Service("Meter Calibration", "2861", "All Dispensers", 8),),
        day=None if day is None else MONDAY + timedelta(days=day),
        visit=None
        if day is None
        else Visit(f"9{number}", f"https://fossa.example/app/work/{number}/visits/9{number}/"),
        visits_total=1,
    )


@dataclass
class Owner:
    """Somebody at a desk, and what was read for them."""

    office: Office
    person: Person
    id: int

    @property
    def engine(self) -> Engine:
        return self.office.engine

    def read(
        self,
        *orders: WorkOrder,
        hours: float = 0,
        why_not: str = "",
        completed: Sequence[str] = (),
    ) -> Refreshed:
        """Apply a list that was read so many hours after `NOW`, and have the owner told of what changed."""
        at = NOW + timedelta(hours=hours)
        run_id = f"run-{self.id}-{hours}"
        done = dict.fromkeys(completed)
        listing = Listing(orders, at, why_not)
        return refresh(self.engine, self.id, listing, done, run_id=run_id, smallest_share=0.5)

    def reach_by(self, *channels: Keys) -> None:
        """Set channels up."""
        cipher = Cipher(self.office.work_orders.key.get_secret_value())
        with self.engine.begin() as connection:
            for keys in channels:
                save_channel(connection, cipher, self.id, keys, NOW)

    def equip(self, location: str, *dispensers: Dispenser) -> None:
        """Note what a place has."""
        equipment = Equipment(dispensers, len(dispensers))
        save_dispensers(self.engine, self.id, location, equipment, NOW)

    def run(
        self, days_ago: float, *, items: Items | None = None, error: str = "", seconds: float = 30
    ) -> None:
        """A run that ended well with some items, or failed."""
        runs = Runs(self.engine, pause_after=5)
        began = NOW - timedelta(days=days_ago)
        number = runs.begin(
            self.id, "work_orders", Trigger.SCHEDULED, dagster_run_id=f"run {days_ago}", now=began
        )
        ended = began + timedelta(seconds=seconds)
        if error:
            runs.fail(number, error, ended)
        else:
            runs.succeed(number, items or Items(processed=58), ended)


def owner(office: Office, role: Role = Role.VIEWER, *, name: str = "Olive Owner") -> Owner:
    """Somebody new, who is signed in."""
    person = office.person(role, name=name)
    with office.engine.connect() as connection:
        number = connection.scalars(select(DeskUser.id).where(DeskUser.name == name)).one()
    return Owner(office, person, number)
