"""A person's consent: asked for in a browser, taken only from the right person and only whole."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from resources.browser import open_browser
from resources.google_sign_in import CALENDAR_SCOPE, ConsentError, OAuthClient
from tests.resources.google_project import Project

ANA, JO = "ana@college.example", "jo@college.example"


@pytest.fixture
def client(project: Project) -> OAuthClient:
    return project.google().oauth_client()


def refused(client: OAuthClient, open_page: Callable[[str], None], *, wait: float = 5) -> str:
    """What asking comes to, traceback and all."""
    with pytest.raises(ConsentError) as caught:
        client.ask(ANA, open_page, wait=wait)
    return "".join(traceback.format_exception(caught.value))


def back_to(address: str) -> str:
    """Where Google is to send the browser."""
    return parse_qs(urlsplit(address).query)["redirect_uri"][0]


def test_who_allows_it_is_connected(project: Project, client: OAuthClient) -> None:
    consent = client.ask(ANA, project.person())
    assert consent.email == ANA
    assert consent.scopes == {CALENDAR_SCOPE}
    assert consent.refresh_token
    assert consent.refresh_token not in repr(consent)


def test_it_is_asked_for_offline_with_pkce_and_a_state(project: Project, client: OAuthClient) -> None:
    asked: dict[str, list[str]] = {}

    def open_page(address: str) -> None:
        asked.update(parse_qs(urlsplit(address).query))
        project.person()(address)

    client.ask(ANA, open_page)
    assert asked["access_type"] == ["offline"]
    assert asked["prompt"] == ["consent"]
    assert asked["login_hint"] == [ANA]
    assert asked["scope"] == [CALENDAR_SCOPE]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) > 30
    assert urlsplit(asked["redirect_uri"][0]).hostname == "127.0.0.1"


def test_asking_again_gives_a_refresh_token_again(project: Project, client: OAuthClient) -> None:
    first, second = (client.ask(ANA, project.person()) for _ in range(2))
    assert first.refresh_token != second.refresh_token


def test_who_refuses_is_not_connected(project: Project, client: OAuthClient) -> None:
    assert f"{ANA} did not allow it" in refused(client, project.person("cancel"))


def test_another_account_is_not_taken_for_the_one_that_was_asked(
    project: Project, client: OAuthClient
) -> None:
    message = refused(client, project.person(email=JO))
    assert f"it was {JO} who allowed it, not {ANA}" in message


def test_upper_and_lower_case_are_the_same_account(project: Project, client: OAuthClient) -> None:
    assert client.ask("Ana@College.Example", project.person()).email == ANA


def test_an_answer_without_our_state_is_not_taken(project: Project, client: OAuthClient) -> None:
    answers: list[int] = []

    def open_page(address: str) -> None:
        queries = ("?code=somebody-elses", "?code=somebody-elses&state=guessed", "?state=%C3%A9", "")
        answers.extend(
            httpx.get(f"{back_to(address)}{query}", trust_env=False).status_code for query in queries
        )
        project.person()(address)

    assert client.ask(ANA, open_page).email == ANA
    assert answers == [404] * 4


def test_nobody_waits_for_ever(client: OAuthClient) -> None:
    assert "nobody answered" in refused(client, lambda _: None, wait=0.05)


def test_no_port_stays_open(client: OAuthClient) -> None:
    pages: list[str] = []
    refused(client, pages.append, wait=0.05)
    with pytest.raises(httpx.ConnectError):
        httpx.get(back_to(pages[0]), trust_env=False)
    assert not [thread for thread in threading.enumerate() if thread.name == "consent"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"access_token": "t", "token_type": "Bearer", "scope": CALENDAR_SCOPE}, "gave no refresh token"),
        ({"access_token": "t", "token_type": "Bearer", "scope": "openid"}, "did not tick"),
        ({"access_token": "t", "token_type": "Bearer"}, "did not tick"),
        ({"error": "invalid_grant"}, "gave no token for the consent (invalid_grant)"),
        ({}, "gave no token for the consent"),
    ],
)
def test_what_google_leaves_out_is_said(
    client: OAuthClient, monkeypatch: pytest.MonkeyPatch, answer: dict[str, str], words: str
) -> None:
    """Answers that Google gives to others' mistakes, which the simulated one has no occasion for."""
    import requests  # noqa: PLC0415

    def send(_self: object, request: requests.PreparedRequest, **_: object) -> requests.Response:
        response = requests.Response()
        response.request, response.url, response.status_code = request, str(request.url), 200
        token = str(request.url).endswith("/token")
        response._content = httpx.Request("POST", "http://x", json=answer if token else {"id": ANA}).content
        return response

    monkeypatch.setattr(requests.Session, "send", send)

    def open_page(address: str) -> None:
        state = parse_qs(urlsplit(address).query)["state"][0]
        httpx.get(back_to(address), params={"state": state, "code": "x"}, trust_env=False)

    assert words in refused(client, open_page)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_secret": "an-old-secret"}, "check GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET"),
        ({"token_url": "https://127.0.0.1:9/token"}, "no usable answer from Google"),
        ({"api_url": "https://127.0.0.1:9"}, "no usable answer from Google"),
        ({"ca_bundle": None}, "no usable answer from Google (SSLError)"),
    ],
)
def test_what_does_not_work_is_named_and_shows_no_secret(
    project: Project, client: OAuthClient, changes: dict[str, str | None], words: str
) -> None:
    message = refused(replace(client, **changes), project.person())  # type: ignore[arg-type]
    assert words in message
    for secret in (client.client_secret, "an-old-secret", "code="):
        assert secret not in message
    assert client.client_secret not in repr(client)


def test_an_account_without_a_calendar_is_not_connected(project: Project, client: OAuthClient) -> None:
    project.arm("http", "GET /calendars/primary", status=403, reason="accessNotConfigured")
    assert "check that the Calendar API is enabled" in refused(client, project.person())


def test_authorities_of_the_environment_do_not_count(
    project: Project, client: OAuthClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = tmp_path / "none.pem"
    none.touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(none))
    assert client.ask(ANA, project.person()).email == ANA


@pytest.mark.browser
def test_a_person_allows_it_in_a_real_browser(client: OAuthClient) -> None:
    seen: list[str] = []

    async def allow(address: str) -> None:
        async with open_browser() as browser:
            page = await browser.new_page(ignore_https_errors=True)
            await page.goto(address)
            seen.append(await page.input_value("#email"))
            await page.click("button[value=allow]")
            await page.wait_for_url("http://127.0.0.1:*/**")
            seen.append(await page.inner_text("body"))

    with ThreadPoolExecutor(1) as person:
        consent = client.ask(
            ANA, lambda address: person.submit(asyncio.run, allow(address)).result(), wait=30
        )
    assert consent.email == ANA
    assert seen[0] == ANA
    assert "You can close this page" in seen[1]
