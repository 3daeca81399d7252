"""When it is asked whether reports still arrive."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from assets.jobs import build_freshness_job
from scheduling_pipeline.files.dataset import Dataset

FRESHNESS_CRON = "45 * * * *"


def build_freshness_schedule(datasets: Sequence[Dataset], *, running: bool) -> dg.ScheduleDefinition:
    """Once an hour."""
    return dg.ScheduleDefinition(
        name="dataset_freshness",
        cron_schedule=FRESHNESS_CRON,
        job=build_freshness_job(datasets),
        description="Do reports still arrive?",
        default_status=dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED,
    )
