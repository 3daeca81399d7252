"""All that Dagster loads: one builder, used by production, the demo and the tests alike."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.agendas import Agendas
from assets.course_calendars import build_course_calendars
from assets.course_jobs import build_course_jobs, build_create_job, build_reconcile_job
from assets.jobs import SYNC_JOB, build_ingest_job, build_sync_job, range_tags
from assets.roster import build_roster, build_roster_audit
from assets.roster_jobs import build_import_job, build_roster_jobs
from assets.sharepoint_files import build_sharepoint_files
from assets.teacher_calendars import build_teacher_calendars
from assets.work_order_jobs import build_age_check, build_work_order_jobs
from assets.work_orders import build_work_orders
from resources.clock import Clock
from resources.database import Database, FrameIOManager
from schedules.course_calendars import build_nightly_schedule
from schedules.roster import build_roster_schedules
from schedules.sharepoint_files import build_freshness_schedule
from schedules.teacher_calendars import build_schedules
from schedules.work_orders import build_work_order_age_schedule
from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.log import configure_logging
from scheduling_pipeline.settings import Settings, SettingsError, load_settings
from scheduling_pipeline.systems import (
    crossmark_of,
    google_of,
    graph_of,
    notifications_of,
    referred,
    revealed,
    sharepoint_of,
    sparksource_of,
    workfossa_of,
)
from scheduling_pipeline.timetable.agendas import load_agendas
from sensors.deliveries import build_delivery_sensor
from sensors.due_scrapes import build_due_sensor
from sensors.outcomes import build_outcome_sensor
from sensors.releases import build_course_release_sensor, build_release_sensor
from sensors.rosters import build_request_sensor, build_submission_sensor
from sensors.sharepoint_arrival import build_arrival_sensor


def build_definitions(
    settings: Settings | None = None, *, resources: Mapping[str, Any] | None = None
) -> dg.Definitions:
    """The project's definitions. `resources` replaces some of those that the settings call for.

    Raises SettingsError with all that is wrong in the settings, AgendaFileError for the catalogue.
    """
    settings = settings or load_settings()
    configure_logging(logging.getLevelNamesMapping()[settings.scheduler.log_level])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # backfill policies: in beta since 2023
        flows = dg.Definitions.merge(
            _teacher_calendars(settings),
            _sharepoint_files(settings),
            _course_calendars(settings),
            _roster(settings),
            _work_orders(settings),
            _notifications(settings),
        )
    return dg.Definitions.merge(
        flows,
        dg.Definitions(
            resources={**build_resources(settings), **(resources or {})}, executor=dg.in_process_executor
        ),
    )


def _teacher_calendars(settings: Settings) -> dg.Definitions:
    flow = settings.teacher_calendars
    catalogue = load_agendas(flow.agendas_file)
    flow.check_catalogue(catalogue)
    agendas = Agendas.of_catalogue(catalogue)
    configured = settings.sparksource.configured and settings.graph.configured
    sync = build_sync_job()
    try:
        schedules = build_schedules(agendas, flow, sync, running=configured)
    except dg.DagsterInvalidDefinitionError as error:  # Dagster alone knows what it takes for a cron string
        raise SettingsError([f"[teacher_calendars] {error}"]) from error
    return dg.Definitions(
        assets=build_teacher_calendars(agendas, flow),
        schedules=schedules,
        sensors=[build_release_sensor(agendas, sync, running=configured)],
    )


def _sharepoint_files(settings: Settings) -> dg.Definitions:
    flow = settings.scheduler
    running = flow.enabled and flow.configured and (settings.graph.configured or bool(flow.client_id))
    job = build_ingest_job(DATASETS)
    return dg.Definitions(
        assets=build_sharepoint_files(flow, DATASETS),
        jobs=[job],
        sensors=[build_arrival_sensor(flow, job, running=running)],
        schedules=[build_freshness_schedule(DATASETS, running=running)],
    )


def _course_calendars(settings: Settings) -> dg.Definitions:
    flow = settings.course_calendars
    configured = settings.google.configured
    jobs = build_course_jobs()
    try:
        nightly = build_nightly_schedule(flow, jobs[0], running=configured)
    except dg.DagsterInvalidDefinitionError as error:
        raise SettingsError([f"[course_calendars] {error}"]) from error
    return dg.Definitions(
        assets=build_course_calendars(flow),
        jobs=[*jobs, build_create_job(flow), build_reconcile_job()],
        schedules=[nightly],
        sensors=[build_course_release_sensor(jobs[0], running=configured)],
    )


def _roster(settings: Settings) -> dg.Definitions:
    flow = settings.roster
    configured = settings.crossmark.configured
    propose, submit, audit = build_roster_jobs()
    try:
        schedules = build_roster_schedules(flow, propose, audit, running=configured)
    except dg.DagsterInvalidDefinitionError as error:
        raise SettingsError([f"[roster] {error}"]) from error
    return dg.Definitions(
        assets=build_roster(flow, settings.desk, files_zone=settings.scheduler.zone),
        asset_checks=[build_roster_audit(flow)],
        jobs=[propose, submit, audit, build_import_job()],
        schedules=schedules,
        sensors=[
            build_submission_sensor(submit, running=configured),
            build_request_sensor(propose, running=configured),
        ],
    )


def _work_orders(settings: Settings) -> dg.Definitions:
    flow = settings.work_orders
    jobs = build_work_order_jobs()
    return dg.Definitions(
        assets=build_work_orders(flow, settings.desk),
        asset_checks=[build_age_check()],
        jobs=list(jobs.values()),
        schedules=[build_work_order_age_schedule(running=flow.configured)],
        sensors=[build_due_sensor(flow, jobs, running=flow.configured)],
    )


def _notifications(settings: Settings) -> dg.Definitions:
    flow = settings.notifications
    if wrong := notifications_of(settings, revealed).problems:
        raise SettingsError(wrong)
    return dg.Definitions(
        sensors=[
            build_outcome_sensor(flow, running=flow.configured),
            build_delivery_sensor(
                flow,
                running=flow.configured or settings.work_orders.configured,
                link=f"{settings.desk.url}/changes",
            ),
        ]
    )


def sync_run(definitions: dg.Definitions) -> tuple[dg.JobDefinition, list[str], dict[str, str]]:
    """The main job, its agendas, and the tags that make one run hold all of them."""
    job = definitions.resolve_job_def(SYNC_JOB)
    partitions = job.partitions_def
    assert partitions is not None  # noqa: S101 - its assets are partitioned by agenda
    keys = list(partitions.get_partition_keys())
    return job, keys, range_tags(keys[0], keys[-1])


def build_resources(settings: Settings) -> dict[str, Any]:
    """The outside systems, as the settings describe them. Secrets stay in the environment until used."""
    database = Database(url=_from_environment("DATABASE_URL", settings.database_url))
    return {
        "database": database,
        "frames": FrameIOManager(database=database),
        "clock": Clock(url=settings.clock_url),
        "sparksource": sparksource_of(settings, referred),
        "graph": graph_of(settings, referred),
        "sharepoint": sharepoint_of(settings, referred),
        "google": google_of(settings, referred),
        "crossmark": crossmark_of(settings, referred),
        "workfossa": workfossa_of(settings),
        "notifications": notifications_of(settings, referred),
    }


def _from_environment(variable: str, default: str) -> str:
    """A reference to the variable where it is set: its value must not show in the Dagster UI."""
    return dg.EnvVar(variable) if os.environ.get(variable) else default


defs = build_definitions()
