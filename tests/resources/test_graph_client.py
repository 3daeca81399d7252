"""The client's own rules: what is sent again, at what pace, and where the token goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import orjson
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from resources.graph_client import BATCH, PER_MAILBOX, GraphClient
from resources.graph_sign_in import TokenSource
from resources.graph_wire import PREFER, Call, GraphError, Json, decoded
from resources.patience import Patience

BASE = "https://graph.example/v1.0"
WRITE = Call("POST", "/users/a/events", {"subject": "x"}, mailbox="a")
READ = Call("GET", "/users/a/events", mailbox="a")

Answer = Callable[[httpx.Request], httpx.Response]


class FixedToken(TokenSource):
    """A token without a sign-in."""

    def __init__(self) -> None:
        self.discarded = 0

    def token(self) -> str:
        return f"token-{self.discarded}"

    def discard(self, token: str) -> None:  # noqa: ARG002 - the same interface
        self.discarded += 1

    def close(self) -> None:
        """There is nothing to close."""


def client(answer: Answer, seconds: float = 60) -> GraphClient:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return GraphClient(http, FixedToken(), base_url=BASE, concurrency=4, patience=Patience(4, seconds))


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


def batch_answer(request: httpx.Request, *statuses: int) -> httpx.Response:
    """Answers the calls of a batch with these statuses, the last one for all that follow."""
    numbers = [item["id"] for item in orjson.loads(request.content)["requests"]]
    padded = [*statuses, *[statuses[-1]] * len(numbers)]
    return httpx.Response(
        200,
        json={
            "responses": [
                {
                    "id": number,
                    "status": status,
                    "body": {"id": number} if status < 400 else {"error": {"code": "No"}},
                }
                for number, status in reversed(list(zip(numbers, padded, strict=False)))
            ]
        },
    )


def flaky(
    failure: Callable[[httpx.Request], httpx.Response], times: int = 1
) -> tuple[Answer, list[httpx.Request]]:
    """A server that fails some times first; and the requests it has had."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return failure(request) if len(seen) <= times else batch_answer(request, 200)

    return answer, seen


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def break_off(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("gone", request=request)


def test_a_write_that_could_not_be_sent_is_sent_again() -> None:
    answer, seen = flaky(refuse_connection)
    assert client(answer).batch([WRITE]) == [{"id": "0"}]
    assert len(seen) == 2


def test_a_write_that_may_have_arrived_is_not_sent_again() -> None:
    answer, seen = flaky(break_off)
    (reply,) = client(answer).batch([WRITE])
    assert isinstance(reply, GraphError)
    assert reply.status == 0
    assert len(seen) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_reads_are_repeated_after_passing_failures_and_writes_are_not(status: int) -> None:
    answer, seen = flaky(lambda request: batch_answer(request, status))
    written, read = client(answer).batch([WRITE, READ])
    assert isinstance(written, GraphError)
    assert read == {"id": "0"}
    assert [len(orjson.loads(request.content)["requests"]) for request in seen] == [2, 1]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 501])
def test_what_cannot_succeed_is_not_tried_again(status: int) -> None:
    answer, seen = flaky(lambda request: batch_answer(request, status))
    assert all(isinstance(reply, GraphError) for reply in client(answer).batch([WRITE, READ]))
    assert len(seen) == 1


def test_replies_are_in_the_order_of_the_calls_whatever_the_answers_order() -> None:
    replies = client(lambda request: batch_answer(request, 200)).batch([WRITE] * BATCH)
    assert replies == [{"id": str(n)} for n in range(BATCH)]


def test_a_call_that_the_answer_leaves_out_has_no_answer() -> None:
    first, second = client(lambda _: httpx.Response(200, json={"responses": []})).batch([WRITE, WRITE])
    assert [reply.status for reply in (first, second) if isinstance(reply, GraphError)] == [0, 0]


def test_a_page_of_a_proxy_is_not_an_answer() -> None:
    (reply,) = client(lambda _: httpx.Response(200, text="<html>Sign in</html>")).batch([WRITE])
    assert isinstance(reply, GraphError)
    assert reply.status == 0
    (reply,) = client(lambda _: httpx.Response(502, text="<html>Bad gateway</html>")).batch([WRITE])
    assert isinstance(reply, GraphError)
    assert reply.status == 502


def test_one_fresh_token_is_tried_and_no_more() -> None:
    tokens: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        tokens.append(request.headers["authorization"])
        return batch_answer(request, 401)

    (reply,) = client(answer).batch([WRITE])
    assert isinstance(reply, GraphError)
    assert tokens == ["Bearer token-0", "Bearer token-1"]


