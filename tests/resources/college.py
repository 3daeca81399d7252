"""A simulated Google behind real https, people who let us write, and the provider under test."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from resources.google_calendar import GoogleCalendars
from resources.google_client import GoogleClient
from resources.google_events import created, event_id
from resources.google_pace import GooglePace
from resources.google_tokens import TokenSource, UserTokens
from resources.google_wire import Json
from resources.patience import Patience
from scheduling_pipeline.calendars.model import EventContent, LedgerEvent, Tag, WeeklyRule
from scheduling_pipeline.calendars.provider import Done, Operation, OperationKind, OwnedEvent
from scheduling_pipeline.courses.credentials import Account
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.server import Simulators

NEW_YORK = ZoneInfo("America/New_York")
SCOPE = "courses"
MONDAY = datetime(2026, 9, 7, 9, tzinfo=NEW_YORK)
NOWHERE = "c_deadbeef@group.calendar.google.com"
ADA, BRUNO = "ada.frey@college.example", "bruno.lang@college.example"
CALENDAR_SCOPE = "https://www.googleapis.com/auth/calendar"


@dataclass(frozen=True)
class College:
    """The simulated Google and what talks to it. `ada` and `bruno` are the ids of their calendars."""

    simulators: Simulators
    web: httpx.Client
    tokens: UserTokens
    client: GoogleClient
    google: GoogleCalendars
    ada: str
    bruno: str

    def arm(self, kind: str, match: str, times: int | None = 1, skip: int = 0, **params: object) -> None:
        """Break something: `match` is a regular expression for `METHOD path`."""
        self.simulators.google.control.arm(Fault(kind, match, times, skip, params=params))

    def journal(self, kind: str = "call") -> list[dict[str, Any]]:
        journal = self.simulators.google.control.journal()
        return [entry for entry in journal if entry["kind"] == kind]

    def calls(self, method: str, of: str = "") -> list[dict[str, Any]]:
        """The calls of a method, for paths that contain `of`."""
        return [entry for entry in self.journal() if entry["method"] == method and of in entry["path"]]

    def revoke(self, person: str) -> None:
        """What a person does who withdraws their consent."""
        self.web.post("/control/revoke", json={"email": person}).raise_for_status()

    def by_hand(self, method: str, calendar: str, path: str = "", body: Json | None = None) -> Json:
        """What a person or another program does to a calendar."""
        return _call(self.web, self.tokens, calendar, method, f"/{calendar}{path}", body)

    def stand(self, operation: Operation) -> OwnedEvent:
        """Carry out a create, and what then stands."""
        (outcome,) = self.google.send([operation])
        assert isinstance(outcome, Done), outcome
        standing = self.only(operation)
        assert (standing.provider_id, standing.etag) == (outcome.provider_id, outcome.etag)
        return standing

    def only(self, operation: Operation) -> OwnedEvent:
        """What stands for an operation."""
        (standing,) = self.google.look_up([operation])
        assert isinstance(standing, OwnedEvent), standing
        return standing


@contextmanager
def open_college(folder: Path, timeout: float = 30) -> Iterator[College]:
    with Simulators(folder) as simulators:
        trusted = ssl.create_default_context(cafile=simulators.ca_file)
        url = simulators.google_url
        with (
            httpx.Client(base_url=url, verify=trusted, trust_env=False) as web,
            httpx.Client(verify=trusted, trust_env=False, timeout=timeout) as http,
        ):
            owners = {person: _account(web, number, person) for number, person in enumerate((ADA, BRUNO))}
            owners[NOWHERE] = owners[ADA]
            tokens = tokens_of(simulators, owners)
            ids = []
            for person in (ADA, BRUNO):
                body = {"summary": "Courses", "timeZone": NEW_YORK.key}
                ids.append(str(_call(web, tokens, person, "POST", body=body)["id"]))
                owners[ids[-1]] = owners[person]
            client = client_of(http, tokens, url)
            yield College(simulators, web, tokens, client, GoogleCalendars(client), *ids)
            tokens.close()


def client_of(http: httpx.Client, tokens: TokenSource, url: str) -> GoogleClient:
    pace = GooglePace(user_calls=480, project_calls=8000)
    return GoogleClient(http, tokens, api_url=url, pace=pace, patience=Patience(4, 60))


def tokens_of(simulators: Simulators, owners: Mapping[str, Account]) -> UserTokens:
    """The tokens of the owners of calendars."""
    settings = simulators.google.settings
    return UserTokens(
        lambda calendars: {calendar: owners[calendar] for calendar in calendars},
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        token_url=f"{simulators.google_url}/token",
        ca_bundle=str(simulators.ca_file),
    )


def _account(web: httpx.Client, number: int, email: str) -> Account:
    """Somebody who went through the consent page."""
    answer = web.post("/control/consent", json={"email": email})
    return Account(number, email, answer.json()["refresh_token"], frozenset({CALENDAR_SCOPE}))


def _call(
    web: httpx.Client, tokens: TokenSource, owner: str, method: str, path: str = "", body: Json | None = None
) -> Json:
    headers = {"Authorization": f"Bearer {tokens.tokens([owner])[owner]}"}
    answer = web.request(method, f"/calendar/v3/calendars{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    found: Json = answer.json() if answer.content else {}
    return found


def course(start: datetime = MONDAY, **changes: Any) -> EventContent:  # noqa: ANN401 - fields of an EventContent
    """A weekly class of 75 minutes, with all that a class has."""
    values: dict[str, Any] = {
        "summary": "Linear Algebra",
        "rrule": WeeklyRule(
            (start + timedelta(weeks=9)).date(), frozenset({(start + timedelta(weeks=2)).date()})
        ),
        "location": "Wilder Hall 101",
        "description": "Noa Bergman\nnoa.bergman@college.example",
        "color": "7",
        "reminders": (30,),
    }
    return EventContent(dtstart=start, dtend=start + timedelta(minutes=75), **(values | changes))


def create(
    calendar: str = ADA,
    uid: str = "class-202710-10001-1",
    content: EventContent | None = None,
    generation: int = 1,
) -> Operation:
    tag = Tag(SCOPE, None, uid, generation)
    return Operation(OperationKind.CREATE, calendar, tag, after=content or course())


def event_of(calendar: str, uid: str = "class-0") -> OwnedEvent:
    """What a ledger could have of an event that never stood."""
    tag = create(calendar, uid).tag
    return OwnedEvent(calendar, tag, event_id(calendar, tag), '"1"', course())


def known(standing: OwnedEvent) -> LedgerEvent:
    """The ledger's row of an event."""
    tag = standing.tag
    return LedgerEvent(
        tag.scope,
        standing.calendar,
        tag.uid,
        standing.content,
        tag.kin,
        "",
        tag.generation,
        standing.provider_id,
        standing.etag,
    )


def untagged(content: EventContent) -> Json:
    """The JSON of an event that somebody else made."""
    body = created("", Tag("", None, "", 0), content)
    del body["id"], body["extendedProperties"]
    return body
