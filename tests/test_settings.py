"""Settings: one message says all that is wrong, secrets come from the environment, the environment wins."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from scheduling_pipeline.settings import Settings, SettingsError, load_settings
from scheduling_pipeline.timetable.model import Kind

VARIABLES = [
    "SPARKSOURCE_URL",
    "SPARKSOURCE_USER",
    "SPARKSOURCE_PASS",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "DATABASE_URL",
    "SCHEDULING_HOME",
    "SCHEDULING_CLOCK_URL",
    "SCHEDULING_SETTINGS",
    "TEACHER_CALENDARS_PRIVATE_WEEKS",
]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def _load(tmp_path: Path, toml: str = "") -> Settings:
    file = tmp_path / "settings.toml"
    file.write_text(toml)
    return load_settings(file)


def test_without_any_setting_everything_has_a_default_and_nothing_is_configured(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "missing.toml")
    assert not settings.sparksource.configured
    assert not settings.graph.configured
    assert settings.database_url == f"sqlite:///{Path('var').absolute() / 'pipeline.db'}"
    assert settings.teacher_calendars.weeks(Kind.PRIVATE) == 3
    assert settings.teacher_calendars.weeks(Kind.METHOD) == 2
    assert settings.teacher_calendars.max_age(Kind.PRIVATE) == timedelta(hours=4)


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEACHER_CALENDARS_PRIVATE_WEEKS", "5")
    settings = _load(tmp_path, "[teacher_calendars]\nprivate_weeks = 4\nmethod_weeks = 3")
    assert settings.teacher_calendars.private_weeks == 5
    assert settings.teacher_calendars.method_weeks == 3


def test_a_secret_in_the_file_is_refused_with_what_to_set_instead_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="set AZURE_CLIENT_SECRET instead") as refusal:
        _load(tmp_path, '[graph]\nclient_secret = "hush-hush"')
    assert "hush-hush" not in str(refusal.value)


def test_a_password_never_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("SPARKSOURCE_URL", "SPARKSOURCE_USER", "SPARKSOURCE_PASS"):
        monkeypatch.setenv(variable, "hush-hush")
    settings = _load(tmp_path)
    assert settings.sparksource.configured
    assert "hush-hush" not in repr(settings.sparksource.password)


def test_one_message_says_all_that_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKSOURCE_URL", "https://school.example")
    with pytest.raises(SettingsError) as refusal:
        _load(
            tmp_path,
            "[teacher_calendars]\nprivate_weeks = 0\nwhatever = 1\nzone = 'Zurich'\n"
            '[teacher_calendars.overrides]\n"Ana MARTEL" = "not a upn"\n[nonsense]\n',
        )
    message = str(refusal.value)
    for part in (
        "private_weeks",
        "whatever",
        "overrides",
        "[nonsense]",
        "SPARKSOURCE_USER, SPARKSOURCE_PASS",
    ):
        assert part in message


def test_a_wrong_variable_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEACHER_CALENDARS_PRIVATE_WEEKS", "many")
    with pytest.raises(SettingsError, match="TEACHER_CALENDARS_PRIVATE_WEEKS: "):
        _load(tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"settings\.toml is not valid TOML"):
        _load(tmp_path, "[teacher_calendars")
