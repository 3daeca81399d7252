"""`scheduling-pipeline run`: the whole pipeline against the simulators, on one machine.

Starts the simulators and, unless only one run is wanted, Dagster; runs the main job once; says what it did.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

DAGSTER_PORT = 3000
SPARKSOURCE_PORT = 8701
GRAPH_PORT = 8702
ROOT = Path(__file__).parents[2]
START_SECONDS = 90
STOP_SECONDS = 20


class DemoError(Exception):
    """The demo cannot go on; the message says what to do."""


@dataclass(frozen=True)
class Addresses:
    """Where the simulators are, and the environment that points the pipeline at them."""

    sparksource_url: str
    outlook_url: str
    environment: Mapping[str, str]


@contextlib.contextmanager
def simulators(home: Path) -> Iterator[Addresses]:
    """The simulators as a process of their own, with their state in `home`. Raises DemoError."""
    for port in (SPARKSOURCE_PORT, GRAPH_PORT):
        _require_free(port)
    command = [sys.executable, "-m", "scheduling_pipeline.simulators", "--home", str(home)]
    command += ["--sparksource-port", str(SPARKSOURCE_PORT), "--graph-port", str(GRAPH_PORT)]
    with _process(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        line = process.stdout.readline()
        if not line:
            raise DemoError("the simulators did not start; their message is above")
        ready = json.loads(line)
        threading.Thread(target=process.stdout.read, daemon=True).start()  # never let its output block it
        yield Addresses(
            ready["sparksource_url"], ready["graph_url"].removesuffix("/v1.0"), ready["environment"]
        )


@contextlib.contextmanager
def dagster(home: Path) -> Iterator[str]:
    """Dagster's webserver and daemon; yields the address of its pages. Raises DemoError."""
    _require_free(DAGSTER_PORT)
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-w", str(ROOT / "workspace.yaml")]
    command += ["-h", "127.0.0.1", "-p", str(DAGSTER_PORT)]
    with dg.DagsterInstance.get():
        pass  # its tables are made here: several processes at once would make them twice
    log = (home / "dagster.log").open("wb")
    with log, _process(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT):
        yield f"http://127.0.0.1:{DAGSTER_PORT}"


def prepare(home: Path, environment: Mapping[str, str]) -> None:
    """Point this process and those it starts at the simulators, with all state in `home`."""
    dagster_home = home / "dagster"
    dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "deploy" / "embedded" / "dagster.yaml", dagster_home / "dagster.yaml")
    os.environ.update(environment)
    os.environ.update({"DAGSTER_HOME": str(dagster_home), "SCHEDULING_HOME": str(home)})
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{home / 'pipeline.db'}")


def wait_for_interrupt() -> None:
    """Return at Ctrl-C or SIGTERM."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()


@contextlib.contextmanager
def _process(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:  # noqa: ANN401
    """A process in its own session, so that Ctrl-C reaches it through us alone and it stops with us."""
    process = subprocess.Popen(command, start_new_session=True, **options)  # noqa: S603 - our own command
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _require_free(port: int) -> None:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise DemoError(
                f"port {port} is in use: is another demo running? Stop it, then try again"
            ) from None
