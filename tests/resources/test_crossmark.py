"""Crossmark over a real connection: one that is silent, one that breaks, one that nobody answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from resources.crossmark import Crossmark
from resources.crossmark_session import COOKIE
from scheduling_pipeline.roster.planner import Done, Outcome, PlannerError, Rejected, Unknown
from tests.resources.planner_site import (
    AUTHENTICATE,
    EVENT,
    LISTING,
    PASSWORD,
    SCHEDULE,
    USER,
    USER_INFO,
    ZONE,
    echo,
    row,
    visit,
)

pytestmark = pytest.mark.usefixtures("_no_waiting")

Behaviour = Callable[["_Handler"], None]


class _Handler(BaseHTTPRequestHandler):
    """Notes a request, and behaves as its server says for that path."""

    protocol_version = "HTTP/1.1"
    server: RawSite

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def answer(self, body: object, *, last: bool = False) -> None:
        """Answer; after the `last` one the connection is closed."""
        content = orjson.dumps(body)
        self.send_response(200)
        self.send_header("Content-Type", 'text/html; charset="utf-8"')
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", f"{COOKIE}=one; path=/")
        if last:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def _handle(self) -> None:
        path = self.path.partition("?")[0]
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(path)
        self.server.behaviours[path](self)


class RawSite(ThreadingHTTPServer):
    """A site that answers well, or otherwise as `behaviours` says by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.behaviours: dict[str, Behaviour] = {
            AUTHENTICATE: lambda request: request.answer({"redirectUrl": "/planning/"}),
            USER_INFO: lambda request: request.answer({"username": USER}),
            LISTING: lambda request: request.answer({"total": 1, "mplans": [row()]}),
            SCHEDULE: lambda request: request.answer(echo()),
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


def silent(request: _Handler) -> None:
    """Say nothing until the client has gone away."""
    request.rfile.read(1)
    request.close_connection = True


def drop(request: _Handler) -> None:
    """Close the connection instead of an answer."""
    request.close_connection = True


def half(request: _Handler) -> None:
    """Begin an answer."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"ok": 1,')
    request.close_connection = True


@pytest.fixture
def site() -> Iterator[RawSite]:
    with RawSite() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def crossmark(url: str, **changes: Any) -> Crossmark:  # noqa: ANN401 - fields of Crossmark
    values = {"base_url": url, "username": USER, "password": PASSWORD, "zone": ZONE.key, "timeout": 0.2}
    return Crossmark(**{**values, "attempts": 2, "patience": 5, **changes})


def scheduled(site: RawSite, behaviour: Behaviour) -> Outcome:
    site.behaviours[SCHEDULE] = behaviour
    with crossmark(site.url).connect() as planner:
        return planner.schedule(visit())


def test_a_visit_goes_through(site: RawSite) -> None:
    assert isinstance(scheduled(site, site.behaviours[SCHEDULE]), Done)
    assert site.asked == [AUTHENTICATE, USER_INFO, LISTING, SCHEDULE]


@pytest.mark.parametrize(("behaviour", "timed_out"), [(silent, True), (drop, False), (half, False)])
def test_a_visit_without_a_whole_answer_is_unknown_and_was_sent_once(
    site: RawSite, behaviour: Behaviour, *, timed_out: bool
) -> None:
    outcome = scheduled(site, behaviour)
    assert isinstance(outcome, Unknown)
    assert outcome.timed_out is timed_out
    assert site.asked.count(SCHEDULE) == 1


@pytest.mark.parametrize("behaviour", [silent, drop, half])
def test_a_reading_without_a_whole_answer_is_tried_again(site: RawSite, behaviour: Behaviour) -> None:
    usual = site.behaviours[LISTING]

    def once(request: _Handler) -> None:
        site.behaviours[LISTING] = usual
        behaviour(request)

    site.behaviours[LISTING] = once
    with crossmark(site.url).connect() as planner:
        assert list(planner.look_up([EVENT])) == [EVENT]
    assert site.asked.count(LISTING) == 2


def test_a_visit_that_reaches_no_server_is_rejected(site: RawSite) -> None:
    def last(request: _Handler) -> None:
        site.shutdown()
        site.server_close()
        request.answer({"total": 1, "mplans": [row()]}, last=True)

    site.behaviours[LISTING] = last
    with crossmark(site.url).connect() as planner:
        outcome = planner.schedule(visit())
    assert isinstance(outcome, Rejected)
    assert outcome.detail == "no connection: ConnectError"


def test_a_server_that_is_not_there_is_named_at_once() -> None:
    with pytest.raises(PlannerError, match="CROSSMARK_URL"), crossmark("http://127.0.0.1:9").connect():
        pytest.fail("signed in")


def test_the_password_does_not_show() -> None:
    assert PASSWORD not in repr(crossmark("http://127.0.0.1:9"))
    assert PASSWORD not in str(crossmark("http://127.0.0.1:9"))
