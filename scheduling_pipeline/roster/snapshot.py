"""A snapshot from the database: one reading of all that a proposal, or a check by hand, is made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, and_, false, or_, select

from scheduling_pipeline.database.roster import (
    EmployeeStore,
    PendingSchedule,
    RosterEmployee,
    RosterEvent,
    RosterSchedule,
    RotationAssignment,
    ScheduleException,
)
from scheduling_pipeline.roster.absences import load_absences
from scheduling_pipeline.roster.eligibility import DAY, last_possible
from scheduling_pipeline.roster.model import (
    Employee,
    Event,
    EventType,
    JobTitle,
    Place,
    RotationType,
    Snapshot,
)
from scheduling_pipeline.roster.names import event_number, is_survey
from scheduling_pipeline.roster.pairing import pair
from scheduling_pipeline.roster.pins import UNDER_WAY
from scheduling_pipeline.roster.planner import OVER_CONDITIONS
from scheduling_pipeline.roster.rules import Minutes
from scheduling_pipeline.roster.times import day_of, wall_time
from scheduling_pipeline.roster_settings import RosterSettings


def load_snapshot(
    connection: Connection,
    settings: RosterSettings,
    now: datetime,
    *,
    pins: Mapping[int, Place] | None = None,
    reissued: Mapping[int, date] | None = None,
) -> Snapshot:
    """The roster as the database has it, in the same number of queries whatever its size.

    Events are those that are open, and those that stand in the planner today or later; how long they take
    follows from their type alone. `pins`: where managers want events, by their number; what a manager put
    where it stands against a soft rule, saying why, is pinned there as well. `reissued`: events that are to
    be offered again, with their new due days, beside those of which that is under way; they count as open.
    Absences and rotations go to the end of the horizon, or of the last event's window, for what is scheduled
    by hand.
    """
    zone, minutes, wanted = settings.tz, settings.rules.minutes, pins or {}
    today = day_of(now, zone)
    again = {**_under_way(connection), **(reissued or {})}
    rows = connection.execute(_live_events(datetime.combine(today, time.min, zone), again))
    events = [_event(row, zone, minutes, wanted, again.get(row.project_ref_num)) for row in rows]
    last = max([today + timedelta(days=settings.horizon_days), *map(last_possible, events)])
    days = [today + number * DAY for number in range((last - today).days + 1)]
    employees = _employees(connection)
    return Snapshot(
        today=today,
        events=tuple(_paired(events)),
        employees=tuple(employees),
        absences=load_absences(connection, settings, [employee.id for employee in employees], days),
        rotations=_rotations(connection, sorted({event.store for event in events}), days),
    )


def _under_way(connection: Connection) -> dict[int, date]:
    """The events that are approved to be offered again, and are not yet; with their new due days."""
    row = PendingSchedule
    query = select(row.event_ref_num, row.reissue_until).where(
        row.reissue_until.is_not(None), row.status.in_(UNDER_WAY)
    )
    return {one.event_ref_num: one.reissue_until for one in connection.execute(query)}


def _live_events(midnight: datetime, reissued: Collection[int]) -> Select[Any]:
    """Open events, those scheduled from `midnight` on, and others by number; with where they stand. An event
    that has a time counts as scheduled whatever its condition says."""
    event, schedule, row = RosterEvent, RosterSchedule, PendingSchedule
    against_rules = and_(
        row.event_ref_num == event.project_ref_num,
        row.employee_id == schedule.employee_id,
        row.schedule_datetime == schedule.schedule_datetime,
        row.status == "api_submitted",
        row.override_reason.is_not(None),
    )
    return (
        select(
            event.project_ref_num,
            event.project_name,
            event.event_type,
            event.location_mvid,
            event.start_datetime,
            event.due_datetime,
            event.parent_event_ref_num,
            event.allow_auto_schedule,
            schedule.employee_id,
            schedule.schedule_datetime,
            select(row.id).where(against_rules).exists().label("against_rules"),
        )
        .outerjoin(schedule, schedule.event_ref_num == event.project_ref_num)
        .where(
            event.closed_at.is_(None),
            or_(
                event.project_ref_num.in_(reissued),
                and_(
                    event.condition.not_in(OVER_CONDITIONS),
                    or_(
                        schedule.schedule_datetime >= midnight,
                        and_(schedule.id.is_(None), event.is_scheduled == false()),
                    ),
                ),
            ),
        )
        .order_by(event.project_ref_num)
    )


def _event(
    row: Row[Any], zone: ZoneInfo, minutes: Minutes, pins: Mapping[int, Place], again_until: date | None
) -> Event:
    kind = EventType(row.event_type)
    survey = kind is EventType.JUICER and is_survey(row.project_name)
    committed = None
    if row.schedule_datetime is not None and again_until is None:
        instant = row.schedule_datetime
        committed = Place(day_of(instant, zone), wall_time(instant, zone), row.employee_id or "")
    return Event(
        ref=row.project_ref_num,
        name=row.project_name,
        type=kind,
        store=row.location_mvid or "",
        start=day_of(row.start_datetime, zone),
        due=again_until or day_of(row.due_datetime, zone),
        minutes=minutes.of(kind, survey=survey),
        number=event_number(row.project_name),
        survey=survey,
        parent=row.parent_event_ref_num,
        committed=committed,
        pinned=pins.get(row.project_ref_num, committed if row.against_rules else None),
        auto=row.allow_auto_schedule,
    )


def _paired(events: Sequence[Event]) -> Iterable[Event]:
    """The events with their parents: those that are kept, where they are here, else by number."""
    here = {event.ref for event in events}
    parents = pair(events).parents
    for event in events:
        yield event if event.parent in here else replace(event, parent=parents.get(event.ref))


def _employees(connection: Connection) -> list[Employee]:
    stores: dict[str, set[str]] = defaultdict(set)
    homes: dict[str, str] = {}
    places = select(EmployeeStore.employee_id, EmployeeStore.location_mvid, EmployeeStore.is_home)
    for employee, store, is_home in connection.execute(places.order_by(EmployeeStore.location_mvid)):
        stores[employee].add(store)
        if is_home:
            homes.setdefault(employee, store)
    table = RosterEmployee
    query = select(
        table.id, table.name, table.job_title, table.is_active, table.termination_date, table.max_weekly_hours
    )
    return [
        Employee(
            id=row.id,
            name=row.name,
            title=JobTitle(row.job_title),
            active=row.is_active,
            last_day=row.termination_date,
            stores=frozenset(stores.get(row.id, ())),
            home=homes.get(row.id, ""),
            weekly_minutes=None if row.max_weekly_hours is None else round(row.max_weekly_hours * 60),
        )
        for row in connection.execute(query.order_by(table.id))
    ]


def _rotations(
    connection: Connection, stores: Sequence[str], days: Sequence[date]
) -> dict[tuple[str, date, RotationType], str]:
    """Who is named on each day; all stores share the rotation. An exception wins over the weekday."""
    weekly, one_day = RotationAssignment, ScheduleException
    assignments = select(weekly.day_of_week, weekly.rotation_type, weekly.employee_id)
    usual = {(weekday, kind): employee for weekday, kind, employee in connection.execute(assignments)}
    exceptions = select(one_day.exception_date, one_day.rotation_type, one_day.employee_id).where(
        one_day.exception_date.between(days[0], days[-1])
    )
    exceptional = {(day, kind): employee for day, kind, employee in connection.execute(exceptions)}
    rotations: dict[tuple[str, date, RotationType], str] = {}
    for day in days:
        for kind in RotationType:
            employee = exceptional.get((day, kind.value)) or usual.get((day.weekday(), kind.value))
            if employee is not None:
                rotations.update(dict.fromkeys(((store, day, kind) for store in stores), employee))
    return rotations
