"""The simulators as a process of their own, and measuring what goes on against them."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Literal

import httpx

from resources.google import Google
from resources.graph import Graph


@dataclass(frozen=True, slots=True)
class Timing:
    """How long something took, and how much of a core the simulators used meanwhile."""

    seconds: float
    simulator_cpu_share: float


@dataclass(frozen=True, slots=True)
class Simulated:
    """Running simulators. `environment` is what points the pipeline at them."""

    sparksource_url: str
    graph_url: str
    google_url: str
    environment: Mapping[str, str]
    web: httpx.Client

    def set_latency(self, system: Literal["sparksource", "graph", "google"], seconds: float) -> None:
        """How long a system thinks about each request from now on."""
        urls = {
            "sparksource": self.sparksource_url,
            "graph": self.graph_url.removesuffix("/v1.0"),
            "google": self.google_url,
        }
        self.web.put(f"{urls[system]}/control/latency", json={"seconds": seconds}).raise_for_status()

    def now(self) -> datetime:
        """The simulated instant."""
        answer = self.web.get(f"{self.sparksource_url}/control/clock")
        return datetime.fromisoformat(answer.json()["now"])

    def measure(self, work: Callable[[], object]) -> Timing:
        """Time `work`."""
        return measure(self.web, self.sparksource_url, work)

    def graph(self) -> Graph:
        """The tenant as the pipeline reaches it."""
        return Graph(
            tenant_id=self.environment["AZURE_TENANT_ID"],
            client_id=self.environment["AZURE_CLIENT_ID"],
            client_secret=self.environment["AZURE_CLIENT_SECRET"],
            authority=self.environment["AZURE_AUTHORITY"],
            base_url=self.graph_url,
            ca_bundle=self.environment["AZURE_CA_BUNDLE"],
        )

    def google(self) -> Google:
        """The project in Google's cloud as the pipeline reaches it."""
        return Google(
            client_id=self.environment["GOOGLE_CLIENT_ID"],
            client_secret=self.environment["GOOGLE_CLIENT_SECRET"],
            service_account_file=self.environment["GOOGLE_SERVICE_ACCOUNT_FILE"],
            token_key=self.environment["GOOGLE_TOKEN_KEY"],
            api_url=self.google_url,
            token_url=self.environment["GOOGLE_TOKEN_URL"],
            ca_bundle=self.environment["GOOGLE_CA_BUNDLE"],
        )


def measure(web: httpx.Client, simulator_url: str, work: Callable[[], object]) -> Timing:
    """Time `work` against the simulator at that address, or its process with all that runs in it."""

    def cpu_seconds() -> float:
        return float(web.get(f"{simulator_url}/control/cpu").json()["seconds"])

    used, began = cpu_seconds(), time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    return Timing(seconds, (cpu_seconds() - used) / seconds)


def medians(timings: Sequence[Timing]) -> Timing:
    """The middle of several timings, figure by figure."""
    return Timing(
        median(timing.seconds for timing in timings),
        median(timing.simulator_cpu_share for timing in timings),
    )


@contextmanager
def simulators(home: Path) -> Iterator[Simulated]:
    """Start the simulators of the demo school with their state in `home`; stop them at the end."""
    command = [sys.executable, "-m", "scheduling_pipeline.simulators", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own command
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            trusted = ssl.create_default_context(cafile=ready["ca_file"])
            with httpx.Client(verify=trusted, trust_env=False) as web:
                yield Simulated(
                    ready["sparksource_url"],
                    ready["graph_url"],
                    ready["google_url"],
                    ready["environment"],
                    web,
                )
        finally:
            process.terminate()
