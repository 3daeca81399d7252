"""Work orders as rows of the database: read, written, and only where something is other than before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, and_, bindparam, delete, insert, select, update

from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.work_orders import StoredWorkOrder, WorkOrderService, WorkOrderVisit
from scheduling_pipeline.work_orders.model import Place, Service, Status, Visit, WorkOrder


@dataclass(frozen=True, slots=True)
class Stored:
    """A work order as it stands in the database; `row` is its row's id."""

    row: int
    order: WorkOrder
    state: str  # open, completed or removed
    missing_since: datetime | None
    announced: bool

    @property
    def open(self) -> bool:
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An open order as it should stand."""

    order: WorkOrder
    missing_since: datetime | None
    announced: bool


def load(connection: Connection, owner_id: int) -> dict[str, Stored]:
    """All orders of an owner by their numbers, closed ones too."""
    table = StoredWorkOrder.__table__
    services: defaultdict[int, list[Service]] = defaultdict(list)
    join = and_(WorkOrderService.work_order_id == StoredWorkOrder.id, StoredWorkOrder.owner_id == owner_id)
    query = select(WorkOrderService.__table__).join(StoredWorkOrder, join)
    for row in connection.execute(query.order_by(WorkOrderService.position)).mappings():
        service = Service(row["category"], row["code"], row["description"], row["quantity"])
        services[row["work_order_id"]].append(service)
    rows = connection.execute(select(table).where(table.c.owner_id == owner_id)).mappings()
    return {
        row["external_id"]: Stored(
            row["id"],
            order_of(row, services[row["id"]]),
            row["state"],
            row["missing_since"],
            row["announced"],
        )
        for row in rows
    }


def write(
    connection: Connection,
    owner_id: int,
    standing: Mapping[str, Stored],
    wanted: Mapping[str, Wanted],
    now: datetime,
) -> tuple[set[str], set[str]]:
    """Insert and update what is other than wanted.

    Returns the numbers of the orders that are new or open again, and of those that changed.
    """
    added = {number for number in wanted if number not in standing or not standing[number].open}
    changed = {number for number in wanted.keys() - added if standing[number].order != wanted[number].order}
    new = [number for number in wanted if number not in standing]
    rows = {number: stored.row for number, stored in standing.items()}
    if new:
        values = [{**_row(wanted[number], now), "owner_id": owner_id, "first_seen_at": now} for number in new]
        statement = insert(StoredWorkOrder).returning(StoredWorkOrder.id, sort_by_parameter_order=True)
        rows.update(zip(new, connection.scalars(statement, values), strict=True))
    _update(connection, {rows[n]: _row(wanted[n], now) for n in (added | changed) - set(new)})
    _update(
        connection,
        {
            rows[number]: {"missing_since": one.missing_since, "announced": one.announced}
            for number, one in wanted.items()
            if number not in added | changed
            and (standing[number].missing_since, standing[number].announced)
            != (one.missing_since, one.announced)
        },
    )
    _write_parts(connection, {rows[number]: wanted[number].order for number in added | changed})
    return added, changed


def open_orders(engine: Engine, owner_id: int) -> list[WorkOrder]:
    """An owner's open orders, those with the next visits first."""
    with engine.connect() as connection:
        found = [one.order for one in load(connection, owner_id).values() if one.open]
    return sorted(found, key=lambda order: (order.day is None, order.day, len(order.id), order.id))


def strike(connection: Connection, rows: Iterable[int], now: datetime) -> None:
    """Note that orders were not listed for the first time."""
    _update(connection, {row: {"missing_since": now} for row in rows})


def close(connection: Connection, state: str, rows: Mapping[int, date | None], now: datetime) -> None:
    """Close orders as completed or removed; of completed ones, note when their visit was done."""
    status = {"status": Status.COMPLETED.value} if state == "completed" else {}
    _update(
        connection,
        {row: {"state": state, "closed_at": now, "missing_since": None, **status} for row in rows},
    )
    visits = [{"the_order": row, "the_day": day} for row, day in rows.items() if day is not None]
    if visits:
        finished = update(WorkOrderVisit).where(
            WorkOrderVisit.work_order_id == bindparam("the_order"), WorkOrderVisit.finished_on.is_(None)
        )
        connection.execute(finished.values(finished_on=bindparam("the_day")), visits)


