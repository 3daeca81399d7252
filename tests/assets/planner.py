"""The roster as production builds it, against a simulated planner with a small store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine, insert, select

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.roster import (
    PendingSchedule,
    RosterEmployee,
    RotationAssignment,
    SchedulerRun,
)
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.roster.review import approve
from scheduling_pipeline.settings import load_settings
from scheduling_pipeline.simulators.control import DEMO_START, Fault
from scheduling_pipeline.simulators.crossmark.fixed import FixedStore
from scheduling_pipeline.simulators.crossmark.model import Location, Mplan, Rep
from scheduling_pipeline.simulators.server import Simulators
from tests.databases import copied
from tests.end_to_end.pipeline import QUIET, Ran

STORE = Location(100500, "Larkspur Market")
MONDAY = date(2026, 3, 2)  # of the simulated clock, in the stores' zone
SUPERVISOR = Rep(100201, "US741002", "Marguerite", "Oakhollow", "Club Supervisor")
LEAD = Rep(100214, "US741019", "Dashiell", "Fennimoor", "Lead Event Specialist")
SPECIALIST = Rep(100455, "US742418", "Anneliese", "Crowmarsh")
REPS = (SUPERVISOR, LEAD, SPECIALIST)


def pair(number: int, mplan: int, start: date, days: int) -> tuple[Mplan, Mplan]:
    """A Core event and its Supervisor event."""
    due = start + timedelta(days=days)
    core = f"{number}-ACME-Peach Tea (2602150000{mplan % 100:02})  - V2-CORE"
    supervisor = f"{number}-ACME-Peach Tea (2602150001{mplan % 100:02})  - V2-Supervisor"
    return Mplan(mplan, core, STORE, start, due), Mplan(mplan + 1, supervisor, STORE, start, due)


def small_store() -> tuple[Mplan, ...]:
    """Two pairs, a digital set-up, and a Core event for which there is no day any more."""
    return (
        *pair(606001, 30000010, MONDAY + timedelta(days=4), 8),
        *pair(606002, 30000020, MONDAY + timedelta(days=5), 8),
        Mplan(
            30000030,
            "03.06-DD-ACME-Soap Pods (260215000003)  - 03.06 Digital Setup",
            STORE,
            MONDAY + timedelta(days=4),
            MONDAY + timedelta(days=5),
        ),
        *pair(606003, 30000040, MONDAY, 1),
    )


@dataclass
class Planner:
    """The planner, the pipeline's database, and the definitions on top of them."""

    simulators: Simulators
    store: FixedStore
    engine: Engine
    definitions: dg.Definitions = field(default_factory=lambda: build_definitions(load_settings()))
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)

    def run(self, job: str, run_config: Mapping[str, Any] | None = None, **options: Any) -> Ran:  # noqa: ANN401
        """Run a job to its end."""
        result = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            run_config={**QUIET, **(run_config or {})},
            raise_on_error=False,
            **options,
        )
        run = self.instance.get_run_by_id(result.run_id)
        assert run is not None
        return Ran(result.success, run.tags, self.instance.all_logs(result.run_id))

    def propose(self) -> Ran:
        return self.run("propose_roster")

    def approve(self) -> int:
        """The manager approves the newest proposal as it is; the number of the request."""
        with self.engine.connect() as connection:
            newest = select(SchedulerRun.id, SchedulerRun.revision).order_by(SchedulerRun.id.desc())
            run_id, revision = connection.execute(newest.limit(1)).one()
        assert revision is not None
        return approve(self.engine, run_id, revision, who="mona", now=DEMO_START)

    def statuses(self) -> dict[int, str]:
        """The rows of the newest proposal: event to status."""
        with self.engine.connect() as connection:
            newest = select(SchedulerRun.id).order_by(SchedulerRun.id.desc()).limit(1).scalar_subquery()
            rows = select(PendingSchedule.event_ref_num, PendingSchedule.status)
            found = connection.execute(rows.where(PendingSchedule.scheduler_run_id == newest))
            return {row.event_ref_num: row.status for row in found}

    def lead_every_day(self) -> None:
        """The one lead is primary lead on all days."""
        with self.engine.begin() as connection:
            lead = connection.scalars(
                select(RosterEmployee.id).where(RosterEmployee.job_title == "Lead Event Specialist")
            ).one()
            connection.execute(
                insert(RotationAssignment),
                [
                    {"day_of_week": day, "rotation_type": "primary_lead", "employee_id": lead}
                    for day in range(7)
                ],
            )

    def break_(self, kind: str, match: str, times: int | None = 1, **params: object) -> None:
        self.simulators.crossmark.control.arm(Fault(kind, match, times, params=params))

    def written(self) -> list[Mapping[str, Any]]:
        """The writes of the planner's journal that took effect."""
        entries = self.simulators.crossmark.control.journal()
        return [entry for entry in entries if entry.get("effect")]


@contextmanager
def open_planner(home: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planner]:
    """A planner with the small store, and an empty database."""
    store = FixedStore(small_store(), REPS)
    with Simulators(home / "simulators", store=store) as simulators:
        database_url = copied(migrated, home / "pipeline.db")
        for name, value in simulators.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SCHEDULING_HOME", str(home))
        monkeypatch.setenv("DATABASE_URL", database_url)
        engine = connect(database_url)
        yield Planner(simulators, store, engine)
        engine.dispose()
