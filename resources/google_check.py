"""Whether Google can be used as it is set up: what a doctor command shows, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from resources.google import Google
from resources.google_service_account import ServiceAccountError
from resources.google_tokens import TokenProblem
from resources.graph_check import Finding
from scheduling_pipeline.courses.credentials import Account
from scheduling_pipeline.courses.provision import CalendarError

NOBODY = Account(0, "nobody", "a token that Google never gave", frozenset())
WHERE_TO_ENABLE = "in the Google Cloud console: APIs & Services, Library, Google Calendar API"


def check_google(google: Google) -> Iterator[Finding]:
    """Try everything that can be tried without a person's consent, without writing anything."""
    yield from _service_account(google)
    yield _client(google)


def _service_account(google: Google) -> Iterator[Finding]:
    try:
        with google.service_calendars() as owner:
            yield Finding("service account", ok=True, detail=f"Google accepts the key of {owner.sign_in()}")
            yield Finding(
                "course calendars", ok=True, detail=f"the service account has {len(owner.list_calendars())}"
            )
    except ServiceAccountError as error:
        yield Finding("service account", ok=False, detail=str(error))
    except CalendarError as error:
        detail = f"{error}; enable the API {WHERE_TO_ENABLE}"
        yield Finding("course calendars", ok=False, detail=detail)


def _client(google: Google) -> Finding:
    """Whether the OAuth client is known: then Google complains of the refresh token alone."""
    with closing(google.people()) as people:
        answer = people.fresh(NOBODY)
    if isinstance(answer, TokenProblem) and not answer.permanent:
        return Finding("OAuth client", ok=False, detail=answer.detail)
    return Finding("OAuth client", ok=True, detail="Google knows it, and accepts its secret")
