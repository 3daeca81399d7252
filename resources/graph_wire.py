"""Requests to Microsoft Graph and its replies as plain data, alone or inside a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from resources.patience import seconds_to_wait

PREFER = 'IdType="ImmutableId", outlook.timezone="UTC"'
READING = {"Prefer": PREFER}
WRITING = {"Prefer": PREFER, "Content-Type": "application/json"}
NO_ANSWER = 0

Json = dict[str, Any]


class GraphError(Exception):
    """What came instead of success: HTTP status, Graph's code and message.

    With status NO_ANSWER nothing came back; `sent` tells whether the request may have been executed.
    `retry_after` is in seconds; `location` is where else to ask, if the answer says so.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        retry_after: float = 0,
        sent: bool = True,
        location: str | None = None,
    ) -> None:
        super().__init__(f"{status or 'no answer'} {code}: {message}".removesuffix(": "))
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.sent = sent
        self.location = location


Reply = Json | GraphError


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` follows the version and is quoted; `mailbox`: whose limits it counts for."""

    method: str
    path: str
    body: Json | None = None
    if_match: str = ""
    mailbox: str = ""


@cache
def user_path(user: str) -> str:
    """The path of a user, by id or principal name."""
    return f"/users/{quote(user, safe='@')}"


def expect(reply: Reply) -> Json:
    """The body of a reply. Raises the GraphError that came instead."""
    if isinstance(reply, GraphError):
        raise reply
    return reply


def items(page: Json) -> list[Json]:
    """The items of a page of a collection. Raises GraphError: a page without them is not an empty page."""
    found = page.get("value")
    if not isinstance(found, list):
        raise GraphError(NO_ANSWER, "NotACollection", "the answer holds no list of items")
    return list(found)


def decoded(status: int, content: bytes, headers: Mapping[str, str]) -> Reply:
    """The reply that an HTTP response is."""
    try:
        body = orjson.loads(content) if content else None
    except orjson.JSONDecodeError:
        body = content
    return _reply(status, body, headers)


def batch_body(calls: list[Call]) -> bytes:
    """The body of the `$batch` request for these calls."""
    return orjson.dumps({"requests": [_subrequest(number, call) for number, call in enumerate(calls)]})


def subreplies(body: Json, count: int) -> list[Reply]:
    """The replies in the answer to a `$batch` request of `count` calls, in the calls' order."""
    answers = {answer["id"]: answer for answer in body.get("responses", [])}
    return [_subreply(answers.get(str(number))) for number in range(count)]


def _subrequest(number: int, call: Call) -> Json:
    request: Json = {"id": str(number), "method": call.method, "url": call.path}
    if call.body is None:
        request["headers"] = READING
    else:
        request["headers"] = {**WRITING, "If-Match": call.if_match} if call.if_match else WRITING
        request["body"] = call.body
    return request


def _subreply(answer: Json | None) -> Reply:
    if answer is None:
        return GraphError(NO_ANSWER, "NoSubresponse", "the answer to the batch leaves this request out")
    return _reply(answer["status"], answer.get("body"), answer.get("headers") or {})


def _reply(status: int, body: Any, headers: Mapping[str, str]) -> Reply:  # noqa: ANN401 - any JSON
    if status < HTTPStatus.BAD_REQUEST:
        if body is None or isinstance(body, dict):
            return body or {}
        return GraphError(NO_ANSWER, "UnreadableAnswer", f"status {status} without a JSON object")
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        error = {"code": "NoErrorBody"}
    code, message = str(error.get("code")), str(error.get("message") or "")
    wait = seconds_to_wait(_header(headers, "retry-after") or "")
    return GraphError(status, code, message, retry_after=wait, location=_header(headers, "location"))


def _header(headers: Mapping[str, str], wanted: str) -> str | None:
    """The value of a header, whose name may be in any letter case inside a batch."""
    return next((value for name, value in headers.items() if name.lower() == wanted), None)
