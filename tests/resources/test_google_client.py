"""The client's own rules: whose token a call carries, what is sent again, and at what pace."""

from __future__ import annotations

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.parser import BytesParser
from email.utils import format_datetime
from pathlib import Path

import httpx
import orjson
import pytest
import stamina

from resources.google_client import BATCH, GoogleClient
from resources.google_pace import GooglePace
from resources.google_tokens import TokenProblem
from resources.google_wire import Call, GoogleError, Json, Reply, quota_user, refused
from resources.patience import Patience
from scheduling_pipeline.simulators.tls import certificate

API = "https://google.example"
WRITE = Call("events.insert", "ada", {"body": {"id": "abcde", "summary": "Ä class"}, "sendUpdates": "none"})
READ = Call("events.get", "ada", {"eventId": "abcde"})
PATCH = Call("events.patch", "bruno", {"eventId": "fghij", "body": {"summary": "x"}}, '"17"')

Answer = Callable[[httpx.Request], httpx.Response]


class FixedTokens:
    """Tokens without a sign-in; `problems` is who has none. A fresh one is a number higher."""

    def __init__(self, **problems: TokenProblem) -> None:
        self.problems = problems
        self.issued: Counter[str] = Counter()

    def tokens(self, calendars: Collection[str]) -> Mapping[str, str | TokenProblem]:
        return {name: self.problems.get(name, f"{name}-{self.issued[name]}") for name in calendars}

    def prepare(self, calendars: Collection[str]) -> None:
        """Nothing has to be fetched."""

    def discard(self, calendar: str, token: str) -> None:
        assert token == f"{calendar}-{self.issued[calendar]}"
        self.issued[calendar] += 1


class Server:
    """Answers batches part by part; keeps all parts that came, batch by batch."""

    def __init__(self, answer: Callable[[Message], tuple[int, Json]]) -> None:
        self.batches: list[list[Message]] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, str(request.url)) == ("POST", f"{API}/batch/calendar/v3")
        assert "authorization" not in request.headers
        parts = parts_of(request)
        self.batches.append(parts)
        return multipart([(part["Content-ID"], *self._answer(part)) for part in reversed(parts)])


