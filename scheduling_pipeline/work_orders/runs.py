"""Runs of schedules: begun, followed, ended, and found when they died.

Who carries a run out holds the lease of its `lease_name`. So an open row without a live lease is that of a
run that died, and what may begin is decided in the database: one run at a time for each schedule, each slot
once.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.database.leases import is_held
from scheduling_pipeline.database.work_orders import ScrapingRun, ScrapingSchedule
from scheduling_pipeline.work_orders.cadence import next_run
from scheduling_pipeline.work_orders.history import Items, Phase, Run, run_in
from scheduling_pipeline.work_orders.schedule import Schedule, Trigger
from scheduling_pipeline.work_orders.schedule_rows import find, rows, save

DIED = "the run ended without a word: its process was killed, or its machine stopped"
_BEGINS = {Phase.INITIALIZING: 5, Phase.LOGGING_IN: 15, Phase.SCRAPING: 25, Phase.SAVING: 90}
_SCRAPED = 90  # percent of the whole, when all is read


class UnknownOwnerError(Exception):
    """There is no such user of the desk."""


class NotDueError(Exception):
    """The slot or the request was taken by another run, or is not there any more: there is nothing to do."""


class RunOverError(Exception):
    """The run is not under way any more: it ended, or was given up for dead."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"run {run_id} was ended by somebody else")


def lease_name(owner_id: int, schedule_type: str) -> str:
    """Who carries out a run of an owner's schedule holds this lease meanwhile."""
    return f"scrape-{owner_id}-{schedule_type}"


