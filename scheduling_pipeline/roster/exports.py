"""The roster as the planner's own calendar export looks: from today on, to print, send, or read in again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, RowMapping, select

from scheduling_pipeline.database.roster import RosterEmployee, RosterEvent, RosterSchedule
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.names import is_survey
from scheduling_pipeline.roster.times import day_of, place_instant
from scheduling_pipeline.roster_settings import RosterSettings

HEADER = (
    "Project Name",
    "Project Reference Number",
    "Location MVID",
    "Store Number",
    "Store Name",
    "Start Date/Time",
    "Due Date/Time",
    "Estimated Time",
    "Rep Name",
    "Employee ID",
    "Schedule Date/Time",
)
_FORMAT = "%m/%d/%Y %I:%M:%S %p"


def export_schedule(
    engine: Engine, settings: RosterSettings, now: datetime, *, valid_only: bool = False
) -> str:
    """The schedules from today on as CSV (UTF-8, LF, header row, store time), by time and event.

    Those outside their events' periods stand apart at the end, as remarks that an import leaves out; with
    `valid_only` they are left away.
    """
    zone = settings.tz
    midnight = place_instant(day_of(now, zone), time(0), zone)
    event, schedule = RosterEvent, RosterSchedule
    query = (
        select(
            event.__table__,
            schedule.employee_id,
            schedule.schedule_datetime,
            schedule.rep_name,
            RosterEmployee.name.label("employee"),
        )
        .join(schedule, schedule.event_ref_num == event.project_ref_num)
        .outerjoin(RosterEmployee, RosterEmployee.id == schedule.employee_id)
        .where(event.closed_at.is_(None), schedule.schedule_datetime >= midnight)
        .order_by(schedule.schedule_datetime, event.project_ref_num)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    valid = [row for row in rows if _is_valid(row, zone)]
    text = _csv([HEADER, *(_cells(row, settings) for row in valid)])
    others = [_cells(row, settings) for row in rows if not _is_valid(row, zone)]
    if others and not valid_only:
        remarks = _csv(others).splitlines()
        text += "".join(f"# {line}\n" for line in ("Outside the period of the event:", *remarks))
    return text


def _is_valid(row: RowMapping, zone: ZoneInfo) -> bool:
    day, first = day_of(row["schedule_datetime"], zone), day_of(row["start_datetime"], zone)
    return day == first or first < day < day_of(row["due_datetime"], zone)


def _cells(row: RowMapping, settings: RosterSettings) -> tuple[str, ...]:
    zone, kind = settings.tz, EventType(row["event_type"])
    usual = settings.rules.minutes.of(kind, survey=is_survey(row["project_name"]))
    cells = (
        row["project_name"],
        row["project_ref_num"],
        row["location_mvid"],
        row["store_number"],
        row["store_name"],
        row["start_datetime"].astimezone(zone).strftime(_FORMAT),
        row["due_datetime"].astimezone(zone).strftime(_FORMAT),
        row["estimated_time"] or usual,
        row["employee"] or row["rep_name"],
        row["employee_id"],
        row["schedule_datetime"].astimezone(zone).strftime(_FORMAT),
    )
    return tuple("" if cell is None else str(cell) for cell in cells)


def _csv(rows: Iterable[tuple[str, ...]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