def test_every_request_and_every_part_of_a_batch_asks_for_immutable_ids() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["prefer"] == PREFER
        if request.method == "GET":
            return httpx.Response(200, json={"value": []})
        for part in orjson.loads(request.content)["requests"]:
            assert part["headers"]["Prefer"] == PREFER
        return batch_answer(request, 200)

    with client(answer) as opened:
        opened.batch([WRITE, READ])
        assert opened.collect({"value": [], "@odata.nextLink": f"{BASE}/users?$skiptoken=1"}) == []


def test_a_collections_pages_are_followed_to_the_end_by_links_as_they_came() -> None:
    links = [f"{BASE}/users?$top=1&$skiptoken=a'b(c)%20=", f"{BASE}/users?%24skiptoken=2"]
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        following = {"@odata.nextLink": links[len(asked)]} if len(asked) < len(links) else {}
        return httpx.Response(200, json={"value": [{"id": len(asked)}], **following})

    found = client(answer).collect({"value": [], "@odata.nextLink": links[0]})
    assert found == [{"id": 1}, {"id": 2}]
    assert asked == links


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/v1.0/users",
        "http://graph.example/v1.0/users",
        "https://graph.example:8443/",
    ],
)
def test_the_token_never_goes_to_another_host(link: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"asked {request.url}")

    with pytest.raises(GraphError, match="another host"):
        client(answer).collect({"value": [], "@odata.nextLink": link})


def test_a_page_without_a_list_is_not_an_empty_page() -> None:
    with pytest.raises(GraphError, match="NotACollection"):
        client(lambda _: httpx.Response(200)).collect({})


@given(st.lists(st.sampled_from("abcdefgh"), max_size=90))
def test_no_mailbox_ever_has_more_than_four_calls_under_way(mailboxes: list[str]) -> None:
    under_way: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        parts: list[Json] = orjson.loads(request.content)["requests"]
        mine = [part["url"].split("/")[2] for part in parts]
        assert len(mine) <= BATCH
        under_way.extend(mine)
        assert all(under_way.count(mailbox) <= PER_MAILBOX for mailbox in set(mine))
        for mailbox in mine:
            under_way.remove(mailbox)
        return httpx.Response(
            200,
            json={"responses": [{"id": part["id"], "status": 200, "body": part["body"]} for part in parts]},
        )

    calls = [
        Call("POST", f"/users/{name}/events", {"n": n}, mailbox=name) for n, name in enumerate(mailboxes)
    ]
    assert client(answer).batches(calls) == [{"n": n} for n in range(len(calls))]


def test_calls_that_concern_no_mailbox_fill_their_batches() -> None:
    sizes: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sizes.append(len(orjson.loads(request.content)["requests"]))
        return batch_answer(request, 200)

    assert len(client(answer).batches([Call("GET", "/drives/d/items/i")] * 45)) == 45
    assert sorted(sizes) == [5, 20, 20]


def test_where_else_to_ask_is_read_alone_and_inside_a_batch() -> None:
    for name in ("Location", "location"):
        reply = decoded(410, b'{"error": {"code": "resyncRequired"}}', {name: f"{BASE}/drives/d/root/delta"})
        assert isinstance(reply, GraphError)
        assert reply.location == f"{BASE}/drives/d/root/delta"


@pytest.mark.parametrize("batched", [True, False])
def test_calls_are_spread_when_a_limit_is_near(
    batched: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    headers = {"RateLimit-Remaining": "40", "RateLimit-Reset": "50"}
    alone = httpx.Response(200, json={"value": []}, headers=headers)
    parts = [{"id": str(n), "status": 200, "headers": headers, "body": {}} for n in range(10)]
    asking = client(lambda _: httpx.Response(200, json={"responses": parts}) if batched else alone)
    for _ in range(3):
        _ = asking.batch([READ] * 10) if batched else asking.get("/users")
    (wait,) = waits
    assert wait == pytest.approx(25 if batched else 2.5, abs=1)


def test_how_long_to_wait_is_read_in_seconds_and_as_a_date() -> None:
    body = b'{"error": {"code": "TooManyRequests"}}'

    def wait(header: str) -> float:
        reply = decoded(429, body, {"retry-after": header})
        assert isinstance(reply, GraphError)
        return reply.retry_after

    assert wait("7") == 7
    assert wait("soon") == 0
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)
    assert 57 < wait(in_a_minute) <= 60
    assert wait(format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)) == 0
