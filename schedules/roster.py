"""When a roster is proposed and when it is audited, in the stores' own zone."""

from __future__ import annotations

import dagster as dg

from assets.jobs import AssetJob
from scheduling_pipeline.roster_settings import RosterSettings

AUDIT_CRON = "0 6 * * *"


def build_roster_schedules(
    settings: RosterSettings, propose: AssetJob, audit: AssetJob, *, running: bool
) -> list[dg.ScheduleDefinition]:
    """A proposal once a night, also in those in which the clocks change: a time that is left out comes later,
    one that comes twice counts once. An audit every morning."""
    status = dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED
    return [
        dg.ScheduleDefinition(
            name="nightly_roster_proposal",
            cron_schedule=settings.nightly_cron,
            execution_timezone=settings.zone,
            job=propose,
            description="Propose a roster for the coming weeks; a manager reviews it on the desk.",
            default_status=status,
        ),
        dg.ScheduleDefinition(
            name="daily_roster_audit",
            cron_schedule=AUDIT_CRON,
            execution_timezone=settings.zone,
            job=audit,
            description="Look for what is wrong with the roster of today and the coming days.",
            default_status=status,
        ),
    ]
