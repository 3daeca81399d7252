"""Errors as Microsoft Graph words them, and the one place where their bodies are built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_USUAL = {
    429: ("TooManyRequests", "Too many requests."),
    500: ("InternalServerError", "An internal server error occurred."),
    502: ("BadGateway", "The upstream service gave no valid answer."),
    503: ("serviceNotAvailable", "The service is temporarily unavailable."),
    504: ("UnknownError", "The upstream service did not answer in time."),
}


class GraphError(Exception):
    """A request that Graph refuses: HTTP status, Graph's code and message, extra reply headers.

    `inner` is the code of the inner error, where there is one.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        *,
        inner: str | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.inner = inner


class NoAnswer(Exception):  # noqa: N818 - what the client experiences, not a fault of the simulator
    """No reply; the connection breaks after `seconds`. `status` is what the reply would have been."""

    def __init__(self, seconds: float, status: int | None) -> None:
        super().__init__(f"no answer for {seconds} s")
        self.seconds = seconds
        self.status = status


def error_body(error: GraphError, date: str, request_id: str, client_request_id: str) -> dict[str, Any]:
    """The JSON body of an error; `date` is the simulated instant."""
    inner = {"date": date, "request-id": request_id, "client-request-id": client_request_id}
    if error.inner is not None:
        inner = {"code": error.inner, **inner}
    return {"error": {"code": error.code, "message": error.message, "innerError": inner}}


def injected(params: Mapping[str, Any]) -> GraphError:
    """The error of an `http` fault; well-known statuses get Graph's usual code."""
    status = int(params.get("status", 503))
    code, message = _USUAL.get(status, ("UnknownError", "A simulated error."))
    headers = {"Retry-After": str(params["retry_after"])} if "retry_after" in params else {}
    return GraphError(status, str(params.get("code", code)), message, headers)


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    return GraphError(400, code, message)


def malformed() -> GraphError:
    """A value that Outlook cannot read: a date in the wrong form, an unknown member of an enumeration."""
    return GraphError(400, "UnableToDeserializePostBody", "were unable to deserialize ")


def invalid_property(detail: str) -> GraphError:
    return GraphError(
        400, "ErrorPropertyValidationFailure", f"At least one property failed validation. ({detail})"
    )


def item_not_found() -> GraphError:
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def no_such_segment(segment: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def not_found(message: str = "The resource could not be found.") -> GraphError:
    """A site, drive or item that does not exist."""
    return GraphError(404, "itemNotFound", message)


def not_simulated(what: str) -> GraphError:
    """An honest refusal where the real service could do more."""
    return GraphError(501, "notImplemented", f"The simulator does not implement {what}.")
