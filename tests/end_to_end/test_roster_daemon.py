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

SECONDS_TO_LAUNCH = 20  # the sensor looks every five
SECONDS_TO_WORK = 60  # of a run, on a busy machine
HALF_WAY = 4  # writes

pytestmark = pytest.mark.process


def test_an_approval_is_submitted_although_its_run_is_killed(tmp_path: Path, migrated_sqlite: Path) -> None:
    engine = connect(copied(migrated_sqlite, tmp_path / "pipeline.db"))
    with open_stage(tmp_path / "simulators") as stage:
        given = ("CROSSMARK_URL", "CROSSMARK_USER", "CROSSMARK_PASSWORD", "SCHEDULING_CLOCK_URL")
        environment = {
            **{name: stage.environment[name] for name in given},
            "SCHEDULING_HOME": str(tmp_path),
            "DATABASE_URL": str(engine.url),
        }
        configuration = ROOT / "deploy" / "embedded" / "dagster.yaml"
        with running_dagster(tmp_path / "dagster", configuration, environment) as dagster:
            scene = stage.scene(engine)
            stage.steering.arm(Fault("slow_reply", WRITES, skip=HALF_WAY - 1, params={"seconds": 60}))
            until(lambda: statuses(dagster, scene), seconds=SECONDS_TO_LAUNCH, what="a run")
            until(lambda: len(scene.effects()) == HALF_WAY, seconds=SECONDS_TO_WORK, what="half of it done")
            os.kill(holder(engine), signal.SIGKILL)

            until(lambda: len(statuses(dagster, scene)) > 1, seconds=SECONDS_TO_LAUNCH, what="another run")
            until(lambda: scene.over, seconds=SECONDS_TO_WORK, what="all of it done")
            until(lambda: "SUCCESS" in statuses(dagster, scene), seconds=SECONDS_TO_WORK, what="its end")
            assert statuses(dagster, scene) == ["SUCCESS", "FAILURE"]
        assert set(Counter(scene.effects()).values()) == {1}
        scene.check_submitted()
    engine.dispose()


def holder(engine: Engine) -> int:
    """The process that submits."""
    with engine.connect() as connection:
        found = connection.scalars(select(Lease.holder).where(Lease.name == SUBMISSION_LEASE)).one()
    return int(found.split("|")[1])


def statuses(dagster: RunningDagster, scene: Scene) -> list[str]:
    """How the runs for the approval are or ended, the newest first."""
    return [run["status"] for run in dagster.runs(REQUEST_TAG, f"{scene.request}")]
