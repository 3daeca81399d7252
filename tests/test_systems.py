"""Which settings reach which outside system, and where a secret is while they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dagster import EnvVar

from resources.google_service_account import ServiceAccountError
from resources.graph import Graph
from resources.sharepoint import SharePoint
from scheduling_pipeline.roster_settings import CrossmarkSettings
from scheduling_pipeline.settings import (
    GoogleSettings,
    GraphSettings,
    SchedulerSettings,
    Settings,
    load_settings,
)
from scheduling_pipeline.systems import (
    Secrets,
    crossmark_of,
    google_of,
    graph_of,
    referred,
    revealed,
    sharepoint_of,
    workfossa_of,
)
from scheduling_pipeline.work_orders_settings import WorkFossaSettings, WorkOrdersSettings

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SITE = "https://school.sharepoint.com/sites/Office"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """A tenant with one application for everything."""
    for group in (GraphSettings, SchedulerSettings, GoogleSettings):
        for name in group.model_fields:
            monkeypatch.delenv(f"{group.model_config['env_prefix']}{name}".upper(), raising=False)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "hush")
    file = tmp_path / "settings.toml"
    file.write_text(
        '[graph]\ntenant_id = "school"\nclient_id = "app"\n'
        f'[scheduler]\nsharepoint_site_url = "{SITE}"\ndownloads = 7\nmax_file_megabytes = 2\n'
        'sharepoint_folder = ["/Shared Documents/Reports", "/Shared Documents/Plans"]\n'
    )
    return load_settings(file)


def application(graph: Graph) -> tuple[Any, Any, Any]:
    return graph.tenant_id, graph.client_id, graph.client_secret


def own(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings that name an application of the flow's own."""
    monkeypatch.setenv("SCHEDULER_CLIENT_SECRET", "quiet")
    named = SchedulerSettings(tenant_id="other", client_id="reader")
    return named.model_dump(include={"tenant_id", "client_id", "client_secret"})


def of(settings: Settings, secrets: Secrets = revealed, **changes: Any) -> SharePoint:  # noqa: ANN401
    flow = settings.scheduler.model_copy(update=changes)
    return sharepoint_of(settings.model_copy(update={"scheduler": flow}), secrets)


def test_the_site_its_folders_and_the_limits_are_those_of_the_settings(settings: Settings) -> None:
    found = of(settings)
    assert found.site_url == SITE
    assert found.folders == ["/Shared Documents/Reports", "/Shared Documents/Plans"]
    assert (found.downloads, found.max_bytes) == (7, 2_000_000)


def test_sharepoint_is_read_by_the_application_of_the_calendars(settings: Settings) -> None:
    assert application(of(settings).graph) == ("school", "app", "hush")


def test_or_by_one_of_its_own_and_the_calendars_keep_theirs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert application(of(settings, **own(monkeypatch)).graph) == ("other", "reader", "quiet")
    assert application(graph_of(settings, revealed)) == ("school", "app", "hush")