@dataclass(frozen=True)
class Runs:
    """Writes the history. `pause_after` failures in a row stop a schedule's automatic runs."""

    engine: Engine
    pause_after: int

    def begin(
        self,
        owner_id: int,
        schedule_type: str,
        trigger: Trigger,
        *,
        dagster_run_id: str,
        now: datetime,
        since: datetime | None = None,
    ) -> int:
        """Note that a run begins, and take its slot or request, in one transaction; the run's id.

        Hold the lease first: an earlier run that is still open then is dead, and is ended here. `since` is
        the slot or the request that the run is for; None for one that somebody began in Dagster. There need
        be no schedule. Raises NotDueError when slot or request are gone, UnknownOwnerError.
        """
        with self.engine.begin() as connection:
            if connection.scalar(select(DeskUser.id).where(DeskUser.id == owner_id)) is None:
                raise UnknownOwnerError(f"there is no user {owner_id}")
            for dead in _open(connection, _is_of(owner_id, schedule_type)):
                self._fail(connection, dead, DIED, now)
            schedule = _schedule(connection, owner_id, schedule_type)
            if since is not None:
                if schedule is None or since != _awaited(schedule, trigger):
                    raise NotDueError(
                        f"{trigger} run of {since:%Y-%m-%d %H:%M} UTC: begun already, or called off"
                    )
                save(connection, _taken(schedule, trigger, now), now)
            values = {
                "owner_id": owner_id,
                "schedule_id": schedule.id if schedule else None,
                "schedule_type": schedule_type,
                "trigger_type": trigger.value,
                "dagster_run_id": dagster_run_id,
                "started_at": now,
                "phase": Phase.INITIALIZING.value,
                "percentage": _BEGINS[Phase.INITIALIZING],
            }
            return connection.scalars(insert(ScrapingRun).values(values).returning(ScrapingRun.id)).one()

    def progress(
        self, run_id: int, phase: Phase, *, share: float = 0, message: str = "", found: int | None = None
    ) -> None:
        """Note how far a run is: of scraping, the `share` that is done; `found`: items so far.

        Raises RunOverError for one that ended, also when it was given up for dead: then it must stop.
        """
        percentage = _BEGINS[phase]
        if phase is Phase.SCRAPING:
            percentage += int((_SCRAPED - percentage) * min(max(share, 0), 1))
        values: dict[str, Any] = {"phase": phase.value, "percentage": percentage, "message": message}
        if found is not None:
            values["items_processed"] = found
        still_open = update(ScrapingRun).where(ScrapingRun.id == run_id, ScrapingRun.completed_at.is_(None))
        with self.engine.begin() as connection:
            if connection.execute(still_open.values(values)).rowcount == 0:
                raise RunOverError(run_id)

    def succeed(
        self,
        run_id: int,
        items: Items,
        now: datetime,
        *,
        memory_mb: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """End a run well: its schedule's failures are forgotten. Raises RunOverError."""
        ended = {
            "phase": Phase.COMPLETED.value,
            "percentage": 100,
            "success": True,
            "message": items.sentence,
            "memory_usage_mb": memory_mb,
            "run_metadata": None if metadata is None else dict(metadata),
            **items.columns,
        }
        with self.engine.begin() as connection:
            run = _the_open(connection, run_id)
            _end(connection, run, now, ended)
            schedule = _schedule(connection, run.owner_id, run.schedule_type)
            if schedule is not None:
                save(connection, _succeeded(schedule, now), now)

    def fail(
        self,
        run_id: int,
        error: BaseException | str,
        now: datetime,
        *,
        items: Items | None = None,
        memory_mb: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        counts: bool = True,
    ) -> None:
        """End a run that failed; `items`: what it did nevertheless; `counts`: as one of those in a row that
        stop its schedule. Raises RunOverError.
        """
        noted = {
            "memory_usage_mb": memory_mb,
            "run_metadata": None if metadata is None else dict(metadata),
            **(items.columns if items else {}),
        }
        with self.engine.begin() as connection:
            self._fail(connection, _the_open(connection, run_id), error, now, noted, counts=counts)

    def end_dead(self, now: datetime) -> list[Run]:
        """End the open runs whose lease nobody holds any more; those that were ended."""
        with self.engine.connect() as connection:
            running = _open(connection)
        ended = []
        for run in running:
            if is_held(self.engine, lease_name(run.owner_id, run.schedule_type)):
                continue
            with self.engine.begin() as connection:
                for dead in _open(connection, ScrapingRun.id == run.id):
                    self._fail(connection, dead, DIED, now)
                    ended.append(dead)
        return ended

    def _fail(
        self,
        connection: Connection,
        run: Run,
        error: BaseException | str,
        now: datetime,
        noted: Mapping[str, Any] | None = None,
        *,
        counts: bool = True,
    ) -> None:
        ended: dict[str, Any] = {
            "phase": Phase.FAILED.value,
            "error_message": _said(error),
            "error_log": _error_log(error, run.owner_id, now),
        }
        _end(connection, run, now, {**ended, **(noted or {})})
        schedule = _schedule(connection, run.owner_id, run.schedule_type)
        if schedule is not None and counts:
            save(connection, _failed(schedule, now, self.pause_after), now)


def _error_log(error: BaseException | str, owner_id: int, now: datetime) -> dict[str, Any]:
    """What is kept of an error, for somebody to copy: where it was raised, but no values."""
    raised = error if isinstance(error, BaseException) else None
    return {
        "error_type": "RunDiedError" if raised is None else type(raised).__name__,
        "error_message": _said(error),
        "traceback": "" if raised is None else "".join(traceback.format_tb(raised.__traceback__)),
        "timestamp": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "user_id": owner_id,
    }


def _said(error: BaseException | str) -> str:
    """What an error says; of the database's only its kind, as they repeat all that was to be written."""
    said = "" if isinstance(error, SQLAlchemyError) else str(error)
    return said or type(error).__name__


def _is_of(owner_id: int, schedule_type: str) -> ColumnElement[bool]:
    return and_(ScrapingRun.owner_id == owner_id, ScrapingRun.schedule_type == schedule_type)


def _open(connection: Connection, *conditions: ColumnElement[bool]) -> list[Run]:
    query = select(ScrapingRun.__table__).where(ScrapingRun.completed_at.is_(None), *conditions)
    return [run_in(row) for row in connection.execute(query.with_for_update()).mappings()]


def _the_open(connection: Connection, run_id: int) -> Run:
    found = _open(connection, ScrapingRun.id == run_id)
    if not found:
        raise RunOverError(run_id)
    return found[0]


def _end(connection: Connection, run: Run, now: datetime, ended: Mapping[str, Any]) -> None:
    completed_at = max(now, run.started_at)
    values = {
        "completed_at": completed_at,
        "duration_seconds": (completed_at - run.started_at).total_seconds(),
        **ended,
    }
    connection.execute(update(ScrapingRun).where(ScrapingRun.id == run.id).values(values))


def _schedule(connection: Connection, owner_id: int, schedule_type: str) -> Schedule | None:
    table = ScrapingSchedule
    query = rows().where(table.owner_id == owner_id, table.schedule_type == schedule_type)
    return next(iter(find(connection, query.with_for_update())), None)


def _awaited(schedule: Schedule, trigger: Trigger) -> datetime | None:
    """The slot, or the request, that a run may take."""
    return schedule.next_run if trigger is Trigger.SCHEDULED else schedule.requested_at


def _taken(schedule: Schedule, trigger: Trigger, now: datetime) -> Schedule:
    """A schedule whose run begins: the next slot stands, or the request is met. Neither touches the other."""
    if trigger is Trigger.MANUAL:
        return replace(schedule, requested_at=None)
    following = next_run(schedule.rule, now, schedule.next_run)
    return replace(schedule, next_run=following, slot_taken_at=now)


def _succeeded(schedule: Schedule, now: datetime) -> Schedule:
    """Failures are forgotten, and automatic runs that had stopped go on."""
    following = schedule.next_run
    if following is None and schedule.enabled:
        following = next_run(schedule.rule, now)
    return replace(
        schedule,
        last_run=now,
        last_success=now,
        consecutive_failures=0,
        stopped_at=None,
        next_run=following,
    )


def _failed(schedule: Schedule, now: datetime, pause_after: int) -> Schedule:
    failures = schedule.consecutive_failures + 1
    failed = replace(schedule, last_run=now, consecutive_failures=failures)
    if failures < pause_after:
        return failed
    return replace(failed, stopped_at=schedule.stopped_at or now, next_run=None)
