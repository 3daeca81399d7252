"""Scheduling by hand: what a manager wants to stand in the planner, at once.

Each of these validates all of it and makes one run; the same outbox as for proposals carries it out. What is
refused raises a RefusedError and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select

from scheduling_pipeline.database.roster import PendingSchedule, RosterEvent, RosterSchedule
from scheduling_pipeline.roster.eligibility import DAY
from scheduling_pipeline.roster.hand_runs import ByHand, Wanted, logged, make_run
from scheduling_pipeline.roster.model import Event, EventType, Place
from scheduling_pipeline.roster.pins import UNDER_WAY
from scheduling_pipeline.roster.refused import NotFoundError, NothingToSubmitError, RowLockedError
from scheduling_pipeline.roster.table import Table, is_core
from scheduling_pipeline.roster.times import day_of, wall_time
from scheduling_pipeline.roster_settings import RosterSettings


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
        made = make_run(connection, table, wanted, "hand.schedule", who=who, now=now)
    return logged(made, "hand.schedule", who)


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
        made = make_run(connection, table, wanted, "hand.move", who=who, now=now)
    return logged(made, "hand.move", who)


def unschedule_by_hand(
    engine: Engine, settings: RosterSettings, event: int, *, who: str, now: datetime
) -> ByHand:
    """Take an event off the planner; a Core event takes its Supervisor event with it.

    Raises RowLockedError, NotFoundError.
    """
    with engine.begin() as connection:
        table = Table.load(connection, settings, now)
        found = _standing(connection, table, event)
        wanted = [Wanted(found, None)]
        if is_core(found) and (supervisor := table.supervisor_of(found)) and supervisor.committed:
            wanted.append(Wanted(_free(connection, table, supervisor.ref), None))
        made = make_run(connection, table, wanted, "hand.unschedule", who=who, now=now)
    return logged(made, "hand.unschedule", who)


def reissue(
    engine: Engine,
    settings: RosterSettings,
    event: int,
    *,
    employee_id: str,
    start: datetime,
    expires: date | None = None,
    override: str | None = None,
    who: str,
    now: datetime,
) -> ByHand:
    """Have an event offered again that was reported wrong or not done, and schedule it anew; its Supervisor
    event stays as it is. `start`: an instant. `expires`: the store day before which it is to be done; without
    it the day after its due day, or after the day of `start` where that is later. `override`: why a soft rule
    may be broken.

    Raises RuleBrokenError, OverrideNeededError, RowLockedError, NotFoundError.
    """
    with engine.begin() as connection:
        done = _visit_made(connection, event, settings, now)
        until = expires or max(done.due, day_of(start, settings.tz)) + DAY
        table = Table.load(connection, settings, now, reissued={event: until})
        found = _free(connection, table, event)
        (wanted,) = _put(table, found, table.place(employee_id, start), override)
        before = replace(found, committed=done.place)
        again = replace(wanted, event=before, reissue_until=until)
        made = make_run(connection, table, [again], "hand.reissue", who=who, now=now)
    return logged(made, "hand.reissue", who)


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
            Wanted(event, places[event.ref], kept[event.ref], partner.ref)
            for event, partner in (events, reversed(events))
        ]
        made = make_run(connection, table, wanted, "hand.swap", who=who, now=now)
    return logged(made, "hand.swap", who)


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
        wanted = [Wanted(event, places[event.ref], kept[event.ref]) for event in theirs]
        made = make_run(connection, table, wanted, "hand.hand_over", who=who, now=now)
    return logged(made, "hand.hand_over", who)


def _put(table: Table, event: Event, place: Place, override: str | None) -> list[Wanted]:
    return [Wanted(event, place, table.put({event.ref: place}, override)[event.ref])]


def _along(connection: Connection, table: Table, supervisor: Event, core: Wanted) -> list[Wanted]:
    """The Supervisor event of a Core event, on its new day."""
    if core.place is None or (supervisor.committed and supervisor.committed.day == core.place.day):
        return []
    _free(connection, table, supervisor.ref)
    place = table.place_for_supervisor(supervisor, core.place)
    if isinstance(place, Place):
        return [Wanted(supervisor, place)]
    return [Wanted(supervisor, None)] if supervisor.committed else []


def _free(connection: Connection, table: Table, ref: int) -> Event:
    """An event, unless something that was approved about it is still to be submitted. Until the end of the
    transaction nobody else gets it."""
    event = table.event(ref)
    row = PendingSchedule
    connection.execute(select(RosterEvent.id).where(RosterEvent.project_ref_num == ref).with_for_update())
    under_way = select(row.id).where(row.event_ref_num == ref, row.status.in_(UNDER_WAY))
    if connection.execute(under_way.limit(1)).first() is not None:
        raise RowLockedError(f"Event {ref} is being submitted: wait until that has ended.")
    return event


def _standing(connection: Connection, table: Table, ref: int) -> Event:
    event = _free(connection, table, ref)
    if event.committed is None:
        raise RowLockedError("It is not scheduled: there is nothing to move or to take off.")
    return event


class _Made(NamedTuple):
    """A visit that was to be made by now, and the due day of its event."""

    place: Place
    due: date


def _visit_made(connection: Connection, ref: int, settings: RosterSettings, now: datetime) -> _Made:
    event, schedule = RosterEvent, RosterSchedule
    query = (
        select(event.due_datetime, schedule.external_id, schedule.employee_id, schedule.schedule_datetime)
        .outerjoin(schedule, schedule.event_ref_num == event.project_ref_num)
        .where(event.project_ref_num == ref)
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        raise NotFoundError(f"There is no event {ref}.")
    if found.external_id is None:
        raise RowLockedError("The planner has no visit of it that could be offered again: schedule it.")
    start, zone = found.schedule_datetime, settings.tz
    if start > now:
        raise RowLockedError("Its visit is still to come: move it instead.")
    place = Place(day_of(start, zone), wall_time(start, zone), found.employee_id or "")
    return _Made(place, day_of(found.due_datetime, zone))


def _committed(event: Event) -> Place:
    assert event.committed is not None  # noqa: S101 - only asked of events that stand in the planner
    return event.committed
