"""The whole pipeline as production builds it, against simulators, and what its runs did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from sqlalchemy import Engine

from assets.jobs import SYNC_JOB, range_tags
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.settings import load_settings
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.server import Simulators

SFS, ESA = "sfs_lausanne", "esa_lausanne"
ENGLISH, FRENCH, GERMAN = "private_english_lausanne", "private_french_lausanne", "private_german_lausanne"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
ASSETS = ("timetable", "outlook_events", "outlook_changes", "outlook_calendars")


@dataclass(frozen=True)
class Ran:
    """One run: whether it succeeded, and all that its event log says."""

    success: bool
    tags: Mapping[str, str]
    log: Sequence[dg.EventLogEntry]

    @property
    def events(self) -> list[dg.DagsterEvent]:
        return [entry.dagster_event for entry in self.log if entry.dagster_event is not None]

    def materialized(self, asset: str) -> dict[str, dg.AssetMaterialization]:
        """The materializations of an asset, by agenda."""
        found = [
            event.step_materialization_data.materialization
            for event in self.events
            if event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION
        ]
        return {done.partition or "": done for done in found if done.asset_key == dg.AssetKey(asset)}

    def count(self, asset: str, agenda: str, name: str) -> Any:  # noqa: ANN401 - metadata of any kind
        """A metadata value that an asset noted for an agenda; 0 for a count that it did not note."""
        noted = self.materialized(asset)[agenda].metadata.get(name)
        return 0 if noted is None else noted.value

    def versions(self, agenda: str) -> dict[str, str]:
        """The data version of each asset that was materialized for an agenda."""
        return {
            asset: (done[agenda].tags or {})["dagster/data_version"]
            for asset in ASSETS
            if agenda in (done := self.materialized(asset))
        }

    def check(self, name: str) -> dg.AssetCheckEvaluation:
        """How a check went."""
        (found,) = [
            event.asset_check_evaluation_data
            for event in self.events
            if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
            and event.asset_check_evaluation_data.check_name == name
        ]
        return found

    @property
    def failed_checks(self) -> set[str]:
        return {
            event.asset_check_evaluation_data.check_name
            for event in self.events
            if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
            and not event.asset_check_evaluation_data.passed
        }

    @property
    def writes(self) -> int:
        """Calendar writes, as the run counted them for all its agendas."""
        return sum(
            int(self.count("outlook_calendars", agenda, "calendar writes"))
            for agenda in self.materialized("outlook_calendars")
        )

    @property
    def errors(self) -> str:
        """All that failed steps said, causes included."""
        said: list[str] = []
        for event in self.events:
            if event.event_type is dg.DagsterEventType.STEP_FAILURE:
                error = event.step_failure_data.error
                while error is not None:
                    said.append(error.message)
                    error = error.cause
        return "\n".join(said)

    @property
    def text(self) -> str:
        """All that the event log holds, serialised as Dagster stores it."""
        return "\n".join(dg.serialize_value(entry) for entry in self.log)


@dataclass
class Pipeline:
    """The definitions of the project with the simulators of a test behind them."""

    simulators: Simulators
    definitions: dg.Definitions
    engine: Engine
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)

    @classmethod
    def of_settings(cls, simulators: Simulators, resources: Mapping[str, Any] | None = None) -> Pipeline:
        """As the environment says, which must point at the simulators."""
        settings = load_settings()
        definitions = build_definitions(settings, resources=resources)
        return cls(simulators, definitions, connect(settings.database_url))

    def close(self) -> None:
        self.engine.dispose()
        self.instance.dispose()

    def run(
        self,
        *agendas: str,
        assets: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
        instance: dg.DagsterInstance | None = None,
    ) -> Ran:
        """Run the main job for agendas that stand together in the catalogue, or only some of its assets.

        `config` maps an asset to its run config.
        """
        instance = instance or self.instance
        one = len(agendas) == 1
        result = self.definitions.resolve_job_def(SYNC_JOB).execute_in_process(
            instance=instance,
            partition_key=agendas[0] if one else None,
            tags=None if one else range_tags(agendas[0], agendas[-1]),
            asset_selection=[dg.AssetKey(asset) for asset in assets] or None,
            run_config=QUIET
            | {"ops": {asset: {"config": dict(values)} for asset, values in (config or {}).items()}},
            raise_on_error=False,
        )
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        return Ran(result.success, run.tags, instance.all_logs(result.run_id))

    def break_graph(self, kind: str, match: str, times: int | None = 1, **params: object) -> None:
        """Arm a fault of the simulated Graph; `match` is a regular expression for `METHOD path`."""
        self.simulators.graph.control.arm(Fault(kind, match, times, params=params))

    def break_site(
        self, kind: str, match: str = ".*", times: int | None = 1, skip: int = 0, **params: object
    ) -> None:
        """Arm a fault of the simulated booking site, for when `skip` such requests went through."""
        self.simulators.sparksource.control.arm(Fault(kind, match, times, skip, params=params))

    def writes(self, *, since: int = 0) -> list[dict[str, Any]]:
        """The writes to mailboxes that Graph has been asked for, by its own journal."""
        return [call for call in self.simulators.graph.control.journal(since) if call["write"]]

    def forget(self) -> int:
        """The number of the newest call in Graph's journal, for `writes`."""
        return max((call["n"] for call in self.simulators.graph.control.journal()), default=0)
