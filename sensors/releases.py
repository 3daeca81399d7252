"""A release of held removals starts the run that carries them out."""

import dagster as dg

from assets.agendas import Agendas
from assets.jobs import AssetJob
from resources.database import Database
from scheduling_pipeline.calendars.holds import releases_since

SECONDS_BETWEEN_TICKS = 30


def build_release_sensor(agendas: Agendas, job: AssetJob, *, running: bool) -> dg.SensorDefinition:
    """One run for each release, of the agenda it is about. The cursor is the number of the last one seen."""

    @dg.sensor(
        name="released_removals",
        job=job,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED,
        description="A person let held removals through: bring that agenda up to date now.",
    )
    def released_removals(context: dg.SensorEvaluationContext, database: Database) -> dg.SensorResult:
        found = releases_since(database.engine, int(context.cursor or 0))
        live = {agenda.key for agenda in agendas.live}
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(run_key=f"release-{number}", partition_key=scope)
                for number, scope in found
                if scope in live
            ],
            cursor=str(max((number for number, _ in found), default=int(context.cursor or 0))),
        )

    return released_removals
