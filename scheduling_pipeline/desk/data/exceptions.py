"""Who is juicer or primary lead on one day, whatever the rotation says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from scheduling_pipeline.database.roster import RosterEmployee, ScheduleException
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.data.staff import PART, away_on, staff, why_not
from scheduling_pipeline.desk.pages import day_text
from scheduling_pipeline.desk.problems import Problem, RefusedError, not_found
from scheduling_pipeline.roster.model import RotationType


@dataclass(frozen=True, slots=True)
class DayException:
    id: int
    day: date
    kind: RotationType
    employee_id: str
    employee: str
    reason: str


def exceptions(engine: Engine, first: date, last: date) -> Sequence[DayException]:
    """Those between two days, both included, in their order."""
    query = (
        select(*ScheduleException.__table__.columns, RosterEmployee.name)
        .join(RosterEmployee, RosterEmployee.id == ScheduleException.employee_id)
        .where(ScheduleException.exception_date.between(first, last))
        .order_by(ScheduleException.exception_date, ScheduleException.rotation_type)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        DayException(
            row.id,
            row.exception_date,
            RotationType(row.rotation_type),
            row.employee_id,
            row.name,
            row.reason or "",
        )
        for row in rows
    ]


def add_exception(
    engine: Engine,
    *,
    day: date,
    kind: RotationType,
    employee_id: str,
    reason: str,
    who: str,
    now: datetime,
    today: date,
) -> int:
    """Its number. Raises RefusedError for a person who cannot, Problem (409) where the day has one."""
    named = f"{PART[kind].capitalize()} on {day_text(day)}"
    try:
        with engine.begin() as connection:
            problem = (
                "that day is over" if day < today else why_not(staff(connection), employee_id, kind, day)
            )
            if problem is None and away_on(connection, employee_id, day):
                problem = "that person has time off then"
            if problem:
                raise RefusedError([f"{named}: {problem}."], code="INVALID_EXCEPTION")
            values = {"exception_date": day, "rotation_type": kind, "employee_id": employee_id}
            added = (
                insert(ScheduleException)
                .values(**values, reason=reason or None, created_at=now)
                .returning(ScheduleException.id)
            )
            exception_id = connection.execute(added).scalar_one()
            after = {"employee": employee_id, "reason": reason}
            audit.record(connection, who, "exception.add", _subject(day, kind), after=after, at=now)
    except IntegrityError:
        message = f"{named}: there is an exception already. Take it away first."
        raise Problem(409, "EXCEPTION_EXISTS", message) from None
    return exception_id


def remove_exception(engine: Engine, exception_id: int, *, who: str, now: datetime) -> None:
    """Raises Problem (404)."""
    removed = (
        delete(ScheduleException)
        .where(ScheduleException.id == exception_id)
        .returning(*ScheduleException.__table__.columns)
    )
    with engine.begin() as connection:
        row = connection.execute(removed).one_or_none()
        if row is None:
            raise not_found("such exception")
        subject = _subject(row.exception_date, RotationType(row.rotation_type))
        before = {"employee": row.employee_id, "reason": row.reason}
        audit.record(connection, who, "exception.remove", subject, before=before, at=now)


def _subject(day: date, kind: RotationType) -> str:
    return f"{PART[kind]} on {day.isoformat()}"
