"""SIGKILL of real Dagster runs that ingest the demo's folder, some fifty files: again and again, anywhere.

Minutes long: `make soak`. However often and wherever a run died, the next one that lives leaves what an
undisturbed one leaves: each version exactly once in the log, exactly its rows, the folder's very files.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from scheduling_pipeline.simulators.connect_proxy import ConnectProxy
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.reports import DemoFolder
from scheduling_pipeline.simulators.server import Simulators
from tests.end_to_end.ingest_process import CHANGE, COMMIT, Workshop, workshop
from tests.end_to_end.test_files_faults import strike
from tests.end_to_end.truth import Rows, check_kept, check_log, check_tables, outcomes, tables
from tests.rclone import Rclone

REQUESTS = ("^GET /(sites|drives)/", "/delta$", r"^POST /\$batch$", "^GET /download/")
REQUEST_POINTS = [
    *((match, 0, when) for match in REQUESTS for when in ("before", "after")),
    *((REQUESTS[-1], number, when) for number, when in ((7, "after"), (23, "before"), (48, "after"))),
]
OWN_POINTS = [*((COMMIT, number) for number in (4, 31, 77)), *((CHANGE, number) for number in (2, 40, 83))]
SEED = 7
DEATHS = 8  # at random, before a run may live

pytestmark = [pytest.mark.soak, pytest.mark.process]


@dataclass(frozen=True)
class Scene:
    """The folder, what an undisturbed run leaves of it and in how many seconds, and rclone."""

    simulators: Simulators
    rclone: Rclone
    tables: Mapping[str, Rows]
    outcomes: Mapping[str, tuple[str, int]]
    seconds: float

    @contextmanager
    def office(self, home: Path, **settings: str) -> Iterator[Workshop]:
        """A new place to ingest into. At its end, after a run that lived, all is as it should be."""
        control = self.simulators.graph.control
        with workshop(self.simulators, home, **settings) as office:
            yield office
            control.clear_faults()
            assert office.run().code == 0, office.said()
            self.check(office)

    def check(self, office: Workshop) -> None:
        assert tables(office.engine) == self.tables
        assert ends(office) == self.outcomes
        check_log(office.engine, self.simulators.graph.drive)
        check_tables(office.engine, office.kept)
        check_kept(self.simulators.graph.drive, office.kept)
        assert self.rclone.check(office.kept) == []


def ends(office: Workshop) -> dict[str, tuple[str, int]]:
    return {path: (outcome, rows) for path, (outcome, _, rows) in outcomes(office.engine).items()}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene")
    with (
        Simulators(folder / "simulators", drops=DemoFolder()) as simulators,
        ConnectProxy(simulators.graph_url) as proxy,
    ):
        simulators.graph.settings.resource_units = 1_000_000  # its limits are for other tests
        with workshop(simulators, folder / "undisturbed") as undisturbed:
            began = time.monotonic()
            assert undisturbed.run().code == 0, undisturbed.said()
            expected = tables(undisturbed.engine), ends(undisturbed), time.monotonic() - began
        scene = Scene(simulators, Rclone(simulators, proxy, folder), *expected)
        assert len(scene.outcomes) >= 50
        yield scene


@pytest.mark.parametrize(("match", "number", "when"), REQUEST_POINTS)
def test_a_run_killed_at_a_request_is_made_good_by_the_next(
    scene: Scene, tmp_path: Path, match: str, number: int, when: str
) -> None:
    with scene.office(tmp_path / "home") as office:
        process = office.start()
        fault = Fault("kill", match, skip=number, params={"pid": process.pid, "when": when})
        scene.simulators.graph.control.arm(fault)
        assert office.end(process).code == -signal.SIGKILL


@pytest.mark.parametrize(("instant", "number"), OWN_POINTS)
def test_a_run_that_dies_of_its_own_is_made_good_by_the_next(
    scene: Scene, tmp_path: Path, instant: str, number: int
) -> None:
    with scene.office(tmp_path / "home") as office:
        assert office.run(instant, str(number)).code == -signal.SIGKILL


def test_runs_killed_at_random_are_made_good_by_the_first_that_lives(scene: Scene, tmp_path: Path) -> None:
    dice = random.Random(SEED)  # noqa: S311 - dice
    with scene.office(tmp_path / "home") as office:
        for _ in range(DEATHS):
            process = office.start()
            with suppress(subprocess.TimeoutExpired):
                process.wait(dice.uniform(0.4, 1) * scene.seconds)
            process.kill()
            assert process.wait() in (0, -signal.SIGKILL), office.said()


def test_runs_killed_at_random_while_three_in_ten_calls_fail_are_made_good(
    scene: Scene, tmp_path: Path
) -> None:
    dice = random.Random(SEED)  # noqa: S311 - dice
    control = scene.simulators.graph.control
    with scene.office(tmp_path / "home", MAX_RETRIES="8") as office:
        strike(control)
        for _ in range(DEATHS):
            process = office.start()
            with suppress(subprocess.TimeoutExpired):
                process.wait(dice.uniform(0.4, 1) * scene.seconds)
            process.kill()
            process.wait()  # a run in which nothing comes through fails, as it should
