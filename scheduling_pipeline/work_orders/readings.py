"""The readings of work orders, as they are looked at afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from scheduling_pipeline.database.work_orders import WorkOrderChange, WorkOrderReading


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of a list. `problem`: why it was not complete; `doubt`: why what it lacked was kept.

    `changes` are rows of the table, in the order in which they are told.
    """

    read_at: datetime
    run_id: str
    listed: int
    problem: str
    doubt: str
    changes: Sequence[Mapping[str, Any]]


def last_reading(engine: Engine, owner_id: int) -> Reading | None:
    """The newest reading of an owner's list; None before the first."""
    row, change = WorkOrderReading, WorkOrderChange
    newest = select(row.__table__).where(row.owner_id == owner_id).order_by(row.id.desc()).limit(1)
    with engine.connect() as connection:
        found = connection.execute(newest).mappings().one_or_none()
        if found is None:
            return None
        noted = select(change.__table__).where(change.reading_id == found["id"]).order_by(change.id)
        changes = [dict(change) for change in connection.execute(noted).mappings()]
    return Reading(
        found["read_at"], found["run_id"], found["listed"], found["problem"], found["doubt"], changes
    )
