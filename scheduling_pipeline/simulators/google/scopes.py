"""Which OAuth scopes exist, and which of them a call needs: as the API's published description says."""

from __future__ import annotations

from collections.abc import Set

from scheduling_pipeline.simulators.google import description
from scheduling_pipeline.simulators.google.errors import GoogleError

CALENDAR = "https://www.googleapis.com/auth/calendar"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
KNOWN = description.SCOPES | {EMAIL}


def require(granted: Set[str], method: str, path: str) -> None:
    """Refuse a call that none of the granted scopes allows; `path` starts below /calendar/v3.

    What is no method of the API is let through, to be answered 404.
    """
    found = description.find(method, path)
    if found is None or granted & found[0].scopes:
        return
    enough = " ".join(sorted(found[0].scopes))
    raise GoogleError(
        403,
        "insufficientPermissions",
        "Insufficient Permission",
        headers={
            "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="insufficient_scope",'
            f' scope="{enough}"'
        },
    )