def order_of(row: RowMapping, services: Sequence[Service]) -> WorkOrder:
    """The work order that a row of the database is, with its services in their order."""
    return WorkOrder(
        id=row["external_id"],
        status=Status(row["status"]),
        site_status=row["site_status"],
        place=Place(
            store=row["store_number"],
            location=row["location_id"],
            street=row["street"],
            cross_street=row["cross_street"],
            city=row["city"],
            region=row["region"],
            postal_code=row["postal_code"],
            county=row["county"],
        ),
        customer=row["customer_name"],
        customer_url=row["customer_url"],
        categories=tuple(row["categories"]),
        services=tuple(services),
        day=row["scheduled_date"],
        at=row["scheduled_time"],
        visit=Visit(row["visit_id"], row["visit_url"]) if row["visit_id"] else None,
        visits_done=row["visits_done"],
        visits_total=row["visits_total"],
        due=row["due_date"],
        created_on=row["created_on"],
        reason=row["reason"],
        project=row["project"],
        purchase_order=row["purchase_order"],
        instructions=row["instructions"],
    )


def _row(wanted: Wanted, now: datetime) -> dict[str, Any]:
    order, place = wanted.order, wanted.order.place
    return {
        "external_id": order.id,
        "customer_name": order.customer,
        "customer_url": order.customer_url,
        "store_number": place.store,
        "location_id": place.location,
        "street": place.street,
        "cross_street": place.cross_street,
        "city": place.city,
        "region": place.region,
        "postal_code": place.postal_code,
        "county": place.county,
        "status": order.status.value,
        "site_status": order.site_status,
        "categories": list(order.categories),
        "reason": order.reason,
        "project": order.project,
        "purchase_order": order.purchase_order,
        "created_on": order.created_on,
        "instructions": order.instructions,
        "visits_done": order.visits_done,
        "visits_total": order.visits_total,
        "visit_id": order.visit.id if order.visit else None,
        "visit_url": order.visit.url if order.visit else None,
        "scheduled_date": order.day,
        "scheduled_time": order.at,
        "due_date": order.due,
        "state": "open",
        "closed_at": None,
        "missing_since": wanted.missing_since,
        "announced": wanted.announced,
        "updated_at": now,
    }


def _write_parts(connection: Connection, orders: Mapping[int, WorkOrder]) -> None:
    """Services anew, and the next visit beside the earlier ones."""
    if not orders:
        return
    connection.execute(
        delete(WorkOrderService).where(WorkOrderService.work_order_id == bindparam("the_order")),
        [{"the_order": row} for row in orders],
    )
    services = [
        {"work_order_id": row, "position": position, **_service(service)}
        for row, order in orders.items()
        for position, service in enumerate(order.services)
    ]
    if services:
        connection.execute(insert(WorkOrderService), services)
    visits = [
        {"work_order_id": row, "visit_id": order.visit.id, "day": order.day, "at": order.at}
        for row, order in orders.items()
        if order.visit is not None
    ]
    if visits:
        statement = upsert(connection, WorkOrderVisit)
        when = {"day": statement.excluded.day, "at": statement.excluded.at}
        keys = ["work_order_id", "visit_id"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=when), visits)


def _service(service: Service) -> dict[str, object]:
    return {
        "category": service.category,
        "code": service.code,
        "description": service.description,
        "quantity": service.quantity,
    }


def _update(connection: Connection, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Change rows by their ids, all in the same columns."""
    if changes:
        names = next(iter(changes.values()))
        one = update(StoredWorkOrder).where(StoredWorkOrder.__table__.c.id == bindparam("the_id"))
        connection.execute(
            one.values({name: bindparam(f"new_{name}") for name in names}),
            [
                {"the_id": row, **{f"new_{name}": value for name, value in values.items()}}
                for row, values in changes.items()
            ],
        )
