"""OData query options of a collection: selecting, paging by an opaque token, expanding."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from scheduling_pipeline.simulators.graph.errors import bad_request, not_simulated
from scheduling_pipeline.simulators.graph.wire import Call

Item = TypeVar("Item")
Selection = Callable[[dict[str, Any]], dict[str, Any]]

DEFAULT_PAGE = 10
LARGEST_PAGE = 1000
_KNOWN = {"$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$skiptoken", "$count"}
_EXTENDED = re.compile(
    r"^\s*singleValueExtendedProperties\s*(?:\(\s*\$filter\s*=\s*(.+)\))?\s*$", re.IGNORECASE
)


def option(call: Call, name: str) -> str:
    """The text of a query option; empty when it is absent. Options that nothing here knows are refused."""
    for asked in call.query:
        if asked.startswith("$") and asked not in _KNOWN:
            raise not_simulated(f"the query option {asked}")
    return call.query.get(name, "")


def selection(select: str, known: Collection[str]) -> Selection:
    """Picks the properties of a `$select`; `id` and annotations always come along."""
    names = {name.strip() for name in select.split(",")} if select else {"*"}
    for name in names - {"*"}:
        if name not in known:
            raise bad_request(f"Could not find a property named '{name}' on the type of the resource.")
    if "*" in names:
        return lambda document: document
    wanted = names | {"id"}
    return lambda document: {
        name: value for name, value in document.items() if name in wanted or name.startswith("@")
    }


def expanded_properties(expand: str) -> str | None:
    """The inner filter of `$expand=singleValueExtendedProperties($filter=...)`; None without an expand."""
    if not expand:
        return None
    asked = _EXTENDED.match(expand)
    if asked is None:
        raise not_simulated(f"$expand={expand}")
    if asked[1] is None:
        raise bad_request(
            "Expanding extended properties needs a $filter on their id.", "ErrorInvalidProperty"
        )
    return asked[1]


def page(
    call: Call, items: Sequence[Item], *, default: int = DEFAULT_PAGE
) -> tuple[Sequence[Item], str | None]:
    """One page of the items, and the link to the next one.

    The token in the link says where to go on and belongs to the other options of the link: with others it is
    refused.
    """
    size = page_size(call, default)
    token = option(call, "$skiptoken")
    start = _position(token, call.query) if token else _number(call, "$skip")
    end = start + size
    if end >= len(items):
        return items[start:], None
    following = {name: value for name, value in call.query.items() if name not in ("$skiptoken", "$skip")}
    following["$skiptoken"] = _token(end, following)
    return items[start:end], f"{call.base}{call.path}?{urlencode(following, safe='$')}"


def page_size(call: Call, default: int) -> int:
    """How many items the caller wants on a page."""
    size = _number(call, "$top") or call.prefer.page_size or default
    if not 1 <= size <= LARGEST_PAGE:
        raise bad_request(f"Invalid value '{size}' for $top query option found.")
    return size


def collection(
    call: Call, context: str, values: list[dict[str, Any]], total: int, next_link: str | None
) -> dict[str, Any]:
    """The body of a page of a collection."""
    body: dict[str, Any] = {"@odata.context": f"{call.base}/$metadata#{context}"}
    if option(call, "$count").lower() == "true":
        body["@odata.count"] = total
    if next_link is not None:
        body["@odata.nextLink"] = next_link
    body["value"] = values
    return body


def _number(call: Call, name: str) -> int:
    text = option(call, name)
    if text and not text.isdigit():
        raise bad_request(f"Invalid value '{text}' for {name} query option found.")
    return int(text or 0)


def _token(position: int, query: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(f"{position}.{_fingerprint(query)}".encode()).decode()


def _position(token: str, query: Mapping[str, str]) -> int:
    try:
        position, _, fingerprint = base64.urlsafe_b64decode(token).decode().partition(".")
    except (binascii.Error, UnicodeDecodeError):
        position, fingerprint = "", ""
    if not position.isdigit() or fingerprint != _fingerprint(query):
        raise bad_request("The $skiptoken is not valid for this request.", "ErrorInvalidUrlQuery")
    return int(position)


def _fingerprint(query: Mapping[str, str]) -> str:
    others = sorted((name, value) for name, value in query.items() if name != "$skiptoken")
    return hashlib.sha256(repr(others).encode()).hexdigest()[:16]
