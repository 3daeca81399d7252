"""What `doctor` shows of Google: what works, and what to do where it does not."""

from __future__ import annotations

from resources.google_check import check_google
from resources.graph_check import Finding
from tests.resources.google_project import Project


def findings(project: Project, **changes: str) -> dict[str, Finding]:
    return {finding.name: finding for finding in check_google(project.google(**changes))}


def test_all_is_well(project: Project) -> None:
    found = findings(project)
    assert all(finding.ok for finding in found.values())
    assert list(found) == ["service account", "course calendars", "OAuth client"]
    assert project.settings.service_account in found["service account"].detail
    assert found["course calendars"].detail == "the service account has 0"


def test_nothing_is_written(project: Project) -> None:
    findings(project)
    journal = project.simulators.google.control.journal()
    assert {entry["method"] for entry in journal if entry["kind"] == "call"} == {"GET"}


def test_a_client_secret_that_is_wrong_is_named_and_not_shown(project: Project) -> None:
    found = findings(project, client_secret="an-old-secret")
    assert found["service account"].ok
    assert not found["OAuth client"].ok
    assert "GOOGLE_CLIENT_SECRET" in found["OAuth client"].detail
    assert "an-old-secret" not in found["OAuth client"].detail


def test_a_key_file_that_is_missing_is_named(project: Project) -> None:
    found = findings(project, service_account_file="absent.json")
    assert not found["service account"].ok
    assert "GOOGLE_SERVICE_ACCOUNT_FILE" in found["service account"].detail
    assert found["OAuth client"].ok


def test_a_token_endpoint_that_does_not_answer_is_named(project: Project) -> None:
    found = findings(project, token_url="https://127.0.0.1:9/token")
    assert not any(finding.ok for finding in found.values())
    assert all("GOOGLE_TOKEN_URL" in finding.detail for finding in found.values())


def test_an_api_that_is_not_enabled_is_named_with_the_place_to_enable_it(project: Project) -> None:
    project.arm("http", "GET /users/me/calendarList", status=403, reason="accessNotConfigured")
    found = findings(project)
    assert found["service account"].ok
    assert not found["course calendars"].ok
    assert "Google Cloud console" in found["course calendars"].detail
