"""The course calendars as production builds them: an invented college before, a simulated Google behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine

from assets.course_jobs import COURSES_JOB
from resources.google_wire import Json
from scheduling_pipeline.courses.credentials import Account, save_credential
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.settings import load_settings
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.server import Simulators
from tests.courses.school import Rows, School, address, small_school
from tests.databases import copied
from tests.end_to_end.college import provide_calendars
from tests.end_to_end.pipeline import QUIET, Ran
from tests.resources.google_project import Project

ANN, BEN, CEM = (address(name) for name in ("ann", "ben", "cem"))


@dataclass
class College:
    """The project's definitions, a school whose files arrive, and what its students have in Google."""

    project: Project
    engine: Engine
    school: School
    definitions: dg.Definitions = field(default_factory=lambda: build_definitions(load_settings()))
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)
    accounts: dict[str, Account] = field(default_factory=dict)
    calendars: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        job: str = COURSES_JOB,
        *,
        assets: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
        run_config: Mapping[str, Any] | None = None,
    ) -> Ran:
        """Run a job, or only some of its assets. `config` maps an asset or op to its config; `run_config` is
        all of a job that has a config of its own."""
        ops = {name: {"config": dict(values)} for name, values in (config or {}).items()}
        result = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey(asset) for asset in assets] or None,
            run_config=run_config or QUIET | ({"ops": ops} if ops else {}),
            raise_on_error=False,
        )
        run = self.instance.get_run_by_id(result.run_id)
        assert run is not None
        return Ran(result.success, run.tags, self.instance.all_logs(result.run_id))

    def settle(self) -> Ran:
        """Files arrive, Ann, Ben and Cem connect their accounts and get calendars, and a run writes all."""
        self.school.night()
        for person in (ANN, BEN, CEM):
            self.connect(person)
        self.calendars = provide_calendars(self.engine, self.project.google(), DEMO_START)
        ran = self.run()
        assert ran.success, ran.errors
        assert self.school.due() == set()
        return ran

    def connect(self, person: str, account: str | None = None) -> None:
        """A person lets us write to their calendars, with their own address or another account."""
        consent = self.project.consent(account or person)
        self.accounts.setdefault(person, consent)
        save_credential(
            self.engine,
            self.project.google().cipher,
            user_email=person,
            account_email=consent.email,
            refresh_token=consent.refresh_token,
            scopes=consent.scopes,
            now=DEMO_START,
        )

    def events(self, person: str) -> list[Json]:
        """What stands in a person's calendar."""
        return list(self.by_hand("GET", person)["items"])

    def titles(self, person: str) -> set[str]:
        return {event["summary"] for event in self.events(person)}

    def by_hand(self, method: str, person: str, path: str = "", body: Json | None = None) -> Json:
        """What a person does themselves to the events of their calendar."""
        calendar = self.calendars[person]
        return self.project.call(self.accounts[person], method, f"/calendars/{calendar}/events{path}", body)

    def writes(self, since: int = 0) -> int:
        """How many changes of events Google has been asked for."""
        return sum(
            entry["kind"] == "call" and entry["method"] != "GET" and "/events" in entry["path"]
            for entry in self.project.simulators.google.control.journal(since)
        )

    def calls(self) -> int:
        """The number of the newest call in Google's journal, for `writes`."""
        return max((entry["n"] for entry in self.project.simulators.google.control.journal()), default=0)

    def close(self) -> None:
        self.engine.dispose()
        self.instance.dispose()


@contextmanager
def open_college(
    simulators: Simulators,
    migrated: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: Rows | None = None,
) -> Iterator[College]:
    """A college on a database of its own, with these files or a small school's; nothing has arrived yet, and
    nobody is connected."""
    database_url = copied(migrated, home / "pipeline.db")
    environment = {**simulators.environment, "SCHEDULING_HOME": str(home), "DATABASE_URL": database_url}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    project = Project(simulators)
    project.reset()
    engine = connect(database_url)
    college = College(project, engine, School(engine, files or small_school()))
    yield college
    college.close()


def noted(ran: Ran, asset: str) -> dict[str, Any]:
    """The metadata of an asset that a run materialized; tables as lists of rows."""
    return shown(ran.materialized(asset)[""].metadata)


def shown(metadata: Mapping[str, dg.MetadataValue[Any]]) -> dict[str, Any]:
    """Metadata as a person sees it."""
    return {
        name: [dict(record.data) for record in value.records]
        if isinstance(value, dg.TableMetadataValue)
        else value.value
        for name, value in metadata.items()
    }


def observed(ran: Ran) -> dict[str, Any]:
    """The metadata that a job noted about people's calendars without materializing them."""
    (metadata,) = (
        event.asset_observation_data.asset_observation.metadata
        for event in ran.events
        if event.event_type is dg.DagsterEventType.ASSET_OBSERVATION
    )
    return shown(metadata)
