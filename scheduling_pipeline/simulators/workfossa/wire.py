"""Requests and replies, as far as the site needs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, decoded. `path` has no last slash; `session`: the key in the cookie."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str] = field(repr=False)
    session: str = field(repr=False)


@dataclass(slots=True)
class Reply:
    """One answer. Its delay is in seconds."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


async def read(request: Request, cookie: str) -> Call:
    """The request; a body that is no form is none."""
    form = await request.form()
    return Call(
        request.method,
        request.url.path.rstrip("/") or "/",
        dict(request.query_params),
        {name: value for name, value in form.items() if isinstance(value, str)},
        request.cookies.get(cookie, ""),
    )


def redirect(to: str) -> Reply:
    return Reply(status=302, headers={"location": to})
