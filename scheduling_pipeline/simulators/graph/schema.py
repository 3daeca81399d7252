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


def _validator(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{name}", "$defs": _DEFINITIONS})


_BOOLEANS = {"true": True, "false": False}
_VALIDATORS = {name: _validator(name) for name in ("event", "calendar", "outlookCategory")}


def properties(type_name: str) -> Mapping[str, Any]:
    """The properties of a Graph type, by name."""
    found: Mapping[str, Any] = _DEFINITIONS[type_name]["properties"]
    return found


def checked(type_name: str, body: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a client sent
    """The body in Graph's own spelling; a body that the type does not allow is refused.

    Graph takes members of enumerations in any letter case ("HTML" and "Monday" stand in its documentation),
    and booleans as text (a widespread client writes them so).
    """
    if not isinstance(body, dict):
        raise bad_request("Empty Payload. JSON content expected.", "RequestBodyRead")
    proper: dict[str, Any] = _proper(body, _DEFINITIONS[type_name])
    validator = _VALIDATORS[type_name]
    if not validator.is_valid(proper):
        raise _refusal(type_name, next(validator.iter_errors(proper)))
    return proper


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    definition: dict[str, Any] = _DEFINITIONS[schema["$ref"].rpartition("/")[2]]
    return definition


def _proper(item: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    schema = _resolved(schema)
    if isinstance(item, dict):
        known = schema.get("properties", {})
        return {name: _proper(value, known[name]) if name in known else value for name, value in item.items()}
    if isinstance(item, list):
        inner = schema.get("items", {})
        return [_proper(element, inner) for element in item]
    if isinstance(item, str):
        if "enum" in schema:
            return _member(item, schema["enum"])
        if "boolean" in schema.get("type", ()):
            return _BOOLEANS.get(item.lower(), item)
    return item


def _member(text: str, members: list[str | None]) -> str:
    if text in members:
        return text
    lowered = text.lower()
    return next((member for member in members if member and member.lower() == lowered), text)


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
        wanted = next(name for name in error.kind.as_dict()["types"] if name != "null")
        return bad_request(
            f"Cannot convert the value of '{'/'.join(path)}' to the expected type '{wanted}'.",
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