def parts_of(request: httpx.Request) -> list[Message]:
    """The HTTP requests in a batch: their headers, with `line` and `Content-ID` among them."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    found: list[Message] = []
    for part in BytesParser().parsebytes(head + request.content).walk():
        if part.get_content_type() == "application/http":
            line, _, rest = part.get_payload(decode=True).partition(b"\n")  # type: ignore[union-attr]
            inner = BytesParser().parsebytes(rest)
            inner["line"], inner["Content-ID"] = line.decode(), str(part["Content-ID"])
            found.append(inner)
    return found


def multipart(parts: list[tuple[str, int, Json]], headers: str = "") -> httpx.Response:
    """The answer to a batch."""
    content = "".join(
        f"--b\r\nContent-Type: application/http\r\nContent-ID: <response-{name[1:]}\r\n\r\n"
        f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{headers}\r\n"
        f"{orjson.dumps(body).decode() if body else ''}\r\n"
        for name, status, body in parts
    )
    return httpx.Response(
        200, content=f"{content}--b--\r\n".encode(), headers={"Content-Type": "multipart/mixed; boundary=b"}
    )


def client(
    answer: Answer, tokens: FixedTokens | None = None, *, seconds: float = 60, pace: GooglePace | None = None
) -> GoogleClient:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    pace = pace or GooglePace(user_calls=10_000, project_calls=10_000)
    patience = Patience(4, seconds)
    return GoogleClient(http, tokens or FixedTokens(), api_url=API, pace=pace, patience=patience)


def error(status: int, reason: str = "backendError") -> Json:
    return {"error": {"errors": [{"reason": reason}], "code": status, "message": "No"}}


def fine(part: Message) -> tuple[int, Json]:
    return 200, {"token": part["Authorization"]}


def failing(
    status: int, reason: str = "backendError", times: int = 1, who: str = ""
) -> Callable[[Message], tuple[int, Json]]:
    """Fails some calls first: those whose line has `who`."""
    left = [times]

    def answer(part: Message) -> tuple[int, Json]:
        if left[0] and who in part["line"]:
            left[0] -= 1
            return status, error(status, reason)
        return fine(part)

    return answer


def flaky(failure: Answer) -> tuple[Answer, Server]:
    """A server that fails once first; and what it had."""
    server = Server(fine)

    def answer(request: httpx.Request) -> httpx.Response:
        answered = server(request)
        return failure(request) if len(server.batches) == 1 else answered

    return answer, server


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def break_off(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("gone", request=request)


def statuses(replies: list[Reply]) -> list[int]:
    return [reply.status if isinstance(reply, GoogleError) else 200 for reply in replies]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


def test_a_batch_is_one_request_in_which_each_call_has_its_owners_token() -> None:
    server = Server(fine)
    replies = client(server).batch([WRITE, PATCH, READ])
    assert replies == [{"token": f"Bearer {name}-0"} for name in ("ada", "bruno", "ada")]
    ((write, patch, read),) = server.batches
    assert write["line"].startswith("POST /calendar/v3/calendars/ada/events?")
    assert "sendUpdates=none" in write["line"]
    assert orjson.loads(str(write.get_payload())) == WRITE.params["body"]
    assert patch["If-Match"] == '"17"'
    assert read["If-Match"] is None
    for part, call in ((write, WRITE), (patch, PATCH), (read, READ)):
        assert f"quotaUser={quota_user(call.calendar)}" in part["line"]


def test_calendars_with_long_names_count_for_different_short_ones() -> None:
    first, second = (f"c_{number}{'0' * 63}@group.calendar.google.com" for number in (1, 2))
    assert quota_user(first) != quota_user(second)
    assert len(quota_user(first)) <= 40


def test_an_answer_without_a_body_is_an_empty_one() -> None:
    delete = Call("events.delete", "ada", {"eventId": "abcde"})
    server = Server(lambda _: (204, {}))
    assert client(server).batch([delete]) == [{}]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_reads_are_repeated_after_passing_failures_and_writes_are_not(status: int) -> None:
    server = Server(failing(status, times=2))
    replies = client(server).batch([WRITE, READ])
    assert statuses(replies) == [status, 200]
    assert [len(parts) for parts in server.batches] == [2, 1]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(403, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (429, "rateLimitExceeded")],
)
def test_what_was_too_much_at_once_is_sent_again_alone(status: int, reason: str) -> None:
    server = Server(failing(status, reason, who="bruno"))
    assert statuses(client(server).batch([WRITE, PATCH])) == [200, 200]
    assert [len(parts) for parts in server.batches] == [2, 1]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "invalid"),
        (403, "forbidden"),
        (403, "quotaExceeded"),
        (404, "notFound"),
        (409, "duplicate"),
        (410, "deleted"),
        (412, "conditionNotMet"),
        (501, "notImplemented"),
    ],
)
def test_what_cannot_succeed_is_not_tried_again(status: int, reason: str) -> None:
    server = Server(failing(status, reason))
    (reply,) = client(server).batch([READ])
    assert isinstance(reply, GoogleError)
    assert (reply.status, reply.reason) == (status, reason)
    assert len(server.batches) == 1


def test_patience_ends() -> None:
    server = Server(failing(429, times=100))
    assert statuses(client(server).batch([WRITE])) == [429]
    assert len(server.batches) == 4


def test_google_says_how_long_to_wait_and_is_not_asked_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    stamina.set_testing(False)

    def throttle(request: httpx.Request) -> httpx.Response:
        parts = [(part["Content-ID"], 429, error(429)) for part in parts_of(request)]
        return multipart(parts, "Retry-After: 7\r\n")

    answer, server = flaky(throttle)
    assert statuses(client(answer).batch([WRITE])) == [200]
    assert waits == [7]
    assert len(server.batches) == 2


def test_a_wait_longer_than_our_patience_is_not_begun() -> None:
    stamina.set_testing(False)

    def throttle(request: httpx.Request) -> httpx.Response:
        parts = [(part["Content-ID"], 429, error(429)) for part in parts_of(request)]
        return multipart(parts, "Retry-After: 61\r\n")

    answer, server = flaky(throttle)
    assert statuses(client(answer).batch([WRITE])) == [429]
    assert len(server.batches) == 1


@pytest.mark.parametrize(("status", "tries"), [(429, 2), (503, 1)])
def test_a_batch_that_is_refused_as_a_whole_is_so_for_each_call(status: int, tries: int) -> None:
    answer, server = flaky(lambda _: httpx.Response(status, json=error(status)))
    assert statuses(client(answer).batch([WRITE, PATCH])) == ([200, 200] if tries == 2 else [status] * 2)
    assert len(server.batches) == tries


def test_a_write_that_could_not_be_sent_is_sent_again() -> None:
    answer, server = flaky(refuse_connection)
    assert statuses(client(answer).batch([WRITE])) == [200]
    assert len(server.batches) == 2


def test_a_write_that_may_have_arrived_is_not_sent_again() -> None:
    answer, server = flaky(break_off)
    assert statuses(client(answer).batch([WRITE, READ])) == [0, 200]
    assert [len(parts) for parts in server.batches] == [2, 1]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={}),
        httpx.Response(200, content=b"<html>", headers={"Content-Type": "text/html"}),
        multipart([]),
        multipart([("<response-x + 7>", 200, {})]),
        multipart([("garbled", 200, {})]),
        httpx.Response(200, content=b"\xff", headers={"Content-Type": "multipart/mixed; boundary=b"}),
    ],
)
def test_an_answer_that_is_none_leaves_writes_in_doubt(answer: httpx.Response) -> None:
    requests: list[httpx.Request] = []

    def garble(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer

    assert statuses(client(garble).batch([WRITE, PATCH])) == [0, 0]
    assert len(requests) == 1


def test_a_refused_token_is_worth_one_fresh_one() -> None:
    server = Server(lambda part: fine(part) if part["Authorization"] != "Bearer ada-0" else (401, error(401)))
    tokens = FixedTokens()
    replies = client(server, tokens).batch([WRITE, PATCH, READ])
    assert replies == [{"token": f"Bearer {name}"} for name in ("ada-1", "bruno-0", "ada-1")]
    assert tokens.issued == {"ada": 1}
    assert [len(parts) for parts in server.batches] == [3, 2]


def test_a_fresh_token_that_is_refused_too_is_the_end() -> None:
    server = Server(failing(401, "authError", times=100, who="ada"))
    assert statuses(client(server).batch([WRITE, PATCH])) == [401, 200]
    assert [len(parts) for parts in server.batches] == [2, 1]


@pytest.mark.parametrize("permanent", [True, False])
def test_who_has_no_token_stops_nobody_else(permanent: bool) -> None:  # noqa: FBT001
    server = Server(fine)
    tokens = FixedTokens(ada=TokenProblem("consent was withdrawn", permanent))
    refusal, done = client(server, tokens).batch([WRITE, PATCH])
    assert isinstance(refusal, GoogleError)
    assert "consent was withdrawn" in str(refusal)
    assert refusal.status == (401 if permanent else 0)
    assert statuses([done]) == [200]
    assert [len(parts) for parts in server.batches] == [1]


def test_a_consent_that_was_withdrawn_after_the_token_was_given_is_said() -> None:
    tokens = FixedTokens()

    def answer(part: Message) -> tuple[int, Json]:
        if "ada" not in part["line"]:
            return fine(part)
        tokens.problems["ada"] = TokenProblem("consent was withdrawn", permanent=True)
        return 401, error(401)

    refusal, done = client(Server(answer), tokens).batch([WRITE, PATCH])
    assert str(refusal) == "401 signInNeeded: consent was withdrawn"
    assert statuses([done]) == [200]


@pytest.mark.parametrize("failure", [refuse_connection, break_off, lambda _: httpx.Response(429)])
def test_what_became_of_a_batch_is_unknown_when_its_repetition_fails(failure: Answer) -> None:
    server = Server(failing(401, who="ada"))

    def answer(request: httpx.Request) -> httpx.Response:
        return failure(request) if server.batches else server(request)

    assert statuses(client(answer).batch([WRITE, PATCH])) == [0, 0]
    assert len(server.batches) == 1


def test_no_token_is_in_an_error() -> None:
    for failure in (refuse_connection, break_off, lambda _: httpx.Response(500, text="ada-0")):
        (reply,) = client(failure).batch([WRITE])
        assert "ada-0" not in repr(reply)


def test_many_calls_go_in_several_batches_and_keep_their_order() -> None:
    server = Server(lambda part: (200, {"line": part["line"]}))
    calls = [Call("events.get", "ada", {"eventId": f"abcd{number}"}) for number in range(2 * BATCH + 1)]
    replies = client(server).batches(calls)
    assert sorted(len(parts) for parts in server.batches) == [1, BATCH, BATCH]
    for call, reply in zip(calls, replies, strict=True):
        assert isinstance(reply, dict)
        assert f"/{call.params['eventId']}?" in reply["line"]


def test_all_pages_of_all_listings_are_read_together() -> None:
    def page(part: Message) -> tuple[int, Json]:
        asked = part["line"]
        if "bruno" in asked:
            return 404, error(404, "notFound")
        more = {} if "pageToken=2" in asked else {"nextPageToken": "2" if "pageToken=1" in asked else "1"}
        return 200, {"kind": "calendar#events", "items": [], **more}

    server = Server(page)
    names = ("ada", "bruno", "cleo")
    found = client(server).listings([Call("events.list", name) for name in names])
    assert [len(pages) if isinstance(pages, list) else pages.status for pages in found] == [3, 404, 3]
    assert [len(parts) for parts in server.batches] == [3, 2, 2]


def test_an_answer_that_is_no_listing_is_not_an_empty_one() -> None:
    (found,) = client(Server(fine)).listings([Call("events.list", "ada")])
    assert isinstance(found, GoogleError)


def test_calls_wait_for_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("time.sleep", sleep)
    pace = GooglePace(user_calls=3, project_calls=100, clock=lambda: now[0])
    asking = client(Server(fine), pace=pace)
    asking.batch([WRITE, WRITE, PATCH])
    asking.batch([WRITE, PATCH])
    assert not waits
    asking.batch([WRITE])
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "503 noErrorBody"),
        (b"<html>", "503 noErrorBody"),
        (b"[]", "503 noErrorBody"),
        (b'{"error": {"message": "Gone away", "status": "UNAVAILABLE"}}', "503 UNAVAILABLE: Gone away"),
        (b'{"error": "invalid_grant"}', "503 noErrorBody"),
    ],
)
def test_an_error_is_read_whatever_its_form(content: bytes, said: str) -> None:
    assert str(refused(503, content)) == said


def test_how_long_to_wait_is_read_as_a_date_too() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)
    assert 57 < refused(429, b"", in_a_minute).retry_after <= 60


def test_over_a_real_connection_a_write_that_is_not_answered_arrives_once(tmp_path: Path) -> None:
    keys = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(keys.chain_file, keys.key_file)
    arrived: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True) as secured:
                    received = b""
                    while b"--\r\n" not in received and b"==--" not in received:
                        if not (piece := secured.recv(65536)):
                            return
                        received += piece
                    arrived.append(received)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        trusted = ssl.create_default_context(cafile=keys.ca_file)
        with httpx.Client(verify=trusted, trust_env=False, timeout=5) as http:
            pace = GooglePace(user_calls=100, project_calls=100)
            url = f"https://localhost:{listener.getsockname()[1]}"
            asking = GoogleClient(http, FixedTokens(), api_url=url, pace=pace, patience=Patience(4, 60))
            assert statuses(asking.batch([WRITE])) == [0]
            with (
                socket.create_connection(listener.getsockname()) as last,
                trusted.wrap_socket(last, server_hostname="localhost"),
            ):
                pass
        server.join()
    assert len(arrived) == 1
