"""HTTP as Google's front end sees it: requests and responses, whole or as parts of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs

import orjson

from scheduling_pipeline.simulators.google.wire import Reply


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is quoted, as the client wrote it; header names are in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def parse_query(text: str) -> dict[str, list[str]]:
    return parse_qs(text, keep_blank_values=True)


def encode(reply: Reply) -> Response:
    """The reply as JSON on the wire."""
    if reply.body is None:
        return Response(reply.status, dict(reply.headers))
    headers = {"Content-Type": "application/json; charset=UTF-8", **reply.headers}
    return Response(reply.status, headers, orjson.dumps(reply.body))
