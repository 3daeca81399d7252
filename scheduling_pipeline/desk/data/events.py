"""The planner's events: searched, and one of them with all that is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Select,
    String,
    and_,
    cast,
    func,
    or_,
    select,
    update,
)

from scheduling_pipeline.database.roster import RosterEmployee, RosterEvent, RosterSchedule
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.problems import not_found
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.planner import OVER_CONDITIONS
from scheduling_pipeline.roster.rows import Slot
from scheduling_pipeline.roster.times import day_of, place_instant

PAGE = 100
CRITICAL_DAYS, URGENT_DAYS = 1, 7  # to the due day
MOST_PARTNERS = 200


class Show(StrEnum):
    """Which events."""

    COMING = "coming"
    OPEN = "open"
    SOON = "soon"
    UNDATED = "undated"
    SCHEDULED = "scheduled"
    KEPT_OUT = "kept-out"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`words`: in the name, the number or the store; no type means any."""

    words: str = ""
    type: EventType | None = None
    show: Show = Show.COMING


@dataclass(frozen=True, slots=True)
class Urgency:
    """How near the due day is: `critical` or `urgent`, and in words."""

    grade: str
    words: str


@dataclass(frozen=True, slots=True)
class EventSeen:
    """An event as the planner has it. `place`: who does it and when, once it is scheduled. `over`: nothing
    can be scheduled about it any more."""

    ref: int
    name: str
    type: EventType
    location: str | None
    store: str
    start: date
    due: date
    condition: str
    automatic: bool
    note: str
    parent: int | None
    closed_at: datetime | None
    last_synced: datetime | None
    place: Slot | None
    over: bool
    urgency: Urgency | None

    @property
    def state(self) -> str:
        """The planner's condition in a word; one with a place is scheduled, though the planner may call it
        unstaffed still."""
        return "scheduled" if self.place and self.condition == "Unstaffed" else self.condition.lower()

    @property
    def undated(self) -> bool:
        """The planner has somebody for it, and no day."""
        return self.place is None and self.condition in ("Staffed", "Scheduled")


def events(
    connection: Connection, wanted: Wanted, *, page: int, today: date, zone: ZoneInfo
) -> tuple[list[EventSeen], int]:
    """One page of events by day, and how many there are in all."""
    where = _conditions(wanted, today, zone)
    event, schedule = RosterEvent, RosterSchedule
    joined = event.project_ref_num == schedule.event_ref_num
    counted = select(func.count()).select_from(event).outerjoin(schedule, joined).where(*where)
    when = func.coalesce(schedule.schedule_datetime, event.due_datetime)
    query = _events().where(*where).order_by(when, event.project_ref_num)
    found = connection.execute(query.limit(PAGE).offset((page - 1) * PAGE)).mappings()
    return [_seen(row, today, zone) for row in found], connection.execute(counted).scalar_one()


def event(connection: Connection, ref: int, *, today: date, zone: ZoneInfo) -> EventSeen:
    """One event by its number. Raises Problem (404)."""
    query = _events().where(RosterEvent.project_ref_num == ref)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise not_found(f"event {ref}")
    return _seen(row, today, zone)


def partners(connection: Connection, seen: EventSeen, *, today: date, zone: ZoneInfo) -> list[EventSeen]:
    """The Core event of a Supervisor event, or the Supervisor events of a Core event, as far as that is
    known."""
    belongs = RosterEvent.parent_event_ref_num == seen.ref
    if seen.parent is not None:
        belongs = belongs | (RosterEvent.project_ref_num == seen.parent)
    query = _events().where(belongs).order_by(RosterEvent.project_ref_num)
    return [_seen(row, today, zone) for row in connection.execute(query).mappings()]


def swappable(connection: Connection, seen: EventSeen, *, today: date, zone: ZoneInfo) -> list[EventSeen]:
    """The Core events with which a scheduled one could trade people: those that others do at its store."""
    if seen.place is None or seen.type is not EventType.CORE or not seen.place.employee_id:
        return []
    schedule = RosterSchedule
    query = (
        _events()
        .where(
            RosterEvent.event_type == EventType.CORE,
            RosterEvent.location_mvid == seen.location,
            RosterEvent.closed_at.is_(None),
            RosterEvent.condition.not_in(OVER_CONDITIONS),
            schedule.employee_id != seen.place.employee_id,
            schedule.schedule_datetime >= _midnight(today, zone),
        )
        .order_by(schedule.schedule_datetime, RosterEvent.project_ref_num)
        .limit(MOST_PARTNERS)
    )
    return [_seen(row, today, zone) for row in connection.execute(query).mappings()]


