"""Everybody's absences, from what the database says of weeks, days, time off and holidays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, select
from sqlalchemy.orm import InstrumentedAttribute

from scheduling_pipeline.database.roster import (
    AvailabilityOverride,
    CompanyHoliday,
    DateAvailability,
    TimeOff,
    WeeklyAvailability,
)
from scheduling_pipeline.roster.availability import EVERY_DAY, Availability, DaysOff, OneDay, OtherWeek
from scheduling_pipeline.roster.closures import OwnHoliday, closed_days
from scheduling_pipeline.roster.model import Absence
from scheduling_pipeline.roster_settings import WEEK, RosterSettings


def load_absences(
    connection: Connection, settings: RosterSettings, employees: Sequence[str], days: Sequence[date]
) -> dict[str, dict[date, Absence]]:
    """By employee and day; who works on all days is not in it. `days`: without a gap, and at least one."""
    closed = load_closed_days(connection, settings, days[0], days[-1])
    known = load_availability(connection, days[0], days[-1])
    usual = Availability().absences(days, closed)
    found: dict[str, dict[date, Absence]] = {}
    for employee in employees:
        absences = known[employee].absences(days, closed) if employee in known else usual
        if absences:
            found[employee] = absences
    return found


def load_closed_days(
    connection: Connection, settings: RosterSettings, first: date, last: date
) -> dict[date, str]:
    """The days on which nobody works, both ends included, and what they are called."""
    own = select(CompanyHoliday.name, CompanyHoliday.date, CompanyHoliday.is_recurring).where(
        CompanyHoliday.is_active
    )
    return closed_days(
        first,
        last,
        country=settings.holiday_country,
        subdivision=settings.holiday_subdivision,
        closed_on=settings.closed_on,
        work_days=[WEEK.index(name) for name in settings.work_days],
        own=[OwnHoliday(*row) for row in connection.execute(own.order_by(CompanyHoliday.id))],
    )


def load_availability(connection: Connection, first: date, last: date) -> Mapping[str, Availability]:
    """What is said about the days from `first` to `last`, by employee; nothing means they always work."""
    weekly = select(WeeklyAvailability.employee_id, *_columns(WeeklyAvailability))
    weeks = {employee: tuple(week) for employee, *week in connection.execute(weekly)}

    one_day = DateAvailability
    records = select(one_day.employee_id, one_day.date, one_day.is_available, one_day.reason)
    on_days: dict[str, dict[date, OneDay]] = defaultdict(dict)
    for employee, day, works, reason in connection.execute(records.where(one_day.date.between(first, last))):
        on_days[employee][day] = OneDay(works, reason or "")

    other = AvailabilityOverride
    overrides = (
        select(other.employee_id, other.start_date, other.end_date, other.reason, *_columns(other))
        .where(other.start_date <= last, other.end_date >= first)
        .order_by(other.start_date, other.id)
    )
    other_weeks: dict[str, list[OtherWeek]] = defaultdict(list)
    for employee, begin, end, reason, *week in connection.execute(overrides):
        other_weeks[employee].append(OtherWeek(begin, end, week, reason or ""))

    off = TimeOff
    leaves = (
        select(off.employee_id, off.start_date, off.end_date, off.reason)
        .where(off.start_date <= last, off.end_date >= first)
        .order_by(off.start_date, off.id)
    )
    time_off: dict[str, list[DaysOff]] = defaultdict(list)
    for employee, begin, end, reason in connection.execute(leaves):
        time_off[employee].append(DaysOff(begin, end, reason or ""))

    return {
        employee: Availability(
            week=weeks.get(employee, EVERY_DAY),
            days=on_days.get(employee, {}),
            other_weeks=other_weeks.get(employee, ()),
            time_off=time_off.get(employee, ()),
        )
        for employee in {*weeks, *on_days, *other_weeks, *time_off}
    }


def _columns(
    table: type[WeeklyAvailability | AvailabilityOverride],
) -> list[InstrumentedAttribute[bool]]:
    return [getattr(table, weekday) for weekday in WEEK]
