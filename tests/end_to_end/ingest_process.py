"""The ingest job in a process of its own, as Dagster's command line runs it, and the deaths it may die.

As a program it is that process, with a death arranged: `python -m tests.end_to_end.ingest_process INSTANT N`.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from dagster._cli import main
from sqlalchemy import Engine, event

from assets.sharepoint_files import INGEST_JOB
from resources.database import Database
from scheduling_pipeline.simulators.server import Simulators
from tests.end_to_end.dagster_process import ROOT

COMMIT, CHANGE = "before a commit", "before a change of a file"
DEFINITIONS = "scheduling_pipeline.definitions"


@dataclass(frozen=True)
class Ended:
    """How a process ended: its code, that of a signal below 0; `memory`: the most bytes that it held.

    The kernel begins to count at what we held when the process was started: where it held less, that is not
    known (None).
    """

    code: int
    memory: int | None


@dataclass(frozen=True)
class Workshop:
    """A simulated site, and a home where all of the pipeline's state is kept."""

    simulators: Simulators
    home: Path
    engine: Engine
    settings: Mapping[str, str]

    @property
    def kept(self) -> Path:
        return self.home / "incoming"

    def run(self, *death: str, address_space: int = resource.RLIM_INFINITY) -> Ended:
        """Take what is new, to the end of the process."""
        return self.end(self.start(*death, address_space=address_space))

    def start(self, *death: str, address_space: int = resource.RLIM_INFINITY) -> subprocess.Popen[bytes]:
        """Start to take what is new. `death`: an instant and its number, counted from 0."""
        command = ["job", "execute", "-m", DEFINITIONS, "-j", INGEST_JOB]
        program = ["-m", __name__, *death] if death else ["-m", "dagster", *command]
        with (self.home / "runs.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *program],
                cwd=ROOT,
                env={**os.environ, **self.settings},
                stdout=log,
                stderr=log,
            )
        resource.prlimit(process.pid, resource.RLIMIT_AS, (address_space, address_space))
        return process

    def end(self, process: subprocess.Popen[bytes]) -> Ended:
        """Wait for a process."""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return Ended(process.returncode, usage.ru_maxrss * 1024 if usage.ru_maxrss > ours else None)

    def said(self) -> str:
        """The end of what the processes said."""
        return (self.home / "runs.log").read_text(errors="replace")[-5000:]


@contextmanager
def workshop(simulators: Simulators, home: Path, **settings: str) -> Iterator[Workshop]:
    """A home with a new database; `settings` are those of `[scheduler]`, in capital letters."""
    dagster = home / "dagster"
    dagster.mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "embedded" / "dagster.yaml", dagster)
    environment = {
        **simulators.environment,
        "DAGSTER_HOME": str(dagster),
        "SCHEDULING_HOME": str(home),
        "DATABASE_URL": f"sqlite:///{home / 'pipeline.db'}",
        "SCHEDULER_INGESTION_DIR": str(home / "incoming"),
        "SCHEDULER_RETRY_DELAY_SECONDS": "0",
        "SCHEDULER_TIMEZONE": "Europe/Zurich",
        **{f"SCHEDULER_{name}": value for name, value in settings.items()},
    }
    engine = Database(url=environment["DATABASE_URL"]).engine
    yield Workshop(simulators, home, engine, environment)
    engine.dispose()


def die_at(instant: str, number: int) -> None:
    """Have this process kill itself before its so many-th commit or change of a kept file."""
    steps = count()

    def step(*_: object) -> None:
        if next(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    if instant == COMMIT:
        event.listen(Database(url=os.environ["DATABASE_URL"]).engine, "commit", step)
        return
    kept = os.environ["SCHEDULER_INGESTION_DIR"]
    for name in ("link", "replace", "unlink"):
        _watch(name, kept, step)


def _watch(name: str, kept: str, step: object) -> None:
    real = getattr(os, name)

    def watched(*args: object, **named: object) -> object:
        if str(args[0]).startswith(kept):
            step()  # type: ignore[operator]
        return real(*args, **named)

    setattr(os, name, watched)


if __name__ == "__main__":
    instant, number = sys.argv[1:]
    die_at(instant, int(number))
    sys.argv[1:] = ["job", "execute", "-m", DEFINITIONS, "-j", INGEST_JOB]
    main()  # type: ignore[no-untyped-call]
