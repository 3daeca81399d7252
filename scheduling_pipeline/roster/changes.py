"""Changes of a proposal's rows by hand, and what was there before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from scheduling_pipeline.database.roster import PendingSchedule
from scheduling_pipeline.roster.model import Event, Place
from scheduling_pipeline.roster.reasons import Reason
from scheduling_pipeline.roster.table import Table
from scheduling_pipeline.roster.wording import sentence

_SHOWN = ("status", "employee_id", "schedule_datetime", "override_reason", "failure_code")


@dataclass(frozen=True, slots=True)
class Change:
    """A row as it was and as it is, in plain JSON; `before` is None for a row that is new."""

    row_id: int
    event: int
    before: Mapping[str, str | None] | None
    after: Mapping[str, str | None]


def place_row(
    connection: Connection,
    table: Table,
    row: RowMapping,
    place: Place,
    *,
    override: str | None,
    who: str,
    now: datetime,
) -> Change:
    """Put a row's event at a place."""
    _let_go(connection, table, row, place)
    return change_row(connection, row, _placed(table, place, override, who, now))


def take_supervisor_along(
    connection: Connection, table: Table, run_id: int, core: Event, place: Place, *, who: str, now: datetime
) -> list[Change]:
    """Bring the Supervisor event of a Core event to the day of the Core's new place, or say why it has none.

    One that stands in the planner and is not in the proposal comes in; one that is open and not in it stays
    out.
    """
    supervisor = table.supervisor_of(core)
    if supervisor is None:
        return []
    row = _row_of(connection, run_id, supervisor.ref)
    here = table.placed.get(supervisor.ref)
    if (here and here.day == place.day) or (row is None and here is None):
        return []
    new = table.place_for_supervisor(supervisor, place)
    if isinstance(new, Place):
        table.placed[supervisor.ref] = new
        values = _placed(table, new, None, who, now)
    else:
        table.placed.pop(supervisor.ref, None)
        values = _unplaced(new, supervisor, who, now)
    if row is not None:
        return [change_row(connection, row, values)]
    return [_add(connection, table, run_id, supervisor, values, now)]


def change_row(connection: Connection, row: RowMapping, values: Mapping[str, object]) -> Change:
    """Change some columns of a row of `pending_schedules`."""
    query = update(PendingSchedule).where(PendingSchedule.id == row["id"]).values(values)
    after = connection.execute(query.returning(PendingSchedule.__table__)).mappings().one()
    return Change(row["id"], row["event_ref_num"], _shown(row), _shown(after))


def _let_go(connection: Connection, table: Table, row: RowMapping, place: Place) -> None:
    """Where a row no longer takes the place that another event gives up, that one moves for itself."""
    victim = row["bumped_event_ref_num"]
    origin = table.events[victim].committed if victim in table.events else None
    if victim is None or (origin and (origin.employee, origin.day) == (place.employee, place.day)):
        return
    columns = PendingSchedule
    in_run = columns.scheduler_run_id == row["scheduler_run_id"]
    event = row["event_ref_num"]
    connection.execute(
        update(columns).where(in_run, columns.made_room_for == event).values(made_room_for=None)
    )
    connection.execute(
        update(columns)
        .where(columns.id == row["id"])
        .values(is_swap=False, bumped_event_ref_num=None, swap_reason=None)
    )


def _placed(table: Table, place: Place, override: str | None, who: str, now: datetime) -> dict[str, object]:
    return {
        "employee_id": place.employee,
        "schedule_datetime": table.instant(place),
        "schedule_time": place.start,
        "status": "user_edited",
        "override_reason": override,
        "failure_code": None,
        "failure_params": None,
        "failure_reason": None,
        "explanation": None,
        "api_error_details": None,
        "edited_by": who,
        "edited_at": now,
        "updated_at": now,
    }


def _unplaced(reason: Reason, event: Event, who: str, now: datetime) -> dict[str, object]:
    """One that stands in the planner is taken off when that is approved; of any other nothing comes."""
    return {
        "employee_id": None,
        "schedule_datetime": None,
        "schedule_time": None,
        "status": "failed" if event.committed is None else "user_edited",
        "failure_code": reason.code.value,
        "failure_params": dict(reason.params),
        "failure_reason": sentence(reason),
        "edited_by": who,
        "edited_at": now,
        "updated_at": now,
    }


def _add(
    connection: Connection, table: Table, run_id: int, event: Event, values: dict[str, object], now: datetime
) -> Change:
    row = values | {"scheduler_run_id": run_id, "event_ref_num": event.ref, "created_at": now}
    if event.committed is not None:
        row["previous_employee_id"] = event.committed.employee or None
        row["previous_datetime"] = table.instant(event.committed)
    query = insert(PendingSchedule).values(row).returning(PendingSchedule.__table__)
    after = connection.execute(query).mappings().one()
    return Change(after["id"], event.ref, None, _shown(after))


def _row_of(connection: Connection, run_id: int, event: int) -> RowMapping | None:
    query = select(PendingSchedule.__table__).where(
        PendingSchedule.scheduler_run_id == run_id, PendingSchedule.event_ref_num == event
    )
    return connection.execute(query).mappings().one_or_none()


def _shown(row: RowMapping) -> dict[str, str | None]:
    found = {name: row[name] for name in _SHOWN}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()
    }
