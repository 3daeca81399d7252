"""Rows of proposals as programs get them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel

from scheduling_pipeline.desk.data.week import Entry
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.rows import Kind, ProposalRow, Slot


class PlaceShown(BaseModel):
    """Who does an event, and from when on (store time, with its offset)."""

    employee_id: str
    employee_name: str
    schedule_datetime: datetime

    @classmethod
    def of(cls, slot: Slot) -> Self:
        return cls(employee_id=slot.employee_id, employee_name=slot.employee, schedule_datetime=slot.start)


class RowShown(BaseModel):
    """One row of a proposal. `previous`: where its event stands in the planner; `due_date`: the first day on
    which it can no longer take place."""

    id: int
    run_id: int
    event_id: int
    event_name: str
    event_type: EventType
    store: str
    start_date: date
    due_date: date
    kind: Kind
    status: str
    employee_id: str | None
    employee_name: str | None
    schedule_datetime: datetime | None
    previous: PlaceShown | None
    is_swap: bool
    bumped_event_id: int | None
    made_room_for_event_id: int | None
    swap_reason: str
    failure_code: str
    failure_reason: str
    explanation: dict[str, Any]
    override_reason: str
    edited_by: str
    api_error_details: str

    @classmethod
    def of(cls, row: ProposalRow) -> Self:
        place = row.place
        return cls(
            id=row.id,
            run_id=row.run_id,
            event_id=row.event_ref,
            event_name=row.event,
            event_type=row.type,
            store=row.store,
            start_date=row.start,
            due_date=row.due,
            kind=row.kind,
            status=row.status,
            employee_id=place.employee_id if place else None,
            employee_name=place.employee if place else None,
            schedule_datetime=place.start if place else None,
            previous=PlaceShown.of(row.previous) if row.previous else None,
            is_swap=row.is_swap,
            bumped_event_id=row.bumped_event_ref,
            made_room_for_event_id=row.made_room_for,
            swap_reason=row.swap_reason,
            failure_code=row.failure_code,
            failure_reason=row.failure_reason,
            explanation=dict(row.explanation),
            override_reason=row.override_reason,
            edited_by=row.edited_by,
            api_error_details=row.api_error,
        )


class EntryShown(BaseModel):
    """An event of a day: one that stands, or what a row makes of it."""

    mark: str
    event_id: int
    event_name: str
    event_type: EventType
    employee_id: str
    employee_name: str
    start: datetime
    end: datetime
    row_id: int | None
    status: str
    note: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            mark=entry.mark,
            event_id=entry.event_ref,
            event_name=entry.event,
            event_type=entry.type,
            employee_id=entry.slot.employee_id,
            employee_name=entry.slot.employee,
            start=entry.slot.start,
            end=entry.end,
            row_id=entry.row_id,
            status=entry.status,
            note=entry.note,
        )
