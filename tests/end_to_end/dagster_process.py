"""Dagster as people run it: webserver, daemon and code server, in processes of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

ROOT = Path(__file__).parents[2]
POLL_SECONDS = 0.2
STOP_SECONDS = 30

T = TypeVar("T")


class DagsterProblemError(Exception):
    """Dagster did not do what the test waits for; the message ends with its log."""


def until(condition: Callable[[], T | None], *, seconds: float, what: str) -> T:
    """Wait until `condition` gives something true, and return that. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"after {seconds:.0f} seconds, not yet: {what}")


@dataclass(frozen=True)
class RunningDagster:
    """A running Dagster, asked over its GraphQL as the UI does."""

    url: str

    def ask(self, query: str, **variables: Any) -> Any:  # noqa: ANN401 - any JSON
        """The only field of the data that a query gives."""
        answer = httpx.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, trust_env=False, timeout=60
        )
        body = answer.raise_for_status().json()
        assert "errors" not in body, body["errors"]
        (field,) = body["data"].values()
        return field

    def answers(self) -> bool:
        """Whether the webserver is up and has loaded the code."""
        try:
            found = self.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")
        except httpx.TransportError:
            return False
        return bool(found.get("nodes"))

    def runs(self, tag: str, value: str) -> list[dict[str, Any]]:
        """Runs with a tag, newest first: runId, status, tags."""
        tagged = {"tags": [{"key": tag, "value": value}]}
        found = self.ask(
            "query($filter: RunsFilter) { runsOrError(filter: $filter)"
            " { ... on Runs { results { runId status tags { key value } } } } }",
            filter=tagged,
        )
        results: list[dict[str, Any]] = found["results"]
        return results

    def run_status(self, run: str) -> str:
        found = self.ask("query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", id=run)
        status: str = found["status"]
        return status

    def ticks(self, schedule: str) -> list[dict[str, Any]]:
        """The ticks of a schedule, newest first: timestamp, status, runIds."""
        selector = {
            "repositoryName": "__repository__",
            "repositoryLocationName": "scheduling_pipeline",
            "scheduleName": schedule,
        }
        found = self.ask(
            "query($selector: ScheduleSelector!) { scheduleOrError(scheduleSelector: $selector)"
            " { ... on Schedule { scheduleState { ticks(limit: 50) { timestamp status runIds } } } } }",
            selector=selector,
        )
        ticks: list[dict[str, Any]] = found["scheduleState"]["ticks"]
        return ticks

    def backfill(self, assets: list[str], partitions: list[str]) -> str:
        """Launch a backfill as the UI does; its id."""
        params = {
            "assetSelection": [{"path": [asset]} for asset in assets],
            "partitionNames": partitions,
            "title": "all agendas",
        }
        found = self.ask(
            "mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params)"
            " { __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }",
            params=params,
        )
        assert found["__typename"] == "LaunchBackfillSuccess", found
        backfill: str = found["backfillId"]
        return backfill

    def backfill_status(self, backfill: str) -> str:
        found = self.ask(
            "query($id: String!) { partitionBackfillOrError(backfillId: $id)"
            " { ... on PartitionBackfill { status } } }",
            id=backfill,
        )
        status: str = found["status"]
        return status


@contextlib.contextmanager
def running_dagster(
    home: Path, configuration: Path, environment: Mapping[str, str]
) -> Iterator[RunningDagster]:
    """Dagster with that instance configuration, all its state in `home`, until the context ends."""
    home.mkdir(exist_ok=True)
    shutil.copy(configuration, home / "dagster.yaml")
    port = free_port()
    command: list[str | Path] = [
        Path(sys.executable).with_name("dagster"),
        "dev",
        "-w",
        ROOT / "workspace.yaml",
    ]
    command += ["-h", "127.0.0.1", "-p", str(port)]
    # Who was started in a shell's background ignores it, and so would Dagster, which is stopped by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = home / "dagster.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment, "DAGSTER_HOME": str(home)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            dagster = RunningDagster(f"http://127.0.0.1:{port}")
            until(lambda: dagster.answers() or process.poll(), seconds=120, what="Dagster answers")
            yield dagster
        except Exception as problem:
            raise DagsterProblemError(f"{problem}\n\n{log.read_text()[-20_000:]}") from problem
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
