"""Nobody is told anything until somebody says whom to tell; what is wrong is named, secrets are not."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import EnvVar

from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.notification_settings import NotificationSettings
from scheduling_pipeline.settings import SettingsError, load_settings
from scheduling_pipeline.systems import notifications_of, referred, revealed

URL = "mailto://pipeline:secret@mail.example:25?from=pipeline@school.example&to=duty@school.example"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(("NOTIFICATIONS_", "WORK_ORDERS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEDULING_HOME", str(tmp_path))


def test_nothing_is_told_until_it_is_set_up() -> None:
    settings = load_settings()
    assert not settings.notifications.configured
    assert notifications_of(settings, referred).addresses == {}


def test_secrets_stay_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFICATIONS_URLS", URL)
    way = notifications_of(load_settings(), referred)
    assert isinstance(way.urls, EnvVar)
    assert list(notifications_of(load_settings(), revealed).addresses.values()) == ["E-Mail"]


def test_what_is_told_and_how_often_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFICATIONS_TELL", "failed, held")
    monkeypatch.setenv("NOTIFICATIONS_REPEAT_HOURS", "0.5")
    policy = load_settings().notifications.policy
    assert (policy.tell, policy.repeat) == ({"failed", "held"}, timedelta(minutes=30))


def test_the_page_of_a_run_is_known_where_dagster_is() -> None:
    assert NotificationSettings().run_page("1") is None
    assert NotificationSettings(dagster_url="https://dagster.example/").run_page("1") == (
        "https://dagster.example/runs/1"
    )


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (f'urls = "{URL}"', r"urls: a secret does not belong in a file; set NOTIFICATIONS_URLS instead"),
        ('tell = ["late"]', r"tell"),
        ("repeat_hours = -1", r"repeat_hours"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, file: str, problem: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f"[notifications]\n{file}\n")
    with pytest.raises(SettingsError, match=problem) as refusal:
        load_settings(path)
    assert "secret@" not in str(refusal.value)


def test_an_address_that_cannot_be_used_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFICATIONS_URLS", f"{URL} carrier-pigeon://secret")
    with pytest.raises(SettingsError, match="address 2 is none that apprise knows") as refusal:
        build_definitions()
    assert "secret" not in str(refusal.value)
