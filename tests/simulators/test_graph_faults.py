"""What can be broken on purpose, and what the journal says of it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import ADA, BRUNO, EVENTS, Json, create, lesson, refusal, sign_in
from tests.simulators.test_graph_batch import post, send

CREATE = rf"^POST /users/{ADA}/events$"


def _arm(simulators: Simulators, kind: str, match: str = CREATE, **params: object) -> None:
    simulators.graph.control.arm(Fault(kind, match, params=params))


def _subjects(graph: httpx.Client) -> list[str]:
    return [event["subject"] for event in graph.get(EVENTS).json()["value"]]


def test_a_failing_service_does_nothing(simulators: Simulators, graph: httpx.Client) -> None:
    _arm(simulators, "http", status=503, retry_after=7)
    answer = graph.post(EVENTS, json=lesson())
    assert refusal(answer) == (503, "serviceNotAvailable")
    assert answer.headers["Retry-After"] == "7"
    assert _subjects(graph) == []
    assert graph.post(EVENTS, json=lesson()).status_code == 201


def test_one_step_of_a_batch_can_fail(simulators: Simulators, graph: httpx.Client) -> None:
    simulators.graph.control.arm(Fault("http", CREATE, skip=1, params={"status": 500, "code": "Oops"}))
    replies = send(graph, post("1", "a"), post("2", "b"), post("3", "c"))
    assert [replies[key]["status"] for key in "123"] == [201, 500, 201]
    assert replies["2"]["body"]["error"]["code"] == "Oops"
    assert _subjects(graph) == ["a", "c"]


def test_a_whole_batch_can_fail(simulators: Simulators, graph: httpx.Client) -> None:
    _arm(simulators, "http", r"^POST /\$batch$", status=502)
    assert graph.post("/$batch", json={"requests": [post("1", "a")]}).status_code == 502
    assert _subjects(graph) == []


@pytest.mark.parametrize("kind", ["drop_reply", "timeout"])
def test_no_answer_after_an_effect_or_without_one(
    simulators: Simulators, graph: httpx.Client, kind: str
) -> None:
    _arm(simulators, kind, seconds=0.1)
    with pytest.raises(httpx.TransportError):
        graph.post(EVENTS, json=lesson("Lost"))
    assert _subjects(graph) == (["Lost"] if kind == "drop_reply" else [])


def test_a_client_may_give_up_first(simulators: Simulators, graph: httpx.Client) -> None:
    _arm(simulators, "timeout")
    with pytest.raises(httpx.ReadTimeout):
        graph.post(EVENTS, json=lesson(), timeout=0.2)
    assert _subjects(graph) == []


@pytest.mark.parametrize("kind", ["drop_reply", "timeout"])
def test_inside_a_batch_no_answer_is_a_504(simulators: Simulators, graph: httpx.Client, kind: str) -> None:
    _arm(simulators, kind, seconds=0.1)
    replies = send(graph, post("1", "Lost"), post("2", "Kept"))
    assert [replies[key]["status"] for key in "12"] == [504, 201]
    assert _subjects(graph) == (["Lost", "Kept"] if kind == "drop_reply" else ["Kept"])


def test_a_whole_batch_can_get_lost_after_its_effects(simulators: Simulators, graph: httpx.Client) -> None:
    _arm(simulators, "drop_reply", r"^POST /\$batch$")
    with pytest.raises(httpx.TransportError):
        graph.post("/$batch", json={"requests": [post("1", "a"), post("2", "b")]})
    assert _subjects(graph) == ["a", "b"]


def test_tokens_can_expire_at_once(simulators: Simulators, web: httpx.Client, graph: httpx.Client) -> None:
    _arm(simulators, "expire_tokens", ".")
    assert refusal(graph.get(EVENTS)) == (401, "InvalidAuthenticationToken")
    assert refusal(graph.get(EVENTS)) == (401, "InvalidAuthenticationToken")
    graph.headers["Authorization"] = f"Bearer {sign_in(web, simulators)}"
    assert graph.get(EVENTS).status_code == 200


def test_a_slow_call_keeps_its_place(simulators: Simulators, graph: httpx.Client) -> None:
    simulators.graph.control.arm(Fault("slow", CREATE, times=4, params={"seconds": 0.2}))
    started = time.monotonic()
    replies = send(graph, *(post(str(n), "x") for n in range(5)))
    assert time.monotonic() - started >= 0.2
    assert sorted(reply["status"] for reply in replies.values()) == [201, 201, 201, 201, 429]


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits to be killed."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


@pytest.mark.process
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_client_can_be_killed_in_the_middle_of_a_batch(
    simulators: Simulators, graph: httpx.Client, victim: subprocess.Popen[bytes], when: str
) -> None:
    params: Json = {"pid": victim.pid, "when": when}
    simulators.graph.control.arm(Fault("kill", CREATE, skip=1, params=params))
    send(graph, post("1", "a"), post("2", "b"))
    assert victim.wait(5) == -9
    assert _subjects(graph) == ["a", "b"]


def test_the_journal_counts_calendar_writes(simulators: Simulators, graph: httpx.Client) -> None:
    control = simulators.graph.control
    create(graph, lesson("Secret subject"))
    before = control.journal()[-1]["n"]
    _arm(simulators, "drop_reply")
    send(graph, post("1", "Secret subject"), post("2", "x", BRUNO))
    graph.get(EVENTS, params={"$filter": "subject eq 'Secret subject'"})
    calls = control.journal(before)
    writes = [(call["mailbox"], call["status"], call["answered"]) for call in calls if call["write"]]
    assert sorted(writes) == [(ADA, 201, False), (BRUNO, 201, True)]
    assert [call["path"] for call in calls if not call["batched"]] == ["/$batch", EVENTS]
    assert "Secret" not in str(control.journal())
