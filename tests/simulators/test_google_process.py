"""The simulated Google as a process of its own: what was answered survives even a SIGKILL."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import credentials, service_account
from requests.exceptions import ChunkedEncodingError

from tests.simulators.google_client import ADA, CALENDAR, EVENTS, Json, event

pytestmark = pytest.mark.process


class Running:
    """The process, and a session that trusts it."""

    def __init__(self, process: subprocess.Popen[str], addresses: Json, web: requests.Session) -> None:
        self.process = process
        self.origin: str = addresses["google_url"]
        self.environment: dict[str, str] = addresses["environment"]
        self.web = web

    def post(self, path: str, body: Json) -> Json:
        answer = self.web.post(self.origin + path, json=body, timeout=10)
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    def events(self) -> dict[str, Json]:
        answer = self.web.get(self.origin + EVENTS, params={"maxResults": 2500}, timeout=10)
        answer.raise_for_status()
        return {found["id"]: found for found in answer.json()["items"]}

    def sign_in(self, refresh_token: str) -> None:
        """Call as the person of this refresh token from now on."""
        person = credentials.Credentials(  # type: ignore[no-untyped-call]
            None,
            refresh_token=refresh_token,
            token_uri=f"{self.origin}/token",
            client_id=self.environment["GOOGLE_CLIENT_ID"],
            client_secret=self.environment["GOOGLE_CLIENT_SECRET"],
        )
        person.refresh(Request(self.web))  # type: ignore[no-untyped-call]
        self.web.headers["Authorization"] = f"Bearer {person.token}"


@contextmanager
def running(home: Path) -> Iterator[Running]:
    command = [sys.executable, "-m", "scheduling_pipeline.simulators", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, requests.Session() as web:
        assert process.stdout is not None
        try:
            addresses = json.loads(process.stdout.readline())
            web.trust_env = False
            web.verify = addresses["ca_file"]
            yield Running(process, addresses, web)
        finally:
            process.kill()


def _insert_until_killed(google: Running) -> dict[str, Json]:
    """Insert events one after the other while the process is killed; those that were answered, by id."""
    answered: dict[str, Json] = {}
    google.post("/control/consent", {"email": ADA})  # the process is up: what follows is quick
    killer = threading.Timer(0.5, google.process.kill)
    killer.start()
    with pytest.raises((requests.ConnectionError, ChunkedEncodingError)):
        _insert(google, answered)
    killer.join()
    return answered


def _insert(google: Running, answered: dict[str, Json]) -> None:
    for n in range(100_000):
        made = google.post(EVENTS, event(summary=f"Class {n}"))
        answered[made["id"]] = made


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    with running(tmp_path) as google:
        google.web.put(f"{google.origin}/control/settings", json={"user_quota": 100_000}, timeout=10)
        refresh_token = google.post("/control/consent", {"email": ADA})["refresh_token"]
        google.sign_in(refresh_token)
        answered = _insert_until_killed(google)
        signed_in = google.web.headers["Authorization"]
    assert len(answered) > 5
    with running(tmp_path) as google:
        google.web.headers["Authorization"] = signed_in
        stands = google.events()
        assert answered.items() <= stands.items()
        assert len(stands) - len(answered) <= 1  # the one that was under way
        google.sign_in(refresh_token)
        assert google.events() == stands
        journal = google.web.get(f"{google.origin}/control/journal", timeout=10).json()
        inserted = [call for call in journal if call["kind"] == "call" and call["method"] == "POST"]
        assert len(inserted) >= len(answered)


def test_a_revocation_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as google:
        refresh_token = google.post("/control/consent", {"email": ADA})["refresh_token"]
        google.post("/control/revoke", {"email": ADA})
    with running(tmp_path) as google, pytest.raises(RefreshError, match="expired or revoked"):
        google.sign_in(refresh_token)


def test_the_environment_points_at_the_process(tmp_path: Path) -> None:
    kept = []
    for _ in range(2):
        with running(tmp_path) as google:
            robot = service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
                google.environment["GOOGLE_SERVICE_ACCOUNT_FILE"], scopes=[CALENDAR]
            )
            robot.refresh(Request(google.web))
            assert robot.valid
            assert google.environment["GOOGLE_API_URL"] == google.origin
            assert Path(google.environment["GOOGLE_CA_BUNDLE"]).exists()
            kept.append(google.environment["GOOGLE_TOKEN_KEY"])
    assert kept[0] == kept[1]
