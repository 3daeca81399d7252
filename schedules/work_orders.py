"""When it is looked whether work orders are still read; when they are read is in the database."""

from __future__ import annotations

import dagster as dg

from assets.work_order_jobs import build_work_order_age_job

AGE_CRON = "50 * * * *"  # most cadences begin at half past


def build_work_order_age_schedule(*, running: bool) -> dg.ScheduleDefinition:
    """Every hour, as a schedule may promise two readings in one."""
    return dg.ScheduleDefinition(
        name="work_order_age",
        cron_schedule=AGE_CRON,
        execution_timezone="UTC",
        job=build_work_order_age_job(),
        description="Look for work orders that have not been read for too long.",
        default_status=dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED,
    )
