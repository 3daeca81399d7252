"""The simulators as a process of their own: what was answered survives even a SIGKILL."""

from __future__ import annotations

import json
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from scheduling_pipeline.simulators.graph.settings import CLIENT_SECRET
from tests.simulators.graph_client import Json, lesson

pytestmark = pytest.mark.process


@dataclass
class Running:
    process: subprocess.Popen[str]
    addresses: dict[str, str]

    @property
    def origin(self) -> str:
        return self.addresses["graph_url"].removesuffix("/v1.0")


@contextmanager
def running(home: Path) -> Iterator[Running]:
    command = [sys.executable, "-m", "scheduling_pipeline.simulators", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Running(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()


def _client(simulators: Running, token: str | None = None) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=simulators.addresses["ca_file"])
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    base = simulators.addresses["graph_url"]
    return httpx.Client(verify=trusted, trust_env=False, timeout=10, base_url=base, headers=headers)


def _token(simulators: Running) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": simulators.addresses["client_id"],
        "client_secret": CLIENT_SECRET,
        "scope": "https://graph.microsoft.com/.default",
    }
    with _client(simulators) as client:
        answer = client.post(simulators.addresses["authority"] + "/oauth2/v2.0/token", data=form)
    token: str = answer.raise_for_status().json()["access_token"]
    return token


def _everything(graph: httpx.Client, mailbox: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    address: str | None = f"/users/{mailbox}/events?$top=500"
    while address:
        answer = graph.get(address).raise_for_status().json()
        found |= {event["id"]: event for event in answer["value"]}
        address = answer.get("@odata.nextLink")
    return found


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    with running(tmp_path) as simulators:
        token = _token(simulators)
        with _client(simulators, token) as graph:
            users = graph.get("/users").json()["value"]
            mailbox = next(user["userPrincipalName"] for user in users if user["mail"])
            graph.put(simulators.origin + "/control/clock", json={"now": "2026-05-05T05:05:05+02:00"})
            answered = _write_until_killed(simulators, graph, mailbox)
    assert len(answered) > 5
    with running(tmp_path) as simulators, _client(simulators, token) as graph:
        stands = _everything(graph, mailbox)
        assert answered.items() <= stands.items()
        assert len(stands) - len(answered) <= 1  # the one that was under way
        assert graph.get(simulators.origin + "/control/clock").json() == {"now": "2026-05-05T03:05:05+00:00"}
        first, *_ = answered.values()
        spent = graph.post(
            f"/users/{mailbox}/events", json=lesson("Other", transactionId=first["transactionId"])
        )
        assert spent.status_code == 409
        journal = graph.get(simulators.origin + "/control/journal").json()
        assert sum(call["write"] and call["status"] == 201 for call in journal) >= len(answered)


def _write_until_killed(simulators: Running, graph: httpx.Client, mailbox: str) -> dict[str, Json]:
    """Create events one after the other while the process is killed; those that were answered, by id."""
    answered: dict[str, Json] = {}
    killer = threading.Timer(0.5, simulators.process.kill)
    killer.start()
    with pytest.raises(httpx.TransportError):
        _write(graph, mailbox, answered)
    killer.join()
    return answered


def _write(graph: httpx.Client, mailbox: str, answered: dict[str, Json]) -> None:
    for n in range(100_000):
        body = lesson(f"Lesson {n}", transactionId=str(n))
        event = graph.post(f"/users/{mailbox}/events", json=body).raise_for_status().json()
        answered[event["id"]] = {name: value for name, value in event.items() if name != "@odata.context"}


def test_sigterm_ends_the_process_cleanly(tmp_path: Path) -> None:
    with running(tmp_path) as simulators:
        with _client(simulators) as client:
            assert client.get(simulators.origin + "/").status_code == 200
            assert client.get(simulators.origin + "/control/cpu").json()["seconds"] > 0
        assert not httpx.get(simulators.addresses["sparksource_url"], trust_env=False).is_error
        simulators.process.terminate()
        assert simulators.process.wait(5) == 0


def test_the_ca_is_made_once_and_its_keys_are_private(tmp_path: Path) -> None:
    authorities = []
    for _ in range(2):
        with running(tmp_path) as simulators:
            authorities.append(Path(simulators.addresses["ca_file"]).read_bytes())
    assert authorities[0] == authorities[1]
    [key] = tmp_path.rglob("*key.pem")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
