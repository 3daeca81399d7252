"""The jobs that schedules, sensors and the command line start, and the tags of a run over several agendas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from assets.sharepoint_files import INGEST_JOB, LOG, freshness_checks
from assets.teacher_calendars import GROUP
from scheduling_pipeline.files.dataset import Dataset

if TYPE_CHECKING:
    # What define_asset_job returns; Dagster does not export it.
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

    AssetJob = UnresolvedAssetJobDefinition
else:
    AssetJob = object

SYNC_JOB = "sync_teacher_calendars"
AGE_CHECK = dg.AssetCheckKey(dg.AssetKey("timetable"), "age")
RANGE_START_TAG = "dagster/asset_partition_range_start"  # Dagster's own tags: one run over several partitions
RANGE_END_TAG = "dagster/asset_partition_range_end"


def build_sync_job() -> AssetJob:
    """The main job: it brings the calendars of its agendas up to date."""
    return dg.define_asset_job(
        SYNC_JOB,
        # A run about some agendas says nothing about the age of the others.
        selection=dg.AssetSelection.groups(GROUP)
        - dg.AssetSelection.assets("teacher_accounts")
        - dg.AssetSelection.checks(AGE_CHECK),
        description="Read timetables and bring teachers' Outlook calendars up to date.",
    )


def build_age_job() -> AssetJob:
    """The job that looks for agendas nobody reads any more."""
    return dg.define_asset_job(
        "check_timetable_age",
        selection=dg.AssetSelection.checks(AGE_CHECK),
        description="Look for agendas that have not been read completely for too long.",
    )


def range_tags(first: str, last: str) -> dict[str, str]:
    """What makes one run hold all partitions from one to another, in the order of their definition."""
    return {RANGE_START_TAG: first, RANGE_END_TAG: last}


def build_ingest_job(datasets: Sequence[Dataset]) -> AssetJob:
    """The job that brings files in; its run config names them, or else it takes all that is new."""
    return dg.define_asset_job(
        INGEST_JOB,
        selection=dg.AssetSelection.assets(LOG, *(dataset.name for dataset in datasets))
        - dg.AssetSelection.checks(*freshness_checks(datasets)),
        description="Ingest files from SharePoint.",
    )


def build_freshness_job(datasets: Sequence[Dataset]) -> AssetJob:
    """The job that looks for reports that no longer arrive."""
    return dg.define_asset_job(
        "check_dataset_freshness",
        selection=dg.AssetSelection.checks(*freshness_checks(datasets)),
        description="Look for datasets whose newest file is too old.",
    )
