"""Which OAuth scopes exist, and which of them a call needs: as the API's published description says."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from functools import cache
from importlib.resources import files
from typing import Any

from scheduling_pipeline.simulators.google.errors import GoogleError

CALENDAR = "https://www.googleapis.com/auth/calendar"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"


@cache
def known() -> frozenset[str]:
    """The scopes that the consent page and the token endpoint take."""
    return frozenset(_description()["auth"]["oauth2"]["scopes"]) | {EMAIL}


def require(granted: Set[str], method: str, path: str) -> None:
    """Refuse a call that none of the granted scopes allows; `path` starts below /calendar/v3.

    What is no method of the API is let through, to be answered 404.
    """
    for pattern, enough in _methods().get(method, ()):
        if pattern.fullmatch(path):
            if not granted & enough:
                raise GoogleError(
                    403,
                    "insufficientPermissions",
                    "Insufficient Permission",
                    headers={
                        "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/",'
                        f' error="insufficient_scope", scope="{" ".join(sorted(enough))}"'
                    },
                )
            return


@cache
def _description() -> dict[str, Any]:
    document = files("googleapiclient.discovery_cache.documents") / "calendar.v3.json"
    description: dict[str, Any] = json.loads(document.read_text(encoding="utf-8"))
    return description


@cache
def _methods() -> Mapping[str, list[tuple[re.Pattern[str], frozenset[str]]]]:
    """For each HTTP method the paths, and the scopes of which one is enough."""
    found: dict[str, list[tuple[re.Pattern[str], frozenset[str]]]] = defaultdict(list)
    for method in _each_method():
        pattern = re.compile("/" + re.sub(r"\{\w+\}", "[^/]+", method["path"]))
        found[method["httpMethod"]].append((pattern, frozenset(method["scopes"])))
    return found


def _each_method() -> Iterator[dict[str, Any]]:
    for resource in _description()["resources"].values():
        yield from resource["methods"].values()
