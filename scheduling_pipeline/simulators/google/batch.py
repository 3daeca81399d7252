"""Batches: `POST /batch/calendar/v3`, a multipart/mixed body whose parts are HTTP requests of their own.

The parts are worked through in order and answered in the same order. What the outer request says in its
headers and its query holds for every part that does not say otherwise, but for the headers Content-*.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus

from scheduling_pipeline.simulators.google.errors import NoAnswer, bad_request
from scheduling_pipeline.simulators.google.messages import Request, Response, parse_query

LARGEST = 1000
PATH = "/batch/calendar/v3"
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})

Answerer = Callable[[Request], Awaitable[Response]]


async def run_batch(outer: Request, answer: Answerer) -> Response:
    """The response to a batch: 200 with one response for each part.

    If a part is to get no answer the batch gets none. A lost part takes those behind it along.
    """
    parts = [(part, _request(part, outer)) for part in _parts(outer)]
    silence: NoAnswer | None = None
    answered: list[bytes] = []
    for part, request in parts:
        await asyncio.sleep(0)  # others get their turn
        try:
            answered.append(_response(part, await answer(request)))
        except NoAnswer as withheld:
            silence = withheld
            if withheld.status is None:
                break
    if silence is not None:
        raise silence
    boundary = f"batch_{secrets.token_urlsafe(24)}"
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in answered)
    return Response(
        200, {"Content-Type": f"multipart/mixed; boundary={boundary}"}, body + f"--{boundary}--\r\n".encode()
    )


def _parts(outer: Request) -> list[Message]:
    """The parts of a batch; what breaks the format is refused as a whole."""
    head = f"Content-Type: {outer.headers.get('content-type', '')}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + outer.body)
    parts = message.get_payload()
    if message.get_content_type() != "multipart/mixed" or not isinstance(parts, list):
        raise bad_request(message="Failed to parse batch request: a multipart/mixed body is needed.")
    if len(parts) > LARGEST:
        raise bad_request(message=f"The batch request has more than {LARGEST} calls.")
    found = [part for part in parts if isinstance(part, Message)]
    for part in found:
        if part.get_content_type() != "application/http":
            raise bad_request(
                message="Failed to parse batch request: a part is not of type application/http."
            )
    return found


def _request(part: Message, outer: Request) -> Request:
    """The HTTP request that a part holds."""
    payload = part.get_payload(decode=True)
    line, _, rest = (payload if isinstance(payload, bytes) else b"").lstrip().partition(b"\n")
    match line.decode("latin-1").split():
        case [method, target, *_] if method in _METHODS and target.startswith("/"):
            pass
        case _:
            raise bad_request(
                message="Failed to parse batch request: a part starts with no method and relative address."
            )
    inner = BytesParser().parsebytes(rest)
    content = inner.get_payload(decode=True)
    path, _, query = target.partition("?")
    headers = {name: value for name, value in outer.headers.items() if not name.startswith("content-")}
    headers |= {name.lower(): str(value) for name, value in inner.items()}
    return Request(
        method,
        path,
        outer.query | parse_query(query),
        headers,
        content.strip() if isinstance(content, bytes) else b"",
    )


def _response(part: Message, response: Response) -> bytes:
    """The part of the answer that belongs to a part of the request."""
    head = ["Content-Type: application/http"]
    identity = " ".join(part.get("Content-ID", "").split())  # a long header comes in several lines
    if identity:
        head.append(f"Content-ID: {_answering(identity)}")
    status = HTTPStatus(response.status)
    head += ["", f"HTTP/1.1 {status.value} {status.phrase}"]
    head += [f"{name}: {value}" for name, value in response.headers.items()]
    head += [f"Content-Length: {len(response.body)}", "", ""]
    return "\r\n".join(head).encode() + response.body


def _answering(identity: str) -> str:
    if identity.startswith("<"):
        return f"<response-{identity[1:]}"
    return f"response-{identity}"
