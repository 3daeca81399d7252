"""Ten schedules that are due at once, a real daemon that is killed in the middle, a real browser for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.simulators.workfossa import Account, FixedOrders, Settings
from scheduling_pipeline.work_orders import credentials, schedules
from scheduling_pipeline.work_orders.history import Run, runs_of
from scheduling_pipeline.work_orders.runs import DIED
from scheduling_pipeline.work_orders.schedule import Schedule
from tests.databases import copied
from tests.end_to_end.dagster_process import ROOT, running_dagster, until
from tests.simulators.fossa_client import order, served
from tests.work_orders.owners import ZONE, add_owner

OWNERS = 10
PASSWORD = "quiet-harbour-77"
SECONDS_TO_LAUNCH = 90  # Dagster starts, the sensor looks every fifteen seconds, and a run starts
SECONDS_TO_WORK = 420  # for all of them, on a busy machine

pytestmark = [pytest.mark.process, pytest.mark.browser]


@dataclass
class Scene:
    """Ten owners whose schedules are due."""

    engine: Engine
    schedules: list[Schedule]
    environment: dict[str, str]

    @property
    def runs(self) -> list[Run]:
        return [run for one in self.schedules for run in runs_of(self.engine, one.owner_id)]

    @property
    def running(self) -> list[Run]:
        return [run for run in self.runs if run.running]

    @property
    def over(self) -> bool:
        return len(self.runs) >= OWNERS and not self.running


@pytest.fixture
def scene(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Scene]:
    accounts = [
        Account(f"owner{number}@fieldwork.example", PASSWORD, f"Owner {number}") for number in range(OWNERS)
    ]
    source = FixedOrders(accounts=accounts)
    key = Fernet.generate_key().decode()
    engine = connect(copied(migrated_sqlite, tmp_path / "pipeline.db"))
    now = datetime.now(UTC)
    made = []
    for number, account in enumerate(accounts):
        source.replace([order(110_001 + number)], account.email)
        owner = add_owner(engine, f"owner {number}")
        login = credentials.Account(account.email, account.password)
        credentials.save_account(engine, Cipher(key), owner, login, now)
        made.append(schedules.create(engine, owner, "work_orders", {}, zone=ZONE, now=now))
    with served(tmp_path / "site", source, Settings(loading_seconds=3)) as site:
        environment = {
            "SCHEDULING_HOME": str(tmp_path),
            "DATABASE_URL": str(engine.url),
            "WORK_ORDERS_KEY": key,
            "WORKFOSSA_URL": site.url,
        }
        yield Scene(engine, made, environment)
    engine.dispose()


def test_11_three_at_a_time_each_once_although_the_daemon_is_killed_in_the_middle(
    scene: Scene, tmp_path: Path
) -> None:
    home, configuration = tmp_path / "dagster", ROOT / "deploy" / "embedded" / "dagster.yaml"
    with running_dagster(home, configuration, scene.environment):
        until(lambda: scene.running, seconds=SECONDS_TO_LAUNCH, what="a run")
        kill_daemon()
    assert len(scene.runs) < OWNERS, "it was killed in the middle"

    with running_dagster(home, configuration, scene.environment) as dagster:
        until(lambda: scene.over, seconds=SECONDS_TO_WORK, what="all of them done")
        launched = dagster.runs("scheduling/schedule_type", "work_orders")
        until(
            lambda: all(ended(dagster.run_status(run["runId"])) for run in launched),
            seconds=SECONDS_TO_LAUNCH,
            what="no run left in Dagster",
        )

    assert [len(runs_of(scene.engine, one.owner_id)) for one in scene.schedules] == [1] * OWNERS
    assert {run.error_message for run in scene.runs} <= {None, DIED}
    assert sum(run.success for run in scene.runs) >= OWNERS - 3, "only those that were under way died"
    assert 1 < most_at_once(scene.runs) <= 3
    for one in scene.schedules:
        after = schedules.get(scene.engine, one.owner_id, one.id)
        assert after.next_run is not None
        assert one.next_run is not None
        assert after.next_run > one.next_run


def kill_daemon() -> None:
    """SIGKILL to the daemon that this test has started."""
    ours = psutil.Process().children(recursive=True)
    (daemon,) = (process for process in ours if "dagster._daemon" in " ".join(process.cmdline()))
    daemon.kill()


def ended(status: str) -> bool:
    return status in {"SUCCESS", "FAILURE", "CANCELED"}


def most_at_once(runs: list[Run]) -> int:
    """The most runs that were under way at one instant."""
    return max(
        sum(
            one.started_at <= run.started_at < (one.completed_at or datetime.max.replace(tzinfo=UTC))
            for one in runs
        )
        for run in runs
    )
