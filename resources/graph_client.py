"""A client for Microsoft Graph: pages, batches, pacing, and the one place that sends anything again.

Sent again is what certainly was not executed (429, no connection, a refused token) and, of reads, also
what failed in passing (5xx, no answer). A write that may have been executed is never sent again here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from types import TracebackType
from urllib.parse import urlsplit

import httpx

from resources.graph_pace import Pace
from resources.graph_sign_in import SignInError, TokenSource
from resources.graph_wire import (
    NO_ANSWER,
    READING,
    WRITING,
    Call,
    GraphError,
    Json,
    Reply,
    batch_body,
    decoded,
    expect,
    items,
    subreplies,
)
from resources.patience import NOT_SENT, AgainError, Patience, attempts

BATCH = 20
PER_MAILBOX = 4

_TRANSIENT = frozenset({NO_ANSWER, 408, 500, 502, 503, 504, 509})

Send = Callable[[list[Call], str], list[Reply]]


class GraphClient:
    """One connection pool and one token, for any number of threads; a context manager."""

    def __init__(
        self, http: httpx.Client, tokens: TokenSource, *, base_url: str, concurrency: int, patience: Patience
    ) -> None:
        self.concurrency = concurrency
        self.tokens = tokens
        self.pace = Pace(patience.seconds)
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._batch_url = f"{self._base_url}/$batch"
        self._patience = patience

    def __enter__(self) -> GraphClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        self.tokens.close()

    def get(self, path: str) -> Json:
        """Read one resource or page: a path below the version, or a link that Graph gave.

        Raises GraphError or SignInError.
        """
        (reply,) = self._deliver([Call("GET", path)], self._send_one)
        return expect(reply)

    def owns(self, link: str) -> bool:
        """Whether a link leads to Graph: the token is for nobody else."""
        return urlsplit(link)[:2] == urlsplit(self._base_url)[:2]

    def collect(self, page: Json) -> list[Json]:
        """All items of a collection whose first page is given. Raises GraphError or SignInError."""
        found = items(page)
        while link := page.get("@odata.nextLink"):
            page = self.get(link)
            found += items(page)
        return found

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Send at most 20 calls as one request; one reply each, in their order.

        Raises SignInError when nothing was sent for want of a token.
        """
        return self._deliver(calls, self._send_batch)

    def batches(self, calls: Sequence[Call]) -> list[Reply]:
        """Send any number of calls, several batches at once, and never more than 4 calls to one mailbox.

        Raises SignInError; some of the calls may have been executed by then.
        """
        replies: dict[int, Reply] = {}
        with ThreadPoolExecutor(self.concurrency) as pool:
            for indexes in _rounds(calls):
                chunks = [indexes[start : start + BATCH] for start in range(0, len(indexes), BATCH)]
                answers = pool.map(lambda chunk: self.batch([calls[index] for index in chunk]), chunks)
                for chunk, answer in zip(chunks, answers, strict=True):
                    replies.update(zip(chunk, answer, strict=True))
        return [replies[index] for index in range(len(calls))]

    def _deliver(self, calls: Sequence[Call], send: Send) -> list[Reply]:
        """Send calls, and those worth it again, until patience runs out; the last reply of each counts."""
        delivery = _Delivery(calls)
        try:
            for attempt in attempts(self._patience):
                with attempt:
                    self._send_waiting(delivery, send)
        except SignInError:
            if not delivery.replies:
                raise
        return [delivery.replies[index] for index in range(len(calls))]

    def _send_waiting(self, delivery: _Delivery, send: Send) -> None:
        token = self.tokens.token()
        delivery.take(send(delivery.calls_waiting, token))
        if delivery.token_refused:
            self.tokens.discard(token)
        if delivery.waiting:
            raise AgainError(delivery.retry_after)

    def _send_one(self, calls: list[Call], token: str) -> list[Reply]:
        (call,) = calls
        url = self._base_url + call.path if call.path.startswith("/") else call.path
        if not self.owns(url):
            return [GraphError(HTTPStatus.BAD_REQUEST, "ForeignLink", "a page's link leads to another host")]
        self.pace.keep()
        return [self._request(call.method, url, READING, token)]

    def _send_batch(self, calls: list[Call], token: str) -> list[Reply]:
        self.pace.keep(len(calls))
        reply = self._request("POST", self._batch_url, WRITING, token, batch_body(calls))
        if isinstance(reply, GraphError):
            return [reply] * len(calls)
        for answer in reply.get("responses", []):
            self.pace.learn(answer.get("headers") or {})
        return subreplies(reply, len(calls))

    def _request(
        self, method: str, url: str, headers: dict[str, str], token: str, content: bytes | None = None
    ) -> Reply:
        signed = {**headers, "Authorization": f"Bearer {token}"}
        try:
            response = self._http.request(method, url, headers=signed, content=content)
        except NOT_SENT as error:
            return GraphError(NO_ANSWER, type(error).__name__, "no connection", sent=False)
        except httpx.RequestError as error:
            return GraphError(NO_ANSWER, type(error).__name__)
        self.pace.learn(response.headers)
        return decoded(response.status_code, response.content, response.headers)


class _Delivery:
    """Calls on their way: the last reply of each, and the indexes of those to send again."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.replies: dict[int, Reply] = {}
        self.waiting: Sequence[int] = range(len(calls))
        self.token_refused = False
        self.retry_after = 0.0
        self._calls = calls
        self._had_fresh_token = False

    @property
    def calls_waiting(self) -> list[Call]:
        return [self._calls[index] for index in self.waiting]

    def take(self, replies: Iterable[Reply]) -> None:
        """Take the replies to the waiting calls. A refused token is worth one fresh one."""
        taken = dict(zip(self.waiting, replies, strict=True))
        self.replies.update(taken)
        failed = {index: reply for index, reply in taken.items() if isinstance(reply, GraphError)}
        refused = {index for index, error in failed.items() if error.status == HTTPStatus.UNAUTHORIZED}
        self.token_refused = bool(refused) and not self._had_fresh_token
        self._had_fresh_token |= self.token_refused
        self.waiting = [
            index
            for index, error in failed.items()
            if _may_be_sent_again(self._calls[index], error) or (self.token_refused and index in refused)
        ]
        self.retry_after = max((failed[index].retry_after for index in self.waiting), default=0)


def _may_be_sent_again(call: Call, error: GraphError) -> bool:
    if error.status == HTTPStatus.TOO_MANY_REQUESTS or not error.sent:
        return True
    return call.method == "GET" and error.status in _TRANSIENT


def _rounds(calls: Sequence[Call]) -> Iterator[list[int]]:
    """Indexes of calls that may be under way together: at most 4 to a mailbox, any number to none."""
    by_mailbox: dict[str | int, list[int]] = defaultdict(list)
    for index, call in enumerate(calls):
        by_mailbox[call.mailbox or index].append(index)
    longest = max(map(len, by_mailbox.values()), default=0)
    for start in range(0, longest, PER_MAILBOX):
        yield [index for indexes in by_mailbox.values() for index in indexes[start : start + PER_MAILBOX]]
