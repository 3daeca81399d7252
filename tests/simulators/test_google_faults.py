"""What can go wrong on the way to Google, to a call of its own and to one inside a batch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.google_client import ADA, EVENTS, Api, Json, calling, event, reason, sign_in

BATCH = "/batch/calendar/v3"
INSERT = "POST /calendars/primary/events$"


@pytest.fixture
def api(simulators: Simulators) -> Iterator[Api]:
    with calling(simulators, sign_in(simulators, ADA)) as made:
        yield made


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits to be killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def _batch(api: Api, *summaries: str) -> requests.Response:
    """Insert events with these titles in one batch."""
    parts = "".join(
        "--border\r\nContent-Type: application/http\r\n\r\n"
        f"POST {EVENTS} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        f'{{"summary": "{summary}", "start": {{"date": "2026-03-10"}}, "end": {{"date": "2026-03-11"}}}}\r\n'
        for summary in summaries
    )
    headers = {"Content-Type": "multipart/mixed; boundary=border"}
    return api.call("POST", BATCH, data=f"{parts}--border--", headers=headers)


def _statuses(answer: requests.Response) -> list[int]:
    return [int(line.split()[1]) for line in answer.text.splitlines() if line.startswith("HTTP/1.1 ")]


def _titles(api: Api) -> list[str]:
    return sorted(found["summary"] for found in api.events())


def _calls(simulators: Simulators) -> list[Json]:
    return [entry for entry in simulators.google.control.journal() if entry["kind"] == "call"]


@pytest.mark.parametrize(
    ("params", "status", "word"),
    [
        ({}, 503, "backendError"),
        ({"status": 500}, 500, "backendError"),
        ({"status": 403}, 403, "userRateLimitExceeded"),
        ({"status": 403, "reason": "forbidden"}, 403, "forbidden"),
        ({"status": 429}, 429, "rateLimitExceeded"),
    ],
)
def test_an_error_has_no_effect(
    simulators: Simulators, api: Api, params: Json, status: int, word: str
) -> None:
    simulators.google.control.arm(Fault("http", INSERT, params=params))
    assert reason(api.call("POST", EVENTS, json=event())) == (status, word)
    assert api.events() == []


def test_an_error_may_say_when_to_come_back(simulators: Simulators, api: Api) -> None:
    simulators.google.control.arm(Fault("http", params={"status": 429, "retry_after": 7}))
    assert api.call("GET", EVENTS).headers["Retry-After"] == "7"


def test_a_dropped_reply_hides_an_effect(simulators: Simulators, api: Api) -> None:
    simulators.google.control.arm(Fault("drop_reply", INSERT))
    with pytest.raises(requests.ConnectionError):
        api.call("POST", EVENTS, json=event(summary="Made"))
    assert _titles(api) == ["Made"]
    assert [(call["status"], call["answered"]) for call in _calls(simulators)] == [(200, False), (200, True)]


def test_a_lost_request_has_no_effect(simulators: Simulators, api: Api) -> None:
    simulators.google.control.arm(Fault("lose_request", INSERT))
    with pytest.raises(requests.ConnectionError):
        api.call("POST", EVENTS, json=event())
    assert api.events() == []
    assert [(call["status"], call["answered"]) for call in _calls(simulators)] == [(None, False), (200, True)]


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_client_is_killed_at_the_very_instant(
    simulators: Simulators, api: Api, victim: subprocess.Popen[bytes], when: str
) -> None:
    simulators.google.control.arm(Fault("kill", INSERT, params={"pid": victim.pid, "when": when}))
    assert api.call("POST", EVENTS, json=event()).status_code == 200
    assert victim.wait(5) < 0
    assert len(api.events()) == 1


def test_an_expired_token_stays_expired(simulators: Simulators, api: Api) -> None:
    simulators.google.control.arm(Fault("expired_token", INSERT))
    assert reason(api.call("POST", EVENTS, json=event())) == (401, "authError")
    assert reason(api.call("GET", EVENTS)) == (401, "authError")
    api.token = sign_in(simulators, ADA)
    assert api.events() == []


def test_an_error_strikes_one_part_of_a_batch(simulators: Simulators, api: Api) -> None:
    simulators.google.control.arm(Fault("http", INSERT, skip=1, params={"status": 503}))
    assert _statuses(_batch(api, "A", "B", "C")) == [200, 503, 200]
    assert _titles(api) == ["A", "C"]


def test_an_error_can_strike_the_whole_batch(simulators: Simulators, api: Api) -> None:
    simulators.google.control.arm(Fault("http", f"POST {BATCH}"))
    assert reason(_batch(api, "A", "B")) == (503, "backendError")
    assert api.events() == []
    assert [call["method"] for call in _calls(simulators)] == ["GET"]


@pytest.mark.parametrize("match", [INSERT, f"POST {BATCH}"])
def test_a_batch_whose_reply_is_dropped_took_effect(simulators: Simulators, api: Api, match: str) -> None:
    simulators.google.control.arm(Fault("drop_reply", match))
    with pytest.raises(requests.ConnectionError):
        _batch(api, "A", "B", "C")
    assert _titles(api) == ["A", "B", "C"]


@pytest.mark.parametrize(("match", "done"), [(INSERT, ["A"]), (f"POST {BATCH}", [])])
def test_a_batch_may_be_lost_in_the_middle(
    simulators: Simulators, api: Api, match: str, done: list[str]
) -> None:
    simulators.google.control.arm(Fault("lose_request", match, skip=len(done)))
    with pytest.raises(requests.ConnectionError):
        _batch(api, "A", "B", "C")
    assert _titles(api) == done


def test_the_client_is_killed_in_the_middle_of_a_batch(
    simulators: Simulators, api: Api, victim: subprocess.Popen[bytes]
) -> None:
    simulators.google.control.arm(Fault("kill", INSERT, skip=1, params={"pid": victim.pid}))
    _batch(api, "A", "B", "C")
    assert victim.wait(5) < 0
    assert _titles(api) == ["A", "B", "C"]


def test_a_token_expires_in_the_middle_of_a_batch(simulators: Simulators, api: Api) -> None:
    simulators.google.control.arm(Fault("expired_token", INSERT, skip=1))
    assert _statuses(_batch(api, "A", "B", "C")) == [200, 401, 401]


def test_calls_and_requests_are_counted_apart(simulators: Simulators, api: Api) -> None:
    before = len(simulators.google.control.journal())
    _batch(api, "A", "B", "C")
    api.events()
    journal = simulators.google.control.journal()[before:]
    assert [(entry["kind"], entry["method"], entry["path"]) for entry in journal] == [
        *[("call", "POST", "/calendars/primary/events")] * 3,
        ("http", "POST", BATCH),
        ("call", "GET", "/calendars/primary/events"),
        ("http", "GET", "/calendar/v3/calendars/primary/events"),
    ]


def test_people_can_look_at_what_stands(api: Api) -> None:
    api.create(summary="Algebra <1>", location="Room 204")
    listed = api.call("GET", "/").text
    assert f'<a href="/view/{ADA.replace("@", "%40")}/{ADA.replace("@", "%40")}">' in listed
    page = api.call("GET", f"/view/{ADA}/{ADA}").text
    assert "Algebra &lt;1&gt;" in page
    assert "Room 204" in page
    assert api.call("GET", f"/view/{ADA}/none").status_code == 404
