"""Files that arrive in SharePoint: each an own partition, all of them in the ingestion log, and their tables.

`ingestion_log` works through the files of a run and notes a materialization of `sharepoint_files` for each
as soon as it is finished, so that a run that dies keeps what it finished. To ingest one file again, by hand,
materialize its partition of `sharepoint_files`. The table assets say what is in the tables, and read the
kept bytes again where a declaration has changed.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import dagster as dg
from pydantic import Field
from sqlalchemy import Engine

from assets import file_reports as reports
from resources.clock import Clock
from resources.database import Database
from resources.sharepoint import SharePoint
from scheduling_pipeline.database.leases import Leases
from scheduling_pipeline.files.arrival import look_everywhere
from scheduling_pipeline.files.dataset import Dataset
from scheduling_pipeline.files.ingest import Finished, Persistence, Store, ingest
from scheduling_pipeline.files.listing import outstanding, works_on
from scheduling_pipeline.files.mirror import Mirror
from scheduling_pipeline.files.model import Drive, Work
from scheduling_pipeline.files.parse import Limits
from scheduling_pipeline.files.tables import reload
from scheduling_pipeline.settings import SchedulerSettings

INGEST_JOB = "ingest_sharepoint_files"
GROUP = "sharepoint"
OWNERS = ["team:scheduling"]
FILES = "sharepoint_files"
LOG = "ingestion_log"
PARTITIONS = dg.DynamicPartitionsDefinition(name=FILES)
INGEST_LEASE = "sharepoint_ingest"
LEASE_TTL = timedelta(hours=1)  # a long listing, or the pause between two tries, renews nothing


class ChosenFile(dg.Config):
    """A file of the drive. The path and the version are there for people."""

    item: str
    path: str = ""
    version: str = ""


class IngestConfig(dg.Config):
    """Which files to ingest."""

    files: list[ChosenFile] = Field(default=[], description="None: list the folder, and take what is new.")
    force: bool = Field(default=False, description="Also what is ingested already.")


class ReloadConfig(dg.Config):
    """What to read again from the bytes that are kept."""

    everything: bool = Field(
        default=False, description="All files of a table, not only those that an older declaration read."
    )


def ingest_config(works: Sequence[Work]) -> dict[str, Any]:
    """The run config that names the files to work on."""
    files = [{"item": work.item.id, "path": work.path, "version": work.item.etag} for work in works]
    return {"ops": {LOG: {"config": {"files": files}}}}


def files_in(run: dg.DagsterRun) -> set[str]:
    """The items that a run's config names."""
    config: Mapping[str, Any] = run.run_config
    files = config.get("ops", {}).get(LOG, {}).get("config", {}).get("files", [])
    return {file["item"] for file in files}


def build_store(settings: SchedulerSettings, datasets: Sequence[Dataset], database: Database) -> Store:
    """Where files, rows and the log are kept, and how much of a file is accepted."""
    return Store(
        engine=database.engine,
        mirror=Mirror(settings.ingestion_dir),
        datasets=datasets,
        zone=settings.zone,
        limits=Limits(
            rows=settings.max_rows,
            columns=settings.max_columns,
            unpacked_bytes=settings.max_unpacked_bytes,
        ),
        max_bytes=settings.max_file_bytes,
    )


