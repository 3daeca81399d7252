"""A simulated SharePoint folder for the `ingest` commands, and the command line in front of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from scheduling_pipeline.cli import app
from scheduling_pipeline.database.models import IngestedVersion
from scheduling_pipeline.simulators.control import DEMO_START, Fault
from scheduling_pipeline.simulators.reports.files import generate
from scheduling_pipeline.simulators.server import Simulators
from tests.commands.school import Outcome

PROGRAM = Path(sys.executable).with_name("scheduling-pipeline")
DOWNLOADS = "GET /download/"
ROWS = 50  # of each file
COLUMNS = 120


@dataclass(frozen=True)
class Office:
    """The simulated site, the pipeline's database, and the folder where all state is kept."""

    simulators: Simulators
    engine: Engine
    home: Path

    def run(self, *arguments: str) -> Outcome:
        """Use `scheduling-pipeline ingest ...` in this process."""
        sys.modules.pop("scheduling_pipeline.definitions", None)  # made from the settings of another test
        result = CliRunner().invoke(app, ["ingest", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.output)

    def start_scheduler(self) -> subprocess.Popen[str]:
        """`ingest run` as a process of its own."""
        return subprocess.Popen(
            [PROGRAM, "ingest", "run"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLUMNS": str(COLUMNS)},
        )

    def drop(self, number: int, dataset: str = "ACQ") -> str:
        """Put a report into the folder, that of hour `number`; its path."""
        report = generate(dataset, DEMO_START - timedelta(hours=number), rows=ROWS)
        self.simulators.graph.drive.put(report.path, report.content)
        return report.path

    def put(self, path: str, content: bytes) -> None:
        """Put any file into the folder."""
        self.simulators.graph.drive.put(path, content)

    def arm(self, kind: str, match: str, times: int | None = None, **params: Any) -> None:  # noqa: ANN401
        """Break Graph for requests whose `METHOD path` matches, until the faults are cleared."""
        self.simulators.graph.control.arm(Fault(kind, match, times, params=params))

    def mend(self) -> None:
        self.simulators.graph.control.clear_faults()

    @property
    def downloads(self) -> list[str]:
        """The files whose bytes Graph was asked for, once for each time."""
        calls = self.simulators.graph.control.journal()
        return [call["path"].removeprefix("/download/") for call in calls if "bytes" in call]

    @property
    def log(self) -> dict[str, str]:
        """What became of each file."""
        with self.engine.connect() as connection:
            found = connection.execute(select(IngestedVersion.path, IngestedVersion.outcome)).all()
        outcomes = {path: str(outcome) for path, outcome in found}
        assert len(outcomes) == len(found), f"a file is there twice: {found}"
        return outcomes

    def rows(self, dataset: str) -> int:
        """How many rows stand in a dataset's table."""
        with self.engine.connect() as connection:
            count: int = connection.exec_driver_sql(f"SELECT count(*) FROM data_{dataset}").scalar_one()  # noqa: S608
        return count

    @property
    def runs(self) -> list[str]:
        """How the runs ended, the newest first."""
        with dg.DagsterInstance.get() as instance:
            return [run.status.value for run in instance.get_runs()]


def end(process: subprocess.Popen[str], number: signal.Signals, seconds: float) -> str:
    """Send a signal and wait; all that the process said. Raises TimeoutExpired."""
    process.send_signal(number)
    said, _ = process.communicate(timeout=seconds)
    return said


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that a process started, and those that they did."""
    return psutil.Process(process.pid).children(recursive=True)


def still_running(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    running = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running


def end_all(process: subprocess.Popen[str], processes: Sequence[psutil.Process]) -> None:
    """After a test that failed: leave nothing behind."""
    process.kill()
    for one in still_running(processes):
        one.kill()
