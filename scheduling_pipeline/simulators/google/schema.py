"""Request bodies judged by the schemas of Google's published description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from scheduling_pipeline.simulators.google.description import SCHEMAS, Method
from scheduling_pipeline.simulators.google.errors import bad_request, required

_INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}
_MISSING = {"start": "Missing start time.", "end": "Missing end time.", "summary": "Missing title."}


def checked(method: Method, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body of a call, empty for none; one that the method's schema does not allow is refused.

    Null stands for "no value" everywhere, as in a PATCH that removes a field.
    """
    content = dict(body or {})
    if method.body in _VALIDATORS:
        validator = _VALIDATORS[method.body]
        if not validator.is_valid(content):
            raise bad_request(message=_refusal(method.body, next(validator.iter_errors(content))))
    for name in method.required:
        if content.get(name) in (None, "", {}):
            raise required(_MISSING.get(name, f"Missing {name}."))
    return content


def _converted(described: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of the description as a JSON schema."""
    if "$ref" in described:
        return {"$ref": f"#/$defs/{described['$ref']}"}
    kind = described["type"]
    if kind == "any":
        return {}
    schema: dict[str, Any] = {"type": [kind, "null"]}
    if kind == "integer":
        schema |= _INT32
    elif kind == "array":
        schema["items"] = _converted(described["items"])
    elif kind == "object":
        properties = described.get("properties", {})
        schema["properties"] = {name: _converted(inner) for name, inner in properties.items()}
        others = described.get("additionalProperties")
        schema["additionalProperties"] = False if others is None else _converted(others)
    return schema


def _refusal(schema: str, error: jsonschema_rs.ValidationError) -> str:
    """What Google says, with the field at fault."""
    place = schema[0].lower() + schema[1:]
    for part in error.instance_path:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    if error.kind.name == "additionalProperties":
        unknown = error.kind.as_dict()["unexpected"][0]
        return f"Invalid JSON payload received. Unknown name \"{unknown}\" at '{place}': Cannot find field."
    return f"Invalid value at '{place}': {error.message}"


_DEFINITIONS = {name: _converted(described) for name, described in SCHEMAS.items()}
_VALIDATORS = {
    name: jsonschema_rs.validator_for({"$ref": f"#/$defs/{name}", "$defs": _DEFINITIONS})
    for name in ("AclRule", "Calendar", "CalendarListEntry", "Event")
}
