"""The limit of writing to Google calendars: a client that only sends.

It sends the very batches that the program under test sent, to the twins of the calendars, as prebuilt bytes:
the same calls, as many in a batch, as many batches at a time. It keeps no ledger, holds back for no quota, and
reads nothing in the answers while it is timed.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import httpx

from benchmarks.college import Person
from benchmarks.simulated import Simulated
from resources.google_calendar import GoogleCalendars
from resources.google_client import GoogleClient
from resources.google_events import event_id
from resources.google_pace import GooglePace
from resources.patience import Patience
from scheduling_pipeline.calendars.model import LedgerEvent, Tag
from scheduling_pipeline.calendars.provider import (
    Limits,
    Operation,
    Outcome,
    OwnedEvent,
    Provider,
    Unreadable,
)

UNLIMITED = 10**9

Key = tuple[str, Tag]  # calendar and tag of an event


@dataclass(frozen=True, slots=True)
class Sent:
    """What a provider was asked to do: the series whose deleted dates it read, and the batches it wrote."""

    read: list[LedgerEvent] = field(default_factory=list)
    written: list[Sequence[Operation]] = field(default_factory=list)


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

    def send(self, operations: Sequence[Operation]) -> list[Outcome]:
        self.sent.written.append(operations)
        return self._provider.send(operations)

    def look_up(self, operations: Sequence[Operation]) -> list[OwnedEvent | Unreadable | None]:
        return self._provider.look_up(operations)

    def list_owned(self, calendars: Sequence[str], scope: str) -> Mapping[str, list[OwnedEvent] | Unreadable]:
        return self._provider.list_owned(calendars, scope)
