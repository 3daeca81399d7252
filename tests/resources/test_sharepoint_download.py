"""Downloads: what is sent again and from where, where an address may lead, and who gets to see it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator, Sequence

import httpx
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from resources.graph_pace import Pace
from resources.patience import Patience
from resources.sharepoint_download import SLACK, Downloader
from scheduling_pipeline.files.model import Download, DriveError, DriveItem

HOST = "school.example:8443"
SECRET = "v1.precious"
ADDRESS = f"https://{HOST}/sites/School/_layouts/15/download.aspx?UniqueId=1&tempauth={SECRET}"
CONTENT = bytes(range(256)) * 1000
PIECE = bytes(65_536)

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


def downloader(answer: Answer, max_bytes: int = 10_000_000, seconds: float = 60) -> Downloader:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Downloader(http, host=HOST, max_bytes=max_bytes, patience=Patience(4, seconds), pace=Pace(seconds))


def file(url: str = ADDRESS, size: int = len(CONTENT)) -> Download:
    return Download(DriveItem("item", "report.csv", "root", size=size), url)


def fetched(answer: Answer, given: Download | None = None) -> bytes:
    to = io.BytesIO()
    count = downloader(answer).fetch(given or file(), to)
    assert count == len(to.getvalue())
    return to.getvalue()


def refused(answer: Answer, given: Download | None = None, max_bytes: int = 10_000_000) -> DriveError:
    with pytest.raises(DriveError) as caught:
        downloader(answer, max_bytes).fetch(given or file(), io.BytesIO())
    assert SECRET not in str(caught.value)
    return caught.value


class Cut(httpx.SyncByteStream):
    """A body whose connection breaks after some bytes."""

    def __init__(self, body: bytes, after: int) -> None:
        self._body = body[:after]

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        raise httpx.ReadError("connection reset")


class Store:
    """A server that has `content` and serves ranges of it; each body breaks off after one of `cuts` bytes."""

    def __init__(self, content: bytes = CONTENT, cuts: Sequence[int] = (), etag: str = '"v1"') -> None:
        self.content = content
        self.etag = etag
        self.requests: list[httpx.Request] = []
        self.served = 0
        self._cuts = iter(cuts)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        start = self._start(request)
        part = self.content[start:]
        headers = {"ETag": self.etag, "Content-Length": str(len(part))}
        if start:
            end = len(self.content)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{end}"
        cut = next(self._cuts, None)
        self.served += len(part[:cut])
        stream = httpx.ByteStream(part) if cut is None else Cut(part, cut)
        return httpx.Response(206 if start else 200, headers=headers, stream=stream)

    def _start(self, request: httpx.Request) -> int:
        if request.headers.get("if-range", self.etag) != self.etag:
            return 0
        return int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))


def then(*answers: Answer) -> Answer:
    """A server that answers one way after the other, and the last way from then on."""
    following = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        return next(following, answers[-1])(request)

    return answer


def status(code: int, **headers: str) -> Answer:
    return lambda _: httpx.Response(code, headers={name.replace("_", "-"): headers[name] for name in headers})


def test_the_bytes_arrive_as_they_are() -> None:
    store = Store()
    assert fetched(store) == CONTENT
    assert len(store.requests) == 1


def test_an_empty_file_is_empty() -> None:
    assert fetched(Store(b""), file(size=0)) == b""


def test_graphs_token_is_not_sent_along() -> None:
    store = Store()
    fetched(store)
    (request,) = store.requests
    assert "authorization" not in request.headers
    assert request.headers["accept-encoding"] == "identity"


@given(cuts=st.lists(st.integers(0, len(CONTENT)), max_size=3))
def test_a_cut_body_is_resumed_where_it_broke_off(cuts: list[int]) -> None:
    store = Store(cuts=cuts)
    assert fetched(store) == CONTENT
    assert store.served == len(CONTENT)


def test_a_resumed_body_must_be_of_the_same_version() -> None:
    store = Store(cuts=[100])
    fetched(store)
    assert store.requests[1].headers["range"] == "bytes=100-"
    assert store.requests[1].headers["if-range"] == '"v1"'


def test_a_file_that_changed_meanwhile_is_fetched_from_the_start() -> None:
    new = Store(b"another version", etag='"v2"')
    assert fetched(then(Store(cuts=[200]), new), file(size=15)) == b"another version"


def test_a_weak_etag_does_not_vouch_for_bytes() -> None:
    store = Store(cuts=[100], etag='W/"v1"')
    assert fetched(store) == CONTENT
    assert "if-range" not in store.requests[1].headers


def test_a_server_that_ignores_ranges_sends_it_all_again() -> None:
    whole = httpx.ByteStream(CONTENT)
    assert fetched(then(Store(cuts=[100]), lambda _: httpx.Response(200, stream=whole))) == CONTENT


def test_a_body_that_ends_early_in_good_order_is_resumed_too() -> None:
    short = httpx.ByteStream(CONTENT[:1000])
    announced = {"Content-Length": str(len(CONTENT))}
    store = Store()
    assert fetched(then(lambda _: httpx.Response(200, headers=announced, stream=short), store)) == CONTENT
    assert store.served == len(CONTENT) - 1000


def test_a_part_that_ends_early_in_good_order_is_resumed_too() -> None:
    headers = {"Content-Range": f"bytes 100-{len(CONTENT) - 1}/{len(CONTENT)}"}
    short = httpx.ByteStream(CONTENT[100:300])
    store = Store()
    first = then(Store(cuts=[100]), lambda _: httpx.Response(206, headers=headers, stream=short), store)
    assert fetched(first) == CONTENT
    assert store.requests[0].headers["range"] == "bytes=300-"


@pytest.mark.parametrize("part", ["bytes 7-9/10", "bytes */10", "sheets 100-200/300", ""])
def test_a_part_that_was_not_asked_for_is_not_taken(part: str) -> None:
    wrong = status(206, content_range=part)
    assert fetched(then(Store(cuts=[100]), wrong, Store())) == CONTENT


def test_a_file_that_is_shorter_now_is_fetched_from_the_start() -> None:
    store = Store(b"short")
    assert fetched(then(Store(cuts=[100]), status(416, content_range="bytes */5"), store)) == b"short"


def test_after_a_few_tries_in_vain_it_is_given_up_for_now() -> None:
    store = Store(cuts=[10] * 10)
    error = refused(store)
    assert error.transient
    assert "ReadError" in str(error)
    assert len(store.requests) == 4


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_asked_again(code: int) -> None:
    assert fetched(then(status(code, retry_after="1"), Store())) == CONTENT


def test_who_is_to_wait_longer_than_there_is_patience_does_not_ask_again() -> None:
    answers: list[httpx.Request] = []

    def busy(request: httpx.Request) -> httpx.Response:
        answers.append(request)
        return httpx.Response(429, headers={"Retry-After": "61"})

    assert refused(busy).transient
    assert len(answers) == 1


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_an_expired_address_is_worth_another_one(code: int) -> None:
    error = refused(status(code))
    assert error.transient
    assert "expired" in str(error)


@pytest.mark.parametrize("code", [204, 304, 400, 423])
def test_what_cannot_succeed_is_not_asked_again(code: int) -> None:
    error = refused(then(status(code), Store()))
    assert not error.transient
    assert str(code) in str(error)


@pytest.mark.parametrize("target", [f"https://{HOST}/elsewhere?tempauth={SECRET}", f"/elsewhere?t={SECRET}"])
def test_a_redirect_on_the_sites_own_host_is_followed(target: str) -> None:
    store = Store()
    assert fetched(then(status(302, location=target), store)) == CONTENT
    assert store.requests[0].url.path == "/elsewhere"


@pytest.mark.parametrize(
    ("target", "named"),
    [
        (f"https://evil.example/?tempauth={SECRET}", "https://evil.example"),
        (f"//evil.example/?tempauth={SECRET}", "://evil.example"),
        (f"http://{HOST}/?tempauth={SECRET}", f"http://{HOST}"),
        (f"https://school.example/?tempauth={SECRET}", "https://school.example"),
        (f"https://{HOST}@evil.example/?tempauth={SECRET}", "https://evil.example"),
        (f"https://user:{SECRET}@evil.example/", "https://evil.example"),
        ("ftp://evil.example/file", "ftp://evil.example"),
    ],
)
def test_no_other_host_is_asked(target: str, named: str) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"asked {request.url}")

    for error in (refused(then(status(302, location=target), nobody)), refused(nobody, file(target))):
        assert not error.transient
        assert named in str(error)


@pytest.mark.parametrize("target", ["https://[::1", "https://\x00"])
def test_an_address_that_is_none_is_refused(target: str) -> None:
    assert "none" in str(refused(Store(), file(target)))


def test_redirects_come_to_an_end() -> None:
    assert refused(status(302, location=ADDRESS)).transient


def test_more_bytes_than_a_file_may_have_are_not_read() -> None:
    read = 0

    def endless(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Endless())

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal read
            while True:
                read += len(PIECE)
                yield PIECE

    error = refused(endless, max_bytes=1_000_000)
    assert not error.transient
    assert "1,000,000 bytes" in str(error)
    assert read < 1_000_000 + 2 * len(PIECE)

    read = 0
    grown = refused(endless, file(size=1000))
    assert grown.transient
    assert read < SLACK + 1000 + 2 * len(PIECE)


def test_a_file_that_is_announced_too_large_is_not_asked_for() -> None:
    assert not refused(lambda _: pytest.fail("asked"), max_bytes=len(CONTENT) - 1).transient


def test_an_office_file_may_be_a_little_larger_than_announced() -> None:
    assert fetched(Store(), file(size=len(CONTENT) - 1000)) == CONTENT


def test_the_address_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    redirect = status(302, location=f"/elsewhere?tempauth={SECRET}", set_cookie=f"FedAuth={SECRET}")
    with caplog.at_level(logging.DEBUG):
        fetched(then(redirect, status(503), Store(cuts=[1])))
        refused(status(401))
    assert SECRET not in caplog.text
    assert SECRET not in repr(file())
    assert SECRET not in repr(refused(status(400)))


def test_an_error_holds_no_request_that_would_show_the_address() -> None:
    error = refused(Store(cuts=[1] * 9))
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_long_wait_is_as_long_as_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    with stamina.set_testing(False):
        assert fetched(then(status(429, retry_after="37"), Store())) == CONTENT
    assert waits == [37]


def test_downloads_count_for_graphs_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    limits = {"RateLimit-Remaining": "10", "RateLimit-Reset": "50"}
    store = Store()
    pace = Pace(60, lambda: 1000.0)
    http = httpx.Client(transport=httpx.MockTransport(then(status(503, **limits), store)))
    downloads = Downloader(http, host=HOST, max_bytes=10**6, patience=Patience(4, 60), pace=pace)
    for _ in range(2):
        downloads.fetch(file(), io.BytesIO())
    assert [wait for wait in waits if wait] == [10]


def test_bytes_are_written_as_they_come_and_not_gathered() -> None:
    to = io.BytesIO()
    written: list[int] = []

    class Pieces(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(3):
                written.append(to.tell())
                yield PIECE

    size = 3 * len(PIECE)
    downloader(lambda _: httpx.Response(200, stream=Pieces())).fetch(file(size=size), to)
    assert written == [0, len(PIECE), 2 * len(PIECE)]
