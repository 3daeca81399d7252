"""SIGKILL of real Dagster runs on the demo school, at sampled points of a full sync and of a 5 % change.

Minutes long: `make soak`. Each scene begins from a copy of the same state on disk, and ends with what an
undisturbed run leaves: no event missing or doubled, the ledger equal to the mailboxes, nothing left to do.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from scheduling_pipeline.database.models import SyncedEvent
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.school import DemoSchool
from tests.end_to_end.dagster_process import ROOT
from tests.end_to_end.mailboxes import Seen, ledger, ledger_content, open_operations
from tests.end_to_end.pipeline import ASSETS, GERMAN, SFS
from tests.end_to_end.remote import RemoteSimulators, remote_simulators

SAMPLES = 20  # points of death in each scene
LATER = timedelta(hours=26)  # after which about one event in twenty differs
READ, WRITE = ASSETS[:2], ASSETS[2:]

pytestmark = [pytest.mark.soak, pytest.mark.process, pytest.mark.browser]


@dataclass(frozen=True)
class World:
    """The simulators and the pipeline's home, all of whose state is in one folder."""

    folder: Path
    simulators: RemoteSimulators

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'pipeline.db'}"

    def start(self, assets: Sequence[str]) -> subprocess.Popen[bytes]:
        """Materialize assets for all agendas in one run, as Dagster's command does."""
        home = self.folder / "dagster"
        home.mkdir(exist_ok=True)
        shutil.copy(ROOT / "deploy" / "embedded" / "dagster.yaml", home)
        environment = {
            **os.environ,
            **self.simulators.environment,
            "DAGSTER_HOME": str(home),
            "SCHEDULING_HOME": str(self.folder),
            "DATABASE_URL": self.database_url,
        }
        command = [str(Path(sys.executable).with_name("dagster")), "asset", "materialize"]
        command += ["-m", "scheduling_pipeline.definitions", "--select", ",".join(assets)]
        command += ["--partition-range", f"{SFS}...{GERMAN}"]
        log = (self.folder / "runs.log").open("ab")
        with log:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def run(self, assets: Sequence[str]) -> None:
        """The same, to its end."""
        assert self.start(assets).wait() == 0, (self.folder / "runs.log").read_text()[-5000:]

    @property
    def calendars(self) -> list[str]:
        engine = create_engine(self.database_url)
        with engine.connect() as connection:
            return list(connection.execute(select(SyncedEvent.calendar).distinct()).scalars())

    def standing(self) -> Counter[Seen]:
        return self.simulators.mailboxes.standing(self.calendars)

    def check_ledger(self) -> None:
        """The ledger is the mailboxes."""
        engine = create_engine(self.database_url)
        assert self.simulators.mailboxes.tags(self.calendars) == ledger(engine, self.calendars)
        assert self.standing() == ledger_content(engine, self.calendars)
        assert open_operations(engine) == 0


@contextmanager
def world(folder: Path, copy_of: Path | None = None) -> Iterator[World]:
    """The demo school and a pipeline, new or as another world was left."""
    if copy_of is not None:
        shutil.copytree(copy_of, folder)
    with remote_simulators(folder / "simulators", DemoSchool()) as simulators:
        yield World(folder, simulators)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Two states in which all has been read and nothing of it is written yet."""
    folder = tmp_path_factory.mktemp("scenes")
    with world(folder / "full sync") as new:
        new.run(READ)
    with world(folder / "change", copy_of=folder / "full sync") as later:
        later.run(WRITE)
        later.simulators.advance(LATER)
        later.run(READ)
    return {scene: folder / scene for scene in ("full sync", "change")}


@pytest.mark.parametrize("scene", ["full sync", "change"])
def test_runs_killed_at_sampled_points_lose_and_double_nothing(
    scenes: Mapping[str, Path], tmp_path: Path, scene: str
) -> None:
    with world(tmp_path / "undisturbed", copy_of=scenes[scene]) as undisturbed:
        before = undisturbed.standing()
        undisturbed.simulators.forget_calls()
        undisturbed.run(WRITE)
        calls = len(undisturbed.simulators.calls())
        expected = undisturbed.standing()
    changed = sum((expected - before).values()) + sum((before - expected).values())
    print(f"\n{scene}: {sum(expected.values())} events, {changed} changed, {calls} requests")  # noqa: T201

    for sample in range(SAMPLES):
        point, when = sample * calls // SAMPLES, "before" if sample % 2 else "after"
        with world(tmp_path / f"killed {sample}", copy_of=scenes[scene]) as killed:
            process = killed.start(WRITE)
            fault = Fault("kill", skip=point, params={"pid": process.pid, "when": when})
            killed.simulators.arm(fault)
            assert process.wait() == -signal.SIGKILL

            killed.run(WRITE)

            assert killed.standing() == expected, f"killed {when} request {point}"
            killed.check_ledger()
            killed.simulators.forget_calls()
            killed.run(WRITE)
            assert killed.simulators.writes() == []


def test_a_whole_run_killed_while_it_writes_is_made_good_by_the_next(tmp_path: Path) -> None:
    """From the first page of the site to the last event, with a death on the way."""
    with world(tmp_path / "world") as killed:
        process = killed.start(ASSETS)
        killed.simulators.arm(Fault("kill", "POST /users/.*/events", skip=300, params={"pid": process.pid}))
        assert process.wait() == -signal.SIGKILL

        killed.run(ASSETS)

        killed.check_ledger()
        assert set(killed.standing().values()) == {1}
        killed.simulators.forget_calls()
        killed.run(ASSETS)
        assert killed.simulators.writes() == []
