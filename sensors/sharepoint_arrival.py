"""Files that arrived in SharePoint start the run that ingests them.

The sensor is asked every few seconds; its own cadence says when it looks into SharePoint. What it finds is in
the database before anything else happens, and goes to runs of a bounded size, one after another. A tick with
nothing new starts no run.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil

import dagster as dg
from sqlalchemy import Engine

from assets.jobs import AssetJob
from assets.sharepoint_files import INGEST_JOB, INGEST_LEASE, files_in, ingest_config
from resources.database import Database
from resources.sharepoint import SharePoint
from scheduling_pipeline import metrics
from scheduling_pipeline.database.leases import is_held
from scheduling_pipeline.files.arrival import Cursor, batch_digest, bounded, look
from scheduling_pipeline.files.cadence import Cadence
from scheduling_pipeline.files.listing import outstanding
from scheduling_pipeline.files.model import Drive, Work
from scheduling_pipeline.settings import SchedulerSettings

NAME = "sharepoint_arrival"
SECONDS_BETWEEN_TICKS = 15
SECONDS_TO_LOOK = 20  # from the start of a tick to its last page; Dagster gives a tick 60
SECONDS_TO_ANSWER = 8  # for a request to Graph, all its tries together
SECONDS_TO_START = 180  # from a run's launch to the lease that it takes
BATCH_TAG = "scheduling/files"
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


def build_arrival_sensor(
    settings: SchedulerSettings, job: AssetJob, *, running: bool, now: Callable[[], datetime] = _now
) -> dg.SensorDefinition:
    """The sensor. `now` is real time even where the outside is simulated: it decides when to look."""
    cadence = cadence_of(settings)

    @dg.sensor(
        name=NAME,
        job=job,
        minimum_interval_seconds=min(SECONDS_BETWEEN_TICKS, ceil(settings.interval.total_seconds())),
        default_status=dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED,
        description="New and changed files in SharePoint: ingest them.",
    )
    def sharepoint_arrival(
        context: dg.SensorEvaluationContext, sharepoint: SharePoint, database: Database
    ) -> dg.SensorResult:
        tick = Tick(settings, cadence, context.instance, database.engine, now())
        return tick.evaluate(Cursor.parse(context.cursor), sharepoint)

    return sharepoint_arrival


def cadence_of(settings: SchedulerSettings) -> Cadence:
    """When the settings want SharePoint to be looked at."""
    jitter = timedelta(seconds=settings.jitter_seconds)
    return Cadence(settings.interval, settings.quad_daily_times, settings.zone, jitter)


class Tick:
    """One evaluation of the sensor."""

    def __init__(
        self,
        settings: SchedulerSettings,
        cadence: Cadence,
        instance: dg.DagsterInstance,
        engine: Engine,
        now: datetime,
    ) -> None:
        self._settings = settings
        self._cadence = cadence
        self._instance = instance
        self._engine = engine
        self._now = now

    def evaluate(self, cursor: Cursor, sharepoint: SharePoint) -> dg.SensorResult:
        """What to do now. Raises DriveError when SharePoint cannot be asked: then nothing moves."""
        deadline = time.monotonic() + SECONDS_TO_LOOK
        due = cursor.due(self._now)
        if due:
            metrics.emit(metrics.TICKS, 1, NAME)
        elif not (cursor.backlog or cursor.more):
            return _nothing(cursor, f"the next look is {self._when(cursor)}")
        runs = runs_under_way(self._instance, self._engine, self._now)
        if runs and not self._settings.allow_overlap:
            return self._overlapped(cursor, due=due)
        with sharepoint.connect(within=SECONDS_TO_ANSWER) as drive:
            return self._advance(cursor, drive, runs, deadline, due=due)

    def _overlapped(self, cursor: Cursor, *, due: bool) -> dg.SensorResult:
        """A run is under way: `skip` leaves this look out, `queue` has it right after the run."""
        if due and self._settings.overlap_policy == "skip":
            metrics.emit(metrics.TICKS_SKIPPED, 1, NAME)
            logger.warning("a look into SharePoint is left out: a run is still under way")
            cursor = self._next(cursor)
        return _nothing(cursor, "a run is still under way")

    def _advance(
        self, cursor: Cursor, drive: Drive, runs: Sequence[dg.DagsterRun], deadline: float, *, due: bool
    ) -> dg.SensorResult:
        if due or not cursor.backlog:
            cursor = self._look(cursor, drive, deadline)
        cursor = self._next(cursor) if due else cursor
        works = outstanding(self._engine, drive)
        cursor = cursor.after(works)
        taken = {item for run in runs for item in files_in(run)}
        free = [work for work in works if work.item.id not in taken and (due or not work.failed)]
        free.sort(key=lambda work: work.failed)  # what fails again and again keeps nobody waiting
        batch = bounded(free, files=self._settings.run_files, size=self._settings.run_bytes)
        before = self._instance.get_runs_count(dg.RunsFilter(tags={BATCH_TAG: batch_digest(batch)}))
        if not batch or (before and not due):  # what came to nothing is tried again when a look is due
            return _nothing(cursor, f"nothing new; the next look is {self._when(cursor)}")
        return dg.SensorResult(run_requests=[_request(batch, before + 1)], cursor=cursor.dump())

    def _look(self, cursor: Cursor, drive: Drive, deadline: float) -> Cursor:
        found = look(
            cursor,
            drive,
            self._engine,
            now=self._now,
            pages=self._settings.pages_per_look,
            in_time=lambda: time.monotonic() < deadline,
        )
        logger.info("looked at %d entries on %d pages", found.entries, found.pages)
        return found.cursor

    def _next(self, cursor: Cursor) -> Cursor:
        return replace(cursor, look_at=self._cadence.after(self._now, random.random()))  # noqa: S311 - jitter

    def _when(self, cursor: Cursor) -> str:
        if cursor.look_at is None:
            return "now"
        return f"{cursor.look_at.astimezone(self._settings.zone):%a %d %b %H:%M:%S %Z}"


def runs_under_way(instance: dg.DagsterInstance, engine: Engine, now: datetime) -> list[dg.DagsterRun]:
    """Runs that wait or work. One that died silently still counts as started, but holds no lease."""
    records = instance.get_run_records(dg.RunsFilter(job_name=INGEST_JOB, statuses=UNDER_WAY))
    alive = is_held(engine, INGEST_LEASE)

    def is_new(record: dg.RunRecord) -> bool:
        begun = record.start_time or record.create_timestamp.timestamp()
        waits = record.dagster_run.status is dg.DagsterRunStatus.QUEUED
        return waits or now.timestamp() - begun < SECONDS_TO_START

    return [record.dagster_run for record in records if alive or is_new(record)]


def _request(batch: Sequence[Work], attempt: int) -> dg.RunRequest:
    """A run for these files. The attempt is in its key: Dagster never starts a used key again."""
    digest = batch_digest(batch)
    return dg.RunRequest(f"{digest}-{attempt}", ingest_config(batch), tags={BATCH_TAG: digest})


def _nothing(cursor: Cursor, why: str) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=why, cursor=cursor.dump())
