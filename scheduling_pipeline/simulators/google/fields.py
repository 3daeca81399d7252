"""Partial responses: the `fields` parameter, like "items(id,start/date),nextPageToken"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from scheduling_pipeline.simulators.google.errors import GoogleError, invalid

_TOKEN = re.compile(r"[A-Za-z0-9_\-*]+|[/(),]")
Selection = Mapping[str, Any]  # names to the selection inside them; an empty one takes all


def selected(resource: dict[str, Any], fields: str | None) -> dict[str, Any]:
    """The parts of a resource that were asked for; all of it without `fields`."""
    if not fields:
        return resource
    found: dict[str, Any] = _pick(resource, selection(fields))
    return found


@lru_cache(maxsize=256)
def selection(fields: str) -> Selection:
    """Read a `fields` parameter; one in the wrong form is refused."""
    tokens = _TOKEN.findall(fields)
    if "".join(tokens) != fields.replace(" ", ""):
        raise _bad(fields)
    rest = iter([*tokens, ")"])
    try:
        found = _list(rest, fields)
    except StopIteration:
        raise _bad(fields) from None
    if next(rest, None) is not None:
        raise _bad(fields)
    return found


def _list(tokens: Iterator[str], fields: str) -> Selection:
    """Names up to the closing bracket."""
    found: dict[str, Any] = {}
    end = ""
    while end != ")":
        inner = found
        while True:
            name = next(tokens)
            if name in "/(),":
                raise _bad(fields)
            inner = inner.setdefault(name, {})
            end = next(tokens)
            if end != "/":
                break
        if end == "(":
            inner |= _list(tokens, fields)
            end = next(tokens)
        if end not in ",)":
            raise _bad(fields)
    return found


def _pick(value: Any, wanted: Selection) -> Any:  # noqa: ANN401 - any JSON
    if not wanted or "*" in wanted:
        return value
    if isinstance(value, list):
        return [_pick(item, wanted) for item in value]
    if isinstance(value, dict):
        return {name: _pick(value[name], inner) for name, inner in wanted.items() if name in value}
    return value


def _bad(fields: str) -> GoogleError:
    return invalid(f"Invalid field selection {fields}", "fields")
