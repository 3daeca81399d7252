"""A real daemon: an approval becomes a run within seconds, and one that is killed gets another attempt."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.models import Lease
from scheduling_pipeline.roster.requests import SUBMISSION_LEASE
from scheduling_pipeline.simulators.control import Fault
from sensors.rosters import REQUEST_TAG
from tests.databases import copied
from tests.end_to_end.dagster_process import ROOT, RunningDagster, running_dagster, until
from tests.end_to_end.roster_stage import Scene, open_stage
from tests.end_to_end.roster_storm import WRITES

SECONDS_TO_START = 45  # of a run, on a busy machine

pytestmark = pytest.mark.process


def test_an_approval_is_submitted_although_its_run_is_killed(tmp_path: Path, migrated_sqlite: Path) -> None:
    engine = connect(copied(migrated_sqlite, tmp_path / "pipeline.db"))
    with open_stage(tmp_path / "simulators") as stage:
        environment = {name: value for name, value in stage.environment.items() if "CROSSMARK" in name}
        environment |= {
            "SCHEDULING_CLOCK_URL": stage.environment["SCHEDULING_CLOCK_URL"],
            "SCHEDULING_HOME": str(tmp_path),
            "DATABASE_URL": str(engine.url),
        }
        configuration = ROOT / "deploy" / "embedded" / "dagster.yaml"
        with running_dagster(tmp_path / "dagster", configuration, environment) as dagster:
            scene = stage.scene(engine)
            stage.steering.arm(Fault("slow_reply", WRITES, skip=3, params={"seconds": 60}))
            worker = until(lambda: busy(scene), seconds=SECONDS_TO_START, what="a run submits")
            import time; t=time.time()
            os.kill(worker, signal.SIGKILL)

            until(lambda: scene.over, seconds=150, what="another run has finished it")
            print("over after", time.time()-t)
            time.sleep(40)
            print(dagster.runs(REQUEST_TAG, f"{scene.request}"))

            until(lambda: "SUCCESS" in statuses(dagster, scene), seconds=30, what="and succeeded")
            assert statuses(dagster, scene) == ["SUCCESS", "FAILURE"]
        assert set(Counter(scene.effects()).values()) == {1}
        scene.check_submitted()
    engine.dispose()


def busy(scene: Scene) -> int:
    """The process that submits, once it has written something; 0 before."""
    if len(scene.effects()) < 4:
        return 0
    with scene.engine.connect() as connection:
        holder = connection.scalars(select(Lease.holder).where(Lease.name == SUBMISSION_LEASE)).one()
    return int(holder.split("|")[1])


def statuses(dagster: RunningDagster, scene: Scene) -> list[str]:
    """How the runs for the approval ended, the newest first."""
    return [run["status"] for run in dagster.runs(REQUEST_TAG, f"{scene.request}")]
