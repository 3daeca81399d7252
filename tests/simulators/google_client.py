"""What the tests of the simulated Google share: people, Google's own credentials, and plain requests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import requests
from google.auth.transport.requests import Request
from google.oauth2 import credentials, service_account

from scheduling_pipeline.simulators.server import Simulators

ADA = "ada.frey@college.example"
BRUNO = "bruno.lang@college.example"

CALENDAR = "https://www.googleapis.com/auth/calendar"
EVENTS = "/calendar/v3/calendars/primary/events"

Json = dict[str, Any]


def session(simulators: Simulators) -> requests.Session:
    """A session that trusts the simulators' CA and nothing else."""
    made = requests.Session()
    made.verify = str(simulators.ca_file)
    made.trust_env = False
    return made


def refresh(found: credentials.Credentials | service_account.Credentials, simulators: Simulators) -> str:
    """Let google-auth fetch an access token, over https as it does anywhere."""
    with session(simulators) as web:
        found.refresh(Request(web))  # type: ignore[no-untyped-call]
    return str(found.token)


def robot(simulators: Simulators, scopes: Sequence[str] = (CALENDAR,)) -> service_account.Credentials:
    """The service account, from its key file."""
    file = simulators.environment["GOOGLE_SERVICE_ACCOUNT_FILE"]
    made: service_account.Credentials = service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
        file, scopes=scopes
    )
    return made


def consent(simulators: Simulators, email: str, **more: object) -> str:
    """A refresh token, as if this person had gone through the consent page."""
    with session(simulators) as web:
        answer = web.post(
            f"{simulators.google_url}/control/consent", json={"email": email, **more}, timeout=10
        )
        answer.raise_for_status()
        token: str = answer.json()["refresh_token"]
        return token


def person(
    simulators: Simulators, refresh_token: str, scopes: Sequence[str] | None = None
) -> credentials.Credentials:
    """A person's credentials, from their refresh token; all that they allowed unless scopes are given."""
    settings = simulators.google.settings
    made: credentials.Credentials = credentials.Credentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token=refresh_token,
        token_uri=f"{simulators.google_url}/token",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scopes=scopes,
    )
    return made


def sign_in(simulators: Simulators, email: str, **more: object) -> str:
    """An access token of this person."""
    return refresh(person(simulators, consent(simulators, email, **more)), simulators)


class Api:
    """Plain requests, as somebody; addresses are relative to the root."""

    def __init__(self, web: requests.Session, origin: str, token: str) -> None:
        self._web = web
        self._origin = origin
        self.token = token

    def call(self, method: str, path: str, **more: Any) -> requests.Response:  # noqa: ANN401 - as requests has it
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        return self._web.request(method, self._origin + path, headers=headers, timeout=10, **more)

    def create(self, **fields: object) -> Json:
        """A new event in the primary calendar."""
        answer = self.call("POST", EVENTS, json=event(**fields))
        answer.raise_for_status()
        body: Json = answer.json()
        return body

    def events(self) -> list[Json]:
        answer = self.call("GET", EVENTS)
        answer.raise_for_status()
        items: list[Json] = answer.json()["items"]
        return items


@contextlib.contextmanager
def calling(simulators: Simulators, token: str) -> Iterator[Api]:
    with session(simulators) as web:
        yield Api(web, simulators.google_url, token)


def event(**fields: object) -> Json:
    """The body of an insert."""
    return {
        "summary": "Class",
        "start": {"dateTime": "2026-03-10T10:00:00Z"},
        "end": {"dateTime": "2026-03-10T11:00:00Z"},
        **fields,
    }


def reason(answer: requests.Response) -> tuple[int, str]:
    """Status and reason of an error."""
    [detail] = answer.json()["error"]["errors"]
    return answer.status_code, detail["reason"]
