"""When somebody works: their usual week, another one for a while, single days, and time off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select

from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.roster import (
    AvailabilityOverride,
    DateAvailability,
    TimeOff,
    WeeklyAvailability,
)
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.data.employees import employee
from scheduling_pipeline.desk.data.rotations import WEEKDAYS
from scheduling_pipeline.desk.pages import day_text
from scheduling_pipeline.desk.problems import RefusedError, not_found

Kept = type[AvailabilityOverride] | type[DateAvailability] | type[TimeOff]
KEPT: Mapping[str, Kept] = {  # what can be taken away again, as addresses and the audit call it
    "override": AvailabilityOverride,
    "day": DateAvailability,
    "time-off": TimeOff,
}
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Availability:
    """`week`: whether they work on each weekday; the other rows are from today on, in their order."""

    week: Mapping[str, bool]
    overrides: Sequence[RowMapping]
    days: Sequence[RowMapping]
    time_off: Sequence[RowMapping]


@dataclass(frozen=True, slots=True)
class Span:
    """Some days of somebody; both are included."""

    employee_id: str
    first: date
    last: date
    reason: str

    def check(self) -> None:
        """Raises RefusedError for days in the wrong order, or too many."""
        if self.last < self.first:
            raise RefusedError(["The last day is before the first."])
        if (self.last - self.first).days > LONGEST_DAYS:
            raise RefusedError([f"That is more than {LONGEST_DAYS} days."])

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "employee_id": self.employee_id,
            "start_date": self.first,
            "end_date": self.last,
            "reason": self.reason or None,
        }


def availability(connection: Connection, employee_id: str, today: date) -> Availability:
    """When somebody works, as far as it is noted."""
    return Availability(
        week=_week(connection, employee_id),
        overrides=_coming(connection, AvailabilityOverride, employee_id, today),
        days=connection.execute(
            select(DateAvailability.__table__)
            .where(DateAvailability.employee_id == employee_id, DateAvailability.date >= today)
            .order_by(DateAvailability.date)
        )
        .mappings()
        .all(),
        time_off=_coming(connection, TimeOff, employee_id, today),
    )


def save_week(engine: Engine, employee_id: str, week: Mapping[str, bool], *, who: str, now: datetime) -> None:
    """Set somebody's usual week: whether they work on each weekday. Raises Problem (404)."""
    with engine.begin() as connection:
        employee(connection, employee_id, to_change=True)
        before = _week(connection, employee_id)
        saved = upsert(connection, WeeklyAvailability).values(employee_id=employee_id, **week)
        connection.execute(saved.on_conflict_do_update(index_elements=["employee_id"], set_=dict(week)))
        subject = f"employee {employee_id}"
        audit.record(connection, who, "week.save", subject, before=before, after=week, at=now)


def add_override(
    engine: Engine, span: Span, week: Mapping[str, bool | None], *, who: str, now: datetime
) -> None:
    """Another week for somebody, for a while; None on a weekday: as usual.

    Raises RefusedError, Problem (404).
    """
    span.check()
    if all(works is None for works in week.values()):
        raise RefusedError(["Say of at least one weekday what is different."])
    with engine.begin() as connection:
        employee(connection, span.employee_id, to_change=True)
        _refuse_overlap(connection, AvailabilityOverride, span, "There is another week already")
        connection.execute(insert(AvailabilityOverride).values(**span.columns, **week))
        _note(connection, who, "override", span, week, now)


def add_time_off(engine: Engine, span: Span, *, who: str, now: datetime) -> None:
    """Days on which somebody is away. Raises RefusedError where some are noted already, Problem (404)."""
    span.check()
    with engine.begin() as connection:
        employee(connection, span.employee_id, to_change=True)
        _refuse_overlap(connection, TimeOff, span, "There is time off already")
        connection.execute(insert(TimeOff).values(span.columns))
        _note(connection, who, "time-off", span, {}, now)


def add_day(
    engine: Engine, employee_id: str, day: date, *, works: bool, reason: str, who: str, now: datetime
) -> None:
    """Whether somebody works on one day, whatever their week says. Raises RefusedError, Problem (404)."""
    with engine.begin() as connection:
        employee(connection, employee_id, to_change=True)
        query = select(DateAvailability.id)
        there = query.where(DateAvailability.employee_id == employee_id, DateAvailability.date == day)
        if connection.execute(there).first():
            raise RefusedError([f"{day_text(day)} is noted already: take that away first."])
        values = {"employee_id": employee_id, "date": day, "is_available": works, "reason": reason or None}
        connection.execute(insert(DateAvailability).values(values))
        audit.record(connection, who, "day.add", f"employee {employee_id}", after=values, at=now)


def remove(engine: Engine, kind: str, employee_id: str, number: int, *, who: str, now: datetime) -> None:
    """Take away what `KEPT` names. Raises Problem (404)."""
    table = KEPT[kind]
    removed = delete(table).where(table.id == number, table.employee_id == employee_id)
    with engine.begin() as connection:
        row = connection.execute(removed.returning(*table.__table__.columns)).mappings().one_or_none()
        if row is None:
            raise not_found("such note")
        before = {name: value for name, value in row.items() if name != "id"}
        audit.record(connection, who, f"{kind}.remove", f"employee {employee_id}", before=before, at=now)


def _week(connection: Connection, employee_id: str) -> dict[str, bool]:
    query = select(WeeklyAvailability.__table__).where(WeeklyAvailability.employee_id == employee_id)
    row = connection.execute(query).mappings().one_or_none()
    return {day: row[day] if row else True for day in WEEKDAYS}


def _coming(
    connection: Connection, table: type[AvailabilityOverride] | type[TimeOff], employee_id: str, today: date
) -> Sequence[RowMapping]:
    query = select(table.__table__).where(table.employee_id == employee_id, table.end_date >= today)
    return connection.execute(query.order_by(table.start_date)).mappings().all()


def _refuse_overlap(
    connection: Connection, table: type[AvailabilityOverride] | type[TimeOff], span: Span, told: str
) -> None:
    query = select(table.start_date, table.end_date).where(
        table.employee_id == span.employee_id, table.start_date <= span.last, table.end_date >= span.first
    )
    there = connection.execute(query.order_by(table.start_date)).first()
    if there:
        raise RefusedError([f"{told}, {day_text(there.start_date)} to {day_text(there.end_date)}."])


def _note(
    connection: Connection, who: str, kind: str, span: Span, week: Mapping[str, bool | None], now: datetime
) -> None:
    after = span.columns | dict(week)
    audit.record(connection, who, f"{kind}.add", f"employee {span.employee_id}", after=after, at=now)
