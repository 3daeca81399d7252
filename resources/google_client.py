"""A client for the Calendar API: batches, tokens, pacing, and the one place that sends anything again.

Sent again is what certainly was not executed (too many calls, no connection, a refused token) and, of reads,
also what failed in passing (5xx, no answer). A write that may have been executed is never sent again here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx

from resources.google_batch import BatchApi, Bearer
from resources.google_pace import GooglePace
from resources.google_tokens import TokenProblem, TokenSource
from resources.google_wire import NO_ANSWER, NO_CONSENT, NO_TOKEN, Call, GoogleError, Json, Reply, quota_user
from resources.patience import AgainError, Patience, attempts

BATCH = (
    50  # Google takes up to 1,000, but advises against large ones: their calls may run into limits together
)
CONCURRENCY = 4

_TRANSIENT = frozenset({NO_ANSWER, 408, 500, 502, 503, 504})


class GoogleClient:
    """One connection pool for the calendars of many people, and any number of threads; a context manager."""

    def __init__(
        self,
        http: httpx.Client,
        tokens: TokenSource,
        *,
        api_url: str,
        pace: GooglePace,
        patience: Patience,
        concurrency: int = CONCURRENCY,
    ) -> None:
        self.concurrency = concurrency
        self._http = http
        self._tokens = tokens
        self._api = BatchApi(api_url)
        self._pace = pace
        self._patience = patience

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def prepare(self, calendars: Collection[str]) -> None:
        """Begin to fetch the tokens for calls about these calendars."""
        self._tokens.prepare(calendars)

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Send at most 50 calls as one request; one reply each, in their order.

        Calls that are worth it are sent again until patience runs out; the last reply of each counts.
        """
        delivery = _Delivery(calls)
        for attempt in attempts(self._patience):
            with attempt:
                self._send_waiting(delivery)
        return [delivery.replies[index] for index in range(len(calls))]

    def batches(self, calls: Sequence[Call]) -> list[Reply]:
        """Send any number of calls, several batches at once; one reply each, in their order."""
        chunks = [calls[start : start + BATCH] for start in range(0, len(calls), BATCH)]
        with ThreadPoolExecutor(self.concurrency, "google-batch") as pool:
            return [reply for replies in pool.map(self.batch, chunks) for reply in replies]

    def listings(self, calls: Sequence[Call]) -> list[list[Json] | GoogleError]:
        """All pages of each listing, in the listings' order; what follows the first pages comes together."""
        pages: list[list[Json]] = [[] for _ in calls]
        failures: dict[int, GoogleError] = {}
        waiting = dict(enumerate(calls))
        while waiting:
            replies = self.batches(list(waiting.values()))
            following: dict[int, Call] = {}
            for (index, call), reply in zip(waiting.items(), replies, strict=True):
                page = _page(reply)
                if isinstance(page, GoogleError):
                    failures[index] = page
                    continue
                pages[index].append(page)
                if token := page.get("nextPageToken"):
                    following[index] = replace(call, params={**call.params, "pageToken": token})
            waiting = following
        return [failures.get(index, found) for index, found in enumerate(pages)]

    def _send_waiting(self, delivery: _Delivery) -> None:
        delivery.take(self._send(delivery.calls_waiting))
        if delivery.waiting:
            raise AgainError(delivery.retry_after)

    def _send(self, calls: Sequence[Call]) -> list[Reply]:
        """Send calls once, but for those that have no token."""
        bearers: dict[str, Bearer] = {}
        problems: dict[str, TokenProblem] = {}
        for calendar, token in self._tokens.tokens({call.calendar for call in calls}).items():
            if isinstance(token, TokenProblem):
                problems[calendar] = token
            else:
                bearers[calendar] = Bearer(calendar, token, self._tokens)
        signed = [call for call in calls if call.calendar in bearers]
        replies = iter(self._send_signed(signed, bearers) if signed else [])
        return [
            _unsigned(problems[call.calendar]) if call.calendar in problems else next(replies)
            for call in calls
        ]

    def _send_signed(self, calls: Sequence[Call], bearers: Mapping[str, Bearer]) -> list[Reply]:
        self._pace.keep(Counter(quota_user(call.calendar) for call in calls))
        replies = self._api.send(self._http, calls, [bearers[call.calendar] for call in calls])
        return [_explained(reply, bearers[call.calendar]) for call, reply in zip(calls, replies, strict=True)]


class _Delivery:
    """Calls on their way: the last reply of each, and the indexes of those to send again."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.replies: dict[int, Reply] = {}
        self.waiting: Sequence[int] = range(len(calls))
        self.retry_after = 0.0
        self._calls = calls

    @property
    def calls_waiting(self) -> list[Call]:
        return [self._calls[index] for index in self.waiting]

    def take(self, replies: Sequence[Reply]) -> None:
        """Take the replies to the waiting calls."""
        taken = dict(zip(self.waiting, replies, strict=True))
        self.replies.update(taken)
        again = {
            index: reply
            for index, reply in taken.items()
            if isinstance(reply, GoogleError) and _may_be_sent_again(self._calls[index], reply)
        }
        self.waiting = list(again)
        self.retry_after = max((error.retry_after for error in again.values()), default=0)


def _may_be_sent_again(call: Call, error: GoogleError) -> bool:
    if error.reason == NO_TOKEN:
        return False  # who gives out tokens has been patient already
    if error.over_rate or not error.sent:
        return True
    return call.reads and error.status in _TRANSIENT


def _unsigned(problem: TokenProblem) -> GoogleError:
    """What is said of a call that could not be made for want of a token."""
    if problem.permanent:
        return GoogleError(HTTPStatus.UNAUTHORIZED, NO_CONSENT, problem.detail)
    return GoogleError(NO_ANSWER, NO_TOKEN, problem.detail, sent=False)


def _explained(reply: Reply, bearer: Bearer) -> Reply:
    """A refused token's reply says why there is no fresh one, if that was so."""
    refused = isinstance(reply, GoogleError) and reply.status == HTTPStatus.UNAUTHORIZED
    return _unsigned(bearer.problem) if refused and bearer.problem else reply


def _page(reply: Reply) -> Reply:
    """A page of a listing; an answer that is none is not taken for an empty page."""
    if isinstance(reply, GoogleError) or reply.get("kind") == "calendar#events":
        return reply
    return GoogleError(NO_ANSWER, "NotAListing", "the answer is no list of events")
