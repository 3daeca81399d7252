"""What the tests of the Graph simulator share: people, payloads and signing in."""

from __future__ import annotations

from typing import Any

import httpx

from scheduling_pipeline.simulators.server import Simulators

ADA = "ada.frey@school.example"
BRUNO = "bruno.lang@school.example"
CLARA = "clara.meier@school.example"  # has no mailbox

EVENTS = f"/users/{ADA}/events"
TAG = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Lesson"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}

Json = dict[str, Any]


def sign_in(client: httpx.Client, simulators: Simulators, **changes: str) -> str:
    """An access token by client credentials."""
    answer = client.post(f"{simulators.authority}/oauth2/v2.0/token", data=credentials(simulators) | changes)
    answer.raise_for_status()
    token: str = answer.json()["access_token"]
    return token


def credentials(simulators: Simulators) -> dict[str, str]:
    settings = simulators.graph.settings
    return {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "scope": "https://graph.microsoft.com/.default",
    }


def lesson(
    subject: str = "Lesson",
    start: str = "2026-03-10T10:00:00",
    end: str = "2026-03-10T11:00:00",
    zone: str = "Europe/Zurich",
    **more: object,
) -> Json:
    """The body of a POST of an event."""
    return {
        "subject": subject,
        "start": {"dateTime": start, "timeZone": zone},
        "end": {"dateTime": end, "timeZone": zone},
        **more,
    }


def weekly(
    *days: str, start: str = "2026-03-09", end: str | None = None, interval: int = 1, **limits: object
) -> Json:
    """A weekly recurrence."""
    pattern = {
        "type": "weekly",
        "interval": interval,
        "daysOfWeek": list(days),
        "firstDayOfWeek": "monday",
    }
    span: Json = {"type": "noEnd", "startDate": start, "recurrenceTimeZone": "Europe/Zurich"} | limits
    return {"pattern": pattern, "range": span | ({"type": "endDate", "endDate": end} if end else {})}


def tagged(value: str) -> list[Json]:
    """Extended properties that carry our tag."""
    return [{"id": TAG, "value": value}]


def create(
    graph: httpx.Client, body: Json, *, path: str = EVENTS, headers: dict[str, str] | None = None
) -> Json:
    """The event that a POST makes."""
    answer = graph.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    event: Json = answer.json()
    return event


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error, whose body must have Graph's form."""
    error = answer.json()["error"]
    assert error["message"]
    assert {"date", "request-id", "client-request-id"} <= error["innerError"].keys()
    return answer.status_code, error["code"]
