"""Which settings reach which outside system, and where a secret is while they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dagster import EnvVar

from resources.graph import Graph
from resources.sharepoint import SharePoint
from scheduling_pipeline.settings import GraphSettings, SchedulerSettings, Settings, load_settings
from scheduling_pipeline.systems import Secrets, graph_of, referred, revealed, sharepoint_of

SITE = "https://school.sharepoint.com/sites/Office"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """A tenant with one application for everything."""
    for group in (GraphSettings, SchedulerSettings):
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
