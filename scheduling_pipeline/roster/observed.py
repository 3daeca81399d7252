"""What stands in the planner, as it was seen last: read from the tables, and noted in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.roster import RosterEmployee, RosterEvent, RosterSchedule
from scheduling_pipeline.roster.ids import RepId
from scheduling_pipeline.roster.planner import Booking, ListedEvent
from scheduling_pipeline.roster.verdicts import Held


def held(connection: Connection, event: int) -> Held | None:
    """Whom an event is held by, as far as the tables know."""
    query = (
        select(RosterEmployee.rep_id, RosterSchedule.schedule_datetime)
        .select_from(RosterSchedule)
        .outerjoin(RosterEmployee, RosterEmployee.id == RosterSchedule.employee_id)
        .where(RosterSchedule.event_ref_num == event)
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else Held(found.rep_id and RepId(found.rep_id), found.schedule_datetime)


def note_seen(connection: Connection, event: int, listed: ListedEvent, now: datetime) -> None:
    """Have the tables say how the planner has an event."""
    booking = listed.booking
    if booking is None:
        connection.execute(delete(RosterSchedule).where(RosterSchedule.event_ref_num == event))
    else:
        _note_booking(connection, event, booking, now)
    connection.execute(
        update(RosterEvent)
        .where(RosterEvent.project_ref_num == event)
        .values(is_scheduled=booking is not None, condition=listed.condition)
    )


def _note_booking(connection: Connection, event: int, booking: Booking, now: datetime) -> None:
    known = None
    if booking.rep_id is not None:
        query = select(RosterEmployee.id).where(RosterEmployee.rep_id == booking.rep_id)
        known = connection.execute(query).scalar_one_or_none()
    values = {
        "employee_id": known,
        "rep_name": booking.rep_name or None,
        "schedule_datetime": booking.start,
        "external_id": booking.schedule_id,
        "last_synced": now,
        "sync_status": "synced",
    }
    connection.execute(
        upsert(connection, RosterSchedule)
        .values(event_ref_num=event, **values)
        .on_conflict_do_update(index_elements=["event_ref_num"], set_=values)
    )
