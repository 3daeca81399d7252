"""JSON batching, and the limits that a mailbox has, inside a batch and outside."""

from __future__ import annotations

import threading
import time
from collections import Counter

import httpx
import pytest

from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import ADA, BRUNO, CLARA, EVENTS, Json, create, lesson, refusal

JSON = {"Content-Type": "application/json"}


def step(key: str, url: str = EVENTS, method: str = "GET", **more: object) -> Json:
    return {"id": key, "method": method, "url": url, **more}


def post(key: str, subject: str, mailbox: str = ADA, **more: object) -> Json:
    return step(key, f"/users/{mailbox}/events", "POST", headers=JSON, body=lesson(subject), **more)


def send(graph: httpx.Client, *steps: Json) -> dict[str, Json]:
    """The replies of a batch by the id of the step."""
    answer = graph.post("/$batch", json={"requests": list(steps)})
    assert answer.status_code == 200, answer.text
    replies: dict[str, Json] = {reply["id"]: reply for reply in answer.json()["responses"]}
    assert replies.keys() == {asked["id"] for asked in steps}
    return replies


def test_each_step_has_its_own_outcome(graph: httpx.Client) -> None:
    made = create(graph, lesson("First"))
    replies = send(
        graph,
        post("a", "Second"),
        step("b", f"{EVENTS}/{made['id']}?$select=subject"),
        step(
            "c",
            f"{EVENTS}/{made['id']}",
            "PATCH",
            headers=JSON | {"If-Match": 'W/"old"'},
            body={"subject": "x"},
        ),
        step("d", f"/users/{CLARA}/calendar"),
        step("e", "/users/nobody@school.example/calendar"),
        step("f", f"users/{BRUNO}/outlook/masterCategories"),
    )
    statuses = {key: reply["status"] for key, reply in replies.items()}
    assert statuses == {"a": 201, "b": 200, "c": 412, "d": 404, "e": 404, "f": 200}
    assert replies["a"]["body"]["subject"] == "Second"
    assert replies["b"]["body"].keys() == {"@odata.context", "@odata.etag", "id", "subject"}
    assert replies["c"]["body"]["error"]["code"] == "ErrorIrresolvableConflict"


def test_steps_have_preferences_of_their_own(graph: httpx.Client) -> None:
    made = create(graph, lesson())
    prefer = {"Prefer": 'outlook.timezone="Europe/Zurich", IdType="ImmutableId"'}
    replies = send(graph, step("a", headers=prefer), step("b"))
    [mine], [plain] = replies["a"]["body"]["value"], replies["b"]["body"]["value"]
    assert replies["a"]["headers"]["Preference-Applied"] == prefer["Prefer"]
    assert (mine["start"]["dateTime"][11:16], plain["start"]["dateTime"][11:16]) == ("10:00", "09:00")
    assert plain["id"] == made["id"] != mine["id"]


def test_a_delete_has_no_body(graph: httpx.Client) -> None:
    made = create(graph, lesson())
    reply = send(graph, step("a", f"{EVENTS}/{made['id']}", "DELETE"))["a"]
    assert reply["status"] == 204
    assert "body" not in reply


def test_steps_that_depend_on_a_failed_one_are_not_done(graph: httpx.Client) -> None:
    replies = send(
        graph,
        step("1", f"{EVENTS}/nonsense", "DELETE"),
        post("2", "After a failure", dependsOn=["1"]),
        post("3", "After that", dependsOn=["2"]),
        post("4", "Independent"),
        post("5", "After that", dependsOn=["4"]),
    )
    assert [replies[key]["status"] for key in "12345"] == [400, 424, 424, 201, 201]
    assert replies["2"]["body"]["error"]["code"] == "FailedDependency"
    assert len(graph.get(EVENTS).json()["value"]) == 2


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [step(str(n)) for n in range(21)],
        [step("1"), step("1")],
        [step("1", dependsOn=["2"]), step("2")],
        [step("1", dependsOn=["1"])],
        [step("1", method="FETCH")],
        [{"id": "1", "method": "GET"}],
        [step("1", EVENTS, "POST", body=lesson())],
        [step("1", EVENTS, "POST", headers=JSON)],
        [step("1", "https://elsewhere.example/v1.0/users")],
        "nothing",
    ],
)
def test_a_batch_that_breaks_the_format_is_refused_as_a_whole(graph: httpx.Client, requests: object) -> None:
    answer = graph.post("/$batch", json={"requests": requests})
    assert refusal(answer)[0] == 400
    assert graph.get(EVENTS).json()["value"] == []


def test_more_than_four_at_once_to_one_mailbox_are_throttled(graph: httpx.Client) -> None:
    replies = send(
        graph,
        *(post(str(n), f"Lesson {n}") for n in range(6)),
        *(post(f"b{n}", "x", BRUNO) for n in range(4)),
    )
    statuses = Counter(reply["status"] for reply in replies.values())
    assert statuses == {201: 8, 429: 2}
    [throttled, _] = [reply for reply in replies.values() if reply["status"] == 429]
    assert throttled["headers"]["Retry-After"] == "1"
    assert throttled["body"]["error"]["code"] == "ApplicationThrottled"
    assert "MailboxConcurrency" in throttled["body"]["error"]["message"]


def test_a_chain_is_never_at_once(graph: httpx.Client) -> None:
    chain = [post(str(n), f"Lesson {n}", dependsOn=[str(n - 1)] if n else []) for n in range(8)]
    assert {reply["status"] for reply in send(graph, *chain).values()} == {201}


def test_steps_run_side_by_side_and_chains_one_after_the_other(
    simulators: Simulators, graph: httpx.Client
) -> None:
    simulators.graph.control.latency = 0.1
    started = time.monotonic()
    send(graph, *(post(str(n), "x") for n in range(4)))
    parallel = time.monotonic() - started
    started = time.monotonic()
    send(graph, *(post(str(n), "x", dependsOn=[str(n - 1)] if n else []) for n in range(4)))
    chained = time.monotonic() - started
    assert 0.1 <= parallel < 0.3
    assert chained >= 0.4


def test_requests_of_several_connections_share_the_places(
    simulators: Simulators, graph: httpx.Client
) -> None:
    simulators.graph.control.latency = 0.3
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(graph.get(EVENTS).status_code)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(statuses) == {200: 4, 429: 2}


def test_the_budget_of_a_mailbox_runs_out(simulators: Simulators, graph: httpx.Client) -> None:
    simulators.graph.settings.mailbox_budget = 3
    answers = [graph.get(EVENTS) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 600
    assert graph.get(f"/users/{BRUNO}/events").status_code == 200