def build_sharepoint_files(
    settings: SchedulerSettings, datasets: Sequence[Dataset]
) -> list[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The assets and checks of the flow."""
    return [
        build_files(settings, datasets),
        build_log(settings, datasets),
        build_tables(settings, datasets),
        build_freshness_check(datasets),
    ]


def build_files(settings: SchedulerSettings, datasets: Sequence[Dataset]) -> dg.AssetsDefinition:
    """One partition for each file."""

    @dg.asset(
        name=FILES,
        partitions_def=PARTITIONS,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"sharepoint"},
        backfill_policy=dg.BackfillPolicy.single_run(),
        output_required=False,
    )
    def sharepoint_files(
        context: dg.AssetExecutionContext, sharepoint: SharePoint, database: Database, clock: Clock
    ) -> Iterator[reports.Result]:
        """Files of the SharePoint folder, by item id. Materialize a partition to ingest that file again."""
        with sharepoint.connect() as drive:
            works = works_on(database.engine, drive, context.partition_keys)
            finished = _ingest(context, works, drive, settings, datasets, database, clock, force=True)
        reports.require_ingested(context.partition_keys, finished)
        yield from ()  # each file noted its own materialization

    return sharepoint_files


def build_log(settings: SchedulerSettings, datasets: Sequence[Dataset]) -> dg.AssetsDefinition:
    """The step that works through files."""

    @dg.asset(
        name=LOG,
        deps=[FILES],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"pandas"},
        check_specs=reports.LOG_CHECKS,
    )
    def ingestion_log(
        context: dg.AssetExecutionContext,
        config: IngestConfig,
        sharepoint: SharePoint,
        database: Database,
        clock: Clock,
    ) -> reports.Result:
        """What became of every version of every file: loaded, skipped, quarantined or failed, and why."""
        started = time.monotonic()
        take_lease(database.engine)
        with sharepoint.connect() as drive:
            if not config.files:
                look_everywhere(drive, database.engine, now=reports.real_now())
            works = _chosen(drive, database, config)
            finished = _ingest(context, works, drive, settings, datasets, database, clock, force=config.force)
            folder = reports.Folder(
                listed=len(works_on(database.engine, drive)),
                outstanding=len(outstanding(database.engine, drive)),
                seconds=time.monotonic() - started,
            )
        return reports.ingestion(context, finished, folder, database.engine)

    return ingestion_log


def build_tables(settings: SchedulerSettings, datasets: Sequence[Dataset]) -> dg.AssetsDefinition:
    """One table for each dataset."""

    @dg.multi_asset(
        name="dataset_tables",
        specs=[
            dg.AssetSpec(
                dataset.name,
                deps=[LOG],
                skippable=True,
                description=dataset.description,
                group_name=GROUP,
                owners=OWNERS,
                kinds={"table"},
                metadata=reports.declaration(dataset),
            )
            for dataset in datasets
        ],
        check_specs=reports.table_checks(datasets),
        can_subset=True,
    )
    def dataset_tables(
        context: dg.AssetExecutionContext, config: ReloadConfig, database: Database, clock: Clock
    ) -> Iterator[reports.Result | dg.AssetCheckResult]:
        """The tables of the datasets. What an older declaration read is read again from the kept bytes."""
        store = build_store(settings, datasets, database)
        for dataset in datasets:
            if dg.AssetKey(dataset.name) not in context.selected_asset_keys:
                continue
            reloaded = reload(
                store, dataset, run_id=context.run.run_id, now=clock.now(), everything=config.everything
            )
            state = reports.TableState.of(dataset, reloaded, database.engine)
            # A run that ingests shows only the tables that it changed, but looks at all of them.
            if context.job_name != INGEST_JOB or state.is_news(context.instance):
                yield state.materialized(database.engine)
            else:
                yield from state.checks()

    return dataset_tables


def freshness_checks(datasets: Sequence[Dataset]) -> list[dg.AssetCheckKey]:
    """The checks that ask whether files still arrive: they have a schedule of their own."""
    return [
        dg.AssetCheckKey(dg.AssetKey(dataset.name), reports.FRESHNESS)
        for dataset in datasets
        if dataset.max_age
    ]


def build_freshness_check(datasets: Sequence[Dataset]) -> dg.AssetChecksDefinition:
    """Whether reports still arrive."""
    dated = [dataset for dataset in datasets if dataset.max_age]

    @dg.multi_asset_check(
        name="dataset_freshness",
        specs=[
            dg.AssetCheckSpec(
                reports.FRESHNESS,
                asset=dataset.name,
                description="Whether files still arrive: a silent stop is a fault too.",
            )
            for dataset in dated
        ],
        can_subset=True,
    )
    def dataset_freshness(
        context: dg.AssetCheckExecutionContext, database: Database, clock: Clock
    ) -> Iterator[dg.AssetCheckResult]:
        """Whether the newest file of each dataset is as new as it should be: a silent stop is a fault too."""
        selected = {key.asset_key for key in context.selected_asset_check_keys}
        for dataset in (one for one in dated if dg.AssetKey(one.name) in selected):
            yield reports.freshness(dataset, database.engine, clock.now())

    return dataset_freshness


@cache
def _leases(engine: Engine) -> Leases:
    return Leases(engine, ttl=LEASE_TTL)


def take_lease(engine: Engine) -> None:
    """Say that this process ingests, for a while. It ends with the process, whatever becomes of the run."""
    _leases(engine).try_acquire([INGEST_LEASE])


def _chosen(drive: Drive, database: Database, config: IngestConfig) -> list[Work]:
    """The work of a run: on the files that its config names, or on all that is new."""
    wanted = [file.item for file in config.files]
    if config.force:
        return works_on(database.engine, drive, wanted or None)
    works = outstanding(database.engine, drive)
    return [work for work in works if work.item.id in wanted] if wanted else works


def _ingest(
    context: dg.AssetExecutionContext,
    works: Sequence[Work],
    drive: Drive,
    settings: SchedulerSettings,
    datasets: Sequence[Dataset],
    database: Database,
    clock: Clock,
    *,
    force: bool,
) -> list[Finished]:
    """Work through files, noting each in the run's log as soon as it is finished."""
    context.instance.add_dynamic_partitions(FILES, [work.item.id for work in works])
    progress = reports.Progress(context, len(works), keep_alive=lambda: take_lease(database.engine))
    return ingest(
        works,
        drive,
        build_store(settings, datasets, database),
        persistence=Persistence(
            tries=settings.max_retries,
            delay=timedelta(seconds=settings.retry_delay_seconds),
            concurrency=settings.downloads,
        ),
        run_id=context.run.run_id,
        now=clock.now(),
        on_finished=progress.note,
        force=force,
    )
