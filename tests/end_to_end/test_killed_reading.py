"""A run that is killed while it reads the booking site must not keep the next one from reading it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from scheduling_pipeline.simulators.school import DemoSchool
from tests.end_to_end.dagster_process import ROOT, until
from tests.end_to_end.pipeline import ENGLISH
from tests.end_to_end.remote import RemoteSimulators, remote_simulators

pytestmark = [pytest.mark.process, pytest.mark.browser]


def _start_reading(folder: Path, simulators: RemoteSimulators) -> subprocess.Popen[bytes]:
    home = folder / "dagster"
    home.mkdir(exist_ok=True)
    shutil.copy(ROOT / "deploy" / "embedded" / "dagster.yaml", home)
    environment = {
        **os.environ,
        **simulators.environment,
        "DAGSTER_HOME": str(home),
        "SCHEDULING_HOME": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'pipeline.db'}",
    }
    command = [str(Path(sys.executable).with_name("dagster")), "asset", "materialize"]
    command += ["-m", "scheduling_pipeline.definitions", "--select", "timetable", "--partition", ENGLISH]
    with (folder / "runs.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def test_after_a_kill_in_the_middle_of_reading_the_next_run_reads(tmp_path: Path) -> None:
    with remote_simulators(tmp_path / "simulators", DemoSchool()) as simulators:
        site = simulators.environment["SPARKSOURCE_URL"]

        def is_reading() -> bool:
            calls = httpx.get(f"{site}/control/journal", trust_env=False).json()
            return any("/list_attendees/" in call["path"] for call in calls)

        killed = _start_reading(tmp_path, simulators)
        until(is_reading, seconds=60, what="the run reads lessons")
        killed.send_signal(signal.SIGKILL)
        assert killed.wait() == -signal.SIGKILL

        again = _start_reading(tmp_path, simulators)
        assert again.wait(timeout=120) == 0, (tmp_path / "runs.log").read_text()[-3000:]
