"""What the doctor finds of WorkFossa: whether its login page is there, and whether accounts can be opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from resources.graph_check import Finding
from resources.workfossa_check import check_accounts, check_workfossa
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.work_orders.credentials import Account, save_account
from tests.resources.fossa_reading import NOW, logins, resource
from tests.simulators.fossa_client import served
from tests.work_orders.owners import add_owner


@pytest.mark.browser
def test_the_login_form_is_looked_at_and_nobody_is_logged_in(tmp_path: Path) -> None:
    with served(tmp_path) as site:
        assert list(check_workfossa(resource(site))) == [
            Finding("browser", ok=True, detail="Chromium starts"),
            Finding("login form", ok=True, detail=f"{site.url} shows it"),
        ]
        _, form = check_workfossa(resource(site, base_url=f"{site.url}/sso"))
        assert not form.ok
        assert form.detail.endswith("is the address right?; check WORKFOSSA_URL")
        assert logins(site) == 0


def test_a_browser_that_is_not_there_is_said_first(tmp_path: Path) -> None:
    with served(tmp_path) as site:
        (finding,) = check_workfossa(resource(site, chromium=str(tmp_path / "no-such-browser")))
    assert (finding.name, finding.ok) == ("browser", False)
    assert "run `playwright install chromium`" in finding.detail


def test_a_key_opens_what_was_entered_with_it_or_says_how_many_it_does_not(engine: Engine) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    assert check_accounts(engine, Cipher(new)) == Finding(
        "key", ok=True, detail="WORK_ORDERS_KEY opens all 0 accounts"
    )
    save_account(engine, Cipher(old), add_owner(engine), Account("tess@fieldwork.example", "hush-hush"), NOW)
    save_account(engine, Cipher(new), add_owner(engine, "otto"), Account("otto@x.example", "hush-hush"), NOW)
    assert check_accounts(engine, Cipher(f"{new},{old}")).ok
    closed = check_accounts(engine, Cipher(new))
    assert not closed.ok
    assert closed.detail.startswith("WORK_ORDERS_KEY does not open 1 of 2 accounts; add the key of before")
