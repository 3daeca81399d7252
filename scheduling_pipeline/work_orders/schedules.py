"""The schedules in the database: what their owners do with them, and which are due.

Every function is about one owner's schedules: another's are as if they were not there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from scheduling_pipeline.database.work_orders import ScrapingSchedule
from scheduling_pipeline.work_orders.cadence import is_due, next_run
from scheduling_pipeline.work_orders.editing import (
    Fields,
    InvalidScheduleError,
    ScheduleError,
    created,
    edited,
)
from scheduling_pipeline.work_orders.schedule import Schedule, Trigger
from scheduling_pipeline.work_orders.schedule_rows import (
    find,
    find_readable,
    of_active_owners,
    rows,
    save,
    values_of,
)

logger = logging.getLogger(__name__)


class UnknownScheduleError(ScheduleError):
    """The owner has no such schedule."""

    def __init__(self, schedule_id: int) -> None:
        super().__init__("not_found", f"there is no schedule {schedule_id}")


class DuplicateScheduleError(ScheduleError):
    """The owner has a schedule of that type already."""

    def __init__(self, schedule_type: str) -> None:
        super().__init__("duplicate", f"a schedule for {schedule_type.replace('_', ' ')} already exists")


@dataclass(frozen=True, slots=True)
class Due:
    """A run that is to begin: `since` is the slot of a scheduled one, or when somebody asked for it."""

    schedule: Schedule
    trigger: Trigger
    since: datetime


def create(
    engine: Engine, owner_id: int, schedule_type: str, fields: Fields, *, zone: str, now: datetime
) -> Schedule:
    """Make a schedule. Raises InvalidScheduleError, DuplicateScheduleError."""
    schedule = created(owner_id, schedule_type, fields, zone, now)
    statement = insert(ScrapingSchedule).values(**values_of(schedule), created_at=now, updated_at=now)
    try:
        with engine.begin() as connection:
            _check_waiting(connection, schedule)
            schedule_id = connection.scalars(statement.returning(ScrapingSchedule.id)).one()
    except IntegrityError:
        if any(other.type == schedule_type for other in of_owner(engine, owner_id)):
            raise DuplicateScheduleError(schedule_type) from None
        raise
    return replace(schedule, id=schedule_id)


def of_owner(engine: Engine, owner_id: int) -> list[Schedule]:
    """An owner's schedules, the oldest first."""
    with engine.connect() as connection:
        return find(connection, rows().where(ScrapingSchedule.owner_id == owner_id))


def get(engine: Engine, owner_id: int, schedule_id: int) -> Schedule:
    """One schedule. Raises UnknownScheduleError."""
    with engine.connect() as connection:
        return _get(connection, owner_id, schedule_id)


def update(engine: Engine, owner_id: int, schedule_id: int, fields: Fields, now: datetime) -> Schedule:
    """Set some fields. Raises UnknownScheduleError, InvalidScheduleError."""
    with engine.begin() as connection:
        schedule = edited(_get(connection, owner_id, schedule_id, lock=True), fields, now)
        _check_waiting(connection, schedule)
        save(connection, schedule, now)
    return schedule


def reset(engine: Engine, owner_id: int, schedule_id: int, now: datetime) -> Schedule:
    """Forgive the failures, so that automatic runs go on. Raises UnknownScheduleError."""
    return update(engine, owner_id, schedule_id, {}, now)


def remove(engine: Engine, owner_id: int, schedule_id: int) -> None:
    """Delete a schedule; its history stays. Raises UnknownScheduleError."""
    with engine.begin() as connection:
        _get(connection, owner_id, schedule_id, lock=True)
        connection.execute(delete(ScrapingSchedule).where(ScrapingSchedule.id == schedule_id))


def request_run(engine: Engine, owner_id: int, schedule_id: int, now: datetime) -> Schedule:
    """Ask for a run by hand: paused and failed schedules run so too. Raises UnknownScheduleError."""
    with engine.begin() as connection:
        schedule = _get(connection, owner_id, schedule_id, lock=True)
        schedule = replace(schedule, requested_at=schedule.requested_at or now)
        save(connection, schedule, now)
    return schedule


def standing(engine: Engine) -> list[Schedule]:
    """The schedules of all owners who may sign in, but for those that cannot be understood."""
    with engine.connect() as connection:
        return list(find_readable(connection, of_active_owners()))


def due(schedules: Iterable[Schedule], now: datetime) -> list[Due]:
    """The runs that are to begin now, those that somebody asked for first, then the longest overdue.

    Schedules of a type that nobody knows, or with a rule that cannot be kept, are left out.
    """
    by_id: Mapping[int, Schedule] = {schedule.id: schedule for schedule in schedules}
    found = []
    for schedule in by_id.values():
        if not schedule.known:
            continue
        if schedule.requested_at is not None:
            found.append(Due(schedule, Trigger.MANUAL, schedule.requested_at))
        elif schedule.next_run is not None and _is_due(schedule, now, by_id):
            found.append(Due(schedule, Trigger.SCHEDULED, schedule.next_run))
    return sorted(found, key=lambda one: (one.trigger is Trigger.SCHEDULED, one.since, one.schedule.id))


def _is_due(schedule: Schedule, now: datetime, others: Mapping[int, Schedule]) -> bool:
    awaited = others.get(schedule.waits_for) if schedule.waits_for is not None else None
    try:
        return is_due(schedule, now, awaited)
    except NotImplementedError as error:  # a country whose public holidays are not known any more
        logger.warning("schedule %d cannot run: %s", schedule.id, error)
        return False


def pass_over(engine: Engine, schedule_id: int, now: datetime) -> None:
    """Let a slot go by without a run: for a schedule of a type that nobody can execute."""
    with engine.begin() as connection:
        for schedule in find(connection, rows().where(ScrapingSchedule.id == schedule_id).with_for_update()):
            if schedule.next_run is not None and schedule.next_run <= now:
                following = next_run(schedule.rule, now, schedule.next_run)
                save(connection, replace(schedule, next_run=following), now)


def _get(connection: Connection, owner_id: int, schedule_id: int, *, lock: bool = False) -> Schedule:
    table = ScrapingSchedule
    query = rows().where(table.id == schedule_id, table.owner_id == owner_id)
    found = find(connection, query.with_for_update() if lock else query)
    if not found:
        raise UnknownScheduleError(schedule_id)
    return found[0]


def _check_waiting(connection: Connection, schedule: Schedule) -> None:
    """Whether a schedule can wait for another one: of the same owner, which does not wait for it in turn."""
    query = select(ScrapingSchedule.id, ScrapingSchedule.waits_for).where(
        ScrapingSchedule.owner_id == schedule.owner_id
    )
    waits = dict(connection.execute(query).tuples().all())
    awaited, chain = schedule.waits_for, {schedule.id}
    while awaited is not None:
        if awaited not in waits:
            raise InvalidScheduleError("waits_for", f"there is no schedule {awaited} to wait for")
        if awaited in chain:
            raise InvalidScheduleError("waits_for", "schedules cannot wait for each other")
        chain.add(awaited)
        awaited = waits[awaited]
