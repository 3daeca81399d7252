"""One call to the Calendar API and its reply, whether it came by itself or inside a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    """One request.

    `path` is quoted and starts below /calendar/v3, for example "/calendars/primary/events". Header names are
    in lower case. `caller` is the e-mail address of who calls: a user or the service account.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: dict[str, Any] | None
    caller: str


@dataclass
class Reply:
    """`body` is plain JSON; None for no body."""

    status: int = 200
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
