"""When timetables are read, in the school's own zone: method agendas weekly, private ones through the day.

A tick that was missed while the daemon was down is caught up once: of the ticks missed by a schedule
without a partition set, Dagster evaluates the latest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import dagster as dg

from assets.agendas import Agendas
from scheduling_pipeline.settings import TeacherCalendarSettings
from scheduling_pipeline.timetable.model import Agenda, Kind

RANGE_START_TAG = "dagster/asset_partition_range_start"  # Dagster's own tags: one run over several partitions
RANGE_END_TAG = "dagster/asset_partition_range_end"
SYNC_JOB = "sync_teacher_calendars"
AGE_CHECK_CRON = "30 8-19/2 * * 1-6"  # half an hour after each private reading is due


def _jobs(agendas: Agendas) -> tuple[dg.UnresolvedAssetJobDefinition, dg.UnresolvedAssetJobDefinition]:
    """The job that brings calendars up to date, and the one that looks for agendas nobody reads any more."""
    age = dg.AssetCheckKey(dg.AssetKey("timetable"), "age")
    sync = dg.define_asset_job(
        SYNC_JOB,
        selection=dg.AssetSelection.groups("teacher_calendars")
        - dg.AssetSelection.assets("teacher_accounts"),
        partitions_def=agendas.partitions,
        description="Read timetables and bring teachers' Outlook calendars up to date.",
    )
    check = dg.define_asset_job(
        "check_timetable_age",
        selection=dg.AssetSelection.checks(age),
        description="Look for agendas that have not been read completely for too long.",
    )
    return sync, check


def build_schedules(
    agendas: Agendas, settings: TeacherCalendarSettings, *, running: bool
) -> list[dg.ScheduleDefinition]:
    """One schedule for the private agendas, one for each method agenda, one for the age check."""
    sync, check = _jobs(agendas)
    status = dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED

    def schedule(
        name: str, cron: str, job: dg.UnresolvedAssetJobDefinition, about: str, chosen: Sequence[Agenda] = ()
    ) -> dg.ScheduleDefinition:
        return dg.ScheduleDefinition(
            name=name,
            cron_schedule=cron,
            job=job,
            description=about,
            execution_timezone=settings.zone,
            default_status=status,
            execution_fn=requests_for(chosen),
        )

    private = agendas.of_kind(Kind.PRIVATE)
    schedules = [
        schedule(
            f"method_{agenda.key}",
            settings.method_crons.get(agenda.key, settings.method_cron),
            sync,
            f"{agenda.label}: after the new week has opened.",
            [agenda],
        )
        for agenda in agendas.of_kind(Kind.METHOD)
    ]
    if private:
        schedules.append(
            schedule("private", settings.private_cron, sync, "All private agendas, in one session.", private)
        )
    return [*schedules, schedule("timetable_age", AGE_CHECK_CRON, check, "Is every agenda still being read?")]


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


def range_tags(first: str, last: str) -> dict[str, str]:
    """What makes one run hold all partitions from one to another, in the order of their definition."""
    return {RANGE_START_TAG: first, RANGE_END_TAG: last}
