"""The dispensers of places: which are still to be read, and what was read of them.

They live as long as their place, whatever becomes of the orders there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, insert, select, update

from scheduling_pipeline.database.work_orders import StoredDispenser, StoredWorkOrder, WorkOrderLocation
from scheduling_pipeline.work_orders.equipment import Equipment
from scheduling_pipeline.work_orders.history import Items
from scheduling_pipeline.work_orders.model import Dispenser


class IncompleteEquipmentError(Exception):
    """A page showed other than the number of dispensers that it says there are: nothing was kept of it."""

    def __init__(self, location: str, equipment: Equipment) -> None:
        super().__init__(
            f"location {location}: {len(equipment.dispensers)} dispensers were shown of {equipment.expected}"
        )


class Saved(StrEnum):
    """What became of a place's dispensers. KEPT: those that were known, since the page showed none."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept"


def locations_to_read(engine: Engine, owner_id: int, *, force: bool = False) -> list[str]:
    """The locations of an owner's open orders that were not read yet, the next visits first; `force`: all."""
    order, place = StoredWorkOrder, WorkOrderLocation
    known = and_(place.owner_id == order.owner_id, place.location_id == order.location_id)
    query = (
        select(order.location_id)
        .outerjoin(place, known)
        .where(order.owner_id == owner_id, order.state == "open", order.location_id.is_not(None))
        .order_by(order.scheduled_date.is_(None), order.scheduled_date, order.location_id)
    )
    if not force:
        query = query.where(place.id.is_(None))
    with engine.connect() as connection:
        return list(dict.fromkeys(found for found in connection.scalars(query) if found is not None))


def save_dispensers(
    engine: Engine, owner_id: int, location: str, equipment: Equipment, now: datetime
) -> Saved:
    """Keep what was read of a location. Raises IncompleteEquipmentError.

    A place without dispensers is known as such; where some were known, a page without any is not believed.
    """
    if not equipment.complete:
        raise IncompleteEquipmentError(location, equipment)
    place = WorkOrderLocation
    mine = and_(place.owner_id == owner_id, place.location_id == location)
    with engine.begin() as connection:
        place_id = connection.scalar(select(place.id).where(mine).with_for_update())
        if place_id is None:
            values = {"owner_id": owner_id, "location_id": location, "read_at": now, "changed_at": now}
            place_id = connection.scalars(insert(place).values(values).returning(place.id)).one()
            _write(connection, place_id, equipment.dispensers)
            return Saved.NEW
        before = _read(connection, place.id == place_id).get(location, ())
        kept = before and not equipment.dispensers
        changed = before != equipment.dispensers and not kept
        seen = {"read_at": now} | ({"changed_at": now} if changed else {})
        connection.execute(update(place).where(place.id == place_id).values(seen))
        if changed:
            connection.execute(delete(StoredDispenser).where(StoredDispenser.place_id == place_id))
            _write(connection, place_id, equipment.dispensers)
        if kept:
            return Saved.KEPT
        return Saved.CHANGED if changed else Saved.UNCHANGED


@dataclass
class Tally:
    """What becomes of the places that a run reads, one after the other, for an owner.

    `problems`: why places could not be read, by location. `not_asked`: those that were left out after that.
    """

    engine: Engine
    owner_id: int
    now: Callable[[], datetime]
    saved: dict[str, Saved] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    not_asked: tuple[str, ...] = ()

    def keep(self, location: str, equipment: Equipment) -> None:
        """Keep what was read of a place; one that was not shown whole is a problem of its own."""
        try:
            self.saved[location] = save_dispensers(
                self.engine, self.owner_id, location, equipment, self.now()
            )
        except IncompleteEquipmentError as error:
            self.problems[location] = str(error)

    @property
    def items(self) -> Items:
        """For the history."""
        outcomes = Counter(self.saved.values())
        return Items(
            processed=len(self.saved),
            added=outcomes[Saved.NEW],
            updated=outcomes[Saved.CHANGED],
            failed=len(self.problems) + len(self.not_asked),
        )

    @property
    def counts(self) -> dict[str, int]:
        """All figures by name."""
        outcomes = Counter(self.saved.values())
        return {
            "read": len(self.saved),
            **{saved.value: outcomes[saved] for saved in Saved},
            "failed": len(self.problems),
            "not asked": len(self.not_asked),
        }

    @property
    def unproven(self) -> str:
        """Why the site was given up before anything was read; empty when it was not.

        Places that cannot be read, each by itself, keep no others from being read at the next run.
        """
        if self.saved or not self.not_asked:
            return ""
        return f"no place could be read: {next(iter(self.problems.values()))}"


def dispensers_of(engine: Engine, owner_id: int) -> dict[str, tuple[Dispenser, ...]]:
    """The dispensers of an owner's places, by location; none of one that has none, or was not read yet."""
    with engine.connect() as connection:
        return _read(connection, WorkOrderLocation.owner_id == owner_id)


def _read(connection: Connection, which: Any) -> dict[str, tuple[Dispenser, ...]]:  # noqa: ANN401
    table = StoredDispenser.__table__
    query = select(WorkOrderLocation.location_id, table).join(table, table.c.place_id == WorkOrderLocation.id)
    found: defaultdict[str, list[Dispenser]] = defaultdict(list)
    for row in connection.execute(query.where(which).order_by(table.c.position)).mappings():
        dispenser = Dispenser(
            number=row["number"],
            grades=tuple(row["grades"]),
            maker=row["maker"],
            model=row["model"],
            serial=row["serial"],
            stand_alone_code=row["stand_alone_code"],
            nozzles=row["nozzles"],
            meter_type=row["meter_type"],
        )
        found[row["location_id"]].append(dispenser)
    return {location: tuple(dispensers) for location, dispensers in found.items()}


def _write(connection: Connection, place_id: int, dispensers: tuple[Dispenser, ...]) -> None:
    values = [
        {
            "place_id": place_id,
            "position": position,
            "number": one.number,
            "grades": list(one.grades),
            "maker": one.maker,
            "model": one.model,
            "serial": one.serial,
            "stand_alone_code": one.stand_alone_code,
            "nozzles": one.nozzles,
            "meter_type": one.meter_type,
        }
        for position, one in enumerate(dispensers)
    ]
    if values:
        connection.execute(insert(StoredDispenser), values)
