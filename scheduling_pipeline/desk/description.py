"""What the desk says of itself as an OpenAPI document: FastAPI's own, and what every route may answer beside."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

JSON, PAGE = "application/json", "text/html"
OK, ONWARD, INVALID = "200", "303", "422"


class Fault(BaseModel):
    """What is wrong: `code` for programs, `message` for people."""

    code: str
    message: str
    details: Any
    timestamp: str


class Refusal(BaseModel):
    """What a request that cannot be done is answered with."""

    success: bool
    error: Fault


def describe(app: FastAPI) -> None:
    """Have `app` describe its routes as they behave."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign] - FastAPI's documented way


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    refusal = Refusal.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= refusal.pop("$defs") | {"Refusal": refusal}
    for methods in document["paths"].values():
        for method, operation in methods.items():
            _complete(method, operation["responses"])
    return document


def _complete(method: str, responses: dict[str, Any]) -> None:
    """A form leads on to a page, as does a page for somebody who has to sign in first; and anything may be
    refused, to people as a page."""
    refused = {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    responses.pop(INVALID, None)
    if PAGE in responses.get(OK, {}).get("content", {}):
        responses[ONWARD] = {"description": "Onward to a page"}
        refused[PAGE] = {"schema": {"type": "string"}}
        if method == "post":
            del responses[OK]
    for status, answer in responses.items():
        if status[0] in "45":
            answer["content"] = refused
    responses["default"] = {"description": "It cannot be done", "content": refused}