def set_automatic(engine: Engine, ref: int, *, allowed: bool, note: str, who: str, now: datetime) -> None:
    """Let proposals be about an event, or keep it out of them. Raises Problem (404)."""
    table = RosterEvent
    query = select(table.allow_auto_schedule, table.auto_schedule_note).where(table.project_ref_num == ref)
    with engine.begin() as connection:
        before = connection.execute(query.with_for_update()).mappings().one_or_none()
        if before is None:
            raise not_found(f"event {ref}")
        after = {"allow_auto_schedule": allowed, "auto_schedule_note": note or None}
        connection.execute(update(table).where(table.project_ref_num == ref).values(after))
        audit.record(connection, who, "event.automatic", f"event {ref}", before=before, after=after, at=now)


def _events() -> Select[Any]:
    table, schedule, person = RosterEvent, RosterSchedule, RosterEmployee
    return (
        select(
            *table.__table__.columns,
            schedule.employee_id,
            schedule.schedule_datetime,
            func.coalesce(person.name, schedule.rep_name, "").label("employee"),
        )
        .outerjoin(schedule, schedule.event_ref_num == table.project_ref_num)
        .outerjoin(person, person.id == schedule.employee_id)
    )


def _conditions(wanted: Wanted, today: date, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    """What is wanted, in the words of the database."""
    table, schedule = RosterEvent, RosterSchedule
    midnight = _midnight(today, zone)
    live = and_(table.closed_at.is_(None), table.condition.not_in(OVER_CONDITIONS))
    dated = schedule.schedule_datetime.is_not(None)
    undated = and_(live, ~dated, table.is_scheduled.is_(True))
    still_to_do = and_(live, ~dated, table.is_scheduled.is_(False), table.due_datetime >= midnight)
    to_come = and_(live, schedule.schedule_datetime >= midnight)
    soon = _midnight(today + timedelta(days=URGENT_DAYS + 1), zone)
    conditions: list[ColumnElement[bool]] = []
    match wanted.show:
        case Show.COMING:
            conditions.append(or_(still_to_do, to_come, undated))
        case Show.OPEN:
            conditions.append(still_to_do)
        case Show.SOON:
            conditions.append(and_(still_to_do, table.due_datetime < soon))
        case Show.UNDATED:
            conditions.append(undated)
        case Show.SCHEDULED:
            conditions.append(to_come)
        case Show.KEPT_OUT:
            conditions.append(and_(live, table.allow_auto_schedule.is_(False)))
        case Show.ALL:
            pass
    if wanted.type is not None:
        conditions.append(table.event_type == wanted.type)
    if wanted.words:
        texts = (table.project_name, table.store_name, cast(table.project_ref_num, String))
        conditions.append(or_(*(text.icontains(wanted.words, autoescape=True) for text in texts)))
    return conditions


def _seen(row: RowMapping, today: date, zone: ZoneInfo) -> EventSeen:
    starts = row["schedule_datetime"]
    due = day_of(row["due_datetime"], zone)
    over = row["closed_at"] is not None or row["condition"] in OVER_CONDITIONS
    return EventSeen(
        ref=row["project_ref_num"],
        name=row["project_name"],
        type=EventType(row["event_type"]),
        location=row["location_mvid"],
        store=row["store_name"] or "",
        start=day_of(row["start_datetime"], zone),
        due=due,
        condition=row["condition"],
        automatic=row["allow_auto_schedule"],
        note=row["auto_schedule_note"] or "",
        parent=row["parent_event_ref_num"],
        closed_at=row["closed_at"],
        last_synced=row["last_synced"],
        place=Slot(row["employee_id"] or "", row["employee"], starts.astimezone(zone)) if starts else None,
        over=over,
        urgency=None if over or starts else urgency(due, today),
    )


def urgency(due: date, today: date) -> Urgency | None:
    """How near the due day of an event without a place is; None where it is not near."""
    days = (due - today).days
    if days < 0:
        return Urgency("critical", "past due")
    if days <= CRITICAL_DAYS:
        return Urgency("critical", "due tomorrow" if days else "due today")
    return Urgency("urgent", f"due in {days} days") if days <= URGENT_DAYS else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return place_instant(day, time(0), zone)
