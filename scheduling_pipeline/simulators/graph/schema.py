"""Request bodies judged by the published description of Graph: schema.json, from Microsoft's models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from scheduling_pipeline.simulators.graph.errors import GraphError, bad_request, malformed

_SCHEMA: dict[str, Any] = orjson.loads((Path(__file__).parent / "schema.json").read_bytes())
_DEFINITIONS: dict[str, Any] = _SCHEMA["$defs"]

# How to write enumerations in Graph's own letter case: by property, either {lower case: member} or a deeper
# level. Graph takes them in any case ("HTML" and "Monday" stand in its own documentation).
Members = dict[str, "str | Members"]


def _validator(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{name}", "$defs": _DEFINITIONS})


_VALIDATORS = {name: _validator(name) for name in ("event", "calendar", "outlookCategory")}


def properties(type_name: str) -> Mapping[str, Any]:
    """The properties of a Graph type, by name."""
    found: Mapping[str, Any] = _DEFINITIONS[type_name]["properties"]
    return found


def checked(type_name: str, body: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a client sent
    """The body with enumerations in Graph's letter case; a body that the type does not allow is refused."""
    if not isinstance(body, dict):
        raise bad_request("Empty Payload. JSON content expected.", "RequestBodyRead")
    _write_members_properly(body, _definition(type_name))
    validator = _VALIDATORS[type_name]
    if not validator.is_valid(body):
        raise _refusal(type_name, next(validator.iter_errors(body)))
    return body


def _definition(type_name: str) -> dict[str, Any]:
    found: dict[str, Any] = _DEFINITIONS[type_name]
    return found


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return _definition(schema["$ref"].rpartition("/")[2]) if "$ref" in schema else schema


def _write_members_properly(value: dict[str, Any], definition: dict[str, Any]) -> None:
    known = definition.get("properties", {})
    for name, item in value.items():
        if item is None or name not in known:
            continue
        schema = _resolved(known[name])
        if isinstance(item, dict):
            _write_members_properly(item, schema)
        elif isinstance(item, str) and "enum" in schema:
            value[name] = _member(item, schema)
        elif isinstance(item, list) and "items" in schema:
            inner = _resolved(schema["items"])
            for n, element in enumerate(item):
                if isinstance(element, dict):
                    _write_members_properly(element, inner)
                elif isinstance(element, str) and "enum" in inner:
                    item[n] = _member(element, inner)


def _member(text: str, schema: dict[str, Any]) -> str:
    if text in schema["enum"]:
        return text
    lowered = text.lower()
    return next((member for member in schema["enum"] if member and member.lower() == lowered), text)


def _refusal(type_name: str, error: jsonschema_rs.ValidationError) -> GraphError:
    path = [part for part in error.instance_path if isinstance(part, str)]
    if error.kind.name == "additionalProperties":
        unknown = error.kind.as_dict()["unexpected"][0]
        return bad_request(
            f"The property '{unknown}' does not exist on type 'microsoft.graph.{_type_at(type_name, path)}'."
            " Make sure to only use property names that are defined by the type or mark the type as open"
            " type.",
            "RequestBodyRead",
        )
    if error.kind.name == "type":
        return bad_request(
            f"Cannot convert the value of '{'/'.join(path)}' to the expected type "
            f"'{error.kind.as_dict().get('types', '')}'.",
            "RequestBodyRead",
        )
    return malformed()


def _type_at(type_name: str, path: list[str]) -> str:
    """The Graph type of the object that a path leads to."""
    for part in path:
        schema = _DEFINITIONS[type_name]["properties"][part]
        schema = schema.get("items", schema)
        if "$ref" in schema:
            type_name = schema["$ref"].rpartition("/")[2]
    return type_name
