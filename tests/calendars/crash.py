"""A run that dies at a chosen instant: between any two of its commits and effects."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from sqlalchemy import Engine

from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import LedgerEvent
from scheduling_pipeline.calendars.outbox import OutboxEntry, Settlement
from scheduling_pipeline.calendars.provider import Operation, Outcome, OwnedEvent
from scheduling_pipeline.database import leases
from scheduling_pipeline.database.leases import Leases
from tests.calendars.memory import Calendars


class Crashed(Exception):  # noqa: N818 - not an error: what the test asked for
    """The run is dead; so is whatever it still tries to do."""


def raise_crashed() -> NoReturn:
    raise Crashed


def kill_this_process() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


class Boundary:
    """Counts the instants at which a run might die, and lets it die at the `last` one and ever after."""

    def __init__(self, last: int, die: Callable[[], NoReturn] = raise_crashed) -> None:
        self.reached = 0
        self._last = last
        self._die = die

    def cross(self) -> None:
        self.reached += 1
        if self.reached >= self._last:
            self._die()


class FragileLedger(Ledger):
    """A ledger whose process may die before and after each commit."""

    def __init__(self, engine: Engine, boundary: Boundary) -> None:
        super().__init__(engine, "memory", run_id="run-that-dies")
        self._boundary = boundary

    def commit(
        self, now: datetime, *, settled: Sequence[Settlement] = (), sending: Sequence[OutboxEntry] = ()
    ) -> None:
        self._boundary.cross()
        super().commit(now, settled=settled, sending=sending)
        self._boundary.cross()

    def adopt(self, now: datetime, events: Sequence[OwnedEvent]) -> None:
        self._boundary.cross()
        super().adopt(now, events)

    def note_edits(self, events: Iterable[LedgerEvent]) -> None:
        self._boundary.cross()
        super().note_edits(events)

    def forget_edits(self, scope: str, calendars: Iterable[str]) -> None:
        self._boundary.cross()
        super().forget_edits(scope, calendars)
        self._boundary.cross()

    def forget(self, now: datetime, events: Iterable[LedgerEvent], *, declined: bool = False) -> None:
        self._boundary.cross()
        super().forget(now, events, declined=declined)


class FragileCalendars(Calendars):
    """Calendars whose writer may die before and after each effect."""

    def __init__(self, path: Path, boundary: Boundary, *, guards_deletes: bool = False) -> None:
        super().__init__(path, guards_deletes=guards_deletes)
        self._boundary = boundary

    def write(self, operation: Operation) -> Outcome:
        self._boundary.cross()
        outcome = super().write(operation)
        self._boundary.cross()
        return outcome


def leases_of_a_dead_run(engine: Engine) -> Leases:
    """Leases of a process of this machine that no longer runs: its process id belongs to another one now."""
    machine, pid, _, unique = leases._holder().split("|")
    return Leases(engine, holder=f"{machine}|{pid}|0.0|{unique}")
