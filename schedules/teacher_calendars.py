"""When timetables are read, in the school's own zone: method agendas weekly, private ones through the day.

A tick that was missed while the daemon was down is caught up once: of the ticks missed by a schedule
without a partition set, Dagster evaluates the latest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import dagster as dg

from assets.agendas import Agendas
from assets.jobs import AssetJob, build_age_job, range_tags
from scheduling_pipeline.settings import TeacherCalendarSettings
from scheduling_pipeline.timetable.model import Agenda, Kind

AGE_CHECK_CRON = "30 8-19/2 * * 1-6"  # half an hour after each private reading is due


def build_schedules(
    agendas: Agendas,
    settings: TeacherCalendarSettings,
    sync: AssetJob,
    *,
    running: bool,
) -> list[dg.ScheduleDefinition]:
    """One schedule for the private agendas, one for each method agenda, one for the age check."""
    check = build_age_job()
    status = dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED

    def schedule(
        name: str, cron: str, zone: str, job: AssetJob, about: str, chosen: Sequence[Agenda] = ()
    ) -> dg.ScheduleDefinition:
        return dg.ScheduleDefinition(
            name=name,
            cron_schedule=cron,
            job=job,
            description=about,
            execution_timezone=zone,
            default_status=status,
            execution_fn=requests_for(chosen),
        )

    schedules = [
        schedule(
            f"method_{agenda.key}",
            settings.method_crons.get(agenda.key, settings.method_cron),
            agenda.zone.key,
            sync,
            f"{agenda.label}: after the new week has opened.",
            [agenda],
        )
        for agenda in agendas.of_kind(Kind.METHOD)
    ]
    zones = agendas.private_by_zone
    for zone, private in zones.items():
        name = "private" if len(zones) == 1 else f"private_{zone.replace('/', '_').lower()}"
        about = "All private agendas, in one session."
        schedules.append(schedule(name, settings.private_cron, zone, sync, about, private))
    about = "Is every agenda still being read?"
    return [*schedules, schedule("timetable_age", AGE_CHECK_CRON, settings.zone, check, about)]


def requests_for(
    chosen: Sequence[Agenda],
) -> Callable[[dg.ScheduleEvaluationContext], Iterator[dg.RunRequest]]:
    """One run for a tick: of one agenda, of a range of agendas, or without partitions."""

    def evaluate(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        run_key = context.scheduled_execution_time.isoformat()
        if len(chosen) == 1:
            yield dg.RunRequest(run_key, partition_key=chosen[0].key)
        elif chosen:
            yield dg.RunRequest(
                run_key,
                tags=range_tags(chosen[0].key, chosen[-1].key),
            )
        else:
            yield dg.RunRequest(run_key)

    return evaluate
