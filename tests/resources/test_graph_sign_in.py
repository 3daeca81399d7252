"""Signing in: one token for all, renewed in time, and plain words when it does not work."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from urllib3 import Retry

from resources.directory import DirectoryError, list_accounts
from resources.graph_sign_in import SignInError, TokenSource
from tests.resources.tenant import PEOPLE, Tenant, graph_of, open_tenant

SECRET = "not-the-real-one"


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    with open_tenant(tmp_path) as opened:
        yield opened


def refused(tenant: Tenant, **changes: Any) -> str:  # noqa: ANN401 - fields of Graph
    """What a sign-in with these settings comes to, traceback and all."""
    with graph_of(tenant.simulators, **changes).connect() as client, pytest.raises(SignInError) as caught:
        client.tokens.token()
    return "".join(traceback.format_exception(caught.value))


def test_one_token_serves_all_threads(tenant: Tenant) -> None:
    with graph_of(tenant.simulators).connect() as client, ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: client.tokens.token(), range(32)))) == 1


def test_a_token_is_renewed_before_it_expires(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("resources.graph_sign_in.time.monotonic", lambda: clock[0])
    with graph_of(tenant.simulators).connect() as client:
        tenant.settings.expires_in = 200
        first = client.tokens.token()
        clock[0] += 99
        assert client.tokens.token() == first
        clock[0] += 2
        assert client.tokens.token() != first


def test_only_the_token_that_was_refused_is_discarded(tenant: Tenant) -> None:
    tokens: TokenSource = tenant.client.tokens
    first = tokens.token()
    tokens.discard("an older one")
    assert tokens.token() == first
    tokens.discard(first)
    assert tokens.token() != first


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"client_secret": SECRET}, "AZURE_CLIENT_SECRET is not right"),
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, "AZURE_CLIENT_ID names no application"),
    ],
)
def test_a_refusal_says_what_to_do_and_shows_no_secret(
    tenant: Tenant, changes: dict[str, str], advice: str
) -> None:
    message = refused(tenant, **changes)
    assert advice in message
    assert "AADSTS" in message
    assert SECRET not in message
    assert tenant.settings.client_secret not in message


def test_an_unknown_tenant_is_named_as_the_trouble(tenant: Tenant) -> None:
    authority = tenant.simulators.authority.replace(tenant.settings.tenant, "nowhere.example")
    assert "check AZURE_TENANT_ID" in refused(tenant, authority=authority)


@pytest.mark.parametrize("changes", [{"ca_bundle": None}, {"authority": "https://localhost:1/tenant"}])
def test_a_server_that_cannot_be_trusted_or_reached_is_named_as_the_trouble(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None]
) -> None:
    monkeypatch.setattr(Retry, "sleep", lambda *_: None)
    assert "check the network, the authority's address and the CA bundle" in refused(tenant, **changes)


def test_an_answer_that_is_no_token_is_not_laid_to_the_tenants_name(
    tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    tenant.arm("identity", "POST .*/token", None, status=200)
    message = refused(tenant)
    assert "no usable answer" in message
    assert "AZURE_TENANT_ID" not in message
    assert caplog.text == ""


def test_the_secret_is_not_in_the_resources_words(tenant: Tenant) -> None:
    assert tenant.settings.client_secret not in repr(tenant.graph)


def test_the_directorys_users_are_accounts(tenant: Tenant) -> None:
    tenant.settings.disabled = {PEOPLE[2].upn}
    accounts = list_accounts(tenant.client)
    assert [(account.upn, account.display_name, account.enabled) for account in accounts] == [
        (person.upn, person.display_name, person is not PEOPLE[2]) for person in PEOPLE
    ]
    assert [account.id for account in accounts] == list(tenant.ids)


def test_a_directory_that_cannot_be_listed_is_named_with_the_reason(tenant: Tenant) -> None:
    tenant.arm("http", "GET /users", None, status=403, code="Authorization_RequestDenied")
    with pytest.raises(DirectoryError, match="the directory could not be listed: 403 Authorization_Req"):
        list_accounts(tenant.client)
