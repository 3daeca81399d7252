"""The demo's work orders: read for each owner, told once, and nothing where nothing is new."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import Engine, select

from scheduling_pipeline.commands import owners, work_orders
from scheduling_pipeline.commands.job import RunReport
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.work_orders import StoredDispenser, StoredWorkOrder, WorkOrderService
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.users import add_user, user_named
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.server import Simulators
from scheduling_pipeline.simulators.workfossa import Account, FixedOrders, WorkOrder
from scheduling_pipeline.simulators.workfossa.fixed import OWNER
from scheduling_pipeline.work_orders.credentials import forget_account
from scheduling_pipeline.work_orders.history import runs_of
from scheduling_pipeline.work_orders.schedules import of_owner, update
from tests.commands.conftest import EMBEDDED
from tests.notifications.owners import NOW
from tests.simulators.fossa_client import order, orders

OTHER = Account("ulric.penhallow@fieldwork.example", "another password", "Ulric Penhallow")
NO_MESSAGE = "0 messages: there was nothing to tell."

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Demo:
    """The site with the orders of two owners, who are users of the desk, and the pipeline's database."""

    simulators: Simulators
    source: FixedOrders
    engine: Engine
    console: Console

    def read(self) -> RunReport:
        return work_orders.read(self.console)

    def owner(self, name: str) -> int:
        return user_named(self.engine, name).id

    def show(self, shown: Sequence[WorkOrder], account: Account = OWNER) -> None:
        """These are somebody's orders from now on; it is an hour later."""
        self.source.replace(shown, account.email)
        self.simulators.clock.advance(timedelta(hours=1))

    def kept(self) -> list[Sequence[object]]:
        """All that is known of orders and dispensers."""
        tables = (StoredWorkOrder, WorkOrderService, StoredDispenser)
        with self.engine.connect() as connection:
            return [tuple(row) for one in tables for row in connection.execute(select(one.__table__))]

    def text(self, renderable: object) -> str:
        with self.console.capture() as capture:
            self.console.print(renderable)
        return capture.get()

    @property
    def messages(self) -> list[tuple[str, str]]:
        """What arrived: by which channel, and its title."""
        return [(one.channel, one.title) for one in self.simulators.mailbox.messages]


@pytest.fixture
def demo(migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """Nothing was read yet."""
    database, dagster_home = tmp_path / "pipeline.db", tmp_path / "dagster"
    shutil.copy(migrated_sqlite, database)
    dagster_home.mkdir()
    shutil.copy(EMBEDDED, dagster_home / "dagster.yaml")
    source = FixedOrders(orders(3), [OWNER, OTHER])
    source.replace([order(120_001)], OTHER.email)
    with Simulators(tmp_path / "simulators", orders=source) as simulators:
        simulators.workfossa.settings.loading_seconds = 0
        environment = {
            **simulators.environment,
            "DATABASE_URL": f"sqlite:///{database}",
            "DAGSTER_HOME": str(dagster_home),
            "SCHEDULING_HOME": str(tmp_path),
            "SCHEDULING_SETTINGS": str(tmp_path / "settings.toml"),
            "WORK_ORDERS_RETRY_SECONDS": "0",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(
            sys.modules, "scheduling_pipeline.definitions", raising=False
        )  # of other settings
        engine = connect(environment["DATABASE_URL"])
        for name, role in {"manager": Role.MANAGER, "viewer": Role.VIEWER}.items():
            add_user(engine, name, role, "field-roster", who="test", now=NOW)
        channels = simulators.mailbox.settings
        owners.set_the_owners(
            [asdict(account) for account in source.accounts],
            {"user": channels.pushover_user, "token": channels.pushover_token},
        )
        yield Demo(simulators, source, engine, Console(width=120))
        engine.dispose()


def test_everything_is_read_and_a_second_time_nothing_is_written_nor_sent(demo: Demo) -> None:
    first = demo.read()
    assert first.success
    assert work_orders.verdict(first) == "4 work orders written, the dispensers of 1 place read."
    assert work_orders.tell() == NO_MESSAGE, "it is the baseline"
    kept = demo.kept()
    assert len(kept) == 3 + 1 + 4 + 2

    second = demo.read()
    assert second.success
    assert work_orders.verdict(second) == "0 work order writes: everything stood already."
    assert work_orders.tell() == NO_MESSAGE
    assert demo.kept() == kept
    assert demo.messages == []


def test_what_changes_on_the_site_is_told_once_to_the_one_whose_it_is(demo: Demo) -> None:
    demo.read()
    demo.show([order(120_001), order(120_002)], OTHER)

    report = demo.read()

    assert work_orders.verdict(report) == "1 work order written, the dispensers of 0 places read."
    assert work_orders.tell() == "1 message sent."
    assert demo.messages == [("pushover", "1 change to your work orders")]
    shown = demo.text(work_orders.account(report)).splitlines()
    assert [line.split()[:4] for line in shown[2:4]] == [
        ["manager", "3", "0", "0"],
        ["viewer", "2", "1", "0"],
    ]
    demo.read()
    assert work_orders.tell() == NO_MESSAGE


def test_one_owners_trouble_is_named_and_does_not_stop_the_other(demo: Demo) -> None:
    demo.simulators.workfossa.control.arm(Fault("login_refused", "POST /login", times=1))

    report = demo.read()

    assert not report.success
    assert report.errors == [
        "work_orders: WorkFossa did not accept the user name and password of the account"
    ]
    assert "viewer" in demo.text(work_orders.account(report))
    (run,) = runs_of(demo.engine, demo.owner("viewer"), "work_orders")
    assert run.success
    assert [one.success for one in runs_of(demo.engine, demo.owner("manager"), "work_orders")] == [False]


def test_who_paused_or_has_no_account_is_left_alone(demo: Demo) -> None:
    manager, viewer = demo.owner("manager"), demo.owner("viewer")
    for schedule in of_owner(demo.engine, manager):
        update(demo.engine, manager, schedule.id, {"enabled": False}, NOW)
    forget_account(demo.engine, viewer)

    report = demo.read()

    assert report.success
    assert runs_of(demo.engine, manager) == runs_of(demo.engine, viewer) == []
    assert demo.simulators.workfossa.control.journal() == []


def test_a_message_that_is_not_taken_is_said(demo: Demo) -> None:
    demo.read()
    demo.show([order(120_001, visit=None)], OTHER)
    demo.read()
    demo.simulators.mailbox.control.arm(Fault("http", "messages.json", params={"status": 503}))
    assert work_orders.tell() == "0 messages sent, 1 to be tried again."
