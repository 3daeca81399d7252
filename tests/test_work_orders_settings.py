"""The settings of the work orders and of WorkFossa: what is usual, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from cryptography.fernet import Fernet

from assets.work_order_jobs import TYPE_TAG
from scheduling_pipeline.settings import Settings, SettingsError, load_settings
from scheduling_pipeline.work_orders_settings import WorkFossaSettings, WorkOrdersSettings

DEPLOY = Path(__file__).parents[1] / "deploy"
Load = Callable[[str], Settings]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Settings from a text, whatever the environment of the tests is."""
    for group in (WorkFossaSettings, WorkOrdersSettings):
        for name in group.model_fields:
            monkeypatch.delenv(f"{group.model_config['env_prefix']}{name}".upper(), raising=False)

    def from_text(toml: str) -> Settings:
        file = tmp_path / "settings.toml"
        file.write_text(toml)
        return load_settings(file)

    return from_text


@pytest.mark.parametrize("kind", ["embedded", "postgres"])
def test_dagster_has_as_many_runs_at_a_time_as_there_are_places(kind: str) -> None:
    deployed = dg.config_from_files([str(DEPLOY / kind / "dagster.yaml")])
    assert deployed["concurrency"]["runs"]["tag_concurrency_limits"] == [
        {"key": TYPE_TAG, "limit": WorkOrdersSettings.model_fields["parallel"].default}
    ]


def test_without_settings_everything_but_the_key_is_usual(load: Load) -> None:
    settings = load("")
    assert settings.workfossa.url == "https://app.workfossa.com"
    orders = settings.work_orders
    assert (orders.parallel, orders.pause_after, orders.attempts) == (3, 5, 3)
    assert orders.keep == timedelta(days=90)
    assert not orders.configured


def test_a_key_is_all_that_is_needed(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("WORK_ORDERS_KEY", key)
    orders = load('[work_orders]\nzone = "America/Chicago"').work_orders
    assert (orders.configured, orders.zone) == (True, "America/Chicago")
    assert key not in repr(orders)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (
            '[work_orders]\nkey = "x"',
            "[work_orders] key: a secret does not belong in a file; set WORK_ORDERS_KEY",
        ),
        ('[work_orders]\nzone = "local"', "[work_orders] zone: needs an IANA zone"),
        ('[work_orders]\nzone = "Chicago"', "[work_orders] zone: 'Chicago' is no IANA time zone"),
        ("[work_orders]\nparallel = 0", "[work_orders] parallel: Input should be greater than or equal to 1"),
        ("[work_orders]\npause_after = 0", "[work_orders] pause_after: "),
        ("[work_orders]\nsmallest_share = 2", "[work_orders] smallest_share: "),
        ("[work_orders]\nkeep_days = 0", "[work_orders] keep_days: "),
        ('[workfossa]\nurl = "workfossa"', "[workfossa] url: is no web address"),
        ("[workfossa]\npage_timeout_seconds = 0", "[workfossa] page_timeout_seconds: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(load: Load, toml: str, told: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(toml)
    assert told in str(refusal.value)


def test_a_wrong_key_is_refused_without_being_shown(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORK_ORDERS_KEY", "hush-hush")
    with pytest.raises(SettingsError, match="WORK_ORDERS_KEY: is no key") as refusal:
        load("")
    assert "hush-hush" not in str(refusal.value)
