"""One call to Graph and its reply, whether it came by itself or inside a batch; and its preferences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

from scheduling_pipeline.simulators.graph.zones import zone

_PREFERENCE = re.compile(r'([\w.-]+)\s*=\s*(?:"([^"]*)"|([^\s,;"]+))')


@dataclass(frozen=True)
class Preferences:
    """What the `Prefer` header asks for; `applied` is the `Preference-Applied` header."""

    timezone: str = "UTC"
    immutable_ids: bool = False
    text_body: bool = False
    page_size: int | None = None
    applied: str = ""

    @cached_property
    def zone(self) -> ZoneInfo:
        return zone(self.timezone)


@dataclass(slots=True)
class Reply:
    """`body` is plain JSON, None for no body; `share` is how much of it leaves before the connection ends."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    share: float = 1.0


@dataclass
class Call:
    """One request. `path` starts after the version, has no query, and is encoded as the client wrote it.

    Header names are in lower case. `base` is the service's address up to the version, as the client wrote
    it.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    base: str
    batched: bool = False

    @property
    def address(self) -> str:
        """The path in plain letters, for people: faults and the journal."""
        return unquote(self.path)

    @cached_property
    def segments(self) -> list[str]:
        return [unquote(segment) for segment in self.path.split("/") if segment]

    @cached_property
    def prefer(self) -> Preferences:
        return preferences(self.headers.get("prefer", ""))

    @property
    def write(self) -> bool:
        return self.method != "GET"


def split_url(url: str) -> tuple[str, dict[str, str]]:
    """Path and query of a relative address; later values of a repeated option win."""
    if "?" not in url:
        return url, {}
    parts = urlsplit(url)
    return parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))


@lru_cache(maxsize=256)
def preferences(header: str) -> Preferences:
    """Read a `Prefer` header; an unknown time zone is refused, unknown preferences are ignored."""
    asked: dict[str, str] = {}
    for name, quoted, bare in _PREFERENCE.findall(header):
        asked[name.lower()] = quoted or bare
    applied = []
    timezone = asked.get("outlook.timezone", "UTC")
    if "outlook.timezone" in asked:
        zone(timezone)
        applied.append(f'outlook.timezone="{timezone}"')
    immutable = asked.get("idtype", "").lower() == "immutableid"
    if immutable:
        applied.append('IdType="ImmutableId"')
    body_type = asked.get("outlook.body-content-type", "").lower()
    if body_type in ("text", "html"):
        applied.append(f'outlook.body-content-type="{body_type}"')
    size = asked.get("odata.maxpagesize", "")
    if size.isdigit():
        applied.append(f"odata.maxpagesize={size}")
    return Preferences(
        timezone, immutable, body_type == "text", int(size) if size.isdigit() else None, ", ".join(applied)
    )
