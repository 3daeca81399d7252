"""The simulators in a process of their own, as the kill tests need them, and the way to steer them."""

from __future__ import annotations

import multiprocessing
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

from resources.graph import Graph
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.school import School
from scheduling_pipeline.simulators.server import Simulators
from tests.end_to_end.mailboxes import Mailboxes

READY_SECONDS = 30


@dataclass(frozen=True)
class Steering:
    """The controls of a simulator that runs in another process, at `root`."""

    root: str
    web: httpx.Client

    def arm(self, *faults: Fault) -> None:
        """Break something from now on."""
        for fault in faults:
            self.control("POST", "faults", json=asdict(fault))

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def advance(self, by: timedelta) -> None:
        """Move the simulators' clock."""
        self.control("PUT", "clock", json={"advance_seconds": by.total_seconds()})

    def forget_calls(self) -> None:
        """Begin the journal anew."""
        self.control("DELETE", "journal")

    def calls(self) -> list[dict[str, Any]]:
        """What was asked for since the journal began."""
        calls: list[dict[str, Any]] = self.control("GET", "journal").json()
        return calls

    def control(self, method: str, what: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        """A request to one of the simulator's own endpoints."""
        answer = self.web.request(method, f"{self.root}/control/{what}", **options)
        answer.raise_for_status()
        return answer


@dataclass(frozen=True)
class RemoteSimulators(Steering):
    """Simulators that run in another process, with Graph's to steer. `web` is signed in to Graph."""

    environment: Mapping[str, str]

    @property
    def mailboxes(self) -> Mailboxes:
        return Mailboxes(self.web)

    def writes(self) -> list[dict[str, Any]]:
        """The writes to mailboxes among the calls."""
        return [call for call in self.calls() if call["write"]]


@contextmanager
def remote_simulators(home: Path, school: School) -> Iterator[RemoteSimulators]:
    """The simulators of a school while the context lasts."""
    with simulators_process(home, school) as environment, signed_in(environment) as person:
        yield RemoteSimulators(environment["AZURE_GRAPH_URL"].removesuffix("/v1.0"), person, environment)


@contextmanager
def simulators_process(home: Path, school: School) -> Iterator[dict[str, str]]:
    """A process that runs the simulators while the context lasts; the environment that points at them."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(home, school, theirs), daemon=True)
    process.start()
    try:
        assert ours.poll(READY_SECONDS), "the simulators did not start"
        environment: dict[str, str] = ours.recv()
        yield environment
    finally:
        process.terminate()
        process.join()


def graph_of(environment: Mapping[str, str]) -> Graph:
    """The resource that talks to the simulators with this environment."""
    return Graph(
        tenant_id=environment["AZURE_TENANT_ID"],
        client_id=environment["AZURE_CLIENT_ID"],
        client_secret=environment["AZURE_CLIENT_SECRET"],
        authority=environment["AZURE_AUTHORITY"],
        base_url=environment["AZURE_GRAPH_URL"],
        ca_bundle=environment["AZURE_CA_BUNDLE"],
    )


@contextmanager
def signed_in(environment: Mapping[str, str]) -> Iterator[httpx.Client]:
    """A plain HTTP client with a token: a pair of eyes that shares no code with the pipeline."""
    trusted = ssl.create_default_context(cafile=environment["AZURE_CA_BUNDLE"])
    with httpx.Client(
        verify=trusted, trust_env=False, timeout=60, base_url=environment["AZURE_GRAPH_URL"]
    ) as client:
        answer = client.post(
            f"{environment['AZURE_AUTHORITY']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": environment["AZURE_CLIENT_ID"],
                "client_secret": environment["AZURE_CLIENT_SECRET"],
                "scope": "https://graph.microsoft.com/.default",
            },
        )
        answer.raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def _serve(home: Path, school: School, ready: Connection) -> None:
    simulators = Simulators(home, school)
    ready.send(simulators.environment)
    simulators.serve_forever()
