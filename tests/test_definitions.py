"""What Dagster loads: a snapshot of all names, and that it loads with and without settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from scheduling_pipeline.definitions import build_definitions, sync_run
from scheduling_pipeline.settings import SettingsError

ROOT = Path(__file__).parents[1]
SNAPSHOT = Path(__file__).with_name("definitions.json")
PREFIXES = (
    "SPARKSOURCE_",
    "AZURE_",
    "TEACHER_CALENDARS_",
    "SCHEDULER_",
    "GOOGLE_",
    "CROSSMARK_",
    "ROSTER_",
    "DESK_",
    "COURSE_CALENDARS_",
    "NOTIFICATIONS_",
    "WORKFOSSA_",
    "WORK_ORDERS_",
    "SCHEDULING_",
    "DATABASE_URL",
)
SYSTEMS = {
    "SPARKSOURCE_URL": "http://localhost:1",
    "SPARKSOURCE_USER": "planner",
    "SPARKSOURCE_PASS": "planner",
    "AZURE_TENANT_ID": "tenant",
    "AZURE_CLIENT_ID": "client",
    "AZURE_CLIENT_SECRET": "secret",
    "SCHEDULER_SHAREPOINT_SITE_URL": "https://school.sharepoint.com/sites/School",
    "GOOGLE_CLIENT_ID": "client",
    "GOOGLE_CLIENT_SECRET": "secret",
    "GOOGLE_SERVICE_ACCOUNT_FILE": "service-account.json",
    "CROSSMARK_USER": "planner",
    "CROSSMARK_PASSWORD": "planner",
    "NOTIFICATIONS_URLS": "mailto://localhost?from=pipeline@school.example",
    "WORK_ORDERS_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "GOOGLE_TOKEN_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without any of the project's settings."""
    for name in os.environ:
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SCHEDULING_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def contents(definitions: dg.Definitions) -> dict[str, Any]:
    """All that people and other systems know by name."""
    repository = definitions.get_repository_def()
    graph = repository.asset_graph
    jobs = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]
    return {
        "assets": {
            key.to_user_string(): {
                "group": graph.get(key).group_name,
                "partitions": _keys(graph.get(key).partitions_def),
                "checks": sorted(check.name for check in graph.asset_check_keys if check.asset_key == key),
            }
            for key in graph.get_all_asset_keys()
        },
        "jobs": {job.name: _names(job.asset_layer.selected_asset_keys) for job in jobs},
        "schedules": {
            one.name: {
                "cron": one.cron_schedule,
                "zone": one.execution_timezone,
                "job": one.job_name,
                "status": one.default_status.value,
            }
            for one in repository.schedule_defs
        },
        "sensors": {
            one.name: {
                "job": ", ".join(target.job_name for target in one.targets) or None,
                "status": one.default_status.value,
            }
            for one in repository.sensor_defs
        },
        "resources": sorted(definitions.resources or ()),
    }


def _keys(partitions: dg.PartitionsDefinition[str] | None) -> list[str]:
    if isinstance(partitions, dg.DynamicPartitionsDefinition):
        return [f"dynamic: {partitions.name}"]
    return list(partitions.get_partition_keys()) if partitions else []


def _names(keys: Iterable[dg.AssetKey]) -> list[str]:
    return sorted(key.to_user_string() for key in keys)


def test_all_names_are_as_people_know_them(clean_environment: pytest.MonkeyPatch) -> None:
    """A name that changes loses its history in Dagster: change the snapshot only on purpose."""
    for name, value in SYSTEMS.items():
        clean_environment.setenv(name, value)

    assert contents(build_definitions()) == json.loads(SNAPSHOT.read_text())


def test_without_settings_all_loads_and_nothing_starts_by_itself(
    clean_environment: pytest.MonkeyPatch,  # noqa: ARG001 - what it takes away is the point
) -> None:
    found = contents(build_definitions())
    expected = json.loads(SNAPSHOT.read_text())

    for kind in ("schedules", "sensors"):
        assert {one["status"] for one in found[kind].values()} == {"STOPPED"}
        assert {one["status"] for one in expected[kind].values()} == {"RUNNING"}
        for one in (*found[kind].values(), *expected[kind].values()):
            del one["status"]
    assert found == expected


def test_a_system_that_is_configured_by_half_is_refused(clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv("SPARKSOURCE_URL", "http://localhost:1")

    with pytest.raises(SettingsError, match="SPARKSOURCE_USER, SPARKSOURCE_PASS"):
        build_definitions()


def test_the_definitions_bind_every_resource_they_ask_for(
    clean_environment: pytest.MonkeyPatch,  # noqa: ARG001
) -> None:
    dg.Definitions.validate_loadable(build_definitions())


def test_the_main_run_holds_all_live_agendas(clean_environment: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    job, agendas, tags = sync_run(build_definitions())

    assert job.name == "sync_teacher_calendars"
    assert len(agendas) == 5
    assert set(tags.values()) == {agendas[0], agendas[-1]}


@pytest.mark.process
def test_dagster_itself_finds_the_workspace_valid(
    clean_environment: pytest.MonkeyPatch,  # noqa: ARG001
    tmp_path: Path,
) -> None:
    dagster = Path(sys.executable).with_name("dagster")
    result = subprocess.run(
        [dagster, "definitions", "validate", "-w", "workspace.yaml"],
        cwd=ROOT,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
