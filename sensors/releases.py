"""A release of held removals starts the run that carries them out."""

from collections.abc import Callable

import dagster as dg

from assets.agendas import Agendas
from assets.jobs import AssetJob
from resources.database import Database
from scheduling_pipeline.calendars.holds import releases_since
from scheduling_pipeline.courses.events import SCOPE as COURSES
from scheduling_pipeline.courses.guard import SCOPE as CATALOGUE

SECONDS_BETWEEN_TICKS = 30


def build_release_sensor(agendas: Agendas, job: AssetJob, *, running: bool) -> dg.SensorDefinition:
    """One run for each release, of the agenda it is about."""
    live = {agenda.key for agenda in agendas.live}

    def run(key: str, scope: str) -> dg.RunRequest | None:
        return dg.RunRequest(run_key=key, partition_key=scope) if scope in live else None

    about = "A person let held removals through: bring that agenda up to date now."
    return _sensor("released_removals", job, run, about, running=running)


def build_course_release_sensor(job: AssetJob, *, running: bool) -> dg.SensorDefinition:
    """One run for each release of removals from the course catalogue or from course calendars."""

    def run(key: str, scope: str) -> dg.RunRequest | None:
        return dg.RunRequest(run_key=key) if scope in (COURSES, CATALOGUE) else None

    about = "A person let held removals through: bring course calendars up to date now."
    return _sensor("released_course_removals", job, run, about, running=running)


def _sensor(
    name: str,
    job: AssetJob,
    run: Callable[[str, str], dg.RunRequest | None],
    description: str,
    *,
    running: bool,
) -> dg.SensorDefinition:
    """The cursor is the number of the last release seen. `run`: what one (its run key and scope) starts."""

    @dg.sensor(
        name=name,
        job=job,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED,
        description=description,
    )
    def releases(context: dg.SensorEvaluationContext, database: Database) -> dg.SensorResult:
        found = releases_since(database.engine, int(context.cursor or 0))
        asked = [run(f"release-{number}", scope) for number, scope in found]
        return dg.SensorResult(
            run_requests=[request for request in asked if request is not None],
            cursor=str(max((number for number, _ in found), default=int(context.cursor or 0))),
        )

    return releases
