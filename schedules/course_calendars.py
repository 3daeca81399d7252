"""When course calendars are brought up to date: at night, in the school's own zone."""

from __future__ import annotations

import dagster as dg

from assets.jobs import AssetJob
from scheduling_pipeline.settings import CourseCalendarSettings


def build_nightly_schedule(
    settings: CourseCalendarSettings, job: AssetJob, *, running: bool
) -> dg.ScheduleDefinition:
    """Once a night, also in those in which the clocks change: a time that is left out comes later, one that
    comes twice counts once."""
    return dg.ScheduleDefinition(
        name="nightly_course_calendars",
        cron_schedule=settings.nightly_cron,
        execution_timezone=settings.zone,
        job=job,
        description="All who are due: never synced, or changed since.",
        default_status=dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED,
    )
