"""What the desk says of itself, as an OpenAPI document: FastAPI's own, and what each may answer besides."""

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


class DescribedApp(FastAPI):
    """An app that describes its routes as they behave."""

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            self.openapi_schema = _document(self)
        return self.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    refusal = Refusal.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= refusal.pop("$defs") | {"Refusal": refusal}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(path, method, operation["responses"])
    return document


def _complete(path: str, method: str, responses: dict[str, Any]) -> None:
    """A form leads on to a page, as does a page for somebody who has to sign in first; and anything may be
    refused: to people as a page."""
    refused = {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    if not path.startswith("/api/"):
        refused[PAGE] = {"schema": {"type": "string"}}
    responses.pop(INVALID, None)
    if PAGE in responses.get(OK, {}).get("content", {}):
        responses[ONWARD] = {"description": "Onward to a page"}
        if method == "post":
            del responses[OK]
    for status, answer in responses.items():
        if status[0] in "45":
            answer["content"] = refused
    responses["default"] = {"description": "It cannot be done", "content": refused}
