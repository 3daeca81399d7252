"""Errors as Microsoft Graph words them, and the one place where their bodies are built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class GraphError(Exception):
    """A request that Graph refuses: HTTP status, Graph's code and message, extra reply headers."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


class NoAnswer(Exception):  # noqa: N818 - what the client experiences, not a fault of the simulator
    """No reply; the connection breaks after `seconds`. `status` is what the reply would have been."""

    def __init__(self, seconds: float, status: int | None) -> None:
        super().__init__(f"no answer for {seconds} s")
        self.seconds = seconds
        self.status = status


def error_body(error: GraphError, date: str, request_id: str, client_request_id: str) -> dict[str, Any]:
    """The JSON body of an error; `date` is the simulated instant."""
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "innerError": {"date": date, "request-id": request_id, "client-request-id": client_request_id},
        }
    }


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


def not_simulated(what: str) -> GraphError:
    """An honest refusal where the real service could do more."""
    return GraphError(501, "notImplemented", f"The simulator does not implement {what}.")
