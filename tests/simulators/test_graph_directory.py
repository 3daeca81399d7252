"""Users and the organization."""

from __future__ import annotations

import httpx

from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import ADA, BRUNO, CLARA, refusal


def _upns(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [user["userPrincipalName"] for user in answer.json()["value"]]


def test_users_are_listed_page_by_page(graph: httpx.Client) -> None:
    first = graph.get("/users?$top=2&$select=id,userPrincipalName")
    assert _upns(first) == [ADA, BRUNO]
    second = graph.get(first.json()["@odata.nextLink"])
    assert _upns(second) == [CLARA]
    assert "@odata.nextLink" not in second.json()
    assert set(second.json()["value"][0]) == {"id", "userPrincipalName"}


def test_users_can_be_filtered(simulators: Simulators, graph: httpx.Client) -> None:
    simulators.graph.settings.disabled = {BRUNO}
    for text, expected in {
        f"userPrincipalName eq '{ADA.upper()}'": [ADA],
        "startswith(displayName,'bruno')": [BRUNO],
        "accountEnabled eq true": [ADA, CLARA],
        f"mail eq '{CLARA}'": [],
        f"startswith(surname,'F') or userPrincipalName eq '{CLARA}'": [ADA, CLARA],
        "accountEnabled eq true and not startswith(givenName,'A')": [CLARA],
    }.items():
        assert _upns(graph.get("/users", params={"$filter": text})) == expected, text


def test_a_user_is_found_by_upn_and_by_id(graph: httpx.Client) -> None:
    by_upn = graph.get(f"/users/{ADA}").json()
    assert by_upn["displayName"] == "Ada Frey"
    assert "accountEnabled" not in by_upn  # comes only when it is asked for
    assert graph.get(f"/users/{by_upn['id']}").json() == by_upn
    assert graph.get(f"/users/{ADA}?$select=accountEnabled").json()["accountEnabled"] is True


def test_an_unknown_user_differs_between_directory_and_outlook(graph: httpx.Client) -> None:
    nobody = "/users/nobody@school.example"
    assert refusal(graph.get(nobody)) == (404, "Request_ResourceNotFound")
    assert refusal(graph.get(nobody + "/events")) == (404, "ErrorInvalidUser")


def test_a_user_without_a_licence_has_no_mailbox(simulators: Simulators, graph: httpx.Client) -> None:
    assert refusal(graph.get(f"/users/{CLARA}/calendar")) == (404, "MailboxNotEnabledForRESTAPI")
    simulators.graph.settings.unlicensed = {ADA}
    assert refusal(graph.get(f"/users/{ADA}/events")) == (404, "MailboxNotEnabledForRESTAPI")


def test_permissions_are_asked_for(simulators: Simulators, graph: httpx.Client) -> None:
    simulators.graph.settings.roles = {"Calendars.Read"}
    assert refusal(graph.get("/users")) == (403, "Authorization_RequestDenied")
    assert refusal(graph.get("/organization")) == (403, "Authorization_RequestDenied")
    assert graph.get(f"/users/{ADA}/events").status_code == 200
    assert refusal(graph.post(f"/users/{ADA}/events", json={})) == (403, "ErrorAccessDenied")
    assert refusal(graph.get(f"/users/{ADA}/outlook/masterCategories")) == (403, "ErrorAccessDenied")


def test_the_organization(simulators: Simulators, graph: httpx.Client) -> None:
    [organization] = graph.get("/organization").json()["value"]
    assert organization["id"] == simulators.graph.settings.tenant
    assert organization["verifiedDomains"][0]["name"] == "school.example"


def test_there_is_no_me_without_a_person(graph: httpx.Client) -> None:
    assert refusal(graph.get("/me/events")) == (400, "BadRequest")


def test_settings_can_be_changed_from_outside(simulators: Simulators, web: httpx.Client) -> None:
    address = simulators.graph_url.removesuffix("/v1.0") + "/control/settings"
    changed = web.put(address, json={"roles": ["User.Read.All"], "mailbox_budget": 5}).json()
    assert (changed["roles"], changed["mailbox_budget"]) == (["User.Read.All"], 5)
    assert "client_secret" not in changed
    assert simulators.graph.settings.roles == {"User.Read.All"}
