"""Rows of proposals, with where their events stand: what the steps of a submission are told from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from scheduling_pipeline.database.roster import PendingSchedule, RosterEvent, RosterSchedule
from scheduling_pipeline.roster.eligibility import SHIFTS
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.planner import REISSUED
from scheduling_pipeline.roster.steps import DONE, FAILED, OPEN, UNKNOWN, Row, Spot
from scheduling_pipeline.roster.times import day_of
from scheduling_pipeline.roster_settings import RosterSettings

LIVE = (OPEN, DONE, FAILED, UNKNOWN)
"""The states of rows that were approved."""


def roster_rows(
    connection: Connection,
    settings: RosterSettings,
    *where: ColumnElement[bool],
    statuses: Collection[str] = LIVE,
) -> list[Row]:
    """The rows in some states that conditions are true of, in the order of their ids."""
    row, event, standing = PendingSchedule, RosterEvent, RosterSchedule
    query = (
        select(
            row.__table__,
            event.event_type,
            event.parent_event_ref_num,
            event.condition,
            standing.employee_id.label("standing_employee"),
            standing.schedule_datetime.label("standing_since"),
        )
        .join(event, event.project_ref_num == row.event_ref_num)
        .outerjoin(standing, standing.event_ref_num == row.event_ref_num)
        .where(row.status.in_(statuses), *where)
        .order_by(row.id)
    )
    return [_row(found, settings) for found in connection.execute(query).mappings()]


def _row(found: RowMapping, settings: RosterSettings) -> Row:
    zone = settings.tz

    def spot(employee: str | None, start: datetime | None) -> Spot | None:
        return None if start is None else Spot(employee or "", start, day_of(start, zone))

    return Row(
        id=found["id"],
        run=found["scheduler_run_id"],
        event=found["event_ref_num"],
        status=found["status"],
        wanted=spot(found["employee_id"], found["schedule_datetime"]),
        previous=spot(found["previous_employee_id"], found["previous_datetime"]),
        stands=spot(found["standing_employee"], found["standing_since"]),
        core=found["parent_event_ref_num"] if found["event_type"] == EventType.SUPERVISOR else None,
        shift=EventType(found["event_type"]) in SHIFTS,
        takes_from=found["bumped_event_ref_num"],
        made_room_for=found["made_room_for"],
        expires=found["reissue_until"],
        reissued=found["condition"] == REISSUED,
        problem=found["api_error_details"] or "",
    )
