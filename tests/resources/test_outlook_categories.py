"""Categories get their colours where that is allowed, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from resources.outlook_categories import NOT_ALLOWED, MasterCategories
from tests.resources.tenant import PEOPLE, Tenant, open_tenant

PRESETS = {f"C{n:02} - Übung": f"preset{n}" for n in range(6)}


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    with open_tenant(tmp_path) as opened, stamina.set_testing(True, attempts=2):
        yield opened


def colours(tenant: Tenant, calendar: str) -> dict[str, str]:
    page = tenant.client.get(f"/users/{calendar}/outlook/masterCategories")
    return {category["displayName"]: category["color"] for category in tenant.client.collect(page)}


def test_missing_categories_are_made_and_others_stay(tenant: Tenant) -> None:
    own = {"displayName": "c00 - übung", "color": "preset24"}
    tenant.write("POST", tenant.ids[0], "/outlook/masterCategories", own)
    assert MasterCategories(tenant.client).ensure(tenant.ids, PRESETS) == []
    expected = {name: preset for name, preset in PRESETS.items() if name != "C00 - Übung"}
    assert colours(tenant, tenant.ids[0]) == {**expected, "c00 - übung": "preset24"}
    assert colours(tenant, tenant.ids[3]) == PRESETS


def test_what_was_seen_to_once_costs_nothing_again(tenant: Tenant) -> None:
    categories = MasterCategories(tenant.client)
    categories.ensure(tenant.ids, PRESETS)
    before = len(tenant.calls("GET")), len(tenant.calls("POST"))
    assert categories.ensure(tenant.ids, PRESETS) == []
    assert (len(tenant.calls("GET")), len(tenant.calls("POST"))) == before
    assert MasterCategories(tenant.client).ensure(tenant.ids, PRESETS) == []
    assert len(tenant.calls("POST")) == before[1]


def test_a_category_that_somebody_made_meanwhile_is_fine(tenant: Tenant) -> None:
    tenant.arm("http", "POST /users/.*/outlook", times=None, status=409)
    assert MasterCategories(tenant.client).ensure(tenant.ids, PRESETS) == []


def test_a_missing_permission_is_one_warning(tenant: Tenant) -> None:
    tenant.settings.roles = {"Calendars.ReadWrite"}
    assert MasterCategories(tenant.client).ensure(tenant.ids, PRESETS) == [NOT_ALLOWED]
    tenant.settings.roles = {"MailboxSettings.Read"}
    assert MasterCategories(tenant.client).ensure(tenant.ids, PRESETS) == [NOT_ALLOWED]


def test_what_could_not_be_done_is_said_and_does_not_stop_the_others(tenant: Tenant) -> None:
    tenant.settings.unlicensed = {PEOPLE[0].upn}
    tenant.arm("http", f"POST /users/{tenant.ids[1]}/outlook", times=None, status=503)
    (problem,) = MasterCategories(tenant.client).ensure(tenant.ids, PRESETS)
    assert problem.startswith("categories of 2 mailboxes could not be seen to: 404 MailboxNotEnabled")
    assert "503 serviceNotAvailable" in problem
    assert colours(tenant, tenant.ids[2]) == PRESETS
