"""One whole cycle of the pipeline for a trio, without Dagster: read, desire, plan, apply."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing.connection import Connection

from sqlalchemy import Engine, event

from resources.graph import Graph
from resources.outlook import Outlook
from scheduling_pipeline.calendars.apply import Applied
from scheduling_pipeline.calendars.model import Change
from scheduling_pipeline.calendars.provider import Operation, Outcome
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.leases import HeldLease
from scheduling_pipeline.teacher_calendars import (
    Calendars,
    apply_changes,
    desire,
    plan_agenda,
    read_timetables,
)
from scheduling_pipeline.timetable.accounts import Account
from scheduling_pipeline.timetable.model import Agenda, AgendaReading
from tests.end_to_end.trio import WEEKS, Trio, as_week


@dataclass(frozen=True)
class TrioSite:
    """A booking site that shows the lessons of a trio."""

    trio: Trio

    def read(
        self,
        agendas: Sequence[tuple[Agenda, Sequence[date]]],
        *,
        now: datetime,
        lease: HeldLease,  # noqa: ARG002 - as sources are called
        on_progress: Callable[[str, int, int], None],  # noqa: ARG002
    ) -> list[AgendaReading]:
        return [
            AgendaReading(
                agenda.key,
                [as_week(agenda, monday, self.trio.lessons(agenda, now), now) for monday in mondays],
            )
            for agenda, mondays in agendas
        ]


@dataclass(frozen=True)
class Cycle:
    """What it takes to run the pipeline for a trio, anywhere."""

    trio: Trio
    accounts: Sequence[Account]
    graph: Graph
    database_url: str
    now: datetime

    def run(self, hook: Callable[[Engine, Outlook], Outlook] = lambda _, outlook: outlook) -> Applied:
        """Run it to its end. `hook` may replace the provider and listen to the database."""
        engine = connect(self.database_url)
        try:
            with self.graph.connect() as client:
                return self._run(engine, hook(engine, Outlook(client)))
        finally:
            engine.dispose()

    def _run(self, engine: Engine, outlook: Outlook) -> Applied:
        calendars = Calendars(engine, outlook, "run")
        read = read_timetables(
            TrioSite(self.trio),
            [(agenda, WEEKS) for agenda in self.trio.agendas],
            engine=engine,
            run_id=calendars.run_id,
            now=self.now,
            on_progress=lambda *_: None,
        )
        changes: list[Change] = []
        for agenda in self.trio.agendas:
            wanted = desire(agenda, read[agenda.key].good, self.accounts, {}, self.now)
            braked = plan_agenda(agenda, wanted, calendars, now=self.now).plan
            assert not braked.held, braked.holds
            changes += braked.free
        return apply_changes(changes, calendars, now=self.now, on_progress=lambda *_: None)


def run_when_told(cycle: Cycle, go: Connection, death: Death | None = None) -> None:
    """What a child process does: wait for the word, then run the cycle, perhaps with its death arranged."""
    go.recv()
    applied = cycle.run(death.arrange) if death else cycle.run()
    assert not applied.failures, applied.failures
    go.send(applied.writes)


@dataclass(frozen=True)
class Death:
    """Where a process kills itself: at the n-th commit, or at the n-th batch it is about to send.

    Nobody outside could hit these instants; SIGKILL is the same from inside.
    """

    at: str  # commit, committed or send
    n: int

    def arrange(self, engine: Engine, outlook: Outlook) -> Outlook:
        """The hook for `Cycle.run`."""
        countdown = _Countdown(self.n)
        if self.at == "commit":
            event.listen(engine, "commit", lambda _: countdown.step())
        return DyingOutlook(outlook, countdown) if self.at == "send" else outlook


class _Countdown:
    def __init__(self, n: int) -> None:
        self._left = n

    def step(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class DyingOutlook(Outlook):
    """Writes to Outlook until its time has come: all is written down, and nothing of that batch is sent."""

    def __init__(self, outlook: Outlook, countdown: _Countdown) -> None:
        super().__init__(outlook._client)
        self._countdown = countdown

    def send(self, operations: Sequence[Operation]) -> list[Outcome]:
        self._countdown.step()
        return super().send(operations)
