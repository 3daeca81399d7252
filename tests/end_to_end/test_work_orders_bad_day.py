"""A bad day at WorkFossa, with a real browser: nothing is removed, the history says why, a reset resumes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.workfossa import Account, FixedOrders
from scheduling_pipeline.work_orders.history import Run
from scheduling_pipeline.work_orders.schedule import Schedule, State
from scheduling_pipeline.work_orders.schedules import reset
from tests.assets.field import PASSWORD, Field, open_field
from tests.databases import copied
from tests.sensors.daemon import Daemon
from tests.sensors.watch import Watch
from tests.simulators.fossa_client import LIST, ROWS, FossaSite, orders, served

COUNT = 101
SECOND_PAGE = 2  # requests for rows before it: as the list opens, and when the page size is picked
LIMITS = {
    "WORK_ORDERS_ATTEMPTS": "2",
    "WORK_ORDERS_RETRY_SECONDS": "0.05",
    "WORKFOSSA_PAGE_TIMEOUT_SECONDS": "10",
}

pytestmark = pytest.mark.browser


@dataclass
class Day:
    """An hourly schedule of somebody with 101 orders, the site that they are read from, and who is told."""

    field: Field
    daemon: Daemon
    source: FixedOrders
    site: FossaSite
    schedule: Schedule
    watch: Watch

    @property
    def owner(self) -> int:
        return self.schedule.owner_id

    def hour(self, fault: Fault | None = None) -> Run | None:
        """An hour goes by, with the site as it is then: the run that it brought, if it brought one."""
        self.site.control.clear_faults()
        if fault is not None:
            self.site.control.arm(fault)
        self.field.clock.advance()
        requests = self.daemon.tick()
        for request in requests:
            self.daemon.carry_out(request)
        return self.field.history(self.owner)[0] if requests else None

    def good_hour(self, fault: Fault | None = None) -> Run:
        run = self.hour(fault)
        assert run is not None
        assert run.success, run.error_message
        return run

    def bad_hour(self, fault: Fault) -> str:
        """What the history and a message say of a run that went wrong; all orders are there as before."""
        known = self.field.open(self.owner)
        run = self.hour(fault)
        assert run is not None
        assert not run.success
        assert self.field.open(self.owner) == known
        assert (run.items.removed, self.field.told(self.owner)) == (0, [])
        reason = run.error_message or ""
        assert self.watch.tick() == [f"Failed: read work orders (owner-{self.owner})"]
        assert reason in self.watch.bodies[-1]
        return reason


@pytest.fixture
def day(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    account = Account("tess@fieldwork.example", PASSWORD, "Tess Holloway")
    source = FixedOrders(orders(COUNT), [account])
    engine = connect(copied(migrated_sqlite, tmp_path / "pipeline.db"))
    with served(tmp_path / "site", source) as site:
        for name, value in {**LIMITS, "WORKFOSSA_URL": site.url}.items():
            monkeypatch.setenv(name, value)
        with open_field(engine, monkeypatch, browser=True) as field:
            schedule = field.schedule(field.owner())
            field.clock.advance(-60)
            watch = Watch(engine, field.instance)
            watch.tick()
            yield Day(field, Daemon(field), source, site, schedule, watch)
    engine.dispose()


def test_14_to_17_nothing_goes_on_a_bad_day_the_fifth_failure_pauses_and_a_reset_resumes(day: Day) -> None:
    assert day.good_hour().items.added == COUNT, "101 rows are read to their end"
    stuck = day.good_hour(Fault("page_size_stuck", LIST, times=None))
    assert (stuck.items.processed, stuck.items.updated) == (COUNT, 0), "25 rows at a time"
    assert day.watch.tick() == [], "a good day is no news"

    ignored = day.bad_hour(Fault("page_size_ignored", ROWS, times=None))
    assert "the list was not read completely, and nothing was removed" in ignored
    asked = day.bad_hour(Fault("login_page", ROWS, times=None, skip=SECOND_PAGE))
    assert "asks to log in" in asked
    repeated = day.bad_hour(Fault("repeated_page", ROWS, times=None, skip=SECOND_PAGE))
    assert "nothing was removed" in repeated
    empty = day.bad_hour(Fault("empty_list", ROWS, times=None))
    assert empty == f"the list is empty, where {COUNT} orders were known: none was removed"
    down = day.bad_hour(Fault("http", times=None, params={"status": 503}))
    assert "WorkFossa is down" in down

    paused = day.field.standing(day.schedule)
    assert (paused.state, paused.consecutive_failures, paused.next_run) == (State.FAILED, 5, None)
    assert day.hour() is None, "nothing starts by itself"
    reset(day.field.engine, day.owner, day.schedule.id, day.field.clock.time)
    assert day.good_hour().items.processed == COUNT
    assert day.watch.tick() == [f"Works again: read work orders (owner-{day.owner})"]
    assert day.field.standing(day.schedule).consecutive_failures == 0
    assert len(day.field.history(day.owner)) == 8
    assert not any(entry["forbidden"] for entry in day.site.control.journal())


def test_17_exactly_a_full_page_is_the_whole_list(day: Day) -> None:
    day.source.replace(orders(100))

    assert day.good_hour().items.added == 100
    day.source.replace(orders(99))
    assert day.good_hour().metadata == {
        "listed": 99,
        "added": 0,
        "updated": 0,
        "unchanged": 99,
        "completed": 0,
        "removed": 0,
        "missing": 1,
        "baseline": False,
        "problem": "",
        "doubt": "",
    }
    assert day.good_hour().items.removed == 1, "a second complete list lacks it too"
    assert day.field.told(day.owner) == [["removed"]]
