"""Schedules as rows of the database."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, Select, select, update

from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.database.work_orders import ScrapingSchedule
from scheduling_pipeline.work_orders.schedule import Hours, Rule, Schedule

logger = logging.getLogger(__name__)


def rows() -> Select[Any]:
    """A query of all schedules, in the order in which they were made."""
    return select(ScrapingSchedule.__table__).order_by(ScrapingSchedule.id)


def find(connection: Connection, query: Select[Any]) -> list[Schedule]:
    """The schedules that a query made of `rows` finds."""
    return [_schedule(row) for row in connection.execute(query).mappings()]


def find_readable(connection: Connection, query: Select[Any]) -> Iterator[Schedule]:
    """As `find`, without those that cannot be understood: one of them must not stop all others."""
    for row in connection.execute(query).mappings():
        try:
            yield _schedule(row)
        except (LookupError, ValueError) as error:  # such as a zone that this machine does not know
            logger.warning("schedule %d is left out: %s", row["id"], error)


def of_active_owners() -> Select[Any]:
    """A query of the schedules of all users who may sign in."""
    return rows().join(DeskUser, DeskUser.id == ScrapingSchedule.owner_id).where(DeskUser.is_active)


def values_of(schedule: Schedule) -> dict[str, Any]:
    """The columns of a schedule but for its id."""
    rule = schedule.rule
    return {
        "owner_id": schedule.owner_id,
        "schedule_type": schedule.type,
        "interval_hours": rule.interval_hours,
        "cron": rule.cron,
        "active_start": rule.hours.start if rule.hours else None,
        "active_end": rule.hours.end if rule.hours else None,
        "zone": rule.zone.key,
        "holiday_country": rule.holiday_country,
        "rest_days": sorted(day.isoformat() for day in rule.rest_days),
        "waits_for": schedule.waits_for,
        "enabled": schedule.enabled,
        "next_run": schedule.next_run,
        "slot_taken_at": schedule.slot_taken_at,
        "last_run": schedule.last_run,
        "last_success": schedule.last_success,
        "consecutive_failures": schedule.consecutive_failures,
        "stopped_at": schedule.stopped_at,
        "requested_at": schedule.requested_at,
    }


def save(connection: Connection, schedule: Schedule, now: datetime) -> None:
    """Write a schedule that is in the database already."""
    connection.execute(
        update(ScrapingSchedule)
        .where(ScrapingSchedule.id == schedule.id)
        .values(**values_of(schedule), updated_at=now)
    )


def _schedule(row: RowMapping) -> Schedule:
    start, end = row["active_start"], row["active_end"]
    return Schedule(
        id=row["id"],
        owner_id=row["owner_id"],
        type=row["schedule_type"],
        rule=Rule(
            zone=ZoneInfo(row["zone"]),
            interval_hours=row["interval_hours"],
            cron=row["cron"],
            hours=None if start is None else Hours(start, end),
            holiday_country=row["holiday_country"],
            rest_days=frozenset(map(date.fromisoformat, row["rest_days"])),
        ),
        enabled=row["enabled"],
        waits_for=row["waits_for"],
        next_run=row["next_run"],
        slot_taken_at=row["slot_taken_at"],
        last_run=row["last_run"],
        last_success=row["last_success"],
        consecutive_failures=row["consecutive_failures"],
        stopped_at=row["stopped_at"],
        requested_at=row["requested_at"],
    )
