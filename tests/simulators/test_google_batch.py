"""Batches: many calls in one HTTP request, written by Google's own client and by hand."""

from __future__ import annotations

import asyncio
import time
from email.message import Message
from email.parser import BytesParser
from typing import Any

import google_auth_httplib2
import httplib2
import orjson
import pytest
import requests
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.simulators.google.batch import run_batch
from scheduling_pipeline.simulators.google.messages import Request, Response
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.google_client import (
    ADA,
    BRUNO,
    EVENTS,
    Api,
    Json,
    calling,
    event,
    reason,
    sign_in,
)

BATCH = "/batch/calendar/v3"


def _part(method: str, path: str, body: str = "", **headers: str) -> bytes:
    """A part as the documentation shows it."""
    content_id = headers.pop("content_id", "")
    head = "Content-Type: application/http\r\n" + (f"Content-ID: {content_id}\r\n" if content_id else "")
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return (head + "\r\n" + "\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _body(parts: list[bytes]) -> bytes:
    return b"".join(b"--border\r\n" + part + b"\r\n" for part in parts) + b"--border--\r\n"


def _send(api: Api, parts: list[bytes], **more: Any) -> requests.Response:  # noqa: ANN401 - as requests has it
    headers = {"Content-Type": "multipart/mixed; boundary=border"} | more.pop("headers", {})
    return api.call("POST", BATCH, data=_body(parts), headers=headers, **more)


def _answers(content_type: str, body: bytes) -> list[tuple[str | None, int, bytes]]:
    """For each part of an answer its Content-ID, status and body."""
    message = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    found = []
    for part in message.get_payload():
        assert isinstance(part, Message)
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        head, _, content = payload.partition(b"\r\n\r\n")
        found.append((part["Content-ID"], int(head.split()[1]), content))
    return found


def _read(answer: requests.Response) -> list[tuple[str | None, int, bytes]]:
    assert answer.status_code == 200, answer.text
    return _answers(answer.headers["Content-Type"], answer.content)


def _calls(simulators: Simulators) -> list[Json]:
    return [entry for entry in simulators.google.control.journal() if entry["kind"] == "call"]


def test_google_s_client_sends_calls_of_several_people_in_one_batch(simulators: Simulators) -> None:
    http = httplib2.Http(ca_certs=str(simulators.ca_file), proxy_info=None)
    description = orjson.loads(get_static_doc("calendar", "v3")) | {"rootUrl": f"{simulators.google_url}/"}
    service = build_from_document(description, http=http)
    created: dict[str, str] = {}
    failed: list[HttpError] = []

    def note(number: str, answer: Json | None, error: HttpError | None) -> None:
        if error is not None:
            failed.append(error)
        elif answer is not None:
            created[number] = answer["summary"]

    batch = service.new_batch_http_request(note)
    tokens = {email: sign_in(simulators, email) for email in (ADA, BRUNO)}
    for email, token in tokens.items():
        insert = service.events().insert(
            calendarId="primary", body=event(summary=f"Cläss of {email}"), quotaUser=email
        )
        insert.http = google_auth_httplib2.AuthorizedHttp(Credentials(token), http)  # type: ignore[no-untyped-call]
        batch.add(insert, request_id=email)
    missing = service.events().get(calendarId="primary", eventId="missing")
    missing.http = google_auth_httplib2.AuthorizedHttp(Credentials(tokens[ADA]), http)  # type: ignore[no-untyped-call]
    batch.add(missing)
    batch.execute(http=http)

    assert created == {ADA: f"Cläss of {ADA}", BRUNO: f"Cläss of {BRUNO}"}
    assert [error.status_code for error in failed] == [404]
    assert [(call["caller"], call["quota_user"]) for call in _calls(simulators)] == [
        (ADA, ADA),
        (BRUNO, BRUNO),
        (ADA, None),
    ]


def test_parts_are_answered_in_order_under_their_own_names(simulators: Simulators) -> None:
    with calling(simulators, sign_in(simulators, ADA)) as api:
        answers = _read(
            _send(
                api,
                [
                    _part("GET", EVENTS, content_id="<first@example>"),
                    _part("GET", f"{EVENTS}/none", content_id="<second + 2>"),
                    _part("GET", EVENTS),
                ],
            )
        )
    assert [(name, status) for name, status, _ in answers] == [
        ("<response-first@example>", 200),
        ("<response-second + 2>", 404),
        (None, 200),
    ]


def test_a_part_s_own_headers_replace_the_outer_ones(simulators: Simulators) -> None:
    bruno = sign_in(simulators, BRUNO)
    with calling(simulators, sign_in(simulators, ADA)) as api:
        made = api.create(summary="Before")
        path = f"{EVENTS}/{made['id']}"
        change = '{"summary": "After"}'
        json_type = {"Content-Type": "application/json"}
        answers = _read(
            _send(
                api,
                [
                    _part("GET", EVENTS, Authorization=f"Bearer {bruno}"),
                    _part("PATCH", path, change, **json_type),
                    _part("PATCH", path, change, **json_type, **{"If-Match": made["etag"]}),
                    _part("GET", EVENTS, Authorization="Bearer spoiled"),
                ],
                headers={"If-Match": '"stale"'},
            )
        )
    assert [status for _, status, _ in answers] == [200, 412, 200, 401]
    assert [call["caller"] for call in _calls(simulators)[-4:]] == [BRUNO, ADA, ADA, None]
    assert [call["cost"] for call in _calls(simulators)[-4:]] == [1, 1, 1, 0]


def test_the_outer_query_holds_for_every_part(simulators: Simulators) -> None:
    with calling(simulators, sign_in(simulators, ADA)) as api:
        parts = [_part("GET", EVENTS), _part("GET", f"{EVENTS}?quotaUser=own")]
        _read(_send(api, parts, params={"quotaUser": "outer"}))
    assert [call["quota_user"] for call in _calls(simulators)] == ["outer", "own"]


def test_a_later_part_sees_what_an_earlier_one_did(simulators: Simulators) -> None:
    with calling(simulators, sign_in(simulators, ADA)) as api:
        body = '{"id": "abcde", "start": {"date": "2026-03-10"}, "end": {"date": "2026-03-11"}}'
        insert = _part("POST", EVENTS, body, **{"Content-Type": "application/json"})
        answers = _read(_send(api, [insert, insert, _part("DELETE", f"{EVENTS}/abcde")]))
    assert [status for _, status, _ in answers] == [200, 409, 204]


def test_a_batch_waits_once_and_costs_what_its_calls_cost(simulators: Simulators) -> None:
    with calling(simulators, sign_in(simulators, ADA)) as api:
        simulators.google.control.latency = 0.2
        began = time.monotonic()
        answers = _read(_send(api, [_part("GET", EVENTS)] * 20))
        took = time.monotonic() - began
    assert len(answers) == 20
    assert 0.2 <= took < 2
    journal = simulators.google.control.journal()
    assert sum(entry.get("cost", 0) for entry in journal) == 20
    assert [entry["path"] for entry in journal if entry["kind"] == "http"] == ["/token", BATCH]


def test_a_batch_has_at_most_a_thousand_calls(simulators: Simulators) -> None:
    simulators.google.settings.user_quota = 10_000
    with calling(simulators, sign_in(simulators, ADA)) as api:
        part = _part("GET", "/calendar/v3/users/me/calendarList")
        assert len(_read(_send(api, [part] * 1000))) == 1000
        assert reason(_send(api, [part] * 1001)) == (400, "badRequest")
    assert len(_calls(simulators)) == 1000


@pytest.mark.parametrize(
    "part",
    [
        _part("GET", "https://localhost" + EVENTS),
        _part("BREW", EVENTS),
        b"Content-Type: application/http\r\n\r\nnonsense",
        b"Content-Type: text/plain\r\n\r\nGET " + EVENTS.encode(),
    ],
)
def test_a_batch_that_breaks_the_format_is_refused_as_a_whole(simulators: Simulators, part: bytes) -> None:
    with calling(simulators, sign_in(simulators, ADA)) as api:
        assert reason(_send(api, [_part("GET", EVENTS), part])) == (400, "badRequest")
    assert _calls(simulators) == []


def test_a_batch_must_be_multipart(simulators: Simulators) -> None:
    with calling(simulators, sign_in(simulators, ADA)) as api:
        assert reason(api.call("POST", BATCH, json={})) == (400, "badRequest")


def test_a_part_that_cannot_be_read_fails_alone(simulators: Simulators) -> None:
    with calling(simulators, sign_in(simulators, ADA)) as api:
        json_type = {"Content-Type": "application/json"}
        parts = [
            _part("POST", EVENTS, "{", **json_type),
            _part("POST", EVENTS, "[1]", **json_type),
            _part("GET", "/gmail/v1/users/me/messages"),
            _part("GET", EVENTS),
        ]
        assert [status for _, status, _ in _read(_send(api, parts))] == [400, 400, 404, 200]


@given(bodies=st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=5))
def test_bodies_pass_unchanged(bodies: list[str]) -> None:
    async def echo(request: Request) -> Response:
        return Response(200, {}, request.body)

    documents = [orjson.dumps({"summary": body}) for body in bodies]
    parts = [
        _part("POST", EVENTS, **{"Content-Type": "application/json"}) + document for document in documents
    ]
    outer = Request("POST", BATCH, {}, {"content-type": "multipart/mixed; boundary=border"}, _body(parts))
    response = asyncio.run(run_batch(outer, echo))
    answers = _answers(response.headers["Content-Type"], response.body)
    assert [body.rstrip(b"\r\n") for _, _, body in answers] == documents
