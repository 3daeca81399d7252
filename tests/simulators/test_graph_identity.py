"""Signing in: stock msal, and the errors of the token endpoint word for word where clients read them."""

from __future__ import annotations

import httpx
import msal
import pytest
import requests

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import EVENTS, credentials, refusal, sign_in


def test_msal_gets_a_token_that_graph_takes(simulators: Simulators, web: httpx.Client) -> None:
    answer = _msal(simulators).acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == simulators.graph.settings.expires_in
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert web.get(simulators.graph_url + EVENTS, headers=bearer).status_code == 200


def test_msal_reports_a_wrong_secret(simulators: Simulators) -> None:
    answer = _msal(simulators, secret="wrong").acquire_token_for_client(
        ["https://graph.microsoft.com/.default"]
    )
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215])


def _msal(simulators: Simulators, secret: str | None = None) -> msal.ConfidentialClientApplication:
    session = requests.Session()
    session.trust_env = False
    session.verify = str(simulators.ca_file)
    settings = simulators.graph.settings
    return msal.ConfidentialClientApplication(
        settings.client_id,
        client_credential=secret or settings.client_secret,
        authority=simulators.authority,
        instance_discovery=False,
        http_client=session,
    )


@pytest.mark.parametrize(
    ("change", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "11111111-2222-3333-4444-555555555555"}, 400, "unauthorized_client", 700016),
        ({"scope": "https://graph.microsoft.com/Calendars.ReadWrite"}, 400, "invalid_scope", 1002012),
        ({"scope": ""}, 400, "invalid_scope", 1002012),
        ({"scope": "https://other.example/.default"}, 400, "invalid_resource", 500011),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
def test_a_wrong_request_gets_the_platforms_error(
    simulators: Simulators, web: httpx.Client, change: dict[str, str], status: int, error: str, number: int
) -> None:
    data = credentials(simulators) | change
    answer = web.post(f"{simulators.authority}/oauth2/v2.0/token", data=data)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert {"timestamp", "trace_id", "correlation_id"} <= body.keys()


def test_an_unknown_tenant_is_not_found(simulators: Simulators, web: httpx.Client) -> None:
    authority = simulators.authority.replace(simulators.graph.settings.tenant, "other.example")
    for answer in (
        web.post(f"{authority}/oauth2/v2.0/token", data=credentials(simulators)),
        web.get(f"{authority}/v2.0/.well-known/openid-configuration"),
    ):
        assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_the_platform_can_be_down(simulators: Simulators, web: httpx.Client) -> None:
    control = simulators.graph.control
    control.arm(Fault("identity", params={"status": 502}))
    statuses = [
        web.post(f"{simulators.authority}/oauth2/v2.0/token", data=credentials(simulators)).status_code
        for _ in range(2)
    ]
    assert statuses == [502, 200]
    assert [call["status"] for call in control.journal() if call["path"].endswith("/token")] == statuses


def test_graph_wants_a_good_token(simulators: Simulators, web: httpx.Client) -> None:
    address = simulators.graph_url + EVENTS
    for headers in ({}, {"Authorization": "Bearer made-up"}):
        answer = web.get(address, headers=headers)
        assert refusal(answer) == (401, "InvalidAuthenticationToken")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_tokens_end(simulators: Simulators, web: httpx.Client) -> None:
    simulators.graph.settings.expires_in = 0
    bearer = {"Authorization": f"Bearer {sign_in(web, simulators)}"}
    answer = web.get(simulators.graph_url + EVENTS, headers=bearer)
    assert refusal(answer) == (401, "InvalidAuthenticationToken")
