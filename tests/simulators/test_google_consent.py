"""A person allows the application in their browser, or does not; google-auth-oauthlib is the application."""

from __future__ import annotations

import threading
import webbrowser
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from google_auth_oauthlib.flow import InstalledAppFlow
from lxml import html
from oauthlib.oauth2.rfc6749.errors import AccessDeniedError

from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.google_client import (
    ADA,
    CALENDAR,
    calling,
    consent,
    refresh,
    session,
)

REDIRECT = "http://127.0.0.1:8123/"


class Browser:
    """A browser, with a person before it who presses one button."""

    def __init__(self, simulators: Simulators, decision: str, email: str | None = None) -> None:
        self._simulators = simulators
        self._decision = decision
        self._email = email
        self._person = threading.Thread()

    def open(self, url: str, **_options: object) -> bool:
        """Show the page without making the application wait."""
        self._person = threading.Thread(target=self._decide, args=(url,))
        self._person.start()
        return True

    def _decide(self, url: str) -> None:
        with session(self._simulators) as web:
            page = html.document_fromstring(web.get(url, timeout=10).text)
            fields = {str(field.get("name")): str(field.get("value")) for field in page.iter("input")}
            if self._email is not None:
                fields["email"] = self._email
            web.post(url, data=fields | {"decision": self._decision}, timeout=10)

    def close(self) -> None:
        self._person.join()


def _flow(simulators: Simulators) -> InstalledAppFlow:
    settings, origin = simulators.google.settings, simulators.google_url
    client = {
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "auth_uri": f"{origin}/o/oauth2/v2/auth",
        "token_uri": f"{origin}/token",
    }
    flow: InstalledAppFlow = InstalledAppFlow.from_client_config({"installed": client}, [CALENDAR])
    flow.oauth2session.verify = str(simulators.ca_file)
    flow.oauth2session.trust_env = False
    return flow


def _query(simulators: Simulators, **changes: str) -> dict[str, str]:
    query = {
        "client_id": simulators.google.settings.client_id,
        "response_type": "code",
        "scope": CALENDAR,
        "redirect_uri": REDIRECT,
        "access_type": "offline",
        "state": "of the application",
    } | changes
    return {name: value for name, value in query.items() if value}


def _page(simulators: Simulators, **changes: str) -> requests.Response:
    with session(simulators) as web:
        address = f"{simulators.google_url}/o/oauth2/v2/auth"
        return web.get(address, params=_query(simulators, **changes), timeout=10)


def _decide(simulators: Simulators, form: dict[str, str], **changes: str) -> requests.Response:
    with session(simulators) as web:
        return web.post(
            f"{simulators.google_url}/o/oauth2/v2/auth",
            params=_query(simulators, **changes),
            data=form,
            timeout=10,
            allow_redirects=False,
        )


def _allow(simulators: Simulators, **changes: str) -> str:
    """The code that the browser brings back."""
    answer = _decide(simulators, {"email": ADA, "decision": "allow"}, **changes)
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def _redeem(simulators: Simulators, code: str, **changes: str) -> requests.Response:
    settings = simulators.google.settings
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    } | changes
    with session(simulators) as web:
        return web.post(f"{simulators.google_url}/token", data=form, timeout=10)


@pytest.mark.parametrize("typed", [None, "Ada.Frey@college.example "])
def test_allowing_gives_the_application_tokens(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch, typed: str | None
) -> None:
    browser = Browser(simulators, "allow", typed)
    monkeypatch.setattr(webbrowser, "get", lambda _name: browser)
    hint = {} if typed else {"login_hint": ADA}
    found = _flow(simulators).run_local_server(
        port=0, authorization_prompt_message=None, timeout_seconds=20, prompt="consent", **hint
    )
    browser.close()
    with calling(simulators, found.token) as api:
        assert api.call("GET", "/calendar/v3/users/me/calendarList").json()["items"][0]["id"] == ADA
    assert refresh(found, simulators) == found.token


