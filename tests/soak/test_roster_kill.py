"""SIGKILL of submissions of forty rows, at every step and at random, while one call in five fails.

Minutes long: `make soak`. Wherever a process died, and however often, each row is submitted once in the end.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from assets.roster import SUBMIT_JOB
from scheduling_pipeline.database.connection import connect
from tests.databases import copied
from tests.end_to_end.dagster_process import ROOT, until
from tests.end_to_end.deaths import FORKS, Point, Points, before_a_commit, before_sending
from tests.end_to_end.roster_proposal import PAIRS
from tests.end_to_end.roster_stage import (
    MOST_ROUNDS,
    TIMEOUT,
    Scene,
    Stage,
    open_stage,
    submit_when_told,
)
from tests.end_to_end.roster_storm import WRITES, failing_writes, storm

ROWS, STEPS, COMMITS = 40, 50, 129  # of a submission that nothing disturbs
SAMPLES = 6  # points of death of real runs
SEEDS, RUNS = range(2), 8  # that die at random
LATENCY, LONGEST_LIFE, SECONDS_TO_START = 0.1, 4.0, 120
POINTS = Points(WRITES, WRITES)
EVERY_POINT = (
    POINTS.before_a_request(STEPS),
    POINTS.after_a_request(STEPS),
    before_sending(STEPS),
    before_a_commit(COMMITS),
)

pytestmark = [pytest.mark.soak, pytest.mark.process]

FORKS.set_forkserver_preload([submit_when_told.__module__])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("simulators")) as stage:
        yield stage


@contextmanager
def opened(stage: Stage, database_url: str) -> Iterator[Scene]:
    """Forty rows that were approved, in an empty database."""
    engine = connect(database_url)
    yield stage.scene(engine, PAIRS)
    engine.dispose()


@pytest.fixture
def scene(stage: Stage, migrated_sqlite: Path, tmp_path: Path) -> Iterator[Scene]:
    with opened(stage, copied(migrated_sqlite, tmp_path / "pipeline.db")) as scene:
        yield scene


def check(scene: Scene) -> None:
    """Once somebody has seen to what failed, all is as it was approved, and nothing was done twice."""
    scene.stage.steering.clear_faults()
    scene.settle()
    assert len(scene.statuses()) == ROWS
    scene.check_submitted()
    scene.check_nothing_doubled()


@pytest.mark.parametrize("point", EVERY_POINT, ids=lambda point: point.name)
def test_a_submission_killed_at_any_point_while_writes_fail(
    stage: Stage, migrated_sqlite: Path, tmp_path: Path, point: Point
) -> None:
    deaths = 0
    for n in range(point.least):
        with opened(stage, copied(migrated_sqlite, tmp_path / f"{n}.db")) as scene:
            deaths += stage.killed(scene, point, n, failing_writes(n))
            check(scene)
    assert deaths > 0.8 * point.least  # a row that fails makes a submission shorter


@pytest.mark.parametrize("point", EVERY_POINT, ids=lambda point: point.name)
def test_a_submission_that_dies_again_and_again_while_calls_fail(
    stage: Stage, scene: Scene, point: Point
) -> None:
    """Each process writes a little, at most."""
    dice = random.Random(point.name)  # noqa: S311 - not for secrets
    deaths = 0
    for attempt in range(MOST_ROUNDS):
        if scene.over:
            break
        deaths += stage.killed(scene, point, dice.randint(1, 8), storm(attempt))
    assert deaths > 5
    check(scene)


@dataclass(frozen=True)
class Home:
    """A home of the pipeline's, where the job runs in processes of its own, as Dagster's command does it."""

    path: Path
    scene: Scene

    def start(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            **self.scene.stage.environment,
            "DAGSTER_HOME": str(self.path / "dagster"),
            "SCHEDULING_HOME": str(self.path),
            "DATABASE_URL": self.scene.url,
            "CROSSMARK_TIMEOUT_SECONDS": f"{TIMEOUT}",
        }
        command = [sys.executable, "-m", "dagster", "job", "execute"]
        command += ["-m", "scheduling_pipeline.definitions", "-j", SUBMIT_JOB]
        with (self.path / "runs.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def run_into(self, point: Point, n: int) -> None:
        """Run until it dies at that point, while writes fail."""
        process = self.start()
        self.scene.stage.steering.arm(*point.faults(n, process.pid), *failing_writes(n))
        assert process.wait() == -signal.SIGKILL, (self.path / "runs.log").read_text()[-5000:]
        self.scene.stage.steering.clear_faults()

    def run_for(self, seconds: float) -> bool:
        """Run for so long at most, once it has called the planner; whether it was still at it."""
        steering = self.scene.stage.steering
        before = len(steering.calls())
        process = self.start()
        until(
            lambda: process.poll() is not None or len(steering.calls()) > before,
            seconds=SECONDS_TO_START,
            what="a call",
        )
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        return process.wait() == -signal.SIGKILL


@pytest.fixture
def home(scene: Scene, tmp_path: Path) -> Home:
    (tmp_path / "dagster").mkdir()
    shutil.copy(ROOT / "deploy" / "embedded" / "dagster.yaml", tmp_path / "dagster")
    return Home(tmp_path, scene)


@pytest.mark.parametrize("sample", range(SAMPLES))
def test_a_run_of_the_job_killed_at_a_sampled_write(home: Home, sample: int) -> None:
    point = POINTS.before_a_request(STEPS) if sample % 2 else POINTS.after_a_request(STEPS)
    home.run_into(point, sample * STEPS // (SAMPLES + 1))
    assert home.start().wait() == 0
    assert home.scene.over
    check(home.scene)


@pytest.mark.parametrize("seed", SEEDS)
def test_runs_of_the_job_killed_at_random_while_calls_fail(home: Home, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    steering = home.scene.stage.steering
    steering.control("PUT", "latency", json={"seconds": LATENCY})
    deaths = 0
    for attempt in range(RUNS):
        steering.arm(*storm(RUNS * seed + attempt))
        deaths += home.run_for(dice.uniform(0, LONGEST_LIFE))
        steering.clear_faults()
    assert deaths > RUNS / 2
    check(home.scene)
