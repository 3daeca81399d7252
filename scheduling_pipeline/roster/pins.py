"""What managers decided already, so that the next proposal keeps to it: edits of the proposal before, which
nobody has approved yet, and what was approved and is still to be submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from scheduling_pipeline.database.roster import PendingSchedule, SchedulerRun
from scheduling_pipeline.roster.model import Place
from scheduling_pipeline.roster.times import day_of, wall_time

PROPOSED = ("automatic", "manual")
"""The types of runs that are proposals; what is scheduled by hand is approved as it is made."""

UNDER_WAY = ("approved", "unknown")
"""The states of rows that were approved and may still be submitted, or be found to have been."""


@dataclass(frozen=True, slots=True)
class Pin:
    """Where a manager wants an event, who, since when, and why that may break a soft rule. `stays`: it is in
    the planner at this place, and is not to be moved away."""

    place: Place
    edited_by: str
    edited_at: datetime | None
    override_reason: str | None
    stays: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest proposal that waits for an approval, if any, and what managers edited in it, by event.

    `approved`: the events about which something was approved that the planner does not know yet, or may not
    know, each with the place it is to have; None where it is to be taken off.
    """

    run_id: int | None = None
    revision: str | None = None
    pins: Mapping[int, Pin] = field(default_factory=dict)
    approved: Mapping[int, Place | None] = field(default_factory=dict)

    @property
    def places(self) -> dict[int, Place]:
        """Where managers want events."""
        edited = {ref: pin.place for ref, pin in self.pins.items()}
        return edited | {ref: place for ref, place in self.approved.items() if place is not None}


def earlier_proposal(connection: Connection, zone: ZoneInfo, *, lock: bool = False) -> Earlier:
    """What the next proposal builds on. With `lock`, nobody else edits or approves the earlier proposal until
    the end of the transaction."""
    run = SchedulerRun
    newest = (
        select(run.id, run.revision)
        .where(run.run_type.in_(PROPOSED), run.status == "completed", run.approved_at.is_(None))
        .order_by(run.id.desc())
        .limit(1)
    )
    found = connection.execute(newest.with_for_update() if lock else newest).one_or_none()
    approved = _approved(connection, zone)
    if found is None:
        return Earlier(approved=approved)
    return Earlier(found.id, found.revision, _edited(connection, found.id, zone), approved)


def _approved(connection: Connection, zone: ZoneInfo) -> dict[int, Place | None]:
    row = PendingSchedule
    query = select(row.event_ref_num, row.employee_id, row.schedule_datetime).where(row.status.in_(UNDER_WAY))
    return {
        one.event_ref_num: _place(one.employee_id, one.schedule_datetime, zone)
        if one.schedule_datetime
        else None
        for one in connection.execute(query.order_by(row.id))
    }


def _edited(connection: Connection, run_id: int, zone: ZoneInfo) -> dict[int, Pin]:
    row = PendingSchedule
    edited = select(
        row.event_ref_num,
        row.employee_id,
        row.schedule_datetime,
        row.previous_employee_id,
        row.previous_datetime,
        row.edited_by,
        row.edited_at,
        row.override_reason,
    ).where(
        row.scheduler_run_id == run_id,
        row.status == "user_edited",
        row.edited_by.is_not(None),
        row.schedule_datetime.is_not(None),
    )
    return {
        one.event_ref_num: Pin(
            place=_place(one.employee_id, one.schedule_datetime, zone),
            edited_by=one.edited_by,
            edited_at=one.edited_at,
            override_reason=one.override_reason,
            stays=(one.previous_employee_id, one.previous_datetime)
            == (one.employee_id, one.schedule_datetime),
        )
        for one in connection.execute(edited)
    }


def _place(employee: str, instant: datetime, zone: ZoneInfo) -> Place:
    return Place(day_of(instant, zone), wall_time(instant, zone), employee)
