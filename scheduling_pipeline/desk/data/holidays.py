"""Days of our own on which nobody works."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Engine, RowMapping, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from scheduling_pipeline.database.roster import CompanyHoliday
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.pages import day_text
from scheduling_pipeline.desk.problems import RefusedError, not_found


def holidays(engine: Engine, today: date) -> Sequence[RowMapping]:
    """Those from today on, and those of every year, by date."""
    coming = or_(CompanyHoliday.date >= today, CompanyHoliday.is_recurring)
    query = select(CompanyHoliday.__table__).where(coming, CompanyHoliday.is_active)
    with engine.connect() as connection:
        return connection.execute(query.order_by(CompanyHoliday.date)).mappings().all()


def add_holiday(engine: Engine, name: str, day: date, *, every_year: bool, who: str, now: datetime) -> None:
    """Raises RefusedError where it is there already."""
    try:
        with engine.begin() as connection:
            values = {"name": name, "date": day, "is_recurring": every_year, "is_active": True}
            connection.execute(insert(CompanyHoliday).values(values))
            audit.record(connection, who, "holiday.add", f"holiday {name}", after=values, at=now)
    except IntegrityError:
        raise RefusedError([f"{name} on {day_text(day)} is there already."]) from None


def remove_holiday(engine: Engine, number: int, *, who: str, now: datetime) -> None:
    """Raises Problem (404)."""
    removed = delete(CompanyHoliday).where(CompanyHoliday.id == number)
    with engine.begin() as connection:
        row = connection.execute(removed.returning(*CompanyHoliday.__table__.columns)).one_or_none()
        if row is None:
            raise not_found("such holiday")
        before = {"date": row.date, "every year": row.is_recurring}
        audit.record(connection, who, "holiday.remove", f"holiday {row.name}", before=before, at=now)
