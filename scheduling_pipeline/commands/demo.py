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
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import httpx

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
STOP_SECONDS = 20
POLL_SECONDS = 0.5
FLOWS = (  # what settings begin with
    *("TEACHER_CALENDARS_", "SCHEDULER_", "COURSE_CALENDARS_", "GOOGLE_"),
    *("CROSSMARK_", "ROSTER_", "DESK_", "WORKFOSSA_", "WORK_ORDERS_", "NOTIFICATIONS_"),
)


@dataclass(frozen=True)
class Ports:
    """Where the demo listens, on this machine alone."""

    dagster: int = 3000
    sparksource: int = 8701
    graph: int = 8702
    google: int = 8703
    crossmark: int = 8704
    workfossa: int = 8705
    mailbox: int = 8706
    mail: int = 8707
    desk: int = 3001

    @property
    def simulated(self) -> dict[str, int]:
        """Those of the simulators."""
        return {name: port for name, port in asdict(self).items() if name not in {"dagster", "desk"}}

    @property
    def dagster_url(self) -> str:
        return f"http://127.0.0.1:{self.dagster}"

    @property
    def desk_url(self) -> str:
        return f"http://127.0.0.1:{self.desk}"


class DemoError(Exception):
    """The demo cannot go on; the message says what to do."""


@dataclass(frozen=True)
class Addresses:
    """Where the simulators are, and the environment that points the pipeline at them.

    `workfossa_accounts`: who can log in to WorkFossa, each with email, password and name. `pushover`: the
    user and the token (application) that Pushover knows.
    """

    sparksource_url: str
    outlook_url: str
    google_url: str
    crossmark_url: str
    workfossa_url: str
    mailbox_url: str
    environment: Mapping[str, str] = field(repr=False)
    workfossa_accounts: Sequence[Mapping[str, str]] = field(repr=False)
    pushover: Mapping[str, str] = field(repr=False)


@contextlib.contextmanager
def simulators(home: Path, ports: Ports) -> Iterator[Addresses]:
    """The simulators as a process of their own, with their state in `home`. Raises DemoError."""
    for port in ports.simulated.values():
        _require_free(port)
    command = [sys.executable, "-m", "scheduling_pipeline.simulators", "--home", str(home)]
    for name, port in ports.simulated.items():
        command += [f"--{name}-port", str(port)]
    with _process(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        line = process.stdout.readline()
        if not line:
            raise DemoError("the simulators did not start; their message is above")
        ready = json.loads(line)
        threading.Thread(target=process.stdout.read, daemon=True).start()  # never let its output block it
        yield Addresses(
            ready["sparksource_url"],
            ready["graph_url"].removesuffix("/v1.0"),
            ready["google_url"],
            ready["crossmark_url"],
            ready["workfossa_url"],
            ready["mailbox_url"],
            ready["environment"],
            ready["workfossa_accounts"],
            ready["pushover"],
        )


@contextlib.contextmanager
def dagster(home: Path, ports: Ports) -> Iterator[str]:
    """Dagster's webserver and daemon, starting; yields the address of its pages. Raises DemoError."""
    _require_free(ports.dagster)
    command = [str(_program("dagster")), "dev", "-w", str(ROOT / "workspace.yaml")]
    command += ["-h", "127.0.0.1", "-p", str(ports.dagster)]
    with dg.DagsterInstance.get():
        pass  # its tables are made here: several processes at once would make them twice
    with (
        (home / "dagster.log").open("wb") as log,
        _process(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT),
    ):
        yield ports.dagster_url


@contextlib.contextmanager
def desk(home: Path, ports: Ports) -> Iterator[str]:
    """The review desk, starting; yields the address of its pages. Raises DemoError."""
    _require_free(ports.desk)
    command = [str(_program("scheduling-pipeline")), "desk", "--dagster-url", ports.dagster_url]
    with (
        (home / "desk.log").open("wb") as log,
        _process(command, stdout=log, stderr=subprocess.STDOUT),
    ):
        yield ports.desk_url


def wait_for_dagster(url: str, home: Path) -> None:
    """Return when Dagster's pages answer. Raises DemoError when they do not in time."""
    _wait_for(f"{url}/server_info", "Dagster", home / "dagster.log")


def wait_for_desk(url: str, home: Path) -> None:
    """Return when the desk's pages answer. Raises DemoError when they do not in time."""
    _wait_for(f"{url}/healthz", "the review desk", home / "desk.log")


def _wait_for(address: str, what: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(address, trust_env=False).is_success:
                return
        time.sleep(POLL_SECONDS)
    raise DemoError(f"{what} did not start; {log} says why")


def prepare(home: Path, ports: Ports, environment: Mapping[str, str]) -> None:
    """Point this process and those it starts at the simulators and at each other, with all state in `home`.

    Whatever real systems, database and settings the environment names are not used: invented data must never
    reach them.
    """
    dagster_home = home / "dagster"
    dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "deploy" / "embedded" / "dagster.yaml", dagster_home / "dagster.yaml")
    for name in [name for name in os.environ if name.startswith(FLOWS)]:
        del os.environ[name]
    os.environ.update(environment)
    os.environ.update(
        {
            "DAGSTER_HOME": str(dagster_home),
            "SCHEDULING_HOME": str(home),
            "SCHEDULING_SETTINGS": str(home / "settings.toml"),
            "DATABASE_URL": f"sqlite:///{home / 'pipeline.db'}",
            "SCHEDULER_INGESTION_DIR": str(home / "incoming"),
            "SCHEDULER_INTERVAL_SECONDS": "60",
            "SCHEDULER_RETRY_DELAY_SECONDS": "0",
            "SCHEDULER_TIMEZONE": "Europe/Zurich",
            "DESK_PORT": str(ports.desk),
            "DESK_URL": ports.desk_url,
            "NOTIFICATIONS_DAGSTER_URL": ports.dagster_url,
        }
    )


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


def _program(name: str) -> Path:
    """A program that came with the packages of this environment."""
    return Path(sys.executable).with_name(name)


def _require_free(port: int) -> None:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise DemoError(
                f"port {port} is in use: is another demo running? Stop it, then try again"
            ) from None
