"""The changes of an owner's work orders, the newest first, and whether the owner was told of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, or_, select

from scheduling_pipeline.database.notifications import Notification
from scheduling_pipeline.database.work_orders import StoredWorkOrder, WorkOrderChange, WorkOrderReading
from scheduling_pipeline.desk.data.notifications_log import Message, messages_named
from scheduling_pipeline.work_orders.model import Card, Change, Kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes: empty ones mean all. A swap or a replacement counts when one of its orders does."""

    kind: Kind | None = None
    store: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Noticed:
    """A change, and the message that tells the owner of it: None where they did not want to be told of it, or
    had no channel."""

    id: int
    reading: int
    noticed_at: datetime
    change: Change
    message: Message | None


@dataclass(frozen=True, slots=True)
class Known:
    """The stores and the places ("City, ST") of an owner's orders."""

    stores: Sequence[str]
    places: Sequence[str]

    def with_(self, stores: Collection[str], places: Collection[str]) -> Known:
        """These and some more."""
        return Known(_by_number({*self.stores, *stores}), sorted({*self.places, *places}))


def load_changes(
    engine: Engine, owner_id: int, wanted: Wanted, *, before_id: int | None = None, limit: int
) -> tuple[list[Noticed], int | None]:
    """The newest changes, and the id to go on from where there are older ones."""
    row = WorkOrderChange
    query = (
        select(row.__table__, WorkOrderReading.run_id)
        .join(WorkOrderReading, WorkOrderReading.id == row.reading_id)
        .where(row.owner_id == owner_id, *_conditions(wanted))
    )
    if before_id is not None:
        query = query.where(row.id < before_id)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(row.id.desc()).limit(limit + 1)).mappings().all()
        shown = rows[:limit]
        told_by = _told_by(connection, owner_id, {one["run_id"] for one in shown})
    told = messages_named(engine, owner_id, set(told_by.values()))
    noticed = []
    for one in shown:
        change = _change_in(one)
        number = told_by.get((one["run_id"], change.kind, change.card.id))
        message = None if number is None else told.get(number)
        noticed.append(Noticed(one["id"], one["reading_id"], one["noticed_at"], change, message))
    return noticed, shown[-1]["id"] if len(rows) > limit else None


def known_places(engine: Engine, owner_id: int) -> Known:
    """Where an owner has or had work, as far as it is remembered; stores by their numbers."""
    row = StoredWorkOrder
    query = select(row.store_number, row.city, row.region).where(row.owner_id == owner_id).distinct()
    with engine.connect() as connection:
        found = connection.execute(query).all()
    stores = {one.store_number for one in found if one.store_number}
    towns = {", ".join(part for part in (one.city, one.region) if part) for one in found}
    return Known(_by_number(stores), sorted(towns - {""}))


def _change_in(row: RowMapping) -> Change:
    """The change that a row of the database is."""
    return Change(
        kind=Kind(row["kind"]),
        card=_card(row["subject"]),
        other=_card(row["other"]) if row["other"] else None,
        before=row["before"],
        after=row["after"],
    )


def _by_number(stores: Iterable[str]) -> list[str]:
    return sorted(stores, key=lambda store: (len(store), store))


def _card(values: Mapping[str, Any]) -> Card:
    day = values["day"]
    return Card(**{**values, "day": date.fromisoformat(day) if day else None})


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    row = WorkOrderChange
    found: list[ColumnElement[bool]] = [row.kind == wanted.kind.value] if wanted.kind else []
    for name, value in (("store", wanted.store), ("town", wanted.place)):
        if value:
            found.append(or_(*(card[name].as_string() == value for card in (row.subject, row.other))))
    return found


def _told_by(
    connection: Connection, owner_id: int, run_ids: Collection[str]
) -> Mapping[tuple[str | None, str, str], int]:
    """The message that told each change, by run, kind and order: of one for a digest, that digest."""
    row = Notification
    query = (
        select(row.id, row.digest_id, row.run_id, row.changes)
        .where(row.owner_id == owner_id, row.kind == "changes", row.run_id.in_(run_ids))
        .order_by(row.id)
    )
    return {
        (told.run_id, change["kind"], change["order"]): told.digest_id or told.id
        for told in connection.execute(query)
        for change in told.changes
    }
