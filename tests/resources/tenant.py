"""A small simulated tenant behind real https, and the clients under test, for the Graph tests."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from resources.directory import list_accounts
from resources.graph import Graph
from resources.graph_client import GraphClient
from resources.graph_wire import Call, Json, expect
from resources.outlook import Outlook
from resources.outlook_events import created
from scheduling_pipeline.calendars.model import EventContent, Tag, WeeklyRule
from scheduling_pipeline.calendars.provider import Done, Operation, OperationKind, OwnedEvent
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.school import Account, FixedSchool
from scheduling_pipeline.simulators.server import Simulators

ZURICH = ZoneInfo("Europe/Zurich")
SCOPE = "vip-private"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZURICH)
PEOPLE = [
    Account(f"{first} {last}", first, last, f"{first}.{last}@school.example".lower())
    for first, last in (("Ana", "Martel"), ("Jo", "Brandt"), ("Lea", "Kohler"), ("Urs", "Frei"))
]


@dataclass(frozen=True)
class Tenant:
    """The simulated tenant and what talks to it. `ids` are the users' ids, in the order of PEOPLE."""

    simulators: Simulators
    graph: Graph
    client: GraphClient
    outlook: Outlook
    ids: Sequence[str]

    @property
    def settings(self) -> Settings:
        return self.simulators.graph.settings

    def arm(self, kind: str, match: str, times: int | None = 1, skip: int = 0, **params: object) -> None:
        """Break something: `match` is a regular expression for `METHOD path`."""
        self.simulators.graph.control.arm(Fault(kind, match, times, skip, params=params))

    def calls(self, method: str, *, of: str = "") -> list[dict[str, Any]]:
        """The journal's entries of a method (batches apart), for paths that contain `of`."""
        journal = self.simulators.graph.control.journal()
        return [
            entry
            for entry in journal
            if entry["method"] == method and of in entry["path"] and entry["path"] != "/$batch"
        ]

    def stand(self, operation: Operation) -> OwnedEvent:
        """Carry out a create, and what then stands."""
        (outcome,) = self.outlook.send([operation])
        assert isinstance(outcome, Done), outcome
        return self.only(operation)

    def only(self, operation: Operation) -> OwnedEvent:
        """What stands for an operation."""
        (standing,) = self.outlook.look_up([operation])
        assert isinstance(standing, OwnedEvent), standing
        return standing

    def write(self, method: str, calendar: str, path: str, body: Json) -> Json:
        """What a person or another program does to a calendar."""
        (reply,) = self.client.batch([Call(method, f"/users/{calendar}{path}", body)])
        return expect(reply)

    def move(self, calendar: str, event: str, to: str) -> None:
        """What a person does who drags an event to another of their calendars."""
        trusted = ssl.create_default_context(cafile=self.graph.ca_bundle)
        moved = {"mailbox": calendar, "event": event, "calendar": to}
        with httpx.Client(verify=trusted, trust_env=False) as person:
            answer = person.post(self.graph.base_url.replace("/v1.0", "/control/move"), json=moved)
        assert answer.is_success, answer.text


@contextmanager
def open_tenant(
    folder: Path,
    people: Sequence[Account] = PEOPLE,
    **changes: Any,  # noqa: ANN401 - fields of Graph
) -> Iterator[Tenant]:
    with Simulators(folder, FixedSchool(accounts=people)) as simulators:
        graph = graph_of(simulators, **changes)
        with graph.connect() as client:
            ids = [account.id for account in list_accounts(client)]
            yield Tenant(simulators, graph, client, Outlook(client), ids)


def graph_of(simulators: Simulators, **changes: Any) -> Graph:  # noqa: ANN401 - fields of Graph
    settings = simulators.graph.settings
    values: dict[str, Any] = {
        "tenant_id": settings.tenant,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "authority": simulators.authority,
        "base_url": simulators.graph_url,
        "ca_bundle": str(simulators.ca_file),
    }
    return Graph(**(values | changes))


def lesson(
    summary: str = "Private: VAD - VIP Adults",
    start: datetime = MONDAY,
    **changes: Any,  # noqa: ANN401 - fields of an EventContent
) -> EventContent:
    """A single lesson of 90 minutes."""
    values: dict[str, Any] = {"location": "SFS1", "categories": ("VAD - VIP Adults",)}
    return EventContent(summary, start, start + timedelta(minutes=90), **(values | changes))


def series(start: datetime = MONDAY, rule: WeeklyRule | None = None) -> EventContent:
    """A weekly class of two hours."""
    return EventContent("Teaching", start, start + timedelta(hours=2), rule or WeeklyRule(), "R4")


def create(
    calendar: str, uid: str = "0000001", content: EventContent | None = None, generation: int = 1
) -> Operation:
    content = content or lesson()
    kin = None if content.rrule is None else "monday"
    tag = Tag(SCOPE, kin, uid, generation)
    return Operation(OperationKind.CREATE, calendar, tag, after=content)


def untagged(content: EventContent) -> Json:
    """The JSON of an event that somebody else made."""
    body = created("", Tag("", None, "", 0), content)
    del body["transactionId"], body["singleValueExtendedProperties"]
    return body
