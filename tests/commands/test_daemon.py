"""What the desk is told of Dagster's daemon: its real heartbeats, and what its sensor noted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, SensorInstigatorData
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.types import DaemonHeartbeat

from scheduling_pipeline.commands.daemon import SENSOR, daemon_status, status_of
from scheduling_pipeline.desk.outside import DaemonStatus
from sensors.due_scrapes import NAME, Checks

CHECKED = datetime(2026, 3, 2, 14, tzinfo=UTC)
CURSOR = Checks(CHECKED.isoformat(), schedules_checked=7, tasks_executed=128).to_json()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


def beat(instance: dg.DagsterInstance, ago: float = 0) -> None:
    instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - ago, "SENSOR", "one", []))


def note(instance: dg.DagsterInstance, cursor: str | None, name: str = SENSOR) -> None:
    """Have the sensor have looked."""
    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="any"), location_name="any")
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "any"), name)
    data = SensorInstigatorData(cursor=cursor, last_tick_timestamp=CHECKED.timestamp())
    instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, data)
    )


def test_a_daemon_that_beats_and_a_sensor_that_looked(instance: dg.DagsterInstance) -> None:
    beat(instance)
    note(instance, CURSOR)
    assert status_of(instance) == DaemonStatus(True, CHECKED, 7, 128)  # noqa: FBT003 - its first field


def test_a_daemon_that_has_not_beaten_lately_does_not_run(instance: dg.DagsterInstance) -> None:
    beat(instance, ago=120)
    assert status_of(instance) == DaemonStatus()


@pytest.mark.parametrize("cursor", [None, "7", '{"last_check": "soon"}'])
def test_without_a_note_it_is_known_when_the_sensor_ran(
    instance: dg.DagsterInstance, cursor: str | None
) -> None:
    note(instance, cursor)
    assert status_of(instance).last_check == CHECKED


def test_it_is_the_sensor_of_the_schedules() -> None:
    assert SENSOR == NAME


def test_other_sensors_do_not_count(instance: dg.DagsterInstance) -> None:
    note(instance, CURSOR, "releases")
    assert status_of(instance).schedules_checked == 0


def test_without_dagster_there_is_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert daemon_status() == DaemonStatus()


def test_a_home_that_does_not_exist_has_no_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "nowhere"))
    assert daemon_status() == DaemonStatus()


def test_a_daemon_whose_storage_is_away_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = "postgresql+psycopg2://dagster:secret@127.0.0.1:1/dagster"
    (tmp_path / "dagster.yaml").write_text(f"storage: {{postgres: {{postgres_url: '{away}'}}}}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setattr("dagster_postgres.utils.time", SimpleNamespace(sleep=lambda _: None))
    assert daemon_status() == DaemonStatus()
    assert "Dagster cannot be asked how it is (DagsterPostgresException)" in caplog.messages
    assert "secret" not in caplog.text


def test_a_daemon_whose_storage_is_broken_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "schedules.db").write_text("no database" * 1000)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert daemon_status() == DaemonStatus()
