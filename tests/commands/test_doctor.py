"""`doctor` tries everything that is set up and says what to do; secrets never show."""

from __future__ import annotations

from pathlib import Path

import pytest

from scheduling_pipeline.simulators.graph.settings import ALL_ROLES
from tests.commands.school import School

SPARKSOURCE = ("SPARKSOURCE_URL", "SPARKSOURCE_USER", "SPARKSOURCE_PASS")


SCHEDULER = ("SCHEDULER_SHAREPOINT_SITE_URL", "SCHEDULER_SHAREPOINT_FOLDER")


def mark(text: str, what: str, system: str = "") -> str:
    """The mark in the table beside what was looked at."""
    (row,) = [line for line in text.splitlines() if f"│ {what} " in line and f"│ {system}" in line]
    return row.split("│")[1].strip()


@pytest.fixture
def without_site(school: School, monkeypatch: pytest.MonkeyPatch) -> School:
    """A browser takes its time, so most tests do without."""
    for variable in (*SPARKSOURCE, "WORK_ORDERS_KEY"):
        monkeypatch.delenv(variable)
    return school


@pytest.fixture
def without_sharepoint(without_site: School, monkeypatch: pytest.MonkeyPatch) -> School:
    """Only Graph: what is said of it is said once."""
    for variable in SCHEDULER:
        monkeypatch.delenv(variable)
    return without_site


