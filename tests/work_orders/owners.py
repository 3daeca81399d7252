"""Owners of schedules, and orders for them, in a few words. All names are invented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine, insert

from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.work_orders.model import Listing, Place, Service, Status, Visit, WorkOrder
from scheduling_pipeline.work_orders.refresh import Refreshed, refresh

NOW = datetime(2026, 3, 4, 15, 12, 20, tzinfo=UTC)  # 10:12 in New York
MONDAY = date(2026, 3, 2)
ZONE = "America/New_York"
LINK = "https://desk.example/changes"


def add_owner(engine: Engine, name: str = "tess", *, active: bool = True) -> int:
    """Somebody who may sign in at the desk; their id."""
    values = {"name": name, "role": "manager", "password_hash": "-", "is_active": active, "created_at": NOW}
    with engine.begin() as connection:
        return connection.scalars(insert(DeskUser).values(values).returning(DeskUser.id)).one()


def order(number: int, day: int | None = 0, *, store: str = "#1234", location: str = "51000") -> WorkOrder:
    """An open order with its visit so many days after a Monday."""
    return WorkOrder(
        id=str(number),
        status=Status.PENDING,
        site_status="Work Created",
        place=Place(store=store, location=location, city="Marlow Springs", region="NC"),
        customer="Halewood Fuel Stops",
        services=(Service("Meter Calibration", "2861", "All Dispensers", 8),),
        day=None if day is None else MONDAY + timedelta(days=day),
        visit=Visit(f"9{number}", f"https://fossa.example/app/work/{number}/visits/9{number}/"),
        visits_total=1,
    )


def apply(
    engine: Engine,
    owner: int,
    hours: int,
    *orders: WorkOrder,
    why_not: str = "",
    completed: Mapping[str, date | None] | None = None,
    smallest_share: float = 0.5,
    completed_problem: str = "",
) -> Refreshed:
    """Apply a listing that was read so many hours after `NOW`."""
    listing = Listing(orders, NOW + timedelta(hours=hours), why_not)
    return refresh(
        engine,
        owner,
        listing,
        completed or {},
        run_id=f"run-{hours}",
        smallest_share=smallest_share,
        completed_problem=completed_problem,
        link=LINK,
    )
