"""Employees: who they are, where they work, and until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, func, insert, select, update

from scheduling_pipeline.database.roster import (
    EmployeeStore,
    RosterEmployee,
    RosterEvent,
    RotationAssignment,
    ScheduleException,
)
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.data.rotations import WEEKDAYS
from scheduling_pipeline.desk.data.staff import PART, TITLE_FOR
from scheduling_pipeline.desk.problems import RefusedError, not_found
from scheduling_pipeline.roster.model import JobTitle, RotationType


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which employees: `words` in the name or number; no title means any."""

    words: str = ""
    title: str = ""
    former: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What a manager may change. No stores means every store; `home` is one of them, or empty."""

    title: JobTitle
    max_weekly_hours: float | None
    stores: frozenset[str]
    home: str


def employees(engine: Engine, wanted: Wanted, *, page: int, size: int) -> tuple[Sequence[RowMapping], int]:
    """One page of employees by name, and how many there are in all."""
    conditions: list[ColumnElement[bool]] = [RosterEmployee.is_active.is_(not wanted.former)]
    if wanted.title:
        conditions.append(RosterEmployee.job_title == wanted.title)
    if wanted.words:
        named = RosterEmployee.name.icontains(wanted.words, autoescape=True)
        conditions.append(named | RosterEmployee.id.icontains(wanted.words, autoescape=True))
    query = (
        select(RosterEmployee.__table__).where(*conditions).order_by(RosterEmployee.name, RosterEmployee.id)
    )
    with engine.connect() as connection:
        count = connection.execute(
            select(func.count()).select_from(RosterEmployee).where(*conditions)
        ).scalar_one()
        rows = connection.execute(query.limit(size).offset((page - 1) * size)).mappings().all()
    return rows, count


def employee(connection: Connection, employee_id: str, *, to_change: bool = False) -> RowMapping:
    """One employee's row; `to_change` keeps others from changing it or what hangs on it.

    Raises Problem (404).
    """
    query = select(RosterEmployee.__table__).where(RosterEmployee.id == employee_id)
    row = connection.execute(query.with_for_update() if to_change else query).mappings().one_or_none()
    if row is None:
        raise not_found("such employee")
    return row


def stores(connection: Connection) -> dict[str, str]:
    """The stores that we know, by location id, with their names."""
    query = (
        select(RosterEvent.location_mvid, func.max(RosterEvent.store_name).label("name"))
        .where(RosterEvent.location_mvid.is_not(None))
        .group_by(RosterEvent.location_mvid)
    )
    known = {str(row.location_mvid): row.name or "" for row in connection.execute(query)}
    worked_at = connection.execute(select(EmployeeStore.location_mvid).distinct()).scalars()
    named = dict.fromkeys(worked_at, "") | known
    return dict(sorted(named.items(), key=lambda store: (store[1], store[0])))


def profile(connection: Connection, row: RowMapping) -> Profile:
    """What a manager may change of somebody, as it is."""
    query = select(EmployeeStore.location_mvid, EmployeeStore.is_home)
    works_at = connection.execute(query.where(EmployeeStore.employee_id == row["id"])).all()
    return Profile(
        title=JobTitle(row["job_title"]),
        max_weekly_hours=row["max_weekly_hours"],
        stores=frozenset(store.location_mvid for store in works_at),
        home=next((store.location_mvid for store in works_at if store.is_home), ""),
    )


def save_profile(engine: Engine, employee_id: str, wanted: Profile, *, who: str, now: datetime) -> None:
    """Raises RefusedError with all that is wrong, Problem (404)."""
    with engine.begin() as connection:
        row = employee(connection, employee_id, to_change=True)
        problems = _parts_lost(connection, row, wanted.title)
        problems += [
            f"There is no store {store}." for store in sorted(wanted.stores - stores(connection).keys())
        ]
        if wanted.home and wanted.home not in wanted.stores:
            problems.append("The home store must be one of the stores where they work.")
        if wanted.max_weekly_hours is not None and not 0 < wanted.max_weekly_hours <= 168:  # noqa: PLR2004 - a week
            problems.append("The most hours a week must be more than 0, and at most 168.")
        if problems:
            raise RefusedError(problems)
        before = profile(connection, row)
        values = {"job_title": wanted.title, "max_weekly_hours": wanted.max_weekly_hours}
        connection.execute(update(RosterEmployee).where(RosterEmployee.id == employee_id).values(values))
        connection.execute(delete(EmployeeStore).where(EmployeeStore.employee_id == employee_id))
        if wanted.stores:
            connection.execute(
                insert(EmployeeStore),
                [
                    {"employee_id": employee_id, "location_mvid": store, "is_home": store == wanted.home}
                    for store in sorted(wanted.stores)
                ],
            )
        audit.record(
            connection,
            who,
            "employee.change",
            f"employee {employee_id}",
            before=_told(before),
            after=_told(wanted),
            at=now,
        )


def set_last_day(engine: Engine, employee_id: str, last_day: date | None, *, who: str, now: datetime) -> None:
    """Note the last day on which somebody works, or that there is none. Raises Problem (404)."""
    with engine.begin() as connection:
        row = employee(connection, employee_id, to_change=True)
        changed = update(RosterEmployee).where(RosterEmployee.id == employee_id)
        connection.execute(changed.values(termination_date=last_day))
        audit.record(
            connection,
            who,
            "employee.last_day",
            f"employee {employee_id}",
            before={"last day": row["termination_date"]},
            after={"last day": last_day},
            at=now,
        )


def _parts_lost(connection: Connection, row: RowMapping, title: JobTitle) -> list[str]:
    """The parts of the rotation that somebody has and could not have with another title."""
    lost = [kind for kind, needed in TITLE_FOR.items() if needed is not title and needed == row["job_title"]]
    weekdays = select(RotationAssignment.rotation_type, RotationAssignment.day_of_week).where(
        RotationAssignment.employee_id == row["id"], RotationAssignment.rotation_type.in_(lost)
    )
    days = select(ScheduleException.rotation_type, ScheduleException.exception_date).where(
        ScheduleException.employee_id == row["id"], ScheduleException.rotation_type.in_(lost)
    )
    held = [
        f"{PART[RotationType(kind)]} on {WEEKDAYS[day].capitalize()}s"
        for kind, day in connection.execute(weekdays.order_by(RotationAssignment.day_of_week))
    ] + [f"{PART[RotationType(kind)]} on {day.isoformat()}" for kind, day in connection.execute(days)]
    return [f"{row['name']} is {', '.join(held)}: give that to somebody else first."] if held else []


def _told(value: Profile) -> Mapping[str, Any]:
    return {
        "title": value.title,
        "most hours a week": value.max_weekly_hours,
        "stores": sorted(value.stores),
        "home": value.home,
    }
