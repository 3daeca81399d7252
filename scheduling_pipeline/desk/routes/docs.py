"""The desk's own description: the OpenAPI document, and a page of it that loads nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from scheduling_pipeline.desk.pages import render

router = APIRouter(tags=["description"])


@router.get("/openapi.json")
def document(request: Request) -> JSONResponse:
    """The OpenAPI document."""
    return JSONResponse(request.app.openapi())


@router.get("/docs", response_class=HTMLResponse)
def page(request: Request) -> HTMLResponse:
    """The routes, by subject."""
    return render(request, "docs.html", subjects=_subjects(request.app.openapi()))


def _subjects(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    subjects: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            route = {
                "method": method.upper(),
                "path": path,
                "summary": operation.get("description", operation["summary"]).replace("`", ""),
                "parameters": [parameter["name"] for parameter in operation.get("parameters", ())],
                "body": list(_body(document, operation)),
            }
            subjects.setdefault(operation["tags"][0], []).append(route)
    return subjects


def _body(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """The fields of the JSON that a route takes."""
    content = operation.get("requestBody", {}).get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    schema = document["components"]["schemas"].get(reference.rpartition("/")[2], {})
    properties: dict[str, Any] = schema.get("properties", {})
    return properties
