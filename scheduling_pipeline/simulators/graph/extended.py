"""Single-value extended properties: MAPI properties by an id such as `String {guid} Name lesson`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from scheduling_pipeline.simulators.graph.errors import GraphError
from scheduling_pipeline.simulators.graph.filters import Property, matches, text

_TYPES = (
    "ApplicationTime|Binary|Boolean|CLSID|Currency|Double|Error|Float|Integer|Long|Null|Object|Short|String"
    "|SystemTime"
)
_ID = re.compile(
    rf"({_TYPES}) \{{([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})\}} (?:Name (.+)|Id (0x[0-9a-f]+))"
    rf"|({_TYPES}) (0x[0-9a-f]+)",
    re.IGNORECASE,
)


def normalised_id(written: str) -> str:
    """The id as Outlook writes it: the guid in lower case; the name keeps its letter case, which matters."""
    parts = _ID.fullmatch(written.strip())
    if parts is None:
        raise GraphError(
            400, "ErrorInvalidExtendedProperty", f"The extended property id '{written}' is not valid."
        )
    kind, guid, name, number, tag_kind, tag = parts.groups()
    if tag_kind:
        return f"{tag_kind} {tag.lower()}"
    return f"{kind} {{{guid.lower()}}} " + (f"Name {name}" if name else f"Id {number.lower()}")


def merged(current: Mapping[str, str], asked: list[dict[str, Any]] | None) -> dict[str, str]:
    """The properties after a write: given ones are set, those given as null are removed, others stay."""
    result = dict(current)
    for item in asked or []:
        key = normalised_id(item.get("id") or "")
        if item.get("value") is None:
            result.pop(key, None)
        else:
            result[key] = item["value"]
    return result


# A filter compares the id exactly, name and all, and the value without regard to letter case.
ELEMENT: Mapping[str, Property[tuple[str, str]]] = {
    "id": Property(lambda pair: pair[0], literal=normalised_id),
    "value": text(lambda pair: pair[1]),
}


def chooser(inner_filter: str) -> Callable[[Mapping[str, str]], list[dict[str, str]]]:
    """Picks, as Graph shows them, the properties that the filter of an `$expand` names."""
    test = matches(inner_filter, ELEMENT)
    return lambda extended: [{"id": pair[0], "value": pair[1]} for pair in extended.items() if test(pair)]
