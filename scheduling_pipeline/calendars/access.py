"""What a run needs to plan for calendars and to write to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import lease_name
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.provider import Provider, Unreadable
from scheduling_pipeline.database.leases import WAIT, HeldLease, Leases, LeaseTimeoutError

CALENDARS_AT_ONCE = 80  # looked into under one reservation, well within the time that a lease lasts

T = TypeVar("T")


def portions(calendars: Sequence[str]) -> Iterator[Sequence[str]]:
    """Calendars, as many at a time as are looked into under one reservation."""
    for start in range(0, len(calendars), CALENDARS_AT_ONCE):
        yield calendars[start : start + CALENDARS_AT_ONCE]


def in_portions(
    calendars: Iterable[str], work: Callable[[Sequence[str], timedelta], None], *, wait: timedelta
) -> dict[str, Unreadable]:
    """Let `work` reserve any number of calendars, some at a time; it is told how long to wait for them.

    Returns the calendars that another run did not give up, without which the others were worked on. Once
    `wait` has passed in vain there is no more waiting, so that they do not keep the others.
    """
    busy: dict[str, Unreadable] = {}
    for some in portions(sorted(set(calendars))):
        try:
            work(some, wait)
        except LeaseTimeoutError:
            wait = timedelta()
            for calendar in some:
                try:
                    work([calendar], wait)
                except LeaseTimeoutError as error:
                    busy[calendar] = Unreadable(calendar, None, str(error))
    return busy


@dataclass(frozen=True, slots=True)
class Calendars:
    """What it takes to plan and to write: the database, the provider, and the run that does it."""

    engine: Engine
    provider: Provider
    run_id: str

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.engine, self.provider.name, run_id=self.run_id)

    @property
    def leases(self) -> Leases:
        return Leases(self.engine)

    @contextmanager
    def reserve(self, calendars: Iterable[str], *, wait: timedelta = WAIT) -> Iterator[HeldLease]:
        """Keep every other run out of calendars, for reading or writing what no plan is about.

        Planning and applying reserve calendars by themselves: inside, they would wait for us.

        Raises LeaseTimeoutError when another run does not give one up.
        """
        names = {lease_name(self.provider, calendar) for calendar in calendars}
        with self.leases.hold(*names, wait=wait) as lease:
            yield lease

    def look_into(
        self, look: Callable[[Sequence[str]], Mapping[str, T]], calendars: Iterable[str]
    ) -> dict[str, T]:
        """What `look` finds in each of any number of calendars, which are reserved some at a time.

        Raises LeaseTimeoutError when another run does not give one up.
        """
        found: dict[str, T] = {}
        for some in portions(sorted(set(calendars))):
            with self.reserve(some):
                found |= look(some)
        return found