def test_cancelling_tells_the_application(simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(simulators, "cancel")
    monkeypatch.setattr(webbrowser, "get", lambda _name: browser)
    with pytest.raises(AccessDeniedError):
        _flow(simulators).run_local_server(port=0, authorization_prompt_message=None, timeout_seconds=20)
    browser.close()


def test_the_browser_brings_code_and_state_back(simulators: Simulators) -> None:
    answer = _decide(
        simulators, {"email": ADA, "decision": "allow"}, redirect_uri="http://localhost:8123/back?from=google"
    )
    address = urlsplit(answer.headers["Location"])
    query = parse_qs(address.query)
    assert answer.status_code == 303
    assert (address.netloc, address.path) == ("localhost:8123", "/back")
    assert (query["state"], query["from"], query["scope"]) == (["of the application"], ["google"], [CALENDAR])
    assert set(query) == {"state", "from", "scope", "code"}


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"redirect_uri": "https://elsewhere.example/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://127.0.0.1.elsewhere.example/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": "https://127.0.0.1:8123/"}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": ""}, 400, "invalid_request"),
        ({"scope": CALENDAR + " https://www.googleapis.com/auth/everything"}, 400, "invalid_scope"),
        ({"access_type": "sometimes"}, 400, "invalid_request"),
        ({"code_challenge": "x", "code_challenge_method": "MD5"}, 400, "invalid_request"),
    ],
)
def test_a_request_that_google_would_not_take_is_shown_as_an_error(
    simulators: Simulators, changes: dict[str, str], status: int, word: str
) -> None:
    shown, pressed = _page(simulators, **changes), _decide(simulators, {"decision": "allow"}, **changes)
    for answer in (shown, pressed):
        assert answer.status_code == status
        assert f"Error {status}: {word}" in answer.text


def test_an_unknown_account_is_asked_again(simulators: Simulators) -> None:
    answer = _decide(simulators, {"email": "ada@elsewhere.example", "decision": "allow"})
    assert answer.status_code == 400
    [problem] = html.document_fromstring(answer.text).findall(".//*[@role='alert']")
    assert problem.text == "Couldn't find this Google Account."


def test_what_an_application_writes_stays_text(simulators: Simulators) -> None:
    page = _page(simulators, login_hint='"><script>alert(1)</script>')
    assert "<script>" not in page.text


def test_a_code_is_good_once(simulators: Simulators) -> None:
    code = _allow(simulators)
    assert _redeem(simulators, code).status_code == 200
    again = _redeem(simulators, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_code_belongs_to_its_address_and_its_application(simulators: Simulators) -> None:
    elsewhere = _redeem(simulators, _allow(simulators), redirect_uri="http://127.0.0.1:9999/")
    assert (elsewhere.status_code, elsewhere.json()["error"]) == (400, "redirect_uri_mismatch")
    stranger = _redeem(simulators, _allow(simulators), client_secret="guessed")
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("verifier", ["", "guessed"])
def test_a_code_that_was_asked_for_with_pkce_needs_its_verifier(
    simulators: Simulators, verifier: str
) -> None:
    code = _allow(
        simulators,
        code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636, appendix B
        code_challenge_method="S256",
    )
    answer = _redeem(simulators, code, code_verifier=verifier)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("challenge", "method"), [("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "S256"), (None, "plain")]
)
def test_the_verifier_redeems_the_code(simulators: Simulators, challenge: str | None, method: str) -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    code = _allow(simulators, code_challenge=challenge or verifier, code_challenge_method=method)
    assert _redeem(simulators, code, code_verifier=verifier).status_code == 200


def test_a_refresh_token_comes_with_offline_access_and_the_first_time(simulators: Simulators) -> None:
    assert "refresh_token" not in _redeem(simulators, _allow(simulators, access_type="online")).json()
    assert "refresh_token" in _redeem(simulators, _allow(simulators)).json()
    assert "refresh_token" not in _redeem(simulators, _allow(simulators)).json()
    assert "refresh_token" in _redeem(simulators, _allow(simulators, prompt="consent")).json()


def test_a_revoked_person_gets_a_new_refresh_token(simulators: Simulators) -> None:
    old = consent(simulators, ADA)
    with session(simulators) as web:
        web.post(f"{simulators.google_url}/revoke", data={"token": old}, timeout=10)
    assert _redeem(simulators, _allow(simulators)).json()["refresh_token"] != old
