"""A simulated Crossmark with a small store, and the resource that talks to it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from resources.crossmark import Crossmark
from resources.crossmark_planner import CrossmarkPlanner
from resources.crossmark_wire import Json
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.crossmark import FixedStore, Location, Mplan, Rep, Settings
from scheduling_pipeline.simulators.crossmark.planner import Entry
from scheduling_pipeline.simulators.server import Simulators
from tests.resources.planner_site import ZONE

MONDAY = date(2026, 3, 2)  # where the simulators' clock begins
HERE = Location(100500, "Store 5001, Lakeside")
EVENTS = tuple(
    Mplan(number, f"606{number % 1000:03}-ACME-Tea ({250800000000 + number})  - V2-CORE", HERE, MONDAY, due)
    for number, due in (
        (30000001, date(2027, 1, 1)),
        (30000002, date(2026, 3, 15)),
        (30000003, MONDAY + timedelta(days=1)),
    )
)
REPS = (
    Rep(100234, "US100001", "Ada", "Winter", role="Lead", hours=12),
    Rep(100235, "US100002", "Bo", "Summer"),
    Rep(100236, "US100003", "Cy", "Autumn", away=(MONDAY, MONDAY + timedelta(days=60))),
)


@dataclass
class StorePlanner:
    """The simulated planner, and how to break it."""

    simulators: Simulators
    since: int = 0  # the last call in the journal before this test

    @classmethod
    def open(cls, simulators: Simulators) -> StorePlanner:
        """As it was at first, but for the journal."""
        planner = simulators.crossmark
        planner.control.clear_faults()
        planner.settings.change(Settings().to_json())
        for entry in planner.planner.entries():
            if entry.visit:
                planner.planner.unschedule(entry.visit.id)
        return cls(simulators, len(planner.control.journal()))

    def crossmark(self, **changes: Any) -> Crossmark:  # noqa: ANN401 - fields of Crossmark
        """The resource, set up for the simulator but for some changes; it does not wait long."""
        environment = self.simulators.environment
        values = {
            "base_url": environment["CROSSMARK_URL"],
            "username": environment["CROSSMARK_USER"],
            "password": environment["CROSSMARK_PASSWORD"],
            "zone": ZONE.key,
            "attempts": 2,
            "patience": 5,
        }
        return Crossmark(**{**values, **changes})

    def connect(self, **changes: Any) -> AbstractContextManager[CrossmarkPlanner]:  # noqa: ANN401
        return self.crossmark(**changes).connect()

    def arm(self, kind: str, match: str, **params: object) -> None:
        """Break the next call whose method and path fit."""
        self.simulators.crossmark.control.arm(Fault(kind, match, params=params))

    def set(self, **changes: object) -> None:
        self.simulators.crossmark.settings.change(changes)

    def calls(self, path: str = "") -> list[Json]:
        """The journal's calls of this test whose path ends so."""
        journal = self.simulators.crossmark.control.journal(self.since)
        return [entry for entry in journal if str(entry["path"]).endswith(path)]

    def entry(self, event: int) -> Entry:
        """How an event stands, as the planner itself has it."""
        (found,) = (one for one in self.simulators.crossmark.planner.entries() if one.mplan.id == event)
        return found


def store() -> FixedStore:
    return FixedStore(EVENTS, REPS)
