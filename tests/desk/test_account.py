"""The WorkFossa account of somebody: kept unreadable, tested in turn, never shown."""

from __future__ import annotations

import logging
import threading

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.work_orders import WorkFossaCredential
from scheduling_pipeline.desk.account_checks import BROKEN, AccountChecks
from scheduling_pipeline.desk.outside import AccountCheckError, Outside
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.work_orders.credentials import (
    Account,
    account_of,
    account_state,
    note_check,
    save_account,
)
from scheduling_pipeline.work_orders_settings import WorkOrdersSettings
from tests.desk.people import KEY, NOW, Office, Person
from tests.desk.schedules import create, owner_of

USER, PASSWORD = "tess.vale@fuel.example", " hush hush "
FORM = {"user": USER, "password": PASSWORD}
CIPHER = Cipher(KEY.get_secret_value())


def refuse(_: Account) -> None:
    raise AccountCheckError("WorkFossa refused the e-mail or the password")


def broken(_: Account) -> None:
    raise RuntimeError("nobody thought of this")


def state(person: Person) -> dict[str, object]:
    told: dict[str, object] = person.look("/api/workfossa-account").json()
    return told


def finish_tests(person: Person) -> None:
    """Wait for the tests that were begun, as the desk does when it stops."""
    checks: AccountChecks = person.client.app.state.desk.account_checks  # type: ignore[attr-defined]
    checks.stop()


def test_it_is_kept_unreadable_and_never_shown(both: Office) -> None:
    tess = both.person(Role.VIEWER, name="Tess")
    assert tess.send("/account", FORM).headers["location"] == "/account?notice=saved"
    assert account_of(both.engine, CIPHER, owner_of(both.engine, tess)) == Account(USER, PASSWORD)
    with both.engine.connect() as connection:
        row = connection.execute(select(WorkFossaCredential.__table__)).one()
    assert USER not in str(row)
    page = tess.look("/account")
    for text in (page.text, str(state(tess)), str(both.audit("workfossa-account.save"))):
        assert USER not in text
        assert "hush" not in text
    assert "not tested yet" in page.text
    assert state(tess)["entered"] is True


def test_what_is_missing_is_said_and_the_password_not_repeated(both: Office) -> None:
    tess = both.person(Role.VIEWER)
    answer = tess.send("/account", {"user": "", "password": PASSWORD})
    assert answer.status_code == 400
    assert "The e-mail is missing." in answer.text
    assert "hush" not in answer.text
    assert "The password has 1 to 200 characters." in tess.send("/account", {"user": USER}).text
    assert state(tess)["entered"] is False


@pytest.mark.parametrize(("check", "problem"), [(lambda _: None, ""), (refuse, "WorkFossa refused")])
def test_a_test_is_noted_with_the_account(both: Office, check: object, problem: str) -> None:
    both.outside = Outside(check_account=check)  # type: ignore[arg-type]
    tess = both.person(Role.VIEWER)
    tess.send("/account", FORM)
    assert tess.send("/account/test").headers["location"] == "/account?notice=testing"
    finish_tests(tess)
    told = state(tess)
    assert (told["testing"], told["checked_at"]) == (False, "2026-03-02T14:00:00Z")
    assert str(told["problem"]).startswith(problem)
    page = tess.look("/account").text
    assert ("failed" if problem else "worked") in page
    assert problem in page


def test_saving_can_test_at_once(both: Office) -> None:
    asked: list[Account] = []
    both.outside = Outside(check_account=asked.append)
    tess = both.person(Role.VIEWER)
    tess.send("/account", {**FORM, "test": "yes"})
    finish_tests(tess)
    assert asked == [Account(USER, PASSWORD)]
    assert state(tess)["problem"] == ""


def test_tests_run_one_at_a_time_and_nobody_waits_for_them(office: Office) -> None:
    at_work, go_on = threading.Semaphore(0), threading.Event()
    together: list[int] = []

    def check(_: Account) -> None:
        together.append(1)
        at_work.release()
        assert go_on.wait(30)
        assert len(together) == 1
        together.pop()

    office.outside = Outside(check_account=check)
    app = office.app
    people = [office.person(Role.VIEWER, name=name, app=app) for name in ("Tess", "Otto")]
    for person in people:
        person.send("/account", FORM)
        assert person.ask("POST", "/api/workfossa-account/test").json()["testing"] is True
        assert person.ask("POST", "/api/workfossa-account/test").status_code == 202  # it is one test
    assert at_work.acquire(timeout=30)
    assert "under way" in people[1].look("/account").text
    go_on.set()
    assert at_work.acquire(timeout=30)
    finish_tests(people[0])
    assert [state(person)["problem"] for person in people] == ["", ""]


def test_an_account_that_was_replaced_meanwhile_is_not_judged_by_the_old_test(office: Office) -> None:
    tess = office.person(Role.VIEWER)
    owner = owner_of(office.engine, tess)
    save_account(office.engine, CIPHER, owner, Account("old", "wrong"), NOW)
    later = office.clock.now().replace(hour=15)

    def replace_then_refuse(account: Account) -> None:
        save_account(office.engine, CIPHER, owner, Account("new", "right"), later)
        refuse(account)

    checks = AccountChecks(office.engine, replace_then_refuse, office.clock.now)
    checks.start(owner, Account("old", "wrong"))
    checks.stop()
    found = account_state(office.engine, owner)
    assert found is not None
    assert (found.updated_at, found.checked_at, found.problem) == (later, None, None)


