"""The limit of writing to Outlook: a client that only sends, in the fewest requests that Graph allows.

Its batches are prebuilt bytes: five mailboxes, four requests for each. It keeps no ledger and reads nothing
in the answers while it is timed.
"""

from __future__ import annotations

import ssl
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import orjson

from resources.graph_client import BATCH, PER_MAILBOX, GraphClient
from resources.graph_wire import WRITING, Call, Json, batch_body, expect, subreplies
from resources.outlook_events import changed, created
from scheduling_pipeline.calendars.model import DesiredEvent, Tag

# Bodies of requests: a list for each group of mailboxes, in which one request has to wait for the other.
Chains = list[list[bytes]]
Key = tuple[str, str]  # calendar and uid of an event


class BareClient:
    """Sends chains, as many at a time as the program under test may. Close it when done."""

    def __init__(self, graph: GraphClient, base_url: str, ca_bundle: str) -> None:
        self._graph = graph
        self._url = f"{base_url}/$batch"
        self._http = httpx.Client(
            verify=ssl.create_default_context(cafile=ca_bundle),
            trust_env=False,
            timeout=60,
            limits=httpx.Limits(
                max_connections=graph.concurrency, max_keepalive_connections=graph.concurrency
            ),
            headers=WRITING,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, chains: Chains) -> Chains:
        """The answers, where their requests were."""
        signed = {"Authorization": f"Bearer {self._graph.tokens.token()}"}

        def follow(chain: list[bytes]) -> list[bytes]:
            return [self._http.post(self._url, content=body, headers=signed).content for body in chain]

        with ThreadPoolExecutor(self._graph.concurrency) as pool:
            return list(pool.map(follow, chains))


def creations(events: Sequence[DesiredEvent]) -> Chains:
    """The requests that make events."""

    def call(event: DesiredEvent) -> Call:
        body = created(event.calendar, Tag(event.scope, event.kin, event.uid, 1), event.content)
        return Call("POST", f"/users/{event.calendar}/events", body)

    return _chains(events, call)


def changes(
    before: Iterable[DesiredEvent], after: Sequence[DesiredEvent], standing: Mapping[Key, Json]
) -> Chains:
    """The requests that turn events into others. `standing` has the events as Graph showed them."""
    old = {(event.calendar, event.uid): event.content for event in before}

    def call(event: DesiredEvent) -> Call:
        it = standing[event.calendar, event.uid]
        body = changed(old[event.calendar, event.uid], event.content)
        return Call("PATCH", _path(event, it["id"]), body, it["@odata.etag"])

    return _chains(after, call)


def deletions(events: Sequence[DesiredEvent], ids: Mapping[Key, str]) -> Chains:
    """The requests that take events away."""
    return _chains(events, lambda event: Call("DELETE", _path(event, ids[event.calendar, event.uid])))


def read(events: Sequence[DesiredEvent], answers: Chains) -> dict[Key, Json]:
    """What the answers to the requests for `events` say stands now. Raises GraphError if one was refused."""
    return {
        (event.calendar, event.uid): expect(reply)
        for chain, contents in zip(_batches(events), answers, strict=True)
        for batch, content in zip(chain, contents, strict=True)
        for event, reply in zip(batch, subreplies(orjson.loads(content), len(batch)), strict=True)
    }


def _chains(events: Sequence[DesiredEvent], call: Callable[[DesiredEvent], Call]) -> Chains:
    return [[batch_body(list(map(call, batch))) for batch in chain] for chain in _batches(events)]


def _batches(events: Sequence[DesiredEvent]) -> list[list[list[DesiredEvent]]]:
    """Chains of batches of events: a batch has four of each of five calendars."""
    by_calendar: dict[str, list[DesiredEvent]] = defaultdict(list)
    for event in events:
        by_calendar[event.calendar].append(event)
    queues = list(by_calendar.values())
    wide = BATCH // PER_MAILBOX
    groups = [queues[start : start + wide] for start in range(0, len(queues), wide)]
    return [
        [
            [event for queue in group for event in queue[start : start + PER_MAILBOX]]
            for start in range(0, max(map(len, group)), PER_MAILBOX)
        ]
        for group in groups
    ]


def _path(event: DesiredEvent, event_id: str) -> str:
    return f"/users/{event.calendar}/events/{quote(event_id, safe='')}"
