"""The work orders as production builds them, for owners whose site a test writes down."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select

from assets.work_orders import WORK_ORDERS_JOB, owner_key, work_order_owners
from resources.workfossa import EquipmentRead, OrdersRead, Progress
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.notifications import Notification
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.notifications.channels import Pushover
from scheduling_pipeline.notifications.owners import save_channel
from scheduling_pipeline.settings import load_settings
from scheduling_pipeline.work_orders import schedules
from scheduling_pipeline.work_orders.credentials import Account, save_account
from scheduling_pipeline.work_orders.equipment import Equipment
from scheduling_pipeline.work_orders.history import Phase, Run, runs_of
from scheduling_pipeline.work_orders.model import Dispenser, Listing, WorkOrder
from scheduling_pipeline.work_orders.schedule import Schedule
from scheduling_pipeline.work_orders.stored import open_orders
from tests.end_to_end.pipeline import QUIET, Ran
from tests.work_orders.owners import NOW, ZONE, add_owner

DESK = "https://desk.example"
PASSWORD = "quiet-harbour-77"
Hook = Callable[[], object]


@dataclass
class WrittenClock:
    """Time as a test sets it."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    def advance(self, minutes: int = 60) -> None:
        self.time += timedelta(minutes=minutes)


@dataclass
class WrittenSite:
    """A WorkFossa that lists what a test writes down, or fails as it says, in place of the browser's.

    `meanwhile` is called while a list is being read. `accounts`: who logged in, each time.
    """

    orders: Sequence[WorkOrder] = ()
    completed: Mapping[str, date | None] = field(default_factory=dict)
    completed_problem: str = ""
    why_not: str = ""
    fault: Exception | None = None
    equipment: dict[str, tuple[Dispenser, ...]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    not_asked: tuple[str, ...] = ()
    meanwhile: Hook = bool
    accounts: list[Account] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)

    def read_orders(
        self, account: Account, *, known: Collection[str], now: Callable[[], datetime], progress: Progress
    ) -> OrdersRead:
        self._log_in(account, progress)
        progress(Phase.SCRAPING, share=0.5, message=f"{len(self.orders)} rows", found=len(self.orders))
        self.meanwhile()
        found = {number: self.completed[number] for number in known & self.completed.keys()}
        return OrdersRead(Listing(tuple(self.orders), now(), self.why_not), found, self.completed_problem)

    def read_equipment(
        self,
        account: Account,
        locations: Sequence[str],
        *,
        keep: Callable[[str, Equipment], None],
        progress: Progress,
    ) -> EquipmentRead:
        self._log_in(account, progress)
        self.asked_for += locations
        unreadable = {*self.problems, *self.not_asked}
        readable = tuple(location for location in locations if location not in unreadable)
        for location in readable:
            dispensers = self.equipment.get(location, ())
            keep(location, Equipment(dispensers, len(dispensers)))
        return EquipmentRead(readable, self.problems, self.not_asked)

    def _log_in(self, account: Account, progress: Progress) -> None:
        progress(Phase.LOGGING_IN)
        self.accounts.append(account)
        if self.fault is not None:
            raise self.fault


@dataclass
class Field:
    """Owners, their site, the pipeline's database, and the definitions on top of them.

    `browser`: the site is the one that the settings name, and not `site`.
    """

    engine: Engine
    cipher: Cipher
    site: WrittenSite = field(default_factory=WrittenSite)
    browser: bool = False
    clock: WrittenClock = field(default_factory=WrittenClock)
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)

    def __post_init__(self) -> None:
        doubles: dict[str, Any] = {"clock": self.clock}
        if not self.browser:
            doubles["workfossa"] = self.site
        self.definitions = build_definitions(load_settings(), resources=doubles)

    def owner(self, name: str = "tess", *, account: bool = True, told: bool = True) -> int:
        """Somebody who may have schedules, by default with an account and a way to be told; their id."""
        owner = add_owner(self.engine, name)
        if account:
            login = Account(f"{name}@fieldwork.example", PASSWORD)
            save_account(self.engine, self.cipher, owner, login, NOW)
        if told:
            with self.engine.begin() as connection:
                save_channel(connection, self.cipher, owner, Pushover("u" * 30, "t" * 30), NOW)
        self.instance.add_dynamic_partitions(str(work_order_owners.name), [owner_key(owner)])
        return owner

    def schedule(self, owner: int, kind: str = "work_orders", **fields: Any) -> Schedule:  # noqa: ANN401
        """A schedule that is due at once."""
        wanted: Any = fields
        return schedules.create(self.engine, owner, kind, wanted, zone=ZONE, now=self.clock.time)

    def standing(self, schedule: Schedule) -> Schedule:
        return schedules.get(self.engine, schedule.owner_id, schedule.id)

    def run(self, owner: int, job: str = WORK_ORDERS_JOB, **config: object) -> Ran:
        """Run a job for an owner to its end; `config` is that of its reading."""
        step = {WORK_ORDERS_JOB: "work_orders"}.get(job, "dispensers")
        result = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            partition_key=owner_key(owner),
            run_config={**QUIET, "ops": {step: {"config": config}}},
            raise_on_error=False,
        )
        run = self.instance.get_run_by_id(result.run_id)
        assert run is not None
        return Ran(result.success, run.tags, self.instance.all_logs(result.run_id))

    def history(self, owner: int) -> list[Run]:
        return runs_of(self.engine, owner, limit=100)

    def open(self, owner: int) -> set[str]:
        """The numbers of the open orders."""
        return {order.id for order in open_orders(self.engine, owner)}

    def told(self, owner: int) -> list[list[str]]:
        """The kinds of changes of each message."""
        query = select(Notification.changes).where(Notification.owner_id == owner).order_by(Notification.id)
        with self.engine.connect() as connection:
            return [[change["kind"] for change in changes] for changes in connection.scalars(query)]


@contextmanager
def open_field(engine: Engine, monkeypatch: pytest.MonkeyPatch, *, browser: bool = False) -> Iterator[Field]:
    """The work orders on a migrated, empty database."""
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("WORK_ORDERS_KEY", key)
    monkeypatch.setenv("DESK_URL", DESK)
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    opened = Field(engine, Cipher(key), browser=browser)
    yield opened
    opened.instance.dispose()
