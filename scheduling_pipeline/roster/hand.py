"""Scheduling by hand: what a manager wants to stand in the planner, at once.

Each of these validates all of it, makes a run of type `hand` that is approved by who made it, and one request
to submit it; the same outbox carries it out. What is refused raises a RefusedError and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, insert, select, update

from scheduling_pipeline.database.roster import PendingSchedule, RosterEvent, SchedulerRun
from scheduling_pipeline.roster.model import Event, EventType, Place
from scheduling_pipeline.roster.refused import NothingToSubmitError, RowLockedError
from scheduling_pipeline.roster.requests import add_request
from scheduling_pipeline.roster.revision import note_revision
from scheduling_pipeline.roster.table import Table, is_core
from scheduling_pipeline.roster_settings import RosterSettings


class ByHand(NamedTuple):
    """A run that was made by hand, and the request to submit it."""

    run_id: int
    request_id: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Where an event is to be; `place` is None for one that is taken off. `trades_with`: another event that
    changes only if this one does."""

    event: Event
    place: Place | None
    override: str | None = None
    trades_with: int | None = None


def schedule_by_hand(
    engine: Engine,
    settings: RosterSettings,
    event: int,
    *,
    employee_id: str,
    start: datetime,
    override: str | None,
    who: str,
    now: datetime,
) -> ByHand:
    """Schedule an open event; the Supervisor event of a Core event that is open comes with it where somebody
    is there for it. `start`: an instant. `override`: why a soft rule may be broken.

    Raises RuleBrokenError, OverrideNeededError, RowLockedError, NotFoundError.
    """
    with engine.begin() as connection:
        table = Table.load(connection, settings, now)
        found = _free(connection, table, event)
        if found.committed is not None:
            raise RowLockedError("It is scheduled already: move it instead.")
        wanted = _put(table, found, table.place(employee_id, start), override)
        if is_core(found) and (supervisor := table.supervisor_of(found)) and supervisor.committed is None:
            wanted += _along(connection, table, supervisor, wanted[0])
        return _make(connection, table, wanted, who, now)


def reschedule(
    engine: Engine,
    settings: RosterSettings,
    event: int,
    *,
    employee_id: str,
    start: datetime,
    override: str | None,
    who: str,
    now: datetime,
) -> ByHand:
    """Move an event that stands in the planner; the Supervisor event of a Core event that stands there too
    goes with it to its new day, or is taken off where nobody is there for it. An open one stays open.

    Raises RuleBrokenError, OverrideNeededError, RowLockedError, NothingToSubmitError, NotFoundError.
    """
    with engine.begin() as connection:
        table = Table.load(connection, settings, now)
        found = _standing(connection, table, event)
        place = table.place(employee_id, start)
        if place == found.committed:
            raise NothingToSubmitError("It is there already.")
        wanted = _put(table, found, place, override)
        if is_core(found) and (supervisor := table.supervisor_of(found)) and supervisor.committed:
            wanted += _along(connection, table, supervisor, wanted[0])
        return _make(connection, table, wanted, who, now)


def unschedule_by_hand(
    engine: Engine, settings: RosterSettings, event: int, *, who: str, now: datetime
) -> ByHand:
    """Take an event off the planner; a Core event takes its Supervisor event with it.

    Raises RowLockedError, NotFoundError.
    """
    with engine.begin() as connection:
        table = Table.load(connection, settings, now)
        found = _standing(connection, table, event)
        wanted = [_Wanted(found, None)]
        if is_core(found) and (supervisor := table.supervisor_of(found)) and supervisor.committed:
            wanted.append(_Wanted(_free(connection, table, supervisor.ref), None))
        return _make(connection, table, wanted, who, now)


def swap_people(
    engine: Engine,
    settings: RosterSettings,
    event_a: int,
    event_b: int,
    *,
    override: str | None = None,
    who: str,
    now: datetime,
) -> ByHand:
    """Have two Core events trade people; each keeps its day and time. Both come about, or neither.

    Raises RuleBrokenError, OverrideNeededError, RowLockedError, NothingToSubmitError, NotFoundError.
    """
    with engine.begin() as connection:
        table = Table.load(connection, settings, now)
        events = [_standing(connection, table, ref) for ref in (event_a, event_b)]
        if not all(map(is_core, events)):
            raise RowLockedError("Only Core events trade people.")
        one, other = (_committed(event) for event in events)
        if one.employee == other.employee:
            raise NothingToSubmitError("The same person does both.")
        if not (one.employee and other.employee):
            raise RowLockedError("The planner has one of them for somebody who is not known here.")
        places = {
            event_a: Place(one.day, one.start, other.employee),
            event_b: Place(other.day, other.start, one.employee),
        }
        kept = table.put(places, override)
        wanted = [
            _Wanted(event, places[event.ref], kept[event.ref], partner.ref)
            for event, partner in (events, reversed(events))
        ]
        return _make(connection, table, wanted, who, now)


