"""What a doctor says about a tenant."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from resources.graph_check import Finding, check, permissions, roles_of
from tests.resources.tenant import PEOPLE, Tenant, graph_of, open_tenant


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    with open_tenant(tmp_path) as opened:
        yield opened


def findings(tenant: Tenant) -> dict[str, Finding]:
    return {finding.name: finding for finding in check(tenant.client)}


def jwt(claims: dict[str, object]) -> str:
    payload = base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip("=")
    return f"header.{payload}.signature"


def test_a_tenant_that_is_well_set_up_is_found_so_without_writing(tenant: Tenant) -> None:
    found = findings(tenant)
    assert all(finding.ok for finding in found.values())
    assert found["tenant"].detail == "Simulated School"
    assert found["users"].detail == "4 enabled accounts"
    assert found["calendars"].detail == "readable for 4 of the first 4 accounts"
    assert not any(call["write"] for call in tenant.simulators.graph.control.journal())


def test_without_sign_in_nothing_else_is_tried(tenant: Tenant) -> None:
    with graph_of(tenant.simulators, client_secret="wrong").connect() as client:
        (finding,) = check(client)
    assert (finding.name, finding.ok) == ("sign-in", False)
    assert "AZURE_CLIENT_SECRET" in finding.detail


@pytest.mark.parametrize(
    ("roles", "name", "advice"),
    [
        ({"Calendars.ReadWrite", "Organization.Read.All"}, "users", "grant User.Read.All"),
        ({"User.Read.All", "Organization.Read.All"}, "calendars", "grant Calendars.ReadWrite"),
    ],
)
def test_a_permission_that_is_missing_is_named_with_the_place_to_grant_it(
    tenant: Tenant, roles: set[str], name: str, advice: str
) -> None:
    tenant.settings.roles = roles
    finding = findings(tenant)[name]
    assert not finding.ok
    assert advice in finding.detail
    assert "API permissions" in finding.detail


def test_the_organization_is_not_needed(tenant: Tenant) -> None:
    tenant.settings.roles = {"User.Read.All", "Calendars.ReadWrite"}
    assert [
        finding.name for finding in findings(tenant).values() if not finding.ok and not finding.optional
    ] == []


def test_accounts_without_mailboxes_need_licences(tenant: Tenant) -> None:
    tenant.settings.unlicensed = {person.upn for person in PEOPLE}
    finding = findings(tenant)["calendars"]
    assert not finding.ok
    assert "licences" in finding.detail


def test_permissions_are_read_from_the_token() -> None:
    token = jwt({"roles": ["User.ReadWrite.All", "Calendars.Read"]})
    found = {finding.name: finding for finding in permissions(token)}
    assert found["User.Read.All"].ok
    assert not found["Calendars.ReadWrite"].ok
    assert not found["MailboxSettings.ReadWrite"].ok
    assert found["MailboxSettings.ReadWrite"].optional


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.!.c", ""])
def test_a_token_that_cannot_be_looked_into_says_nothing(token: str) -> None:
    assert roles_of(token) is None


def test_a_token_without_roles_grants_nothing() -> None:
    assert roles_of(jwt({"aud": "graph"})) == frozenset()
