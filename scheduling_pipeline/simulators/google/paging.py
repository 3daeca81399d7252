"""Lists in pages, and what changed since an earlier list.

Tokens hold where a list stopped; clients take them as they are. A page token goes with the parameters of its
list, and remembers what had changed when the list began, so that the sync token of the last page misses
nothing that happens between two pages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from scheduling_pipeline.simulators.google.errors import gone, invalid
from scheduling_pipeline.simulators.google.parameters import Parameters
from scheduling_pipeline.simulators.google.store import Json

_NO_MATTER = {
    "pageToken",
    "maxResults",
    "fields",
    "key",
    "alt",
    "prettyPrint",
    "quotaUser",
    "userIp",
    "oauth_token",
}

Key = tuple[str | int, ...]


class Row(NamedTuple):
    """One entry of a list: `key` is its place, `show` makes the resource."""

    key: Key
    show: Callable[[], Json]


@dataclass(frozen=True, slots=True)
class Sync:
    """What a sync token holds: up to which revision the list was, and the window of the first list."""

    revision: int
    window: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Lister:
    """Makes the pages of one list. `scope` names what is listed, `revision` is its current one."""

    scope: str
    revision: int
    parameters: Parameters
    now: datetime

    def since(self, days: int) -> Sync | None:
        """What the sync token of the call says; refused when it is unknown or older than so many days."""
        token = self.parameters.text("syncToken")
        if token is None:
            return None
        match _decoded(token):
            case ["sync", self.scope, int(revision), str(issued), str() | None as start, str() | None as end]:
                if self.now - datetime.fromisoformat(issued) <= timedelta(days=days):
                    return Sync(revision, (start, end))
        raise gone("fullSyncRequired")

    def page(
        self,
        rows: Sequence[Row],
        most: int,
        *,
        syncs: bool = True,
        window: tuple[str | None, str | None] = (None, None),
    ) -> Json:
        """`items` and a token. `most`: entries on the page. `syncs`: the list can be followed by changes."""
        began, after = self._begin()
        ordered = sorted((row for row in rows if after is None or row.key > after), key=lambda row: row.key)
        shown: Json = {"items": [row.show() for row in ordered[:most]]}
        if len(ordered) > most:
            shown["nextPageToken"] = _encoded(["page", self._digest(), began, *ordered[most - 1].key])
        elif syncs:
            shown["nextSyncToken"] = _encoded(["sync", self.scope, began, self.now.isoformat(), *window])
        return shown

    def size(self, default: int, largest: int) -> int:
        """How many entries go on a page."""
        return min(self.parameters.number("maxResults") or default, largest)

    def _begin(self) -> tuple[int, Key | None]:
        """The revision at the list's first page, and the key that this page follows."""
        token = self.parameters.text("pageToken")
        if token is None:
            return self.revision, None
        match _decoded(token):
            case ["page", digest, int(began), *key] if digest == self._digest():
                return began, tuple(part for part in key if isinstance(part, str | int))
        raise invalid(parameter="pageToken")

    def _digest(self) -> str:
        asked = sorted(item for item in self.parameters.values.items() if item[0] not in _NO_MATTER)
        return hashlib.sha256(orjson.dumps([self.scope, asked])).hexdigest()[:16]


def _encoded(content: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode()


def _decoded(token: str) -> object:
    try:
        return orjson.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        return None
