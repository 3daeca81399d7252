"""Every setting, once, validated at start: `settings.toml`, overridden by the environment.

Secrets come from the environment alone; one found in the file is refused. `load_settings` reports all that
is wrong in one message.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import available_timezones

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from scheduling_pipeline.timetable.model import Kind

SETTINGS_FILE = "settings.toml"


class SettingsError(Exception):
    """All that is missing or wrong in the settings, in one message."""


class _Group(BaseSettings):
    """One table of the file. The environment goes before the file."""

    model_config = SettingsConfigDict(extra="forbid", str_strip_whitespace=True)
    required: ClassVar[Mapping[str, str]] = {}  # field to the environment variable that people set

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def missing(self) -> list[str]:
        """The environment variables that are still to be set before this system can be used."""
        return [variable for name, variable in self.required.items() if not getattr(self, name)]

    @property
    def configured(self) -> bool:
        return not self.missing


class SparkSourceSettings(_Group):
    """The booking site."""

    model_config = SettingsConfigDict(env_prefix="SPARKSOURCE_")
    required = {"url": "SPARKSOURCE_URL", "user": "SPARKSOURCE_USER", "password": "SPARKSOURCE_PASS"}

    url: str = ""
    user: str = ""
    password: SecretStr = Field(default=SecretStr(""), validation_alias="SPARKSOURCE_PASS")
    page_timeout_seconds: float = Field(default=30, gt=0)
    attendee_concurrency: int = Field(default=6, ge=1, le=16)
    chromium: str | None = None


class GraphSettings(_Group):
    """Microsoft Graph: the app registration that reads the directory and writes calendars."""

    model_config = SettingsConfigDict(env_prefix="AZURE_")
    required = {
        "tenant_id": "AZURE_TENANT_ID",
        "client_id": "AZURE_CLIENT_ID",
        "client_secret": "AZURE_CLIENT_SECRET",
    }

    tenant_id: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    domain: str = ""
    authority: str | None = Field(default=None, description="Who issues tokens; Microsoft where not set.")
    graph_url: str = "https://graph.microsoft.com/v1.0"
    ca_bundle: str | None = None


class TeacherCalendarSettings(_Group):
    """Teacher calendars: what is read when, and whose name means whom. Hours are local to the school."""

    model_config = SettingsConfigDict(env_prefix="TEACHER_CALENDARS_")

    agendas_file: Path | None = None
    zone: str = "Europe/Zurich"
    private_weeks: int = Field(default=3, ge=1, le=12)
    method_weeks: int = Field(default=2, ge=1, le=12)
    private_cron: str = "0 7-19/2 * * 1-6"
    method_crons: dict[str, str] = {"sfs_lausanne": "0 20 * * 4", "esa_lausanne": "0 20 * * 5"}
    method_cron: str = Field(default="0 20 * * 5", description="For method agendas not in method_crons.")
    private_max_age_hours: float = Field(default=4, gt=0)
    method_max_age_hours: float = Field(default=24 * 8, gt=0)
    overrides: dict[str, str] = Field(default={}, description="Name on the site to UPN; empty: leave out.")

    def weeks(self, kind: Kind) -> int:
        """How many weeks of an agenda of that kind are read, the current one included."""
        return self.method_weeks if kind is Kind.METHOD else self.private_weeks

    def max_age(self, kind: Kind) -> timedelta:
        """How old a reading of an agenda of that kind may be for a plan to be made from it."""
        return timedelta(
            hours=self.method_max_age_hours if kind is Kind.METHOD else self.private_max_age_hours
        )

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no IANA time zone")
        return value

    @field_validator("overrides")
    @classmethod
    def _is_upn(cls, value: dict[str, str]) -> dict[str, str]:
        for name, upn in value.items():
            if upn and "@" not in upn:
                raise ValueError(f"{name!r}: {upn!r} is no user principal name; give one or an empty text")
        return value


class Settings(BaseModel):
    """All settings of the project."""

    home: Path
    database_url: str
    clock_url: str | None
    sparksource: SparkSourceSettings
    graph: GraphSettings
    teacher_calendars: TeacherCalendarSettings


_GROUPS: Mapping[str, type[_Group]] = {
    "sparksource": SparkSourceSettings,
    "graph": GraphSettings,
    "teacher_calendars": TeacherCalendarSettings,
}


def load_settings(file: Path | None = None) -> Settings:
    """Read `settings.toml` and the environment.

    The file is `SCHEDULING_SETTINGS`, or `settings.toml` in the working directory; it need not exist.
    Raises SettingsError naming every table, setting and environment variable that is wrong.
    """
    path = file or Path(os.environ.get("SCHEDULING_SETTINGS", SETTINGS_FILE))
    tables = _read(path)
    problems = [f"{path}: there is no table [{name}]" for name in tables if name not in _GROUPS]
    groups: dict[str, Any] = {}
    for name, group in _GROUPS.items():
        table = tables.get(name, {})
        problems += _secrets_in(path, name, group, table)
        try:
            groups[name] = group(**table)
        except ValidationError as error:
            problems += [_describe(path, name, group, fault) for fault in error.errors()]
            continue
        missing = groups[name].missing
        if missing and len(missing) < len(group.required):
            problems.append(f"{name}: also set {', '.join(missing)}")
    if problems:
        raise SettingsError("the settings cannot be used:\n- " + "\n- ".join(problems))
    home = Path(os.environ.get("SCHEDULING_HOME", "var")).absolute()
    return Settings(
        home=home,
        database_url=os.environ.get("DATABASE_URL") or f"sqlite:///{home / 'pipeline.db'}",
        clock_url=os.environ.get("SCHEDULING_CLOCK_URL") or None,
        **groups,
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error


def _secrets_in(path: Path, name: str, group: type[_Group], table: Mapping[str, Any]) -> list[str]:
    secrets = {key for key, field in group.model_fields.items() if field.annotation is SecretStr}
    return [
        f"{path} [{name}] {key}: a secret does not belong in a file; set {group.required[key]} instead"
        for key in table
        if key in secrets
    ]


def _describe(path: Path, name: str, group: type[_Group], fault: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    variable = f"{group.model_config.get('env_prefix', '')}{key.upper()}"
    where = variable if variable in os.environ else f"{path} [{name}] {key}"
    return f"{where}: {fault['msg']}"
