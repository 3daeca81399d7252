"""Google's published description of the Calendar API, as its client has it: methods, parameters, schemas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import orjson
from googleapiclient.discovery_cache import get_static_doc

_DOCUMENT: dict[str, Any] = orjson.loads(get_static_doc("calendar", "v3"))

SCHEMAS: Mapping[str, Any] = _DOCUMENT["schemas"]
COMMON_PARAMETERS: Mapping[str, Any] = _DOCUMENT["parameters"]
SCOPES = frozenset[str](_DOCUMENT["auth"]["oauth2"]["scopes"])


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """One method, for example "events.patch".

    `segments` are those of the address; one like "{eventId}" stands for any value. `parameters` are those of
    the query, as the description has them. `body`: the schema of the body, None where there is none.
    `required`: fields that the body must have. `scopes`: one of them is enough to call it.
    """

    name: str
    verb: str
    segments: tuple[str, ...]
    parameters: Mapping[str, Any]
    body: str | None
    required: tuple[str, ...]
    scopes: frozenset[str]


@lru_cache(maxsize=4096)
def find(verb: str, path: str) -> tuple[Method, Mapping[str, str]] | None:
    """The method at a quoted address, with the values of its path parameters; None where there is none."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    for method in _METHODS.get((verb, len(parts)), ()):
        pairs = list(zip(method.segments, parts, strict=True))
        if all(part and (_is_open(segment) or segment == part) for segment, part in pairs):
            return method, {segment[1:-1]: part for segment, part in pairs if _is_open(segment)}
    return None


def _is_open(segment: str) -> bool:
    return segment.startswith("{")


def _described(name: str, described: Mapping[str, Any]) -> Method:
    body = described.get("request", {}).get("$ref")
    parameters = {
        parameter: details
        for parameter, details in described.get("parameters", {}).items()
        if details["location"] == "query"
    }
    required = tuple(
        field
        for field, details in (SCHEMAS[body]["properties"].items() if body else ())
        if f"calendar.{name}" in details.get("annotations", {}).get("required", ())
    )
    segments = tuple(described["path"].split("/"))
    return Method(
        name,
        described["httpMethod"],
        segments,
        {**COMMON_PARAMETERS, **parameters},
        body,
        required,
        frozenset(described["scopes"]),
    )


def _index() -> Mapping[tuple[str, int], list[Method]]:
    """The methods by verb and length of their address; where two fit, the more literal one is first."""
    found: defaultdict[tuple[str, int], list[Method]] = defaultdict(list)
    for resource, content in _DOCUMENT["resources"].items():
        for name, described in content["methods"].items():
            method = _described(f"{resource}.{name}", described)
            found[method.verb, len(method.segments)].append(method)
    for methods in found.values():
        methods.sort(key=lambda method: sum(map(_is_open, method.segments)))
    return found


_METHODS = _index()
