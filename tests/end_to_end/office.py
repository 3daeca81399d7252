"""A simulated SharePoint site and the pipeline that reads it, as production builds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import stamina
from sqlalchemy import Engine, select

from assets.sharepoint_files import INGEST_JOB
from resources.database import Database
from scheduling_pipeline.database.models import IngestedVersion
from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.files.dataset import Dataset
from scheduling_pipeline.files.rows import table_of
from scheduling_pipeline.settings import load_settings
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.server import Simulators
from sensors.sharepoint_arrival import NAME

DOWNLOAD = "GET /download/"
ACQ = next(dataset for dataset in DATASETS if dataset.name == "acq")


@dataclass(frozen=True)
class Ran:
    """A run that ended."""

    success: bool
    run: dg.DagsterRun
    events: Sequence[dg.DagsterEvent]

    def metadata(self, asset: str) -> dict[str, Any]:
        """What an asset without partitions noted."""
        (found,) = self._noted("ASSET_MATERIALIZATION", asset)
        return {name: value.value for name, value in found.materialization.metadata.items()}

    def materialized(self) -> set[str]:
        return {
            event.asset_key.to_user_string()
            for event in self.events
            if event.event_type_value == "ASSET_MATERIALIZATION" and event.asset_key
        }

    def checks(self) -> dict[tuple[str, str], str]:
        """The checks that did not pass, and what they say."""
        return {
            (found.asset_key.to_user_string(), found.check_name): found.description or ""
            for event in self.events
            if event.event_type_value == "ASSET_CHECK_EVALUATION"
            for found in [event.asset_check_evaluation_data]
            if not found.passed
        }

    def errors(self) -> list[str]:
        return [
            event.step_failure_data.user_failure_data.description or ""
            for event in self.events
            if event.is_step_failure and event.step_failure_data.user_failure_data
        ]

    def _noted(self, kind: str, asset: str) -> Iterator[dg.DagsterEvent]:
        for event in self.events:
            if event.event_type_value == kind and event.asset_key == dg.AssetKey(asset):
                yield event


@dataclass(frozen=True)
class Office:
    """The simulated site, and the pipeline that reads it."""

    simulators: Simulators
    instance: dg.DagsterInstance
    definitions: dg.Definitions
    engine: Engine
    kept: Path
    cursor: list[str | None] = field(default_factory=lambda: [None])

    @property
    def drive(self) -> Drive:
        return self.simulators.graph.drive

    def put(self, name: str, data: bytes) -> None:
        self.drive.put(f"Reports/{name}", data, by="Ana Martel")

    def arm(self, kind: str, match: str, times: int | None = None, **params: object) -> None:
        self.simulators.graph.control.arm(Fault(kind, match, times, params=params))

    def mend(self) -> None:
        self.simulators.graph.control.clear_faults()

    def requests(self) -> list[str]:
        """Every request that Graph and SharePoint have had, as `METHOD path`; a batch is one."""
        calls = self.simulators.graph.control.journal()
        return [f"{call['method']} {call['path']}" for call in calls if not call["batched"]]

    def downloads(self) -> int:
        return sum(request.startswith(DOWNLOAD) for request in self.requests())

    def ingest(self, **config: object) -> Ran:
        """The job, with the config of its main step."""
        return self.run(INGEST_JOB, {"ops": {"ingestion_log": {"config": config}}})

    def materialize(
        self, *assets: str, partition: str | None = None, run_config: Mapping[str, Any] | None = None
    ) -> Ran:
        """Assets, as a person does it in the UI."""
        job = self.definitions.get_implicit_global_asset_job_def()
        return self._ran(
            job.execute_in_process(
                instance=self.instance,
                asset_selection=[dg.AssetKey(asset) for asset in assets],
                partition_key=partition,
                run_config=dict(run_config or {}),
                raise_on_error=False,
            )
        )

    def run(self, job: str, run_config: Mapping[str, Any] | None = None) -> Ran:
        return self._ran(
            self.definitions.resolve_job_def(job).execute_in_process(
                instance=self.instance, run_config=dict(run_config or {}), raise_on_error=False
            )
        )

    def tick(self) -> list[dg.RunRequest]:
        """Have the sensor evaluated as the daemon does it. Returns the runs that it asks for."""
        resources = {name: (self.definitions.resources or {})[name] for name in ("database", "sharepoint")}
        with dg.build_sensor_context(self.instance, self.cursor[0], resources=resources) as context:
            execution = self.definitions.resolve_sensor_def(NAME).evaluate_tick(context)
        self.cursor[0] = execution.cursor
        return list(execution.run_requests or [])

    def start(self, request: dg.RunRequest) -> Ran:
        """The run that the sensor asks for."""
        job = self.definitions.resolve_job_def(INGEST_JOB)
        return self._ran(
            job.execute_in_process(
                instance=self.instance,
                run_config=request.run_config,
                tags=dict(request.tags),
                raise_on_error=False,
            )
        )

    def _ran(self, result: dg.ExecuteInProcessResult) -> Ran:
        run = self.instance.get_run_by_id(result.run_id)
        assert run is not None
        return Ran(result.success, run, result.all_events)

    def log(self) -> dict[str, str]:
        """The current outcomes by file name."""
        log = IngestedVersion
        query = select(log.path, log.outcome).where(log.superseded_at.is_(None)).order_by(log.id)
        with self.engine.connect() as connection:
            return {path.rpartition("/")[2]: outcome for path, outcome in connection.execute(query)}

    def item(self, name: str) -> str:
        with self.engine.connect() as connection:
            query = select(IngestedVersion.item).where(IngestedVersion.path == f"Reports/{name}")
            return str(connection.execute(query.limit(1)).scalar_one())

    def rows(self, dataset: Dataset = ACQ) -> int:
        with self.engine.connect() as connection:
            return len(connection.execute(select(table_of(dataset).c.row_id)).all())

    def partition_events(self, name: str) -> list[tuple[str, Mapping[str, Any]]]:
        """What was noted of a file, the newest first: kind and metadata."""
        key, item = dg.AssetKey("sharepoint_files"), self.item(name)
        found: list[tuple[str, Mapping[str, Any]]] = []
        for kind in (dg.DagsterEventType.ASSET_MATERIALIZATION, dg.DagsterEventType.ASSET_OBSERVATION):
            records = self.instance.get_event_records(
                dg.EventRecordsFilter(kind, asset_key=key, asset_partitions=[item])
            )
            for record in records:
                entry = record.event_log_entry
                noted = entry.asset_materialization or entry.asset_observation
                assert noted is not None
                found.append((kind.value, {name: value.value for name, value in noted.metadata.items()}))
        return found


@contextmanager
def open_office(simulators: Simulators, home: Path, database_url: str, **settings: str) -> Iterator[Office]:
    """The pipeline with its state in `home`; `settings` are those of `[scheduler]`, in capital letters.

    Requests are sent again without waiting, at most three times.
    """
    kept = home / "incoming"
    environment = {
        **simulators.environment,
        "DATABASE_URL": database_url,
        "SCHEDULING_HOME": str(home),
        "SCHEDULER_INGESTION_DIR": str(kept),
        "SCHEDULER_RETRY_DELAY_SECONDS": "0",
        "SCHEDULER_TIMEZONE": "Europe/Zurich",
        **{f"SCHEDULER_{name}": value for name, value in settings.items()},
    }
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        for name, value in environment.items():
            patch.setenv(name, value)
        engine = Database(url=database_url).engine
        with stamina.set_testing(True, attempts=3):
            yield Office(simulators, instance, build_definitions(load_settings()), engine, kept)
        engine.dispose()
