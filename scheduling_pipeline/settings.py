"""Every setting, once, validated at start: `settings.toml`, overridden by the environment.

Secrets come from the environment alone; one found in the file is refused. `load_settings` reports all that
is wrong in one message.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import SettingsConfigDict
from tzlocal import get_localzone_name

from scheduling_pipeline.courses.categories import CATEGORIES
from scheduling_pipeline.notification_settings import NotificationSettings
from scheduling_pipeline.roster_settings import CrossmarkSettings, DeskSettings, RosterSettings
from scheduling_pipeline.setting_group import SettingsGroup
from scheduling_pipeline.setting_values import (
    Certificates,
    SecureAddress,
    TextList,
    TextTable,
    TimeList,
    TokenKeys,
    WebAddress,
    Zone,
    database_address,
    web_address,
)
from scheduling_pipeline.timetable.model import Agenda, Kind
from scheduling_pipeline.work_orders_settings import WorkFossaSettings, WorkOrdersSettings

SETTINGS_FILE = "settings.toml"
MEGABYTE = 1_000_000


class SettingsError(Exception):
    """All that is missing or wrong in the settings, in one message."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("the settings cannot be used:\n- " + "\n- ".join(problems))


class SparkSourceSettings(SettingsGroup):
    """The booking site."""

    model_config = SettingsConfigDict(env_prefix="SPARKSOURCE_")
    required: ClassVar[Mapping[str, str]] = {
        "url": "SPARKSOURCE_URL",
        "user": "SPARKSOURCE_USER",
        "password": "SPARKSOURCE_PASS",
    }

    url: WebAddress = ""
    user: str = ""
    password: SecretStr = Field(default=SecretStr(""), validation_alias="SPARKSOURCE_PASS")
    page_timeout_seconds: float = Field(default=30, gt=0)
    attendee_concurrency: int = Field(default=6, ge=1, le=16)
    chromium: str | None = None


class GraphSettings(SettingsGroup):
    """Microsoft Graph: the app registration that reads the directory and writes calendars."""

    model_config = SettingsConfigDict(env_prefix="AZURE_")
    required: ClassVar[Mapping[str, str]] = {
        "tenant_id": "AZURE_TENANT_ID",
        "client_id": "AZURE_CLIENT_ID",
        "client_secret": "AZURE_CLIENT_SECRET",
    }

    tenant_id: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    authority: SecureAddress | None = Field(
        default=None, description="Who issues tokens; Microsoft where not set."
    )
    graph_url: WebAddress = "https://graph.microsoft.com/v1.0"
    ca_bundle: Certificates | None = None


class TeacherCalendarSettings(SettingsGroup):
    """Teacher calendars: what is read when, and whose name means whom. Hours are local to the school."""

    model_config = SettingsConfigDict(env_prefix="TEACHER_CALENDARS_")

    agendas_file: Path | None = None
    zone: str = "Europe/Zurich"
    private_weeks: int = Field(default=3, ge=1, le=12)
    method_weeks: int = Field(default=2, ge=1, le=12)
    private_cron: str = "0 7-19/2 * * 1-6"
    method_crons: TextTable = Field(default={"sfs_lausanne": "0 20 * * 4", "esa_lausanne": "0 20 * * 5"})
    method_cron: str = Field(default="0 20 * * 5", description="For method agendas not in method_crons.")
    private_max_age_hours: float = Field(default=4, gt=0)
    method_max_age_hours: float = Field(default=24 * 8, gt=0)
    overrides: TextTable = Field(default={}, description="Name on the site to UPN; empty: leave out.")

    def weeks(self, kind: Kind) -> int:
        """How many weeks of an agenda of that kind are read, the current one included."""
        return self.method_weeks if kind is Kind.METHOD else self.private_weeks

    def max_age(self, kind: Kind) -> timedelta:
        """How old a reading of an agenda of that kind may be for a plan to be made from it."""
        return timedelta(
            hours=self.method_max_age_hours if kind is Kind.METHOD else self.private_max_age_hours
        )

    def check_catalogue(self, agendas: Iterable[Agenda]) -> None:
        """Raises SettingsError for a catalogue with nothing live, or without what the settings name."""
        catalogue = list(agendas)
        problems = []
        if not any(agenda.live for agenda in catalogue):
            problems.append(
                f"{self.agendas_file or 'the catalogue'}: no agenda is live; set `live` to true for one"
            )
        if "method_crons" in self.model_fields_set:  # the default is for the catalogue that comes with us
            method = [agenda.key for agenda in catalogue if agenda.kind is Kind.METHOD]
            there_are = f"there are {', '.join(method)}" if method else "there are none"
            problems += [
                f"teacher_calendars.method_crons: no method agenda {key!r}; {there_are}"
                for key in self.method_crons
                if key not in method
            ]
        if problems:
            raise SettingsError(problems)

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