def test_dagster_is_given_the_name_of_a_secret_and_never_the_secret(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert of(settings, referred).graph.client_secret == EnvVar("AZURE_CLIENT_SECRET")
    found = of(settings, referred, **own(monkeypatch))
    assert found.graph.client_secret == EnvVar("SCHEDULER_CLIENT_SECRET")
    assert "quiet" not in repr(found)


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """A project in Google's cloud, whose key file is not there."""
    for name in GoogleSettings.model_fields:
        monkeypatch.delenv(f"GOOGLE_{name}".upper(), raising=False)
    monkeypatch.setenv("GOOGLE_CLIENT_SECRET", "hush")
    monkeypatch.setenv("GOOGLE_TOKEN_KEY", KEY)
    file = tmp_path / "settings.toml"
    file.write_text(
        '[google]\nclient_id = "courses"\nservice_account_file = "absent.json"\n'
        "user_calls_per_minute = 60\ncalls_per_minute = 600\n"
    )
    return load_settings(file)


def test_google_is_the_project_of_the_settings_at_the_pace_of_the_settings(project: Settings) -> None:
    found = google_of(project, revealed)
    assert (found.client_id, found.client_secret, found.token_key) == ("courses", "hush", KEY)
    assert (found.user_calls_per_minute, found.calls_per_minute) == (60, 600)
    assert found.api_url == "https://www.googleapis.com"
    assert found.ca_bundle is None


def test_dagster_is_given_the_names_of_googles_secrets(project: Settings) -> None:
    found = google_of(project, referred)
    assert found.client_secret == EnvVar("GOOGLE_CLIENT_SECRET")
    assert found.token_key == EnvVar("GOOGLE_TOKEN_KEY")
    assert KEY not in repr(found)
    for shown in (repr(google_of(project, revealed)), str(google_of(project, revealed))):
        assert "hush" not in shown
        assert KEY not in shown


def test_without_settings_of_google_dagster_still_loads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GoogleSettings.model_fields:
        monkeypatch.delenv(f"GOOGLE_{name}".upper(), raising=False)
    found = google_of(load_settings(Path("absent.toml")), referred)
    assert found.service_account_file == EnvVar("GOOGLE_SERVICE_ACCOUNT_FILE")


def test_a_key_file_that_is_missing_is_named_when_it_is_needed(project: Settings) -> None:
    with (
        pytest.raises(ServiceAccountError, match=r"GOOGLE_SERVICE_ACCOUNT_FILE: absent\.json cannot be read"),
        google_of(project, revealed).service_calendars(),
    ):
        pytest.fail("opened")


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """A planner's account, and stores in another zone than usual."""
    for name in CrossmarkSettings.model_fields:
        monkeypatch.delenv(f"CROSSMARK_{name}".upper(), raising=False)
    monkeypatch.delenv("ROSTER_ZONE", raising=False)
    monkeypatch.setenv("CROSSMARK_PASSWORD", "hush")
    file = tmp_path / "settings.toml"
    file.write_text(
        '[crossmark]\nuser = "demo.manager"\ntimeout_seconds = 12\nsession_seconds = 600\n'
        '[roster]\nzone = "America/Chicago"\n'
    )
    return load_settings(file)


def test_crossmark_is_the_account_of_the_settings_in_the_stores_zone(stores: Settings) -> None:
    found = crossmark_of(stores, revealed)
    assert (found.base_url, found.username, found.password) == (
        "https://crossmark.mvretail.com",
        "demo.manager",
        "hush",
    )
    assert (found.zone, found.timeout, found.session_seconds) == ("America/Chicago", 12, 600)
    assert found.ca_bundle is None


def test_dagster_is_given_the_name_of_crossmarks_password(stores: Settings) -> None:
    assert crossmark_of(stores, referred).password == EnvVar("CROSSMARK_PASSWORD")
    for shown in (repr(crossmark_of(stores, revealed)), str(crossmark_of(stores, revealed))):
        assert "hush" not in shown


def test_without_settings_of_crossmark_dagster_still_loads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CrossmarkSettings.model_fields:
        monkeypatch.delenv(f"CROSSMARK_{name}".upper(), raising=False)
    assert crossmark_of(load_settings(Path("absent.toml")), referred).username == EnvVar("CROSSMARK_USER")


def test_workfossa_is_as_patient_as_the_settings_and_knows_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for group in (WorkFossaSettings, WorkOrdersSettings):
        for name in group.model_fields:
            monkeypatch.delenv(f"{group.model_config['env_prefix']}{name}".upper(), raising=False)
    monkeypatch.setenv("WORK_ORDERS_KEY", KEY)
    file = tmp_path / "settings.toml"
    file.write_text(
        '[workfossa]\nurl = "https://fossa.example"\npage_timeout_seconds = 12\nlogin_timeout_seconds = 4\n'
        "[work_orders]\nattempts = 2\nretry_seconds = 1\nlocation_attempts = 4\nlocation_retry_seconds = 3\n"
    )
    found = workfossa_of(load_settings(file))
    assert (found.base_url, found.page_timeout, found.login_timeout) == ("https://fossa.example", 12, 4)
    assert (found.attempts, found.retry_seconds) == (2, 1)
    assert (found.location_attempts, found.location_retry_seconds) == (4, 3)
    assert KEY not in repr(found)