def test_an_account_that_is_entered_during_a_test_is_tested_after_it(office: Office) -> None:
    owner = owner_of(office.engine, office.person(Role.VIEWER))
    old, new = Account("old", "wrong"), Account("new", "right")
    begun, go_on = threading.Semaphore(0), threading.Event()
    tested: list[Account] = []

    def check(account: Account) -> None:
        tested.append(account)
        begun.release()
        assert go_on.wait(30)
        if account == old:
            refuse(account)

    checks = AccountChecks(office.engine, check, office.clock.now)
    save_account(office.engine, CIPHER, owner, old, NOW)
    checks.start(owner, old)
    assert begun.acquire(timeout=30)
    save_account(office.engine, CIPHER, owner, new, NOW.replace(hour=15))
    for _ in range(2):  # it is one test
        checks.start(owner, new)
    go_on.set()
    assert begun.acquire(timeout=30)
    checks.stop()

    assert tested == [old, new]
    found = account_state(office.engine, owner)
    assert found is not None
    assert (found.updated_at, found.problem) == (NOW.replace(hour=15), "")


def test_a_test_that_waited_does_not_judge_what_was_entered_since(office: Office) -> None:
    app = office.app
    otto, tess = (
        owner_of(office.engine, office.person(Role.VIEWER, name=name, app=app)) for name in ("Otto", "Tess")
    )
    begun, go_on = threading.Semaphore(0), threading.Event()

    def check(account: Account) -> None:
        begun.release()
        assert go_on.wait(30)
        refuse(account)

    checks = AccountChecks(office.engine, check, office.clock.now)
    for owner in (otto, tess):
        save_account(office.engine, CIPHER, owner, Account("old", "wrong"), NOW)
        checks.start(owner, Account("old", "wrong"))
    assert begun.acquire(timeout=30)
    save_account(office.engine, CIPHER, tess, Account("new", "right"), NOW.replace(hour=15))
    go_on.set()
    assert begun.acquire(timeout=30)
    checks.stop()

    states = [account_state(office.engine, owner) for owner in (otto, tess)]
    assert [found.problem is None for found in states if found] == [False, True]


def test_a_test_that_breaks_says_so_and_is_logged(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    tess = office.person(Role.VIEWER)
    owner = owner_of(office.engine, tess)
    save_account(office.engine, CIPHER, owner, Account(USER, PASSWORD), NOW)
    checks = AccountChecks(office.engine, broken, office.clock.now)
    with caplog.at_level(logging.ERROR):
        checks.start(owner, Account(USER, PASSWORD))
        checks.stop()
    assert "an account could not be tested" in caplog.text
    assert PASSWORD not in caplog.text
    assert state(tess)["problem"] == BROKEN


def test_without_an_account_there_is_nothing_to_test(both: Office) -> None:
    tess = both.person(Role.VIEWER)
    assert tess.ask("POST", "/api/workfossa-account/test").status_code == 409
    page = tess.send("/account/test")
    assert page.status_code == 409
    assert "No WorkFossa account was entered" in page.text


def test_without_a_key_nothing_is_kept(both: Office) -> None:
    both.work_orders = WorkOrdersSettings(key=SecretStr(""))
    tess = both.person(Role.VIEWER)
    page = tess.send("/account", FORM)
    assert page.status_code == 503
    assert "WORK_ORDERS_KEY is not set" in page.text
    assert state(tess)["entered"] is False


def test_it_is_forgotten(both: Office) -> None:
    tess = both.person(Role.VIEWER)
    tess.send("/account", FORM)
    assert tess.send("/account/forget").status_code == 303
    assert state(tess) == {
        "entered": False,
        "testing": False,
        "updated_at": None,
        "checked_at": None,
        "problem": None,
    }
    assert len(both.audit("workfossa-account.forget")) == 1


def test_anothers_account_is_not_seen(both: Office) -> None:
    app = both.app
    tess, otto = (both.person(Role.VIEWER, name=name, app=app) for name in ("Tess", "Otto"))
    tess.send("/account", FORM)
    assert state(otto)["entered"] is False
    otto.send("/account/forget")
    assert state(tess)["entered"] is True


def test_the_schedules_lead_to_an_account_that_is_missing_or_wrong(both: Office) -> None:
    tess = both.person(Role.VIEWER)
    number = create(tess)["id"]
    assert 'href="/account">Enter your account' in tess.look("/scrape-schedules").text
    assert tess.send(f"/scrape-schedules/{number}/run").headers["location"] == "/account"
    assert tess.look(f"/api/scraping-schedules/{number}").json()["requested_at"] is None
    tess.send("/account", FORM)
    note_check(both.engine, owner_of(both.engine, tess), "the site refused it", NOW)
    assert "the site refused it" in tess.look("/scrape-schedules").text
    answer = tess.send(f"/scrape-schedules/{number}/run")
    assert answer.headers["location"] == "/scrape-schedules?notice=asked"