class SchedulerSettings(SettingsGroup):
    """Files that arrive in SharePoint: where, how often to look, and how hard to try.

    The application is that of `[graph]`, unless `tenant_id`, `client_id` and the secret name another one.
    """

    model_config = SettingsConfigDict(env_prefix="SCHEDULER_")
    required: ClassVar[Mapping[str, str]] = {"sharepoint_site_url": "SCHEDULER_SHAREPOINT_SITE_URL"}

    enabled: bool = True
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    max_retries: int = Field(default=3, ge=1, le=20, description="Tries of a file in one run.")
    retry_delay_seconds: float = Field(default=60, ge=0)
    sharepoint_site_url: SecureAddress = ""
    sharepoint_folder: TextList = Field(
        default=("/Shared Documents/Reports",),
        min_length=1,
        description="Library and folder, or several.",
    )
    ingestion_dir: Path = Path("data/incoming")
    tenant_id: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    interval_minutes: float = Field(default=60, gt=0)
    interval_seconds: float | None = Field(default=None, gt=0, description="Replaces interval_minutes.")
    quad_daily_times: TimeList = Field(default=(), description="Times of day; they replace the interval.")
    timezone: Zone = "local"
    allow_overlap: bool = False
    overlap_policy: Literal["skip", "queue"] = "skip"
    shutdown_timeout_seconds: float = Field(default=30, ge=0)
    jitter_seconds: float = Field(default=0, ge=0)
    downloads: int = Field(default=4, ge=1, le=16, description="Files under way at a time.")
    run_files: int = Field(default=100, ge=1, le=1000, description="Files in one run.")
    run_megabytes: float = Field(default=500, gt=0, description="Megabytes in one run; one file may be more.")
    pages_per_look: int = Field(default=10, ge=1)
    max_file_megabytes: float = Field(default=100, gt=0)
    max_rows: int = Field(default=1_000_000, ge=1)
    max_columns: int = Field(default=500, ge=1, le=16_384)
    max_unpacked_megabytes: float = Field(default=500, gt=0)

    @model_validator(mode="after")
    def _application_is_whole(self) -> Self:
        own = {
            "SCHEDULER_TENANT_ID": self.tenant_id,
            "SCHEDULER_CLIENT_ID": self.client_id,
            "SCHEDULER_CLIENT_SECRET": self.client_secret.get_secret_value(),
        }
        missing = [variable for variable, value in own.items() if not value]
        if missing and len(missing) < len(own):
            raise ValueError(f"an application of its own also needs {', '.join(missing)}")
        return self

    @property
    def interval(self) -> timedelta:
        """How long from one look to the next, where no times of day are set."""
        seconds = self.interval_seconds
        return timedelta(minutes=self.interval_minutes) if seconds is None else timedelta(seconds=seconds)

    @property
    def run_bytes(self) -> int:
        """The most that one run downloads; one file may be larger."""
        return int(self.run_megabytes * MEGABYTE)

    @property
    def max_file_bytes(self) -> int:
        """The largest file that is downloaded."""
        return int(self.max_file_megabytes * MEGABYTE)

    @property
    def max_unpacked_bytes(self) -> int:
        """How large a compressed file may become."""
        return int(self.max_unpacked_megabytes * MEGABYTE)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the times of day, and of timestamps in files that name none."""
        return ZoneInfo(get_localzone_name() if self.timezone == "local" else self.timezone)


class GoogleSettings(SettingsGroup):
    """Google: the project's OAuth client, by which people let us write, and the service account that owns the
    course calendars."""

    model_config = SettingsConfigDict(env_prefix="GOOGLE_")
    required: ClassVar[Mapping[str, str]] = {
        "client_id": "GOOGLE_CLIENT_ID",
        "client_secret": "GOOGLE_CLIENT_SECRET",
        "service_account_file": "GOOGLE_SERVICE_ACCOUNT_FILE",
        "token_key": "GOOGLE_TOKEN_KEY",
    }

    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    service_account_file: Path | None = None
    token_key: TokenKeys = Field(
        default=SecretStr(""), description="Encrypts people's tokens; older keys after a comma."
    )
    api_url: WebAddress = "https://www.googleapis.com"
    token_url: SecureAddress = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    auth_url: SecureAddress = "https://accounts.google.com/o/oauth2/v2/auth"
    ca_bundle: Certificates | None = None
    user_calls_per_minute: int = Field(default=480, ge=1, description="Google allows 600.")
    calls_per_minute: int = Field(default=8_000, ge=1, description="Google allows 10,000.")


class CourseCalendarSettings(SettingsGroup):
    """Course calendars: when they are brought up to date, and what is in them."""

    model_config = SettingsConfigDict(env_prefix="COURSE_CALENDARS_")

    zone: Zone = "America/New_York"
    nightly_cron: str = "30 3 * * *"
    calendar_name: str = Field(default="Courses", min_length=1)
    university_categories: TextList = Field(
        default=("holiday",), description="University events that are in everybody's calendar."
    )

    @field_validator("zone")
    @classmethod
    def _is_named(cls, value: str) -> str:
        if value == "local":
            raise ValueError("needs the IANA zone of the school, such as America/New_York")
        return value

    @field_validator("university_categories")
    @classmethod
    def _are_categories(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in CATEGORIES:
                raise ValueError(f"{name!r} is no category of events; there are {', '.join(CATEGORIES)}")
        return value


class Settings(BaseModel):
    """All settings of the project."""

    home: Path
    database_url: str
    clock_url: str | None
    sparksource: SparkSourceSettings
    graph: GraphSettings
    teacher_calendars: TeacherCalendarSettings
    scheduler: SchedulerSettings
    google: GoogleSettings
    course_calendars: CourseCalendarSettings
    crossmark: CrossmarkSettings
    roster: RosterSettings
    desk: DeskSettings
    workfossa: WorkFossaSettings
    work_orders: WorkOrdersSettings
    notifications: NotificationSettings


_GROUPS: Mapping[str, type[SettingsGroup]] = {
    "sparksource": SparkSourceSettings,
    "graph": GraphSettings,
    "teacher_calendars": TeacherCalendarSettings,
    "scheduler": SchedulerSettings,
    "google": GoogleSettings,
    "course_calendars": CourseCalendarSettings,
    "crossmark": CrossmarkSettings,
    "roster": RosterSettings,
    "desk": DeskSettings,
    "workfossa": WorkFossaSettings,
    "work_orders": WorkOrdersSettings,
    "notifications": NotificationSettings,
}


def load_settings(file: Path | None = None) -> Settings:
    """Read `settings.toml` and the environment.

    The file is `SCHEDULING_SETTINGS`, or `settings.toml` in the working directory; it need not exist.
    Raises SettingsError naming every table, setting and environment variable that is wrong.
    """
    path = file or Path(os.environ.get("SCHEDULING_SETTINGS", SETTINGS_FILE))
    tables = _read(path)
    home = Path(os.environ.get("SCHEDULING_HOME", "var")).absolute()
    database_url = os.environ.get("DATABASE_URL") or f"sqlite:///{home / 'pipeline.db'}"
    clock_url = os.environ.get("SCHEDULING_CLOCK_URL") or None
    problems = [f"{path}: there is no table [{name}]" for name in tables if name not in _GROUPS]
    problems += _problem("DATABASE_URL", database_address, database_url)
    problems += _problem("SCHEDULING_CLOCK_URL", web_address, clock_url) if clock_url else []
    groups: dict[str, Any] = {}
    for name, group in _GROUPS.items():
        table = tables.get(name, {})
        if not isinstance(table, dict):
            problems.append(f"{path}: {name} must be a table, [{name}]")
            continue
        secrets = _secrets(group)
        problems += [
            f"{path} [{name}] {key}: a secret does not belong in a file; set {secrets[key]} instead"
            for key in table
            if key in secrets
        ]
        try:
            groups[name] = group(**{key: value for key, value in table.items() if key not in secrets})
        except ValidationError as error:
            problems += [_describe(path, name, group, fault) for fault in error.errors()]
            continue
        missing = groups[name].missing
        if missing and len(missing) < len(group.required):
            problems.append(f"{name}: also set {', '.join(missing)}")
    if problems:
        raise SettingsError(problems)
    return Settings(home=home, database_url=database_url, clock_url=clock_url, **groups)


def _problem(variable: str, check: Callable[[str], str], value: str) -> list[str]:
    try:
        check(value)
    except ValueError as error:
        return [f"{variable}: {error}"]
    return []


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path} is not valid TOML: {error}"]) from error
    except OSError as error:
        raise SettingsError([f"{path} cannot be read: {error.strerror}"]) from error


def _secrets(group: type[SettingsGroup]) -> dict[str, str]:
    """What a secret may be called in the file, and the environment variable that is right for it."""
    prefix = group.model_config.get("env_prefix", "")
    variables = {
        name: group.required.get(name, f"{prefix}{name}".upper())
        for name, field in group.model_fields.items()
        if field.annotation is SecretStr
    }
    return variables | {variable: variable for variable in variables.values()}


def _describe(path: Path, name: str, group: type[SettingsGroup], fault: Mapping[str, Any]) -> str:
    if not fault["loc"]:  # about the table as a whole
        return f"[{name}]: {fault['msg'].removeprefix('Value error, ')}"
    key = ".".join(str(part) for part in fault["loc"])
    variable = f"{group.model_config.get('env_prefix', '')}{fault['loc'][0]}".upper()
    where = variable if os.environ.get(variable) else f"{path} [{name}] {key}"
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}"