@pytest.mark.browser
def test_everything_that_works_has_a_tick(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster.yaml").touch()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    outcome = school.run("doctor")
    assert outcome.code == 0, outcome.text
    for what in ("settings", "catalogue", "time", "opens", "schema", "writable"):
        assert mark(outcome.text, what) == "✓"
    for what in ("tenant", "users", "permissions", "calendars", "home"):
        assert mark(outcome.text, what) == "✓"
    for system in ("Microsoft Graph", "SharePoint"):
        assert mark(outcome.text, "sign-in", system) == "✓"
    for what in ("permission", "site", "library", "folder Reports", "ingestion_dir"):
        assert mark(outcome.text, what, "SharePoint") == "✓"
    for what in ("service account", "course calendars", "OAuth client"):
        assert mark(outcome.text, what, "Google") == "✓"
    for what in ("account", "events"):
        assert mark(outcome.text, what, "Crossmark") == "✓"
    assert mark(outcome.text, "login", "booking site") == "✓"
    for system in ("booking site", "WorkFossa"):
        assert mark(outcome.text, "browser", system) == "✓"
    for what in ("key", "login form"):
        assert mark(outcome.text, what, "WorkFossa") == "✓"
    assert "Mon 02 Mar 2026 06:00 CET, simulated" in outcome.text


@pytest.mark.browser
def test_a_refused_login_fails_and_shows_no_password(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKSOURCE_PASS", "not-the-password")
    outcome = school.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, "login", "booking site") == "✗"
    assert "SPARKSOURCE_PASS" in outcome.text
    assert "not-the-password" not in outcome.text


def test_what_is_not_set_up_is_no_failure(without_site: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    outcome = without_site.run("doctor")
    assert outcome.code == 0, outcome.text
    assert "to use it, set SPARKSOURCE_URL, SPARKSOURCE_USER, SPARKSOURCE_PASS" in outcome.text
    assert "to use it, set WORK_ORDERS_KEY" in outcome.text
    assert mark(outcome.text, "home") == "!"


def test_settings_that_cannot_be_used_are_all_named_at_once(
    without_site: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_TENANT_ID")
    monkeypatch.setenv("TEACHER_CALENDARS_PRIVATE_WEEKS", "none")
    outcome = without_site.run("doctor")
    assert outcome.code == 1
    assert "AZURE_TENANT_ID" in outcome.text
    assert "TEACHER_CALENDARS_PRIVATE_WEEKS" in outcome.text


def test_a_permission_that_is_missing_is_named_with_where_to_grant_it(without_site: School) -> None:
    roles = without_site.simulators.graph.settings.roles
    roles.discard("Calendars.ReadWrite")
    try:
        outcome = without_site.run("doctor")
    finally:
        roles.add("Calendars.ReadWrite")
    assert outcome.code == 1
    assert mark(outcome.text, "calendars") == "✗"
    assert "grant Calendars.ReadWrite in the Entra admin centre" in outcome.text


def test_a_refused_secret_fails_and_does_not_show(
    without_sharepoint: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "an-old-secret")
    outcome = without_sharepoint.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, "sign-in") == "✗"
    assert "an-old-secret" not in outcome.text


def test_a_database_that_does_not_open_fails_and_shows_no_password(
    without_site: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://planner:hidden@127.0.0.1:1/pipeline")
    outcome = without_site.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, "opens") == "✗"
    assert "hidden" not in outcome.text


def test_a_database_of_a_newer_program_fails(without_site: School) -> None:
    with without_site.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE scheduling_pipeline_version SET version_num = '9999'")
    outcome = without_site.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, "schema") == "✗"


def test_a_clock_that_does_not_answer_fails(without_site: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULING_CLOCK_URL", "http://127.0.0.1:1/clock")
    outcome = without_site.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, "time") == "✗"


def test_a_sharepoint_that_is_not_set_up_is_no_failure(without_sharepoint: School) -> None:
    outcome = without_sharepoint.run("doctor")
    assert outcome.code == 0, outcome.text
    assert mark(outcome.text, "set up", "SharePoint") == "!"
    assert "to use it, set SCHEDULER_SHAREPOINT_SITE_URL" in outcome.text


def test_a_folder_that_is_not_there_is_named(without_site: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_SHAREPOINT_FOLDER", "/Shared Documents/Reports,/Shared Documents/Nowhere")
    outcome = without_site.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, "folder Reports") == "✓"
    assert mark(outcome.text, "folder Nowhere") == "✗"


def test_a_site_without_permission_is_named_with_where_to_grant_it(without_site: School) -> None:
    roles = without_site.simulators.graph.settings.roles
    roles -= {"Files.Read.All", "Sites.Read.All"}
    try:
        outcome = without_site.run("doctor")
    finally:
        roles |= ALL_ROLES
    assert outcome.code == 1
    assert mark(outcome.text, "site", "SharePoint") == "✗"
    assert "grant Sites.Read.All" in outcome.text


def test_an_application_of_its_own_is_the_one_that_is_tried(
    without_site: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEDULER_TENANT_ID", without_site.simulators.graph.settings.tenant)
    monkeypatch.setenv("SCHEDULER_CLIENT_ID", without_site.simulators.graph.settings.client_id)
    monkeypatch.setenv("SCHEDULER_CLIENT_SECRET", "an-old-secret")
    outcome = without_site.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, "sign-in", "Microsoft Graph") == "✓"
    assert mark(outcome.text, "sign-in", "SharePoint") == "✗"
    assert "an-old-secret" not in outcome.text


def test_a_directory_that_files_cannot_be_kept_in_fails(without_site: School) -> None:
    (without_site.folder / "incoming").write_text("in the way")
    outcome = without_site.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, "ingestion_dir", "SharePoint") == "✗"
    assert "files cannot be kept in" in outcome.text


@pytest.mark.parametrize("home", ["relative", "/nowhere/at/all"])
def test_a_dagster_home_that_is_no_folder_fails(
    without_site: School, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", home)
    outcome = without_site.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, "home") == "✗"


@pytest.mark.parametrize(
    ("variable", "value", "what"),
    [
        ("TEACHER_CALENDARS_METHOD_CRONS", '{"sfs_lausane": "0 20 * * 4"}', "catalogue"),
        ("TEACHER_CALENDARS_PRIVATE_CRON", "at seven", "definitions"),
    ],
)
def test_schedules_that_cannot_be_are_named(
    without_site: School, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, what: str
) -> None:
    monkeypatch.setenv(variable, value)
    outcome = without_site.run("doctor")
    assert outcome.code == 1
    assert mark(outcome.text, what) == "✗"
    assert "at seven" in outcome.text or "sfs_lausane" in outcome.text


def test_brackets_are_shown_as_they_are(without_site: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "[/week]")
    assert "DAGSTER_HOME=[/week] is not" in without_site.run("doctor").text
