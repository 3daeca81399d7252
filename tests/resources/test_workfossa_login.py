"""Logging in to WorkFossa: never assumed, not tried again when refused, and told without secrets."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from resources.tab import AuthenticationError, RefusedPageError, SiteDown
from resources.workfossa import WorkFossa
from scheduling_pipeline.work_orders.credentials import Account
from tests.resources.fossa_reading import ACCOUNT, asked, forbidden, logins, resource
from tests.simulators.fossa_client import LIST, FossaSite, served

pytestmark = pytest.mark.browser

DASHBOARD = "/app/dashboard"


@pytest.fixture(autouse=True, scope="module")
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FossaSite]:
    with served(tmp_path) as running:
        yield running


def test_an_account_that_can_log_in(site: FossaSite) -> None:
    resource(site).check_login(ACCOUNT)
    assert logins(site) == 1
    assert len(asked(site, DASHBOARD)) == 1
    assert asked(site, LIST) == []
    assert forbidden(site) == []


def test_a_refused_account_is_tried_once_and_told_without_secrets(site: FossaSite) -> None:
    wrong = Account(ACCOUNT.user, "battery-staple")
    with pytest.raises(AuthenticationError, match="did not accept the user name and password") as refusal:
        resource(site).check_login(wrong)
    assert logins(site) == 1
    told = "".join(traceback.format_exception(refusal.value)) + repr(wrong)
    assert "battery-staple" not in told


def test_a_user_name_that_is_no_address_is_refused_before_it_is_sent(site: FossaSite) -> None:
    with pytest.raises(AuthenticationError, match="is an e-mail address; this is none") as refusal:
        resource(site).check_login(Account("gAAAAABn-encrypted", "correct-horse"))
    assert logins(site) == 0
    assert "encrypted" not in str(refusal.value)


def test_a_login_form_in_place_of_the_dashboard_is_no_sign_yet(site: FossaSite) -> None:
    site.arm("login_page", DASHBOARD)
    resource(site).check_login(ACCOUNT)
    assert len(asked(site, DASHBOARD)) == 2
    assert logins(site) == 1


def test_a_page_that_says_nothing_is_no_sign_of_a_login(site: FossaSite) -> None:
    site.arm("http", "POST /login", status=200, text="<p>Welcome</p>")
    with pytest.raises(SiteDown, match="could not see whether the login worked: no answer in time"):
        resource(site, login_timeout=0.5, attempts=1).check_login(ACCOUNT)


def test_passing_trouble_is_tried_again(site: FossaSite) -> None:
    site.arm("http", "POST /login", status=502)
    resource(site).check_login(ACCOUNT)
    assert logins(site) == 2


def test_the_login_page_can_be_looked_at_without_an_account(site: FossaSite) -> None:
    resource(site).check_site()
    assert logins(site) == 0


def test_an_address_without_a_login_form_is_no_passing_trouble(site: FossaSite) -> None:
    elsewhere = resource(site, base_url=f"{site.url}/sso")
    with pytest.raises(RefusedPageError, match="does not show its login form: is the address right"):
        elsewhere.check_site()
    assert len(asked(site, "/sso")) == 1


def test_a_site_that_cannot_be_reached_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    with pytest.raises(SiteDown, match="WorkFossa is down: could not open the login page: ERR_CONNECTION"):
        WorkFossa(base_url=f"http://127.0.0.1:{closed}").check_login(ACCOUNT)
