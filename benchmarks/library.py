"""A simulated document library in a process of its own, and counting what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks.simulated import Simulated, simulators
from resources.sharepoint import SharePoint
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS
from scheduling_pipeline.simulators.reports import Drop

FOLDER = "Measured"  # beside the demo's own
UNLIMITED = 10**9


@dataclass(frozen=True)
class Library:
    """A library of a running simulator, in which only `FOLDER` is wanted. Nobody is throttled."""

    simulated: Simulated

    def put(self, drops: Iterable[Drop]) -> None:
        """Put files there."""
        for drop in drops:
            address = f"{self._control}/drive/files/{quote(drop.path)}"
            self.simulated.web.put(address, content=drop.content).raise_for_status()

    def sharepoint(self) -> SharePoint:
        """The folder as the pipeline reaches it."""
        return SharePoint(
            graph=self.simulated.graph(),
            site_url=self.simulated.environment["SCHEDULER_SHAREPOINT_SITE_URL"],
            folders=[f"/{DOCUMENTS.segment}/{FOLDER}"],
        )

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Requests to Graph and to the downloads' host, as `METHOD path`, once the context is left.

        A batch is one request; signing in is not counted.
        """
        requests: list[str] = []
        self.simulated.web.delete(f"{self._control}/journal").raise_for_status()
        yield requests
        calls = self.simulated.web.get(f"{self._control}/journal").json()
        requests += [f"{call['method']} {call['path']}" for call in calls if not call.get("batched")]

    def lift_limits(self) -> None:
        """Give callers all the resource units they like: it is not throttling that is measured."""
        answer = self.simulated.web.put(f"{self._control}/settings", json={"resource_units": UNLIMITED})
        answer.raise_for_status()

    @property
    def _control(self) -> str:
        return f"{self.simulated.graph_url.removesuffix('/v1.0')}/control"


@contextmanager
def library(home: Path) -> Iterator[Library]:
    """Start simulators with their state in `home`; stop them at the end."""
    with simulators(home) as simulated:
        found = Library(simulated)
        found.lift_limits()
        yield found
