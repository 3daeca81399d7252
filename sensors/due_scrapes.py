"""Schedules that are due, and what people ask for on the desk, start runs: never two of one schedule, and no
more than may be under way at a time.

What is due is in the database until a run takes it. A run that ends before that is followed by another one,
under another key, as Dagster never starts a used one again; after a few the slot counts as failed. A run that
was killed after it took its slot is ended in the history here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from assets.jobs import AssetJob
from assets.work_order_jobs import TYPE_TAG
from assets.work_orders import owner_key, owner_of, reading_config, work_order_owners
from resources.clock import Clock
from resources.database import Database
from scheduling_pipeline.database.leases import is_held
from scheduling_pipeline.work_orders.execution import Purpose, give_up
from scheduling_pipeline.work_orders.runs import NotDueError, Runs, UnknownOwnerError, lease_name
from scheduling_pipeline.work_orders.schedule import Schedule, ScheduleType
from scheduling_pipeline.work_orders.schedules import Due, due, pass_over, standing
from scheduling_pipeline.work_orders.turns import places_taken
from scheduling_pipeline.work_orders_settings import WorkOrdersSettings
from sensors.attempts import NO_RETRY, UNDER_WAY, is_alive

NAME = "due_scrapes"
SECONDS_BETWEEN_TICKS = 15
ATTEMPTS = 3  # runs for one slot that end before they begin
PARTITION_TAG = "dagster/partition"
TRIGGER_TAG, SINCE_TAG = "scheduling/trigger", "scheduling/since"
LEFT_OUT = (SQLAlchemyError, NotDueError, UnknownOwnerError)  # the latter two: called off, or gone, meanwhile
IN_VAIN = {dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}

logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Checks:
    """What the sensor keeps in its cursor, for whoever asks how the daemon fares."""

    last_check: str = ""
    schedules_checked: int = 0
    tasks_executed: int = 0

    @classmethod
    def of(cls, cursor: str | None) -> Checks:
        return cls(**json.loads(cursor)) if cursor else cls()

    def to_json(self) -> str:
        return json.dumps(vars(self))


@dataclass(frozen=True)
class Tick:
    """What a tick knows. `now` is the time of the schedules, `real_now` the one in which processes live."""

    instance: dg.DagsterInstance
    runs: Runs
    now: datetime
    real_now: datetime
    parallel: int

    @property
    def engine(self) -> Engine:
        return self.runs.engine

    def requests(self, wanted: Sequence[Due], jobs: Mapping[ScheduleType, str]) -> Iterator[dg.RunRequest]:
        """The runs to launch now: as many as there are places, those that wait the longest first."""
        free = self.parallel - self.under_way()
        for one in wanted:
            if free <= 0:
                return
            try:
                attempt = self.next_attempt(one)
            except LEFT_OUT:  # it must not keep the others from running
                logger.exception("schedule %d was left out", one.schedule.id)
                continue
            if attempt:
                free -= 1
                yield _request(one, attempt, jobs)

    def under_way(self) -> int:
        """The runs that hold a place, and those that will want one. Those that died are found out."""
        wanted = dg.RunsFilter(statuses=list(UNDER_WAY), tags={TYPE_TAG: [one.value for one in ScheduleType]})
        launched = self.instance.get_run_records(wanted)
        waiting = sum(self.is_alive(record) and not self.is_running(record) for record in launched)
        return places_taken(self.engine, self.parallel) + waiting

    def is_running(self, record: dg.RunRecord) -> bool:
        """Whether somebody carries out a run of the schedule that a run is for."""
        tags = record.dagster_run.tags
        owner_id = owner_of(tags.get(PARTITION_TAG, owner_key(0)))
        return is_held(self.engine, lease_name(owner_id, tags[TYPE_TAG]))

    def is_alive(self, record: dg.RunRecord) -> bool:
        """Whether a run waits or works. One that died stops being counted, by Dagster too."""
        return is_alive(self.instance, record, self.real_now, lambda: self.is_running(record))

    def next_attempt(self, one: Due) -> int:
        """The number of the run to launch for what is due; 0 while one is under way, or if it is given up."""
        if is_held(self.engine, lease_name(one.schedule.owner_id, one.schedule.type)):
            return 0
        earlier = self.instance.get_run_records(dg.RunsFilter(tags=_tags(one)))
        if any(record.dagster_run.status in UNDER_WAY for record in earlier):
            return 0
        in_vain = [record for record in earlier if record.dagster_run.status in IN_VAIN]
        if len(in_vain) < ATTEMPTS:
            return len(earlier) + 1
        problem = f"{len(in_vain)} runs ended before they had begun: see the last one in Dagster"
        last = in_vain[0].dagster_run.run_id
        give_up(self.runs, _purpose(one), dagster_run_id=last, problem=problem, now=self.now)
        return 0


def build_due_sensor(
    settings: WorkOrdersSettings,
    jobs: Mapping[ScheduleType, AssetJob],
    *,
    running: bool,
    now: Callable[[], datetime] = _now,
) -> dg.SensorDefinition:
    """The sensor. `now` is real time, also where the outside is simulated."""
    names = {schedule_type: job.name for schedule_type, job in jobs.items()}

    @dg.sensor(
        name=NAME,
        jobs=list(jobs.values()),
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED,
        description="Read work orders and dispensers when an owner's schedule says so, or they ask for it.",
    )
    def due_scrapes(context: dg.SensorEvaluationContext, database: Database, clock: Clock) -> dg.SensorResult:
        runs = Runs(database.engine, settings.pause_after)
        tick = Tick(context.instance, runs, clock.now(), now(), settings.parallel)
        for died in runs.end_dead(tick.now):
            logger.warning("run %d of owner %d died", died.id, died.owner_id)
        schedules = standing(database.engine)
        _pass_over_unknown(database.engine, schedules, tick.now)
        wanted = due(schedules, tick.now)
        requests = list(tick.requests(wanted, names))
        before = Checks.of(context.cursor)
        checks = Checks(tick.real_now.isoformat(), len(schedules), before.tasks_executed + len(requests))
        return dg.SensorResult(
            run_requests=requests,
            dynamic_partitions_requests=_new_owners(context.instance, schedules),
            cursor=checks.to_json(),
            skip_reason=None if requests else f"{len(wanted)} of {len(schedules)} schedules are due",
        )

    return due_scrapes


def _pass_over_unknown(engine: Engine, schedules: Sequence[Schedule], now: datetime) -> None:
    """Let the slots of schedules go by that nobody can execute."""
    for schedule in schedules:
        if not schedule.known and schedule.next_run is not None and schedule.next_run <= now:
            logger.warning("schedule %d is passed over: %r cannot be read", schedule.id, schedule.type)
            pass_over(engine, schedule.id, now)


def _new_owners(
    instance: dg.DagsterInstance, schedules: Sequence[Schedule]
) -> list[dg.AddDynamicPartitionsRequest]:
    """The partitions of owners who have none yet."""
    known = set(instance.get_dynamic_partitions(str(work_order_owners.name)))
    missing = sorted({owner_key(schedule.owner_id) for schedule in schedules} - known)
    return [work_order_owners.build_add_request(missing)] if missing else []


def _request(one: Due, attempt: int, jobs: Mapping[ScheduleType, str]) -> dg.RunRequest:
    tags = _tags(one)
    return dg.RunRequest(
        run_key=f"{tags[PARTITION_TAG]}-{tags[TYPE_TAG]}-{one.trigger}-{tags[SINCE_TAG]}-{attempt}",
        job_name=jobs[ScheduleType(one.schedule.type)],
        partition_key=owner_key(one.schedule.owner_id),
        run_config=reading_config(_purpose(one)),
        tags={**tags, **NO_RETRY},
    )


def _tags(one: Due) -> dict[str, str]:
    """What marks the runs for a slot or a request."""
    return {
        PARTITION_TAG: owner_key(one.schedule.owner_id),
        TYPE_TAG: one.schedule.type,
        TRIGGER_TAG: one.trigger.value,
        SINCE_TAG: one.since.isoformat(),
    }


def _purpose(one: Due) -> Purpose:
    return Purpose(one.schedule.owner_id, one.schedule.type, one.trigger, one.since)
