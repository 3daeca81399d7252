"""A run that dies at any instant: the next one loses nothing and doubles nothing."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.calendars.model import DesiredEvent
from scheduling_pipeline.calendars.provider import Limits
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.leases import Leases
from tests.calendars.builders import JO, MONDAY, NEXT_MONDAY, NOW, WEEK, block, lesson, lessons
from tests.calendars.crash import (
    Boundary,
    Crashed,
    FragileCalendars,
    FragileLedger,
    kill_this_process,
    leases_of_a_dead_run,
)
from tests.calendars.cycle import assert_at_rest, assert_calendars_are_true, sync
from tests.calendars.memory import Calendars, MemoryProvider
from tests.databases import empty

LONG_AGO = MONDAY - 4 * WEEK
ONE_AT_A_TIME = Limits(batch=4, per_calendar=2, concurrent_batches=1)

BEFORE = [*lessons(3), *lessons(2, calendar=JO), block(LONG_AGO, "18:00", "19:00")]
AFTER = [
    *BEFORE[:1],
    lesson(BEFORE[1].uid, NEXT_MONDAY, "16:00", "17:30"),  # moves; the next one goes
    *BEFORE[3:5],
    lesson("new", NEXT_MONDAY, "20:00", "21:00", calendar=JO),
    block(NEXT_MONDAY, "17:00", "19:00"),  # grows at the front: one series ends, another begins
]


@dataclass
class Office:
    """A database and calendars that outlive the runs that work on them."""

    engine: Engine
    path: Path

    def prepare(self, number: int) -> None:
        """What should have stood before stands, a person has been at work, and all is new to the next run."""
        empty(self.engine)
        self.path = self.path.with_name(f"calendars-{number}.db")
        calendars = Calendars(self.path)
        sync(self.engine, MemoryProvider(calendars), BEFORE, now=NOW - 5 * WEEK)
        calendars.by_hand_delete(calendars.owned(JO)[0])
        calendars.close()

    def run_until(self, boundary: Boundary, engine: Engine, leases: Leases) -> None:
        """A run that dies when it reaches the boundary."""
        calendars = FragileCalendars(self.path, boundary)
        sync(
            engine,
            MemoryProvider(calendars, limits=ONE_AT_A_TIME),
            AFTER,
            ledger=FragileLedger(engine, boundary),
            leases=leases,
        )
        calendars.close()

    def assert_the_next_run_puts_all_right(self, wanted: list[DesiredEvent]) -> None:
        calendars = Calendars(self.path)
        provider = MemoryProvider(calendars)
        sync(self.engine, provider, wanted)
        assert_calendars_are_true(self.engine, calendars, wanted)
        assert_at_rest(self.engine, provider, wanted)
        calendars.close()


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Office:
    return Office(engine, tmp_path / "calendars.db")


def test_dying_at_any_boundary(office: Office) -> None:
    for last in range(1, 100):
        office.prepare(last)
        try:
            office.run_until(Boundary(last), office.engine, leases_of_a_dead_run(office.engine))
        except Crashed:
            office.assert_the_next_run_puts_all_right(AFTER)
        else:
            assert last > 20, "a run of eight writes has more boundaries than that"
            return
    pytest.fail("the run never came to its end")


@pytest.mark.parametrize("second", [3, 6, 11, 16])
def test_dying_twice(office: Office, second: int) -> None:
    office.prepare(0)
    for last in (12, second):
        with pytest.raises(Crashed):
            office.run_until(Boundary(last), office.engine, leases_of_a_dead_run(office.engine))
    office.assert_the_next_run_puts_all_right(AFTER)


def test_dying_when_the_source_has_changed_its_mind_by_the_next_run(office: Office) -> None:
    for last in range(2, 24, 3):
        office.prepare(last)
        with pytest.raises(Crashed):
            office.run_until(Boundary(last), office.engine, leases_of_a_dead_run(office.engine))
        office.assert_the_next_run_puts_all_right(BEFORE[:4])


@pytest.mark.process
@pytest.mark.parametrize("last", [6, 7, 8, 9, 12, 15])
def test_a_process_that_is_killed(office: Office, last: int) -> None:
    """At 6 the first writes are about to be sent, then one by one they are sent and take effect."""
    office.prepare(last)
    url = office.engine.url
    office.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            engine = connect(url.render_as_string())
            office.run_until(Boundary(last, kill_this_process), engine, Leases(engine))
        finally:
            os._exit(1)  # without the parent's clean-up
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL
    office.assert_the_next_run_puts_all_right(AFTER)
