"""What goes wrong, told to people as a page and to programs as one JSON object."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from scheduling_pipeline.desk import pages
from scheduling_pipeline.desk.problems import Problem, SignInNeededError
from scheduling_pipeline.desk.security import headers_for

logger = logging.getLogger(__name__)


def wants_json(request: Request) -> bool:
    """Whether a program asks: by path, by what it sends, or by what it accepts."""
    accepts = request.headers.get("accept", "")
    return (
        request.url.path.startswith("/api/")
        or request.headers.get("content-type", "").startswith("application/json")
        or ("application/json" in accepts and "text/html" not in accepts)
    )


def error_object(code: str, message: str, details: Any, at: datetime) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The one shape of an error in JSON; `at` in UTC, written as all our times are."""
    timestamp = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {
        "success": False,
        "error": {"code": code, "message": message, "details": details, "timestamp": timestamp},
    }


def add_error_handlers(app: FastAPI) -> None:
    """Have `app` answer every failure in the desk's own way."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(SQLAlchemyError, _database)
    app.add_exception_handler(Exception, _unexpected)


def answer(request: Request, problem: Problem) -> Response:
    """A problem as a page or as JSON."""
    if wants_json(request):
        # Not the desk's clock: that may be what failed.
        content = error_object(problem.code, problem.message, problem.details, datetime.now(UTC))
        return JSONResponse(content, problem.status, headers=problem.headers)
    title = HTTPStatus(problem.status).phrase.capitalize()
    page = pages.render(request, "error.html", status=problem.status, title=title, message=problem.message)
    page.headers.update(problem.headers)
    return page


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for it
    if isinstance(error, SignInNeededError) and not wants_json(request):
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = f"?next={quote(wanted)}" if request.method == "GET" and wanted != "/" else ""
        return RedirectResponse(f"/sign-in{back}", 303)
    return answer(request, error)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    status = HTTPStatus(error.status_code)
    message = {
        404: "There is no such page.",
        405: f"{request.method} is not possible here.",
    }.get(status, f"{status.phrase}.")
    return answer(request, Problem(status, status.name, message, headers=error.headers))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    faults = [
        {"field": _shown(".".join(str(part) for part in fault["loc"][1:])), "problem": str(fault["msg"])}
        for fault in error.errors()
    ]
    told = "; ".join(
        f"{fault['field']}: {fault['problem']}" if fault["field"] else fault["problem"] for fault in faults
    )
    return answer(request, Problem(422, "VALIDATION_ERROR", f"Not understood: {told}.", details=faults))


def _shown(text: str) -> str:
    """What somebody sent, without what no answer can carry: half characters."""
    return text.encode(errors="replace").decode()


def _database(request: Request, error: Exception) -> Response:
    logger.error("the database failed in %s %s", request.method, request.url.path, exc_info=error)
    return answer(
        request, Problem(503, "DATABASE_ERROR", "The database cannot do this now. Please try again.")
    )


def _unexpected(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    response = answer(
        request, Problem(500, "INTERNAL_ERROR", "Something went wrong here. It was written to the log.")
    )
    response.headers.update(headers_for(request))  # this answer does not pass through the middleware
    return response
