"""Errors as the Calendar API words them, and the one place where their bodies are built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from scheduling_pipeline.simulators.google.wire import Reply

_USUAL = {
    400: "badRequest",
    401: "authError",
    403: "userRateLimitExceeded",
    404: "notFound",
    429: "rateLimitExceeded",
}
_MESSAGES = {
    "authError": "Invalid Credentials",
    "backendError": "Backend Error",
    "badRequest": "Bad Request",
    "forbidden": "Forbidden",
    "notFound": "Not Found",
    "quotaExceeded": "Calendar usage limits exceeded.",
    "rateLimitExceeded": "Rate Limit Exceeded",
    "userRateLimitExceeded": "User Rate Limit Exceeded",
}
_OF_USAGE = frozenset({"quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded"})

LocationType = Literal["header", "parameter"]


class GoogleError(Exception):
    """A request that Google refuses.

    `reason`: Google's word for it. `domain`: global, calendar or usageLimits. `location`: the header or
    parameter at fault, with its `location_type`. `headers`: of the reply, besides the usual ones.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: str | None = None,
        location_type: LocationType | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.location = location
        self.location_type = location_type
        self.headers = dict(headers or {})

    def reply(self) -> Reply:
        """The reply with Google's error body."""
        detail = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.location is not None and self.location_type is not None:
            detail |= {"locationType": self.location_type, "location": self.location}
        body: dict[str, Any] = {"error": {"errors": [detail], "code": self.status, "message": self.message}}
        return Reply(self.status, body, dict(self.headers))


class NoAnswer(Exception):  # noqa: N818 - what the client experiences, not a fault of the simulator
    """No reply: the connection breaks. `status` is what the reply would have been; None: nothing was done."""

    def __init__(self, status: int | None) -> None:
        super().__init__("no answer")
        self.status = status


def injected(params: Mapping[str, Any]) -> GoogleError:
    """The error of an `http` fault; well-known statuses get Google's usual reason."""
    status = int(params.get("status", 503))
    reason = str(params.get("reason", _USUAL.get(status, "backendError")))
    return GoogleError(
        status,
        reason,
        _MESSAGES.get(reason, "A simulated error."),
        domain="usageLimits" if reason in _OF_USAGE else "global",
        headers={"Retry-After": str(params["retry_after"])} if "retry_after" in params else None,
    )


def bad_request(
    reason: str = "badRequest", message: str = "Bad Request", domain: str = "global"
) -> GoogleError:
    return GoogleError(400, reason, message, domain=domain)


def invalid(message: str = "Invalid Value", parameter: str | None = None) -> GoogleError:
    """A value that Google cannot read or does not take; `parameter` is where it stood in the query."""
    return GoogleError(
        400, "invalid", message, location=parameter, location_type=None if parameter is None else "parameter"
    )


def required(message: str) -> GoogleError:
    """Something that must be there is missing: "Missing end time."."""
    return GoogleError(400, "required", message)


def time_range_empty() -> GoogleError:
    """An end that does not come after its start, of an event or of a list."""
    return GoogleError(
        400,
        "timeRangeEmpty",
        "The specified time range is empty.",
        domain="calendar",
        location="timeMax",
        location_type="parameter",
    )


def unauthorized() -> GoogleError:
    """No access token, or none that is good."""
    return GoogleError(
        401,
        "authError",
        "Invalid Credentials",
        location="Authorization",
        location_type="header",
        headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'},
    )


def not_found() -> GoogleError:
    return GoogleError(404, "notFound", "Not Found")


def duplicate() -> GoogleError:
    return GoogleError(409, "duplicate", "The requested identifier already exists.")


def condition_not_met() -> GoogleError:
    """The etag of `If-Match` is not the current one."""
    return GoogleError(
        412, "conditionNotMet", "Precondition Failed", location="If-Match", location_type="header"
    )


def gone(reason: Literal["fullSyncRequired", "updatedMinTooLongAgo"]) -> GoogleError:
    """A sync token, or an `updatedMin`, that is too old to tell what has changed since."""
    if reason == "fullSyncRequired":
        message, parameter = "Sync token is no longer valid, a full sync is required.", "syncToken"
    else:
        message, parameter = (
            "The requested minimum modification time lies too far in the past.",
            "updatedMin",
        )
    return GoogleError(410, reason, message, domain="calendar", location=parameter, location_type="parameter")


def deleted() -> GoogleError:
    """Deleting what was deleted before."""
    return GoogleError(410, "deleted", "Resource has been deleted")


def forbidden(message: str = "Forbidden", reason: str = "forbidden", domain: str = "global") -> GoogleError:
    return GoogleError(403, reason, message, domain=domain)


def not_simulated(what: str) -> GoogleError:
    """An honest refusal where the real service could do more."""
    return GoogleError(501, "notImplemented", f"The simulator does not implement {what}.")