def hand_over_day(
    engine: Engine,
    settings: RosterSettings,
    day: date,
    *,
    from_employee: str,
    to_employee: str,
    types: Collection[EventType],
    override: str | None = None,
    who: str,
    now: datetime,
) -> ByHand:
    """Give all that somebody has on a day, of some types, to somebody else, at the same times.

    Raises RuleBrokenError, OverrideNeededError, RowLockedError, NothingToSubmitError, NotFoundError.
    """
    with engine.begin() as connection:
        table = Table.load(connection, settings, now)
        theirs = [
            event
            for event in table.snapshot.events
            if event.type in types
            and event.committed
            and (event.committed.employee, event.committed.day) == (from_employee, day)
        ]
        if not theirs or from_employee == to_employee:
            raise NothingToSubmitError("There is nothing to hand over.")
        places = {
            event.ref: table.place(
                to_employee, table.instant(_committed(_free(connection, table, event.ref)))
            )
            for event in theirs
        }
        kept = table.put(places, override)
        wanted = [_Wanted(event, places[event.ref], kept[event.ref]) for event in theirs]
        return _make(connection, table, wanted, who, now)


def _put(table: Table, event: Event, place: Place, override: str | None) -> list[_Wanted]:
    return [_Wanted(event, place, table.put({event.ref: place}, override)[event.ref])]


def _along(connection: Connection, table: Table, supervisor: Event, core: _Wanted) -> list[_Wanted]:
    """The Supervisor event of a Core event, on its new day."""
    if core.place is None or (supervisor.committed and supervisor.committed.day == core.place.day):
        return []
    _free(connection, table, supervisor.ref)
    place = table.place_for_supervisor(supervisor, core.place)
    if isinstance(place, Place):
        return [_Wanted(supervisor, place)]
    return [_Wanted(supervisor, None)] if supervisor.committed else []


def _free(connection: Connection, table: Table, ref: int) -> Event:
    """An event, unless something that was approved about it is still to be submitted. Until the end of the
    transaction nobody else gets it."""
    event = table.event(ref)
    row = PendingSchedule
    connection.execute(select(RosterEvent.id).where(RosterEvent.project_ref_num == ref).with_for_update())
    under_way = select(row.id).where(row.event_ref_num == ref, row.status.in_(("approved", "unknown")))
    if connection.execute(under_way.limit(1)).first() is not None:
        raise RowLockedError(f"Event {ref} is being submitted: wait until that has ended.")
    return event


def _standing(connection: Connection, table: Table, ref: int) -> Event:
    event = _free(connection, table, ref)
    if event.committed is None:
        raise RowLockedError("It is not scheduled: there is nothing to move or to take off.")
    return event


def _committed(event: Event) -> Place:
    assert event.committed is not None  # noqa: S101 - only asked of events that stand in the planner
    return event.committed


def _make(connection: Connection, table: Table, wanted: Sequence[_Wanted], who: str, now: datetime) -> ByHand:
    placed = sum(one.place is not None for one in wanted)
    run = {
        "run_type": "hand",
        "requested_by": who,
        "started_at": now,
        "completed_at": now,
        "status": "completed",
        "total_events_processed": len(wanted),
        "events_scheduled": placed,
    }
    run_id = connection.execute(insert(SchedulerRun).values(run).returning(SchedulerRun.id)).scalar_one()
    rows = [_row(table, one, who, now) | {"scheduler_run_id": run_id} for one in wanted]
    connection.execute(insert(PendingSchedule), rows)
    revision = note_revision(connection, run_id)
    approved = {"approved_revision": revision, "approved_at": now, "approved_by_user": who}
    connection.execute(update(SchedulerRun).where(SchedulerRun.id == run_id).values(approved))
    request = add_request(connection, kind="submit", run_id=run_id, who=who, now=now, revision=revision)
    return ByHand(run_id, request)


def _row(table: Table, wanted: _Wanted, who: str, now: datetime) -> dict[str, object]:
    event, place, before = wanted.event, wanted.place, wanted.event.committed
    return {
        "event_ref_num": event.ref,
        "employee_id": place and place.employee,
        "schedule_datetime": place and table.instant(place),
        "schedule_time": place and place.start,
        "status": "approved",
        "previous_employee_id": (before and before.employee) or None,
        "previous_datetime": before and table.instant(before),
        "is_swap": wanted.trades_with is not None,
        "bumped_event_ref_num": wanted.trades_with,
        "made_room_for": wanted.trades_with,
        "override_reason": wanted.override,
        "edited_by": who,
        "edited_at": now,
        "created_at": now,
        "updated_at": now,
    }
