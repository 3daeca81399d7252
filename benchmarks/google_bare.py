"""The limit of writing to Google calendars: a client that only sends.

It sends the very batches that the program under test sent, but to the twins of the calendars and as prebuilt
bytes: the same calls, as many in a batch, as many batches at a time. It keeps no ledger, holds back for no
quota, and reads nothing in the answers while it is timed.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import httpx

from benchmarks.college import Person
from resources.google import Google
from resources.google_calendar import GoogleCalendars
from resources.google_client import BATCH, GoogleClient
from resources.google_events import event_id
from resources.google_pace import GooglePace
from resources.patience import Patience
from scheduling_pipeline.calendars.model import LedgerEvent, Tag
from scheduling_pipeline.calendars.provider import (
    Done,
    EditedDates,
    Limits,
    Operation,
    OperationKind,
    Outcome,
    OwnedEvent,
    Unreadable,
)
from scheduling_pipeline.courses.events import SCOPE

UNLIMITED = 10**9


@dataclass(frozen=True, slots=True)
class Sent:
    """What a provider was asked to do: the series whose dates it read, and the batches it wrote."""

    read: list[LedgerEvent] = field(default_factory=list)
    written: list[Sequence[Operation]] = field(default_factory=list)

    @property
    def operations(self) -> list[Operation]:
        """All writes."""
        return [operation for batch in self.written for operation in batch]


class Watched:
    """A provider, and a note of what it was asked to do."""

    def __init__(self, provider: GoogleCalendars) -> None:
        self.sent = Sent()
        self._provider = provider

    @property
    def name(self) -> str:
        return self._provider.name

    @property
    def limits(self) -> Limits:
        return self._provider.limits

    def prepare(self, calendars: Collection[str]) -> None:
        self._provider.prepare(calendars)

    def send(self, operations: Sequence[Operation]) -> list[Outcome]:
        self.sent.written.append(operations)
        return self._provider.send(operations)

    def edited_dates(self, events: Sequence[LedgerEvent]) -> list[EditedDates | Unreadable]:
        self.sent.read.extend(events)
        return self._provider.edited_dates(events)

    def look_up(self, operations: Sequence[Operation]) -> list[OwnedEvent | Unreadable | None]:
        return self._provider.look_up(operations)

    def list_owned(self, calendars: Sequence[str], scope: str) -> Mapping[str, list[OwnedEvent] | Unreadable]:
        return self._provider.list_owned(calendars, scope)


@dataclass(frozen=True, slots=True)
class Load:
    """Prebuilt requests, each as its body and content type: the batches that read, and those that write."""

    reads: Sequence[Packed]
    writes: Sequence[Packed]


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch as bytes."""

    content: bytes
    content_type: str


class BareClient:
    """Writes to the twins of people's calendars. Close it when done."""

    def __init__(self, google: Google, people: Collection[Person]) -> None:
        trusted = ssl.create_default_context(cafile=google.ca_bundle)
        self._google = google
        self._twins = {person.calendar: person.twin for person in people}
        self._tokens = _AtHand({person.twin: person.access_token for person in people})
        self._http = httpx.Client(
            verify=trusted, trust_env=False, timeout=60, limits=httpx.Limits(max_connections=google.sign_ins)
        )
        self._calendars = GoogleCalendars(self._client(self._http))
        self._standing: dict[tuple[str, Tag], OwnedEvent] = {}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def fill(self, operations: Sequence[Operation]) -> None:
        """Make the events in the twins that these operations made in the calendars."""
        mine = [replace(one, calendar=self._twins[one.calendar]) for one in operations]
        for start in range(0, len(mine), BATCH):
            outcomes = self._calendars.send(mine[start : start + BATCH])
            assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
        self._look(operations)

    def pack(self, sent: Sent) -> Load:
        """The same for the twins, as bytes."""
        recorder = _Recorder()
        with httpx.Client(transport=recorder) as nowhere:
            calendars = GoogleCalendars(self._client(nowhere))
            calendars.edited_dates([self._twin_of(event) for event in sent.read])
            reads = recorder.take()
            for batch in sent.written:
                calendars.send([self._here(operation) for operation in batch])
        return Load(reads, recorder.take())

    def send(self, load: Load) -> None:
        """Send all of it; what is to be timed."""
        with ThreadPoolExecutor(self._google.concurrency) as pool:
            for batches in (load.reads, load.writes):
                list(pool.map(self._post, batches))

    def renew(self, people: Sequence[Person]) -> None:
        """Fetch a token for each, as many at a time as the program under test may."""
        client = {"client_id": self._google.client_id, "client_secret": self._google.client_secret}

        def fetch(person: Person) -> None:
            form = {"grant_type": "refresh_token", "refresh_token": person.refresh_token, **client}
            self._http.post(self._google.token_url, data=form).read()

        with ThreadPoolExecutor(self._google.sign_ins) as pool:
            list(pool.map(fetch, people))

    def check(self, sent: Sent) -> None:
        """See that what was sent last came about."""
        self._look(sent.operations)
        for operation in sent.operations:
            assert operation.kind is OperationKind.UPDATE, operation
            standing = self._standing[self._twins[operation.calendar], operation.tag]
            assert standing.content == operation.after, standing

    def _post(self, batch: Packed) -> None:
        url = f"{self._google.api_url}/batch/calendar/v3"
        answer = self._http.post(url, content=batch.content, headers={"Content-Type": batch.content_type})
        assert answer.is_success, answer.status_code

    def _look(self, operations: Sequence[Operation]) -> None:
        twins = sorted({self._twins[operation.calendar] for operation in operations})
        for found in self._calendars.list_owned(twins, SCOPE).values():
            assert not isinstance(found, Unreadable), found
            self._standing.update({(event.calendar, event.tag): event for event in found})

    def _twin_of(self, event: LedgerEvent) -> LedgerEvent:
        twin = self._twins[event.calendar]
        return replace(event, calendar=twin, provider_id=event_id(twin, event.tag))

    def _here(self, operation: Operation) -> Operation:
        """An update of an event, as one of its twin."""
        standing = self._standing[self._twins[operation.calendar], operation.tag]
        return replace(
            operation,
            calendar=standing.calendar,
            provider_id=standing.provider_id,
            etag=standing.etag,
        )

    def _client(self, http: httpx.Client) -> GoogleClient:
        """The provider's own way to batches, but for its patience."""
        return GoogleClient(
            http,
            self._tokens,
            api_url=self._google.api_url,
            pace=GooglePace(user_calls=UNLIMITED, project_calls=UNLIMITED),
            patience=Patience(attempts=1, seconds=60),
        )


class _AtHand:
    """Tokens that are there."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._by_calendar = tokens

    def tokens(self, calendars: Collection[str]) -> Mapping[str, str]:
        return {calendar: self._by_calendar[calendar] for calendar in calendars}

    def prepare(self, calendars: Collection[str]) -> None:
        """Nothing has to be fetched."""

    def discard(self, calendar: str, token: str) -> None:  # noqa: ARG002 - the protocol's
        raise AssertionError(f"the token for {calendar} was refused")


class _Recorder(httpx.BaseTransport):
    """Keeps what is to be sent, and sends nothing."""

    def __init__(self) -> None:
        self._packed: list[Packed] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._packed.append(Packed(request.read(), request.headers["Content-Type"]))
        raise httpx.ReadError("nothing is sent", request=request)

    def take(self) -> list[Packed]:
        """What was kept since the last time."""
        packed, self._packed = self._packed, []
        return packed
