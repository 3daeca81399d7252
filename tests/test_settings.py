"""Settings: one message says all that is wrong, secrets come from the environment, the environment wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from cryptography.fernet import Fernet

from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.settings import (
    CourseCalendarSettings,
    GoogleSettings,
    SchedulerSettings,
    Settings,
    SettingsError,
    load_settings,
)
from scheduling_pipeline.timetable.agendas import load_agendas
from scheduling_pipeline.timetable.model import Kind
from sensors.sharepoint_arrival import cadence_of

CATALOGUE = load_agendas()
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
    "AZURE_AUTHORITY",
    "AZURE_CA_BUNDLE",
    "AZURE_GRAPH_URL",
    "TEACHER_CALENDARS_METHOD_CRONS",
    "TEACHER_CALENDARS_OVERRIDES",
    "TEACHER_CALENDARS_PRIVATE_WEEKS",
    *(
        f"{group.model_config['env_prefix']}{name}".upper()
        for group in (SchedulerSettings, GoogleSettings, CourseCalendarSettings)
        for name in group.model_fields
    ),
]
# As the design of the flow has it, but for the secret, which is not for a file.
SCHEDULER = """
[scheduler]
enabled = true
log_level = "INFO"
max_retries = 3
retry_delay_seconds = 60
sharepoint_site_url = "https://yourtenant.sharepoint.com/sites/YourSite"
sharepoint_folder = "/Shared Documents/Reports"
ingestion_dir = "data/incoming"
client_id = "your-app-client-id"
tenant_id = "your-tenant-id"
interval_minutes = 60
quad_daily_times = ["09:05", "12:05", "15:05", "18:05"]
timezone = "local"
allow_overlap = false
overlap_policy = "skip"
shutdown_timeout_seconds = 30
jitter_seconds = 0
"""
GOOGLE = """
[google]
client_id = "481516-courses.apps.googleusercontent.com"
service_account_file = "service-account.json"
"""


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
    monkeypatch.setenv("SPARKSOURCE_URL", "https://school.example")
    monkeypatch.setenv("SPARKSOURCE_USER", "planner")
    monkeypatch.setenv("SPARKSOURCE_PASS", "hush-hush")
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


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TEACHER_CALENDARS_OVERRIDES", "nope"),
        ("TEACHER_CALENDARS_OVERRIDES", "[1]"),
        ("TEACHER_CALENDARS_OVERRIDES", '{"Ana MARTEL": 7}'),
        ("TEACHER_CALENDARS_METHOD_CRONS", "0 20 * * 4"),
        ("AZURE_CA_BUNDLE", "/nope.pem"),
        ("AZURE_CA_BUNDLE", __file__),
        ("AZURE_AUTHORITY", "http://login.example/tenant"),
        ("AZURE_GRAPH_URL", "graph.example"),
        ("SPARKSOURCE_URL", "school.example"),
        ("SPARKSOURCE_URL", "https://"),
        ("SCHEDULING_CLOCK_URL", "ftp://clock.example"),
        ("SCHEDULING_CLOCK_URL", "http://[clock"),
        ("DATABASE_URL", "rubbish"),
        ("DATABASE_URL", "mysql://planner:hidden@host/pipeline"),
        ("DATABASE_URL", "postgres://planner:hidden@host/pipeline"),
        ("DATABASE_URL", "postgresql://planner:hidden@host:port/pipeline"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_the_name_of_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"- {variable}: ") as refusal:
        _load(tmp_path)
    assert "hidden" not in str(refusal.value)


def test_all_kinds_of_faults_are_in_the_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "TEACHER_CALENDARS_OVERRIDES": "nope",
        "AZURE_CA_BUNDLE": "/nope.pem",
        "DATABASE_URL": "rubbish",
        "SCHEDULING_CLOCK_URL": "clock",
    }
    for variable, value in wrong.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refusal:
        _load(tmp_path, "sparksource = 1\n")
    faults = str(refusal.value).splitlines()[1:]
    assert len(faults) == len(wrong) + 1
    assert any("sparksource must be a table" in fault for fault in faults)


@pytest.mark.parametrize(
    "environment",
    [
        {"DATABASE_URL": "postgresql://planner@host:5432/pipeline"},
        {"DATABASE_URL": "postgresql+psycopg2://planner@host/pipeline"},
        {"DATABASE_URL": "sqlite://"},
        {"SCHEDULING_CLOCK_URL": "http://127.0.0.1:8080/clock"},
        {"AZURE_AUTHORITY": "https://localhost:1/tenant", "AZURE_CA_BUNDLE": ""},
    ],
)
def test_addresses_that_can_be_used_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]
) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    settings = _load(tmp_path)
    kept = {settings.database_url, settings.clock_url, settings.graph.authority}
    assert {value for value in environment.values() if value} <= kept
    assert settings.graph.ca_bundle is None


def test_a_table_comes_from_the_environment_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEACHER_CALENDARS_OVERRIDES", '{"Ana MARTEL": "ana@school.example"}')
    assert _load(tmp_path).teacher_calendars.overrides == {"Ana MARTEL": "ana@school.example"}


@pytest.mark.parametrize("name", ["password", "SPARKSOURCE_PASS"])
def test_a_secret_in_the_file_is_said_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="set SPARKSOURCE_PASS instead") as refusal:
        _load(tmp_path, f'[sparksource]\n{name} = "hush-hush"')
    assert len(str(refusal.value).splitlines()) == 2
    assert "hush-hush" not in str(refusal.value)


def test_a_cron_for_an_agenda_that_is_not_in_the_catalogue_is_refused(tmp_path: Path) -> None:
    settings = _load(
        tmp_path,
        "[teacher_calendars.method_crons]\nsfs_lausane = '0 20 * * 4'\nesa_lausanne = '0 20 * * 5'",
    )
    with pytest.raises(SettingsError, match="no method agenda 'sfs_lausane'; there are ") as refusal:
        settings.teacher_calendars.check_catalogue(CATALOGUE)
    assert "'esa_lausanne'" not in str(refusal.value)


def test_the_default_crons_ask_nothing_of_another_catalogue(tmp_path: Path) -> None:
    private = [agenda for agenda in CATALOGUE if agenda.kind is Kind.PRIVATE]
    _load(tmp_path).teacher_calendars.check_catalogue(private)


def test_a_catalogue_with_nothing_live_is_refused(tmp_path: Path) -> None:
    idle = [replace(agenda, live=False) for agenda in CATALOGUE]
    with pytest.raises(SettingsError, match="no agenda is live"):
        _load(tmp_path).teacher_calendars.check_catalogue(idle)


def test_the_scheduler_takes_the_settings_of_its_design(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEDULER_CLIENT_SECRET", "hush-hush")
    flow = _load(tmp_path, SCHEDULER).scheduler
    assert flow.configured
    assert flow.sharepoint_folder == ("/Shared Documents/Reports",)
    assert flow.quad_daily_times == (time(9, 5), time(12, 5), time(15, 5), time(18, 5))
    assert flow.client_secret.get_secret_value() == "hush-hush"
    monkeypatch.delenv("SCHEDULER_CLIENT_SECRET")
    others = SchedulerSettings(sharepoint_site_url=flow.sharepoint_site_url)
    named = {"client_id", "tenant_id", "client_secret", "quad_daily_times"}
    assert flow.model_dump(exclude=named) == others.model_dump(exclude=named), "the rest are the defaults"


def test_without_settings_the_scheduler_has_its_defaults_and_is_not_configured(tmp_path: Path) -> None:
    flow = _load(tmp_path).scheduler
    assert not flow.configured
    assert (flow.interval, flow.jitter_seconds, flow.max_retries) == (timedelta(hours=1), 0, 3)
    assert (flow.retry_delay_seconds, flow.shutdown_timeout_seconds, flow.overlap_policy) == (60, 30, "skip")


@pytest.mark.parametrize(("enabled", "status"), [("true", "RUNNING"), ("false", "STOPPED")])
def test_enabled_says_whether_dagster_starts_the_sensor_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enabled: str, status: str
) -> None:
    monkeypatch.setenv("SCHEDULER_CLIENT_SECRET", "hush-hush")
    settings = _load(tmp_path, SCHEDULER.replace("enabled = true", f"enabled = {enabled}"))
    sensor = build_definitions(settings).get_sensor_def("sharepoint_arrival")
    assert sensor.default_status is dg.DefaultSensorStatus[status]


def test_local_is_the_zone_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_CLIENT_SECRET", "hush-hush")
    monkeypatch.setattr("scheduling_pipeline.settings.get_localzone_name", lambda: "America/Chicago")
    flow = _load(tmp_path, SCHEDULER).scheduler
    assert flow.zone == ZoneInfo("America/Chicago")
    look = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert cadence_of(flow).after(look, 0) == datetime(2026, 7, 1, 14, 5, tzinfo=UTC)


def test_seconds_go_before_minutes(tmp_path: Path) -> None:
    flow = _load(tmp_path, "[scheduler]\ninterval_minutes = 60\ninterval_seconds = 2").scheduler
    look = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert cadence_of(flow).after(look, 0) == look + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("value", "folders"),
    [
        ('"/Shared Documents/Reports"', ("/Shared Documents/Reports",)),
        ('["/Docs/A", "/Docs/B, C"]', ("/Docs/A", "/Docs/B, C")),
    ],
)
def test_one_folder_is_a_text_and_several_are_a_list(
    tmp_path: Path, value: str, folders: tuple[str, ...]
) -> None:
    assert _load(tmp_path, f"[scheduler]\nsharepoint_folder = {value}").scheduler.sharepoint_folder == folders


def test_lists_come_from_the_environment_parted_at_commas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEDULER_SHAREPOINT_FOLDER", "/Docs/A, /Docs/B")
    monkeypatch.setenv("SCHEDULER_QUAD_DAILY_TIMES", "08:00,16:30")
    flow = _load(tmp_path).scheduler
    assert flow.sharepoint_folder == ("/Docs/A", "/Docs/B")
    assert flow.quad_daily_times == (time(8), time(16, 30))


def test_the_schedulers_secret_in_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="set SCHEDULER_CLIENT_SECRET instead") as refusal:
        _load(tmp_path, SCHEDULER + 'client_secret = "hush-hush"\n')
    assert "hush-hush" not in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("client_id", "SCHEDULER_TENANT_ID, SCHEDULER_CLIENT_SECRET"),
        ("tenant_id", "SCHEDULER_CLIENT_ID, SCHEDULER_CLIENT_SECRET"),
    ],
)
def test_half_an_application_is_one_clear_message(tmp_path: Path, given: str, missing: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        _load(tmp_path, f'[scheduler]\n{given} = "something"')
    (_, message) = str(refusal.value).splitlines()
    assert message == f"- [scheduler]: an application of its own also needs {missing}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_level", '"LOUD"'),
        ("max_retries", "0"),
        ("retry_delay_seconds", "-1"),
        ("sharepoint_site_url", '"http://school.example/sites/Office"'),
        ("sharepoint_folder", "[]"),
        ("interval_minutes", "0"),
        ("interval_seconds", "-5"),
        ("quad_daily_times", '["25:00"]'),
        ("timezone", '"Zurich"'),
        ("overlap_policy", '"wait"'),
        ("shutdown_timeout_seconds", "-1"),
        ("jitter_seconds", '"some"'),
        ("downloads", "0"),
    ],
)
def test_a_setting_of_the_scheduler_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=rf"\[scheduler\] {name}(\.0)?: "):
        _load(tmp_path, f"[scheduler]\n{name} = {value}")


def set_google_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLIENT_SECRET", "hush-hush")
    monkeypatch.setenv("GOOGLE_TOKEN_KEY", Fernet.generate_key().decode())


def test_without_settings_google_is_googles_own_and_not_configured(tmp_path: Path) -> None:
    google = _load(tmp_path).google
    assert not google.configured
    assert google.api_url == "https://www.googleapis.com"
    assert google.token_url == "https://oauth2.googleapis.com/token"
    assert (google.user_calls_per_minute, google.calls_per_minute) == (480, 8_000)


def test_without_settings_course_calendars_have_their_defaults(tmp_path: Path) -> None:
    flow = _load(tmp_path).course_calendars
    assert (flow.zone, flow.nightly_cron) == ("America/New_York", "30 3 * * *")
    assert (flow.calendar_name, flow.university_categories) == ("Courses", ("holiday",))


def test_google_is_configured_by_the_file_and_two_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_google_secrets(monkeypatch)
    settings = _load(tmp_path, GOOGLE)
    assert settings.google.configured
    assert settings.google.service_account_file == Path("service-account.json")
    for secret in ("hush-hush", settings.google.token_key.get_secret_value()):
        assert secret not in repr(settings)


def test_half_of_google_names_what_is_still_to_be_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        _load(tmp_path, GOOGLE)
    (_, message) = str(refusal.value).splitlines()
    assert message == "- google: also set GOOGLE_CLIENT_SECRET, GOOGLE_TOKEN_KEY"


@pytest.mark.parametrize("name", ["client_secret", "token_key", "GOOGLE_TOKEN_KEY"])
def test_a_secret_of_google_in_the_file_is_refused_by_the_name_of_its_variable(
    tmp_path: Path, name: str
) -> None:
    key = Fernet.generate_key().decode()
    variable = f"GOOGLE_{name.removeprefix('GOOGLE_')}".upper()
    with pytest.raises(SettingsError, match=f"set {variable} instead") as refusal:
        _load(tmp_path, f'{GOOGLE}{name} = "{key}"\n')
    assert key not in str(refusal.value)


@pytest.mark.parametrize("key", ["hush-hush", "c2hvcnQ=", "{good},hush-hush", "{good},"])
def test_a_token_key_that_is_none_is_refused_with_how_to_make_one_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    good = Fernet.generate_key().decode()
    monkeypatch.setenv("GOOGLE_TOKEN_KEY", key.format(good=good))
    with pytest.raises(
        SettingsError, match="- GOOGLE_TOKEN_KEY: is no key; make one with: python"
    ) as refusal:
        _load(tmp_path)
    for secret in (good, "hush-hush", "c2hvcnQ="):
        assert secret not in str(refusal.value)


def test_older_keys_may_follow_the_one_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ", ".join(Fernet.generate_key().decode() for _ in range(3))
    monkeypatch.setenv("GOOGLE_TOKEN_KEY", keys)
    monkeypatch.setenv("GOOGLE_CLIENT_SECRET", "hush-hush")
    assert _load(tmp_path, GOOGLE).google.token_key.get_secret_value() == keys


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GOOGLE_API_URL", "googleapis.com"),
        ("GOOGLE_TOKEN_URL", "http://oauth2.example/token"),
        ("GOOGLE_AUTH_URL", "http://accounts.example"),
        ("GOOGLE_CA_BUNDLE", "/nope.pem"),
        ("GOOGLE_USER_CALLS_PER_MINUTE", "0"),
        ("GOOGLE_CALLS_PER_MINUTE", "many"),
        ("COURSE_CALENDARS_ZONE", "local"),
        ("COURSE_CALENDARS_ZONE", "New York"),
        ("COURSE_CALENDARS_CALENDAR_NAME", " "),
    ],
)
def test_a_setting_of_course_calendars_that_cannot_be_used_is_refused_by_the_name_of_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"- {variable}: "):
        _load(tmp_path)


def test_course_calendars_have_no_zone_of_whatever_machine_they_run_on(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"\[course_calendars\] zone: needs the IANA zone of the school"):
        _load(tmp_path, '[course_calendars]\nzone = "local"')


@pytest.mark.parametrize("cron", ["at night", "30 3 * *", "30 25 * * *"])
def test_a_night_that_is_no_cron_string_is_refused_when_dagster_loads(tmp_path: Path, cron: str) -> None:
    settings = _load(tmp_path, f'[course_calendars]\nnightly_cron = "{cron}"')
    with pytest.raises(SettingsError, match=r"\[course_calendars\] .*cron") as refusal:
        build_definitions(settings)
    assert cron in str(refusal.value)


@pytest.mark.parametrize("value", ['"holidays"', '["holiday", "parties"]', '""'])
def test_a_category_that_no_event_ever_has_is_refused_with_those_there_are(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(SettingsError, match=r"\[course_calendars\] university_categories.*: ") as refusal:
        _load(tmp_path, f"[course_calendars]\nuniversity_categories = {value}")
    assert "holiday, " in str(refusal.value)
    assert "finals" in str(refusal.value)


def test_categories_may_be_none_at_all_or_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = _load(tmp_path, "[course_calendars]\nuniversity_categories = []")
    assert nothing.course_calendars.university_categories == ()
    monkeypatch.setenv("COURSE_CALENDARS_UNIVERSITY_CATEGORIES", "holiday, term_dates")
    assert _load(tmp_path).course_calendars.university_categories == ("holiday", "term_dates")


@pytest.mark.parametrize("configured", [True, False])
def test_the_nightly_run_starts_by_itself_only_where_google_is_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, configured: bool
) -> None:
    if configured:
        set_google_secrets(monkeypatch)
    definitions = build_definitions(_load(tmp_path, GOOGLE if configured else ""))
    status = "RUNNING" if configured else "STOPPED"
    schedule = definitions.get_schedule_def("nightly_course_calendars")
    assert schedule.default_status is dg.DefaultScheduleStatus[status]
    sensor = definitions.get_sensor_def("released_course_removals")
    assert sensor.default_status is dg.DefaultSensorStatus[status]
