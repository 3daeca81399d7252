"""SIGKILL of real Dagster runs of the nightly job, sampled and at random, also while Google fails.

Minutes long: `make soak`. Three students and some three hundred events: however often and wherever a run
died, the next one that lives leaves what an undisturbed one leaves.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assets.course_jobs import COURSES_JOB
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.simulators.control import DEMO_START, Fault
from tests.courses.school import Rows, address, course, enrollment, meeting
from tests.databases import copied
from tests.end_to_end.college import STUDENTS, Night, first_night, second_night, synced
from tests.end_to_end.course_stage import CHANGED, NEW, WRITES, Scene, Stage, open_stage, three_in_ten
from tests.end_to_end.dagster_process import ROOT
from tests.end_to_end.students import Seen, edited, standing, tags

SAMPLES = 12  # points of death in each scene
SEED, DEATHS = 7, 8  # at random, before a run may live
TERM = range(101, 141)  # more courses, all of which everybody takes

pytestmark = [pytest.mark.soak, pytest.mark.process]


def larger(files: Rows, *, room: str) -> Rows:
    """A term's worth of courses for everybody on top of these files."""
    return files | {
        "courses": [*files["courses"], *(course(crn) for crn in TERM)],
        "meeting_times": [
            *files["meeting_times"],
            *(meeting(crn, day, 800, 840, room=room) for crn in TERM for day in (2, 4)),
        ],
        "enrollments": [
            *files["enrollments"],
            *(enrollment(address(name), crn) for name in STUDENTS for crn in TERM),
        ],
    }


@dataclass(frozen=True)
class Nightly:
    """A home of the pipeline's, where the job runs in processes of its own."""

    stage: Stage
    scene: Scene
    home: Path

    def start(self) -> subprocess.Popen[bytes]:
        """Start the nightly job as Dagster's command does."""
        environment = {
            **os.environ,
            **self.stage.environment,
            "DAGSTER_HOME": str(self.home / "dagster"),
            "SCHEDULING_HOME": str(self.home),
            "DATABASE_URL": str(self.scene.engine.url),
            "GOOGLE_USER_CALLS_PER_MINUTE": "1000000",
        }
        command = [sys.executable, "-m", "dagster", "job", "execute"]
        command += ["-m", "scheduling_pipeline.definitions", "-j", COURSES_JOB]
        with (self.home / "runs.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def run(self) -> None:
        """The same, to its end."""
        assert self.start().wait() == 0, (self.home / "runs.log").read_text(errors="replace")[-5000:]

    def run_into(self, fault: Fault) -> None:
        """Run until the fault kills the process."""
        process = self.start()
        self.stage.steering.arm(replace(fault, params=fault.params | {"pid": process.pid}))
        assert process.wait() == -signal.SIGKILL
        self.stage.steering.clear_faults()

    def run_for(self, seconds: float) -> None:
        """Run for so long at most."""
        process = self.start()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        process.wait()

    def standing(self) -> Mapping[str, Counter[Seen]]:
        return {name: standing({name: student}) for name, student in self.scene.students.items()}

    def check(self, expected: Mapping[str, Counter[Seen]]) -> None:
        """All is as an undisturbed run leaves it, and nothing is left to do."""
        assert self.standing() == expected
        assert synced(self.scene.engine) == self.scene.calendars.keys()
        assert edited(self.scene.engine) == set()
        self.stage.check(self.scene)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("simulators")) as stage:
        yield stage


@dataclass(frozen=True)
class Undisturbed:
    """What an undisturbed run does: what then stands, the writes it made, and in how many seconds."""

    standing: Mapping[str, Counter[Seen]]
    writes: int
    seconds: float


@contextmanager
def nightly(stage: Stage, home: Path, database: Path, work: str) -> Iterator[Nightly]:
    """A new home in which all three are due for that work."""
    (home / "dagster").mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "embedded" / "dagster.yaml", home / "dagster")
    engine = connect(copied(database, home / "pipeline.db"))
    scene = replace(stage.scene(engine, NEW), night=Night(DEMO_START))
    scene.files_arrive(larger(first_night(), room="101"))
    if work == CHANGED:
        stage.run(scene)
        scene.files_arrive(larger(second_night(), room="112"))
    yield Nightly(stage, scene, home)
    engine.dispose()


@pytest.fixture(scope="module")
def undisturbed(
    stage: Stage, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Undisturbed]:
    found = {}
    for work in (NEW, CHANGED):
        with nightly(stage, tmp_path_factory.mktemp("home") / "calm", migrated_sqlite, work) as calm:
            stage.steering.forget_calls()
            began = time.monotonic()
            calm.run()
            seconds = time.monotonic() - began
            calls = [call for call in stage.steering.calls() if call["kind"] == "call"]
            writes = sum(call["method"] != "GET" for call in calls)
            found[work] = Undisturbed(calm.standing(), writes, seconds)
    assert all(one.writes > 250 for one in found.values())
    return found


@pytest.fixture(params=[NEW, CHANGED])
def work(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def calm(undisturbed: Mapping[str, Undisturbed], work: str) -> Undisturbed:
    return undisturbed[work]


@pytest.fixture
def killed(stage: Stage, migrated_sqlite: Path, tmp_path: Path, work: str) -> Iterator[Nightly]:
    """Where runs are to die."""
    with nightly(stage, tmp_path / "home", migrated_sqlite, work) as opened:
        yield opened


@pytest.mark.parametrize("sample", range(SAMPLES))
def test_a_run_killed_at_a_sampled_write_is_made_good_by_the_next(
    calm: Undisturbed, killed: Nightly, sample: int
) -> None:
    point, when = sample * calm.writes // SAMPLES, "before" if sample % 2 else "after"
    killed.run_into(Fault("kill", WRITES, skip=point, params={"when": when}))
    tags(killed.scene.students)  # fails when something stands twice
    for calendar in synced(killed.scene.engine):
        name = killed.scene.calendars[calendar]
        assert standing({name: killed.scene.students[name]}) == calm.standing[name]

    killed.run()

    killed.check(calm.standing)


def test_runs_killed_at_random_are_made_good_by_the_first_that_lives(
    calm: Undisturbed, killed: Nightly
) -> None:
    dice = random.Random(SEED)  # noqa: S311 - dice
    for _ in range(DEATHS):
        killed.run_for(dice.uniform(0.5, 1) * calm.seconds)
    killed.run()
    killed.check(calm.standing)


def test_runs_killed_at_random_while_three_in_ten_calls_fail_are_made_good(
    stage: Stage, calm: Undisturbed, killed: Nightly
) -> None:
    dice = random.Random(SEED)  # noqa: S311 - dice
    stage.steering.arm(*three_in_ten())
    for _ in range(DEATHS):
        killed.run_for(dice.uniform(0.5, 2) * calm.seconds)
    stage.steering.clear_faults()
    killed.run()
    killed.check(calm.standing)
