"""One whole cycle of the pipeline for a trio, without Dagster: read, desire, plan, apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing.connection import Connection

from sqlalchemy import Engine

from resources.outlook import Outlook
from scheduling_pipeline.calendars.access import Calendars
from scheduling_pipeline.calendars.apply import Applied
from scheduling_pipeline.calendars.model import Change
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.leases import HeldLease
from scheduling_pipeline.teacher_calendars import (
    apply_changes,
    desire,
    plan_agenda,
    read_timetables,
)
from scheduling_pipeline.timetable.accounts import Account
from scheduling_pipeline.timetable.model import Agenda, AgendaReading
from tests.end_to_end.deaths import Death
from tests.end_to_end.remote import graph_of
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
    """The pipeline for a trio at an instant, to run anywhere."""

    trio: Trio
    accounts: Sequence[Account]
    now: datetime

    @property
    def calendars(self) -> list[str]:
        return [account.calendar for account in self.accounts]

    def run(self, engine: Engine, outlook: Outlook) -> Applied:
        """Run it to its end."""
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


def run_when_told(
    cycle: Cycle, database_url: str, environment: Mapping[str, str], death: Death | None, go: Connection
) -> None:
    """What a child process does: wait for the word, then run the cycle, perhaps with its death arranged."""
    engine = connect(database_url)
    with graph_of(environment).connect() as client:
        outlook = Outlook(client)
        if death:
            death.arrange(engine, outlook)
        go.recv()
        cycle.run(engine, outlook)
