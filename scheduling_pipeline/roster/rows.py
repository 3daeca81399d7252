"""A proposal's rows and the coming days as people read them: names and store times instead of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from scheduling_pipeline.database.roster import (
    PendingSchedule,
    RosterEmployee,
    RosterEvent,
    RosterSchedule,
)
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.names import is_survey
from scheduling_pipeline.roster.rules import Minutes
from scheduling_pipeline.roster.times import day_of, place_instant


class Kind(StrEnum):
    """What a row brings about: an event that stood nowhere gets a place, moves, leaves the planner, is where
    it stood, or gets no place."""

    NEW = "new"
    MOVED = "moved"
    DROPPED = "dropped"
    UNCHANGED = "unchanged"
    FAILED = "failed"


_PLACED = PendingSchedule.schedule_datetime.is_not(None)
_STOOD = PendingSchedule.previous_datetime.is_not(None)
_STAYS = and_(
    PendingSchedule.schedule_datetime == PendingSchedule.previous_datetime,
    PendingSchedule.employee_id.is_not_distinct_from(PendingSchedule.previous_employee_id),
)
row_kind = case(
    (and_(_PLACED, ~_STOOD), Kind.NEW.value),
    (and_(_PLACED, _STAYS), Kind.UNCHANGED.value),
    (_PLACED, Kind.MOVED.value),
    (_STOOD, Kind.DROPPED.value),
    else_=Kind.FAILED.value,
)
"""The kind of a row of `pending_schedules`, as a query has it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Who does an event and when; `start` is aware, in the stores' zone. `employee_id` is empty where the
    planner names somebody unknown, whose name is then `employee`."""

    employee_id: str
    employee: str
    start: datetime


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One row. `place`: where its event is to be, `previous`: where it stands in the planner. `start` and
    `due` are the event's window in store days."""

    id: int
    run_id: int
    event_ref: int
    event: str
    type: EventType
    store: str
    start: date
    due: date
    minutes: int
    status: str
    place: Slot | None
    previous: Slot | None
    is_swap: bool
    bumped_event_ref: int | None
    made_room_for: int | None
    swap_reason: str
    failure_code: str
    failure_reason: str
    explanation: Mapping[str, Any]
    override_reason: str
    edited_by: str
    api_error: str
    api_submitted_at: datetime | None

    @property
    def kind(self) -> Kind:
        if self.place is None:
            return Kind.DROPPED if self.previous else Kind.FAILED
        if self.previous is None:
            return Kind.NEW
        same = (self.place.employee_id, self.place.start) == (self.previous.employee_id, self.previous.start)
        return Kind.UNCHANGED if same else Kind.MOVED


@dataclass(frozen=True, slots=True)
class StandingEvent:
    """An event that stands in the planner."""

    event_ref: int
    event: str
    type: EventType
    store: str
    due: date
    minutes: int
    place: Slot


def load_rows(
    connection: Connection,
    run_id: int,
    zone: ZoneInfo,
    minutes: Minutes,
    *where: ColumnElement[bool],
    limit: int | None = None,
    offset: int = 0,
) -> list[ProposalRow]:
    """The rows of a run, or those for which conditions hold, by day, time and event."""
    query = _rows().where(PendingSchedule.scheduler_run_id == run_id, *where)
    order = (PendingSchedule.schedule_datetime, PendingSchedule.event_ref_num)
    found = connection.execute(query.order_by(*order).limit(limit).offset(offset)).mappings()
    return [_row(one, zone, minutes) for one in found]


def load_history(
    connection: Connection, event_ref: int, zone: ZoneInfo, minutes: Minutes
) -> list[ProposalRow]:
    """What was ever proposed, or done by hand, about an event; the newest first."""
    query = _rows().where(PendingSchedule.event_ref_num == event_ref).order_by(PendingSchedule.id.desc())
    return [_row(one, zone, minutes) for one in connection.execute(query).mappings()]


