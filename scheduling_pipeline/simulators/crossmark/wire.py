"""Requests and replies as the planner's PHP front end reads and writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

import orjson
from starlette.datastructures import FormData
from starlette.requests import Request

from scheduling_pipeline.simulators.crossmark.model import ZONE

Json = dict[str, Any]

HTML = 'text/html; charset="utf-8"'  # of every answer of a controller, whatever is in it
HEADERS = {
    "cache-control": "no-cache, max-age=0, must-revalidate",
    "pragma": "no-cache",
    "expires": "Thu, 19 Nov 1981 08:52:00 GMT",
    "server": "Apache",
    "strict-transport-security": "max-age=31536000",
    "x-include-js": "",
    "x-include-css": "",
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
_SECRETS = {"password"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, decoded. `json` is None where the body is none; `session`: the key in the cookie."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    json: Json | None
    session: str

    def for_journal(self) -> Json:
        """What it asked for, without passwords and cookies."""
        asked = {"query": self.query, "form": self.form, "json": self.json}
        shown = {name: _without_secrets(values) for name, values in asked.items() if values}
        return {"method": self.method, "path": self.path, **shown}


@dataclass(slots=True)
class Reply:
    """One answer: `json`, or else `text`. `effect`: what it did, for the journal. Its delay is in seconds."""

    json: Json | None = None
    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    effect: Json | None = None
    delay: float = 0.0

    @property
    def body(self) -> bytes:
        return self.text.encode() if self.json is None else orjson.dumps(self.json)


async def read(request: Request, cookie: str) -> Call:
    """The request; a body that can not be read is none."""
    content_type = request.headers.get("content-type", "")
    form, document = FormData(), None
    if content_type.startswith("application/json"):
        document = _document(await request.body())
    elif content_type.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        form = await request.form()
    return Call(
        request.method,
        request.url.path.rstrip("/") or "/",
        dict(request.query_params),
        {name: value for name, value in form.items() if isinstance(value, str)},
        document,
        request.cookies.get(cookie, ""),
    )


def refusal(message: str, key: str = "error") -> Reply:
    """A failure, told in a 200 as the planner does."""
    return Reply({"ok": 0, key: message})


def redirect(to: str) -> Reply:
    return Reply(status=302, headers={"location": to})


def moment(text: str) -> datetime:
    """An instant with its offset. Raises ValueError for anything else."""
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"{text!r} is not YYYY-MM-DDTHH:MM:SS with an offset")
    return datetime.fromisoformat(text)


def in_utc(at: datetime) -> str:
    """2026-03-09T13:00:00+00:00"""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def wall_time(at: datetime) -> str:
    """03/09/2026 09:00:00 AM, in the stores' zone."""
    return f"{at.astimezone(ZONE):%m/%d/%Y %I:%M:%S %p}"


def american(day: date) -> str:
    return f"{day:%m/%d/%Y}"


def american_moment(text: str) -> datetime:
    """MM/DD/YYYY with a time of day or without, in the stores' zone. Raises ValueError."""
    day, _, clock = text.strip().partition(" ")
    if not re.fullmatch(r"\d\d/\d\d/\d{4}", day, re.ASCII):
        raise ValueError(f"{text!r} is not MM/DD/YYYY")
    month, number, year = map(int, day.split("/"))
    return datetime.combine(date(year, month, number), time.fromisoformat(clock or "00:00:00"), ZONE)


def _document(body: bytes) -> Json | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _without_secrets(values: Json) -> Json:
    return {name: value for name, value in values.items() if name.lower() not in _SECRETS}
