"""Batches of the Calendar API through Google's own library: the one place where its untyped objects are.

The library builds the requests from the API's published description (which it brings along), packs them and
reads the answers. Within a batch each request carries its own owner's token.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httplib2
import httpx
from google.auth.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import BatchError, HttpError
from googleapiclient.http import BatchHttpRequest, HttpRequest

from resources.google_tokens import TokenProblem, TokenSource
from resources.google_wire import NO_ANSWER, Call, GoogleError, Reply, quota_user, refused, unanswered


class Bearer(Credentials):
    """The token of a calendar's owner. One that Google refuses is worth one fresh one.

    `problem` is why there was no fresh one.
    """

    def __init__(self, calendar: str, token: str, tokens: TokenSource) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = token
        self.problem: TokenProblem | None = None
        self._calendar = calendar
        self._tokens = tokens

    def refresh(self, request: object) -> None:  # noqa: ARG002 - the library's interface
        """Called by the library, once in a batch, after a 401; it then repeats what was refused."""
        self._tokens.discard(self._calendar, str(self.token))
        found = self._tokens.tokens([self._calendar])[self._calendar]
        if isinstance(found, TokenProblem):
            self.problem = found  # the old token is refused again
        else:
            self.token = found


class BatchApi:
    """The Calendar API at an address, for any number of threads."""

    def __init__(self, api_url: str) -> None:
        root = f"{api_url.rstrip('/')}/"
        document = json.loads(get_static_doc("calendar", "v3")) | {"rootUrl": root}
        service = build_from_document(document, http=httplib2.Http())
        self._resources = {"events": service.events(), "calendars": service.calendars()}
        self._batch_url = root + document["batchPath"]

    def send(self, http: httpx.Client, calls: Sequence[Call], bearers: Sequence[Bearer]) -> list[Reply]:
        """Send calls as one HTTP request, each with its bearer; one reply each, in their order."""
        replies: dict[str, Reply] = {}

        def take(number: str, body: object, error: HttpError | None) -> None:
            if error is not None:
                replies[number] = _refused(error)
            else:  # an answer without a body is as good as an empty one
                replies[number] = body if isinstance(body, dict) else {}

        batch = BatchHttpRequest(callback=take, batch_uri=self._batch_url)
        for number, (call, bearer) in enumerate(zip(calls, bearers, strict=True)):
            batch.add(self._request(call, bearer), request_id=str(number))
        failure = _execute(batch, _Transport(http))
        return [replies.get(str(number), failure) for number in range(len(calls))]

    def _request(self, call: Call, bearer: Bearer) -> HttpRequest:
        resource, _, name = call.method.partition(".")
        method = getattr(self._resources[resource], name)
        request = method(calendarId=call.calendar, quotaUser=quota_user(call.calendar), **call.params)
        request.http = AuthorizedHttp(bearer, http=request.http)
        # The rest of what the library says of itself is for the batch to say; here it would cost its time.
        request.headers = {"content-type": "application/json"}
        if call.if_match:
            request.headers["If-Match"] = call.if_match
        return request


class _Transport:
    """What the library sends through, in httplib2's manner.

    httplib2 itself sends a request once more, unasked, when the connection ends without an answer: a write
    would be executed twice.
    """

    def __init__(self, http: httpx.Client) -> None:
        self.has_delivered = False
        self._http = http

    def request(
        self, uri: str, *, method: str, body: str, headers: dict[str, str]
    ) -> tuple[httplib2.Response, bytes]:
        answer = self._http.request(method, uri, content=body, headers=headers)
        self.has_delivered |= answer.is_success
        return httplib2.Response({**answer.headers, "status": str(answer.status_code)}), answer.content


def _execute(batch: BatchHttpRequest, transport: _Transport) -> GoogleError:
    """Execute a batch. Returns what is to be said of the calls that got no reply of their own."""
    try:
        batch.execute(http=transport)
    except (BatchError, LookupError, TypeError, ValueError) as error:  # whatever the library trips over
        return GoogleError(NO_ANSWER, type(error).__name__, "what came is no answer to the batch")
    except HttpError as error:
        failure = _refused(error)
    except httpx.RequestError as error:
        failure = unanswered(error)
    else:
        return GoogleError(NO_ANSWER, "NoReply", "the answer to the batch leaves this call out")
    # When it is the repetition of refused calls that fails, the library keeps all replies to itself.
    return GoogleError(NO_ANSWER, failure.reason) if transport.has_delivered else failure


def _refused(error: HttpError) -> GoogleError:
    response: Any = error.resp
    return refused(int(response["status"]), error.content, response.get("retry-after", ""))
