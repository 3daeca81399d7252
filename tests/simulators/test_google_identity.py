"""The simulated Google issues tokens as google-auth expects, and refuses what Google refuses."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import jwt
import pytest
import requests
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from google.auth.exceptions import RefreshError

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.google_client import (
    ADA,
    BRUNO,
    CALENDAR,
    EVENTS,
    Json,
    calling,
    consent,
    event,
    person,
    reason,
    refresh,
    robot,
    session,
    sign_in,
)

EMAIL = "https://www.googleapis.com/auth/userinfo.email"
READ_ONLY = "https://www.googleapis.com/auth/calendar.readonly"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def _post(simulators: Simulators, path: str, **form: str) -> requests.Response:
    with session(simulators) as web:
        return web.post(simulators.google_url + path, data=form, timeout=10)


def _key_file(simulators: Simulators) -> Path:
    return Path(simulators.environment["GOOGLE_SERVICE_ACCOUNT_FILE"])


def _claims(simulators: Simulators, **changes: object) -> Json:
    now = int(time.time())
    return {
        "iss": simulators.google.settings.service_account,
        "scope": CALENDAR,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": now,
        "exp": now + 3600,
    } | changes


def _assert(simulators: Simulators, claims: Json, key: str | None = None) -> requests.Response:
    key = key or json.loads(_key_file(simulators).read_text())["private_key"]
    assertion = jwt.encode(claims, key, "RS256")
    return _post(simulators, "/token", grant_type=JWT_BEARER, assertion=assertion)


def test_google_auth_signs_the_service_account_in(simulators: Simulators) -> None:
    found = robot(simulators)
    token = refresh(found, simulators)
    assert found.valid
    with calling(simulators, token) as api:
        assert api.call("GET", EVENTS).status_code == 200
    [call] = [entry for entry in simulators.google.control.journal() if entry["kind"] == "call"]
    assert call["caller"] == simulators.google.settings.service_account


def test_the_key_file_is_private_and_outlives_the_simulator(tmp_path: Path) -> None:
    with Simulators(tmp_path) as first:
        file = _key_file(first)
        before = json.loads(file.read_text())
        token_key = first.environment["GOOGLE_TOKEN_KEY"]
    with Simulators(tmp_path) as second:
        after = json.loads(file.read_text())
        assert after["token_uri"] == f"{second.google_url}/token"
        assert after["private_key"] == before["private_key"]
        assert second.environment["GOOGLE_TOKEN_KEY"] == token_key
        refresh(robot(second), second)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Fernet(token_key).decrypt(Fernet(token_key).encrypt(b"kept")) == b"kept"


def test_a_stranger_s_signature_is_refused(simulators: Simulators) -> None:
    stranger = generate_private_key(public_exponent=65537, key_size=2048)
    assertion = jwt.encode(_claims(simulators), stranger, "RS256")
    answer = _post(simulators, "/token", grant_type=JWT_BEARER, assertion=assertion)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "Invalid JWT Signature."},
    )


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({}, 200, None),
        ({"iss": "somebody@college-timetable.iam.gserviceaccount.com"}, 400, "invalid_grant"),
        ({"aud": "https://elsewhere.example/token"}, 400, "invalid_grant"),
        ({"iat": 1_700_000_000, "exp": 1_700_003_600}, 400, "invalid_grant"),
        ({"exp": int(time.time()) + 7200}, 400, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/calender"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_scope"),
        ({"sub": ADA}, 401, "unauthorized_client"),
    ],
)
def test_an_assertion_is_judged_by_its_claims(
    simulators: Simulators, changes: Json, status: int, error: str | None
) -> None:
    answer = _assert(simulators, _claims(simulators, **changes))
    assert (answer.status_code, answer.json().get("error")) == (status, error)


def test_an_assertion_without_a_signature_is_refused(simulators: Simulators) -> None:
    unsigned = jwt.encode(_claims(simulators), "", "none")
    answer = _post(simulators, "/token", grant_type=JWT_BEARER, assertion=unsigned)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_google_auth_refreshes_a_person_s_token(simulators: Simulators) -> None:
    found = person(simulators, consent(simulators, ADA), [CALENDAR])
    first, second = refresh(found, simulators), refresh(found, simulators)
    assert first != second
    assert found.granted_scopes == [CALENDAR]
    with pytest.raises(RefreshError, match="invalid_scope"):
        refresh(person(simulators, str(found.refresh_token), [CALENDAR, EMAIL]), simulators)
    with calling(simulators, second) as api:
        api.create(summary="Mine")
    with calling(simulators, sign_in(simulators, BRUNO)) as api:
        assert api.events() == []


def test_a_revoked_person_must_consent_again(simulators: Simulators) -> None:
    found = person(simulators, consent(simulators, ADA))
    token = refresh(found, simulators)
    with session(simulators) as web:
        web.post(f"{simulators.google_url}/control/revoke", json={"email": ADA}, timeout=10)
    with pytest.raises(RefreshError, match=r"Token has been expired or revoked\.") as caught:
        refresh(found, simulators)
    assert caught.value.args[1]["error"] == "invalid_grant"
    assert not caught.value.retryable
    with calling(simulators, token) as api:
        assert reason(api.call("GET", EVENTS)) == (401, "authError")
    with calling(simulators, sign_in(simulators, ADA)) as api:
        assert api.events() == []
    with pytest.raises(RefreshError):
        refresh(found, simulators)


def test_one_person_s_revocation_concerns_nobody_else(simulators: Simulators) -> None:
    bruno = person(simulators, consent(simulators, BRUNO))
    ada = consent(simulators, ADA)
    assert _post(simulators, "/revoke", token=ada).status_code == 200
    assert _post(simulators, "/revoke", token=ada).json() == {
        "error": "invalid_token",
        "error_description": "Token expired or revoked",
    }
    refresh(bruno, simulators)


def test_revoking_an_access_token_ends_the_whole_grant(simulators: Simulators) -> None:
    found = person(simulators, consent(simulators, ADA))
    token = refresh(found, simulators)
    with session(simulators) as web:
        assert web.post(f"{simulators.google_url}/revoke", params={"token": token}, timeout=10).ok
    with pytest.raises(RefreshError):
        refresh(found, simulators)


def test_access_tokens_expire(simulators: Simulators) -> None:
    simulators.google.settings.expires_in = 0
    with calling(simulators, sign_in(simulators, ADA)) as api:
        answer = api.call("GET", EVENTS)
    assert reason(answer) == (401, "authError")
    assert answer.json()["error"]["errors"][0]["location"] == "Authorization"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_an_unknown_refresh_token_is_no_grant(simulators: Simulators) -> None:
    with pytest.raises(RefreshError, match="invalid_grant"):
        refresh(person(simulators, "1//never-issued"), simulators)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"refresh_token": ""}, 400, "invalid_request"),
    ],
)
def test_the_token_endpoint_words_its_refusals(
    simulators: Simulators, changes: dict[str, str], status: int, error: str
) -> None:
    settings = simulators.google.settings
    form = {
        "grant_type": "refresh_token",
        "refresh_token": consent(simulators, ADA),
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    }
    answer = _post(simulators, "/token", **(form | changes))
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize(("secret", "status"), [(None, 200), ("wrong", 401)])
def test_the_client_may_prove_itself_by_http_basic(
    simulators: Simulators, secret: str | None, status: int
) -> None:
    settings = simulators.google.settings
    form = {"grant_type": "refresh_token", "refresh_token": consent(simulators, ADA)}
    client = (settings.client_id, secret or settings.client_secret)
    with session(simulators) as web:
        answer = web.post(f"{simulators.google_url}/token", data=form, auth=client, timeout=10)
    assert answer.status_code == status


def test_a_token_needs_a_scope_that_allows_the_call(simulators: Simulators) -> None:
    with calling(simulators, sign_in(simulators, ADA, scopes=[READ_ONLY])) as api:
        assert api.events() == []
        answer = api.call("POST", EVENTS, json=event())
        assert reason(answer) == (403, "insufficientPermissions")
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    with calling(simulators, sign_in(simulators, ADA, scopes=[EMAIL])) as api:
        assert reason(api.call("GET", EVENTS)) == (403, "insufficientPermissions")


def test_tokeninfo_tells_whose_a_token_is(simulators: Simulators) -> None:
    token = sign_in(simulators, ADA, scopes=[CALENDAR, EMAIL])
    with session(simulators) as web:
        address = f"{simulators.google_url}/oauth2/v3/tokeninfo"
        found = web.get(address, params={"access_token": token}, timeout=10).json()
        unknown = web.get(address, params={"access_token": "ya29.other"}, timeout=10)
    assert found["email"] == ADA
    assert found["aud"] == simulators.google.settings.client_id
    assert found["scope"].split() == [CALENDAR, EMAIL]
    assert 3500 < int(found["expires_in"]) <= 3599
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_token")


def test_only_accounts_of_the_organisation_consent(simulators: Simulators) -> None:
    with session(simulators) as web:
        address = f"{simulators.google_url}/control/consent"
        assert web.post(address, json={"email": "ada@elsewhere.example"}, timeout=10).status_code == 404


def test_the_token_endpoint_can_fail(simulators: Simulators) -> None:
    found = person(simulators, consent(simulators, ADA))
    simulators.google.control.arm(Fault("http", params={"status": 500}))
    simulators.google.control.arm(Fault("identity"))
    assert _post(simulators, "/token").status_code == 503
    refresh(found, simulators)
    statuses = [entry["status"] for entry in simulators.google.control.journal() if entry["path"] == "/token"]
    assert statuses == [503, 200]


def test_no_secret_is_told(simulators: Simulators) -> None:
    token = sign_in(simulators, ADA)
    with calling(simulators, token) as api:
        api.create()
        settings = api.call("GET", "/control/settings").json()
        journal = api.call("GET", "/control/journal").text
    assert "client_secret" not in settings
    assert token not in journal
    assert simulators.google.settings.client_secret not in repr(simulators.google.settings)
