"""Dagster's daemon in miniature: the ticks of the sensor of what is due, and the runs that it launches."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from assets.work_order_jobs import build_work_order_jobs
from assets.work_orders import WORK_ORDERS_JOB
from resources.database import Database
from scheduling_pipeline.work_orders_settings import WorkOrdersSettings
from sensors.due_scrapes import build_due_sensor
from tests.assets.field import Field
from tests.end_to_end.pipeline import QUIET

JOBS = build_work_order_jobs()
SETTINGS = WorkOrdersSettings()
REAL_NOW = datetime.now(UTC)


class Daemon:
    """Dagster's daemon as far as the sensor can tell: ticks, with the cursor of the one before."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.cursor: str | None = None
        self.said: str | None = None

    def tick(self, real_now: datetime = REAL_NOW) -> list[dg.RunRequest]:
        """What a tick starts. The partitions that it asks for are there afterwards."""
        definitions, instance = self.field.definitions, self.field.instance
        database = Database(url=self.field.engine.url.render_as_string(hide_password=False))
        context = dg.build_sensor_context(
            instance=instance,
            definitions=definitions,
            cursor=self.cursor,
            resources={"database": database, "clock": self.field.clock},
        )
        sensor = build_due_sensor(SETTINGS, JOBS, running=True, now=lambda: real_now)
        data = sensor.evaluate_tick(context)
        self.cursor, self.said = data.cursor, data.skip_message
        for wanted in data.dynamic_partitions_requests or []:
            instance.add_dynamic_partitions(wanted.partitions_def_name, list(wanted.partition_keys))
        return list(data.run_requests or [])

    def launch(
        self, request: dg.RunRequest, status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED
    ) -> str:
        """Dagster has a run for a request, in that state; its id."""
        run = self.field.instance.create_run_for_job(
            self.field.definitions.resolve_job_def(WORK_ORDERS_JOB), tags=dict(request.tags), status=status
        )
        return run.run_id

    def carry_out(self, request: dg.RunRequest) -> bool:
        """Run a request to its end; whether it succeeded."""
        assert request.job_name is not None
        result = self.field.definitions.resolve_job_def(request.job_name).execute_in_process(
            instance=self.field.instance,
            partition_key=request.partition_key,
            run_config={**QUIET, **request.run_config},
            tags={key: value for key, value in request.tags.items() if key != "dagster/partition"},
            raise_on_error=False,
        )
        return result.success
