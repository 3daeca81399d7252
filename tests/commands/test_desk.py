"""`desk-user` keeps who may sign in; `desk` serves the review desk."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from resources.browser import BrowserUnavailableError
from resources.tab import AuthenticationError, RefusedPageError, SiteDown
from scheduling_pipeline.cli import app
from scheduling_pipeline.commands import desk
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.desk import audit, users
from scheduling_pipeline.desk.outside import AccountCheckError
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.settings import load_settings
from scheduling_pipeline.work_orders.credentials import Account
from tests.databases import copied

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def database(migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = copied(migrated_sqlite, tmp_path / "pipeline.db")
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.delenv(desk.PASSWORD, raising=False)
    monkeypatch.chdir(tmp_path)
    return url


def invoke(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


def role_of(database: str, name: str, password: str) -> Role | None:
    engine = connect(database)
    user = users.check_password(engine, name, password)
    engine.dispose()
    return user.role if user else None


def test_the_password_is_asked_for_twice_and_never_shown(database: str) -> None:
    result = invoke("desk-user", "add", "Mia", "--role", "admin", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert "Mia may sign in as admin." in result.output
    assert PASSWORD not in result.output
    assert role_of(database, "Mia", PASSWORD) is Role.ADMIN


def test_a_script_gives_the_password_in_the_environment(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(desk.PASSWORD, PASSWORD)
    assert invoke("desk-user", "add", "Mia", "--role", "viewer").exit_code == 0
    assert role_of(database, "Mia", PASSWORD) is Role.VIEWER


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (("add", "Mia", "--role", "viewer"), "short", "a password has 12 to 200 characters"),
        (("add", " ", "--role", "viewer"), PASSWORD, "a user needs a name"),
        (("disable", "Nobody"), PASSWORD, "there is no user 'Nobody'"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    arguments: tuple[str, ...], password: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(desk.PASSWORD, password)
    result = invoke("desk-user", *arguments)
    assert result.exit_code == 1
    assert f"✗ {said}" in result.output


def test_somebody_is_locked_out(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(desk.PASSWORD, PASSWORD)
    for name, role in (("Ada", "admin"), ("Mia", "manager")):
        invoke("desk-user", "add", name, "--role", role)
    assert "Mia may sign in no more." in invoke("desk-user", "disable", "mia").output
    assert role_of(database, "Mia", PASSWORD) is None
    assert "the last admin" in invoke("desk-user", "disable", "Ada").output
    listed = invoke("desk-user", "list").output
    assert [line.split("│")[1:4] for line in listed.splitlines() if "│ Mia" in line] == [
        [" Mia  ", " manager ", " no          "]
    ]


def test_nobody_yet_is_said_so() -> None:
    assert "Nobody yet" in invoke("desk-user", "list").output


def test_the_desk_says_where_it_is_and_that_an_admin_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    served: dict[str, object] = {}
    monkeypatch.setattr("uvicorn.run", lambda _, **options: served.update(options))
    monkeypatch.setenv("DESK_PORT", "4321")
    monkeypatch.setenv("DESK_URL", "https://desk.example.com")
    result = invoke("desk")
    assert result.exit_code == 0, result.output
    assert "The desk is at https://desk.example.com" in result.output
    assert "desk-user add NAME --role admin" in " ".join(result.output.split())
    assert (served["host"], served["port"]) == ("127.0.0.1", 4321)


def test_the_audit_names_who_typed(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(desk.PASSWORD, PASSWORD)
    invoke("desk-user", "add", "Ada", "--role", "admin")
    engine = connect(database)
    assert audit.people(engine) == [f"{getpass.getuser()} (command line)"]
    engine.dispose()


class Site:
    """A site that ends every try to log in in one way."""

    def __init__(self, fault: Exception | None) -> None:
        self._fault = fault

    def check_login(self, _: Account) -> None:
        if self._fault:
            raise self._fault


@pytest.mark.parametrize(
    "fault",
    [
        AuthenticationError("it was refused"),
        SiteDown("it was refused"),
        RefusedPageError("it was refused"),
        BrowserUnavailableError("it was refused"),
    ],
)
def test_whatever_an_account_check_ends_with_is_told_to_its_owner(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "workfossa_of", lambda _: Site(fault))
    with pytest.raises(AccountCheckError, match="it was refused"):
        desk.outside_of(load_settings()).check_account(Account("mia", "good"))


def test_an_account_that_works_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "workfossa_of", lambda _: Site(None))
    desk.outside_of(load_settings()).check_account(Account("mia", "good"))
