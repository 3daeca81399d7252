"""The work orders of an owner as pages show them: a week, those without a day, and what the places have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, or_, select

from scheduling_pipeline.database.work_orders import (
    StoredWorkOrder,
    WorkOrderLocation,
    WorkOrderService,
)
from scheduling_pipeline.work_orders.dispensers import dispensers_of
from scheduling_pipeline.work_orders.model import Dispenser, Service, WorkOrder
from scheduling_pipeline.work_orders.stored import order_of

DAYS = 7
SHOWN = ("open", "completed")  # removed orders are told of in the changes alone
MOST_FOUND = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """A work order with what its place has. `missing_since`: the first reading that did not list it.
    `equipment_read_at`: when the dispensers of its place were read, None where they were not yet."""

    order: WorkOrder
    state: str
    missing_since: datetime | None
    dispensers: Sequence[Dispenser] = ()
    equipment_read_at: datetime | None = None

    @property
    def completed(self) -> bool:
        return self.state == "completed"

    def due_reached(self, today: date) -> bool:
        """Whether its last day is there or over, and it is not done."""
        return not self.completed and self.order.due is not None and self.order.due <= today


@dataclass(frozen=True, slots=True)
class Week:
    """A week from its Monday on. `earlier` and `later`: the Mondays of the nearest weeks before and after it
    that have open orders, None where there are none."""

    first: date
    days: Mapping[date, Sequence[Standing]]
    without_day: Sequence[Standing]
    earlier: date | None
    later: date | None

    @property
    def last(self) -> date:
        return self.first + timedelta(days=DAYS - 1)

    @property
    def count(self) -> int:
        return sum(map(len, self.days.values()))


def monday_of(day: date) -> date:
    """The Monday that a day's week begins with."""
    return day - timedelta(days=day.weekday())


def load_week(engine: Engine, owner_id: int, wanted: date) -> Week:
    """The week of a day, and the open orders that have no day."""
    first = monday_of(wanted)
    last = first + timedelta(days=DAYS - 1)
    found = orders_between(engine, owner_id, first, last)
    of_day: dict[date, list[Standing]] = {first + timedelta(days=number): [] for number in range(DAYS)}
    for one in found:
        if one.order.day is not None:
            of_day[one.order.day].append(one)
    day = StoredWorkOrder.scheduled_date
    mine = (StoredWorkOrder.owner_id == owner_id, StoredWorkOrder.state == "open")
    with engine.connect() as connection:
        earlier = connection.scalar(select(func.max(day)).where(*mine, day < first))
        later = connection.scalar(select(func.min(day)).where(*mine, day > last))
    return Week(
        first,
        of_day,
        orders_without_day(engine, owner_id),
        monday_of(earlier) if earlier else None,
        monday_of(later) if later else None,
    )


def orders_between(engine: Engine, owner_id: int, first: date, last: date) -> list[Standing]:
    """The open and completed orders with their visit on these days, as they come."""
    day = StoredWorkOrder.scheduled_date
    return _load(engine, owner_id, StoredWorkOrder.state.in_(SHOWN), day.between(first, last))


def orders_without_day(engine: Engine, owner_id: int) -> list[Standing]:
    """The open orders whose visit has no day yet, those that are due first before the others."""
    row = StoredWorkOrder
    return _load(engine, owner_id, row.state == "open", row.scheduled_date.is_(None))


def find_orders(engine: Engine, owner_id: int, words: str) -> list[Standing]:
    """The open and completed orders of a store, by its number or a part of it, or by customer, town or the
    number of the order."""
    row = StoredWorkOrder
    columns = (row.store_number, row.customer_name, row.city)
    number = words.upper().removeprefix("W-")
    found = or_(row.external_id == number, *(column.icontains(words, autoescape=True) for column in columns))
    return _load(engine, owner_id, row.state.in_(SHOWN), found)[:MOST_FOUND]


def _load(engine: Engine, owner_id: int, *which: ColumnElement[bool]) -> list[Standing]:
    """Orders with their places' dispensers: by day, orders at a time of it first, then by due date."""
    table = StoredWorkOrder.__table__
    with engine.connect() as connection:
        query = select(table).where(StoredWorkOrder.owner_id == owner_id, *which)
        rows = connection.execute(query).mappings().all()
        services = _services(connection, [row["id"] for row in rows])
        read_at = _read_at(connection, owner_id)
    equipment = dispensers_of(engine, owner_id) if read_at else {}
    found = [Standing(order_of(row, services[row["id"]]), row["state"], row["missing_since"]) for row in rows]
    with_places = [
        replace(
            one,
            dispensers=equipment.get(location, ()),
            equipment_read_at=read_at.get(location),
        )
        if (location := one.order.place.location)
        else one
        for one in found
    ]
    return sorted(with_places, key=_position)


def _position(one: Standing) -> tuple[Any, ...]:
    order = one.order
    return (
        order.day or date.max,
        order.at or time.max,
        order.due or date.max,
        order.place.store or "",
        len(order.id),
        order.id,
    )


def _services(connection: Connection, orders: Collection[int]) -> Mapping[int, list[Service]]:
    row = WorkOrderService
    query = select(row.__table__).where(row.work_order_id.in_(orders)).order_by(row.position)
    services: defaultdict[int, list[Service]] = defaultdict(list)
    for one in connection.execute(query).mappings():
        service = Service(one["category"], one["code"], one["description"], one["quantity"])
        services[one["work_order_id"]].append(service)
    return services


def _read_at(connection: Connection, owner_id: int) -> Mapping[str, datetime]:
    row = WorkOrderLocation
    query = select(row.location_id, row.read_at).where(row.owner_id == owner_id)
    return {one.location_id: one.read_at for one in connection.execute(query)}
