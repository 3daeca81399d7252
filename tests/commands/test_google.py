"""`google connect` asks a person for their consent and gives them a calendar; `google status` shows it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from scheduling_pipeline.cli import app
from scheduling_pipeline.commands.screen import console
from scheduling_pipeline.courses.credentials import connections, mark_needs_sign_in
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.courses import GoogleCalendar, OAuthCredential
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.server import Simulators
from tests.commands.school import Outcome
from tests.courses.people import add_users, calendar_of
from tests.resources.google_project import Project

ANA, JO = "ana@college.example", "jo@college.example"
OTHER = "ana.martel@college.example"


@dataclass
class Desk:
    """A machine with the command line, and who sits in front of its browser."""

    project: Project
    engine: Engine
    person: Callable[[str], None]

    def answer(self, address: str) -> None:
        """What the person does with a page that is opened for them."""
        self.person(address)

    def run(self, *arguments: str) -> Outcome:
        result = CliRunner().invoke(app, ["google", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.output)


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with Simulators(tmp_path_factory.mktemp("simulators")) as running:
        yield running


@pytest.fixture
def desk(
    simulators: Simulators, migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """Ana and Jo are users; nobody is connected. Pages that are opened are answered with yes."""
    database = tmp_path / "pipeline.db"
    shutil.copy(migrated_sqlite, database)
    environment = {
        **simulators.environment,
        "DATABASE_URL": f"sqlite:///{database}",
        "SCHEDULING_HOME": str(tmp_path),
        "SCHEDULING_SETTINGS": str(tmp_path / "settings.toml"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(console, "width", 250)  # so that no cell of a table is wrapped
    engine = connect(environment["DATABASE_URL"])
    add_users(engine, ANA, JO)
    project = Project(simulators)
    project.reset()
    opened = Desk(project, engine, project.person())
    monkeypatch.setattr("webbrowser.open", opened.answer)
    yield opened
    engine.dispose()


def cells(text: str, person: str) -> list[str]:
    """The row of a person in a table."""
    (row,) = [line for line in text.splitlines() if person in line]
    return [cell.strip() for cell in row.strip("│").split("│")]


def test_who_consents_is_connected_and_has_a_calendar(desk: Desk) -> None:
    outcome = desk.run("connect", ANA)
    assert outcome.code == 0, outcome.text
    assert f"{ANA} is connected." in outcome.text
    assert f"The calendar 'Courses' of {ANA} was created." in outcome.text
    row = calendar_of(desk.engine, ANA)
    assert row.state == "ready"
    account = desk.project.consent(ANA)
    assert row.google_calendar_id in [entry["id"] for entry in desk.project.list_of(account)]


def test_a_further_account_shares_the_calendar(desk: Desk) -> None:
    desk.run("connect", ANA)
    outcome = desk.run("connect", ANA, "--account", OTHER)
    assert outcome.code == 0, outcome.text
    assert f"{OTHER} is connected." in outcome.text
    assert f"The calendar 'Courses' of {ANA} is there." in outcome.text
    calendar = calendar_of(desk.engine, ANA).google_calendar_id
    listed = desk.project.list_of(desk.project.consent(OTHER))
    assert calendar in [entry["id"] for entry in listed]


def test_without_a_browser_the_address_is_shown_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = threading.Event()
    said: list[str] = []

    def say(*words: object, **_: object) -> None:
        said.extend(map(str, words))
        if said[-1].startswith("https:"):
            desk.person(said[-1])
            shown.set()

    monkeypatch.setattr(console, "print", say)
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("opened"))
    assert desk.run("connect", ANA, "--no-browser").code == 0
    assert shown.is_set()


def test_nobody_is_asked_for_who_is_no_user(desk: Desk) -> None:
    desk.person = lambda _: pytest.fail("asked")
    outcome = desk.run("connect", "nobody@college.example")
    assert outcome.code == 1
    assert "nobody@college.example is not among the users" in outcome.text


@pytest.mark.parametrize(
    ("decision", "email", "words"),
    [("cancel", None, f"{ANA} did not allow it"), ("allow", JO, f"it was {JO} who allowed it, not {ANA}")],
)
def test_without_the_right_consent_nothing_is_kept(
    desk: Desk, decision: str, email: str | None, words: str
) -> None:
    desk.person = desk.project.person(decision, email)
    outcome = desk.run("connect", ANA)
    assert outcome.code == 1
    assert words in outcome.text
    assert connections(desk.engine) == []


def test_a_consent_is_kept_when_the_calendar_cannot_be_made(desk: Desk) -> None:
    desk.project.arm("http", "POST /calendars$", status=403, reason="quotaExceeded")
    outcome = desk.run("connect", ANA)
    assert outcome.code == 1
    assert f"{ANA} is connected." in outcome.text
    assert f"the calendar of {ANA} is not ready: creating a calendar failed" in outcome.text
    outcome = desk.run("connect", ANA)
    assert outcome.code == 0, outcome.text


def test_a_key_file_that_is_missing_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_FILE", "absent.json")
    outcome = desk.run("connect", ANA)
    assert outcome.code == 1
    assert "GOOGLE_SERVICE_ACCOUNT_FILE: absent.json cannot be read" in outcome.text


def test_google_has_to_be_set_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (
        "GOOGLE_CLIENT_ID",
        "GOOGLE_CLIENT_SECRET",
        "GOOGLE_SERVICE_ACCOUNT_FILE",
        "GOOGLE_TOKEN_KEY",
    ):
        monkeypatch.delenv(variable)
    outcome = desk.run("connect", ANA)
    assert outcome.code == 1
    assert "Google is not set up: set GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET" in outcome.text


def test_no_secret_shows(desk: Desk) -> None:
    texts = [desk.run("connect", ANA).text, desk.run("status").text]
    with Session(desk.engine) as session:
        stored = session.scalars(select(OAuthCredential.refresh_token)).one()
    secret = desk.project.google().cipher.decrypt(stored)
    for text in texts:
        assert secret not in text
        assert desk.project.settings.client_secret not in text


def test_status_shows_how_everybody_stands(desk: Desk) -> None:
    assert "Nobody is connected" in desk.run("status").text
    desk.run("connect", ANA)
    desk.run("connect", JO)
    jo = str(calendar_of(desk.engine, JO).google_calendar_id)
    mark_needs_sign_in(desk.engine, {jo: "the consent was withdrawn"}, DEMO_START)
    with Session(desk.engine) as session, session.begin():
        row = session.scalars(select(GoogleCalendar).where(GoogleCalendar.google_calendar_id == jo)).one()
        row.state, row.missing_since = "missing", datetime(2026, 3, 2, tzinfo=UTC)
    outcome = desk.run("status")
    assert outcome.code == 0
    assert cells(outcome.text, ANA) == [ANA, ANA, "Courses", "never", ""]
    assert cells(outcome.text, JO) == [
        JO,
        JO,
        "Courses (missing)",
        "never",
        "since Mon 02 Mar 2026 00:00 EST: the consent was withdrawn",
    ]


def test_status_works_while_google_does_not(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.run("connect", ANA)
    for variable in ("GOOGLE_API_URL", "GOOGLE_TOKEN_URL"):
        monkeypatch.setenv(variable, "https://127.0.0.1:9")
    assert cells(desk.run("status").text, ANA)[0] == ANA