def touches(first: date, last: date, zone: ZoneInfo) -> ColumnElement[bool]:
    """That a row puts its event on one of some store days, or takes it away from one; both included."""
    begin, end = _span(first, last, zone)
    row = PendingSchedule
    return or_(
        *(and_(column >= begin, column < end) for column in (row.schedule_datetime, row.previous_datetime))
    )


def load_standing(
    connection: Connection, first: date, last: date, zone: ZoneInfo, minutes: Minutes
) -> list[StandingEvent]:
    """What stands in the planner from one store day to another, both included, by time and event."""
    begin, end = _span(first, last, zone)
    event, schedule = RosterEvent, RosterSchedule
    query = (
        select(
            event.project_ref_num.label("event_ref"),
            event.project_name.label("event"),
            event.event_type.label("type"),
            event.store_name.label("store"),
            event.due_datetime.label("due"),
            schedule.employee_id,
            func.coalesce(RosterEmployee.name, schedule.rep_name, "").label("employee"),
            schedule.schedule_datetime.label("start"),
        )
        .join(schedule, schedule.event_ref_num == event.project_ref_num)
        .outerjoin(RosterEmployee, RosterEmployee.id == schedule.employee_id)
        .where(schedule.schedule_datetime >= begin, schedule.schedule_datetime < end)
        .where(event.closed_at.is_(None))
        .order_by(schedule.schedule_datetime, event.project_ref_num)
    )
    return [
        StandingEvent(
            event_ref=one.event_ref,
            event=one.event,
            type=EventType(one.type),
            store=one.store or "",
            due=day_of(one.due, zone),
            minutes=minutes.of(EventType(one.type), survey=is_survey(one.event)),
            place=Slot(one.employee_id or "", one.employee, one.start.astimezone(zone)),
        )
        for one in connection.execute(query)
    ]


def _span(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the beginning of one store day to the end of another."""
    midnight = datetime.min.time()
    return place_instant(first, midnight, zone), place_instant(last + timedelta(days=1), midnight, zone)


@cache
def _rows() -> Select[Any]:
    """All columns of rows; made once, as putting the statement together takes longer than to run it."""
    row, event = PendingSchedule, RosterEvent
    person, before = aliased(RosterEmployee), aliased(RosterEmployee)
    return (
        select(
            *row.__table__.columns,
            event.project_name,
            event.event_type,
            event.store_name,
            event.start_datetime,
            event.due_datetime,
            person.name.label("person"),
            func.coalesce(before.name, RosterSchedule.rep_name, "").label("previous_person"),
        )
        .join(event, event.project_ref_num == row.event_ref_num)
        .outerjoin(person, person.id == row.employee_id)
        .outerjoin(before, before.id == row.previous_employee_id)
        .outerjoin(RosterSchedule, RosterSchedule.event_ref_num == row.event_ref_num)
    )


def _row(one: RowMapping, zone: ZoneInfo, minutes: Minutes) -> ProposalRow:
    kind = EventType(one["event_type"])
    starts, before = one["schedule_datetime"], one["previous_datetime"]
    return ProposalRow(
        id=one["id"],
        run_id=one["scheduler_run_id"],
        event_ref=one["event_ref_num"],
        event=one["project_name"],
        type=kind,
        store=one["store_name"] or "",
        start=day_of(one["start_datetime"], zone),
        due=day_of(one["due_datetime"], zone),
        minutes=minutes.of(kind, survey=is_survey(one["project_name"])),
        status=one["status"],
        place=Slot(one["employee_id"], one["person"], starts.astimezone(zone)) if starts else None,
        previous=Slot(one["previous_employee_id"] or "", one["previous_person"], before.astimezone(zone))
        if before
        else None,
        is_swap=one["is_swap"],
        bumped_event_ref=one["bumped_event_ref_num"],
        made_room_for=one["made_room_for"],
        swap_reason=one["swap_reason"] or "",
        failure_code=one["failure_code"] or "",
        failure_reason=one["failure_reason"] or "",
        explanation=one["explanation"] or {},
        override_reason=one["override_reason"] or "",
        edited_by=one["edited_by"] or "",
        api_error=one["api_error_details"] or "",
        api_submitted_at=one["api_submitted_at"],
    )
