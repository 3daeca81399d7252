"""The desk and the work orders' flow as production builds them, in front of a simulated WorkFossa."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from resources.clock import Clock
from resources.database import Database
from resources.workfossa import OrdersRead, Progress, WorkFossa
from scheduling_pipeline.commands.desk import outside_of
from scheduling_pipeline.desk.app import create_app
from scheduling_pipeline.desk.context import DeskOptions
from scheduling_pipeline.settings import Settings, load_settings
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.mailbox.store import Message
from scheduling_pipeline.simulators.server import Simulators
from scheduling_pipeline.simulators.workfossa import FixedOrders, WorkOrder
from scheduling_pipeline.systems import notifications_of, revealed, workfossa_of
from scheduling_pipeline.work_orders.credentials import Account
from scheduling_pipeline.work_orders.history import Phase
from tests.databases import copied
from tests.end_to_end.pipeline import QUIET, Pipeline

SECONDS_TO_SEE = 30  # a phase, on the page


@dataclass
class WatchedSite:
    """WorkFossa, read with a real browser. While it is `watched`, a reading stays in each of its phases until
    somebody has `seen` it."""

    site: WorkFossa
    watched: bool = False
    _seen: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def read_orders(
        self, account: Account, *, known: Collection[str], now: Callable[[], datetime], progress: Progress
    ) -> OrdersRead:
        phases: set[Phase] = set()

        def told(phase: Phase, *, share: float = 0, message: str = "", found: int | None = None) -> None:
            progress(phase, share=share, message=message, found=found)
            if self.watched and phase not in phases:
                assert self._seen.acquire(timeout=SECONDS_TO_SEE), f"nobody has seen {phase}"
            phases.add(phase)

        return self.site.read_orders(account, known=known, now=now, progress=told)

    def seen(self) -> None:
        """Let the reading go on."""
        self._seen.release()


@dataclass
class FossaDesk:
    """The desk to serve, and all that stands around it. `orders`: what the site lists for its one account."""

    simulators: Simulators
    orders: FixedOrders
    settings: Settings
    site: WatchedSite
    pipeline: Pipeline

    @property
    def engine(self) -> Engine:
        return self.pipeline.engine

    @property
    def app(self) -> FastAPI:
        options = DeskOptions(self.settings.roster, self.settings.desk, work_orders=self.settings.work_orders)
        return create_app(self.engine, options, self._clock.now, outside_of(self.settings))

    @property
    def messages(self) -> list[Message]:
        """What arrived at whatever channel."""
        return self.simulators.mailbox.messages

    def pass_by(self, **time: float) -> None:
        self.simulators.clock.advance(timedelta(**time))

    def list_orders(self, *orders: WorkOrder) -> None:
        """The site has these from now on."""
        self.orders.replace(orders)

    def break_site(self, kind: str, match: str, **params: object) -> None:
        """Break something of the site until it is mended; `match` is for `METHOD path`."""
        self.simulators.workfossa.control.arm(Fault(kind, match, times=None, params=params))

    def mend_site(self) -> None:
        self.simulators.workfossa.control.clear_faults()

    def read_what_is_due(self) -> list[bool]:
        """What the daemon does at a tick: launch what is due, here to the end; how each run ended."""
        instance, definitions = self.pipeline.instance, self.pipeline.definitions
        tick = definitions.resolve_sensor_def("due_scrapes").evaluate_tick(self._context)
        for wanted in tick.dynamic_partitions_requests or ():
            instance.add_dynamic_partitions(wanted.partitions_def_name, list(wanted.partition_keys))
        return [
            definitions.resolve_job_def(request.job_name or "")
            .execute_in_process(
                instance=instance,
                partition_key=request.partition_key,
                run_config={**QUIET, **request.run_config},
                tags={name: value for name, value in request.tags.items() if name != "dagster/partition"},
                raise_on_error=False,
            )
            .success
            for request in tick.run_requests or ()
        ]

    def send_messages(self) -> str | None:
        """What the daemon does about messages at a tick; what that says."""
        sensor = self.pipeline.definitions.resolve_sensor_def("notification_deliveries")
        return sensor.evaluate_tick(self._context).skip_message

    @property
    def _clock(self) -> Clock:
        return Clock(url=self.settings.clock_url)

    @property
    def _context(self) -> dg.SensorEvaluationContext:
        return dg.build_sensor_context(
            self.pipeline.instance,
            definitions=self.pipeline.definitions,
            resources={
                "database": Database(url=self.engine.url.render_as_string(hide_password=False)),
                "clock": self._clock,
                "notifications": notifications_of(self.settings, revealed),
            },
        )


@contextmanager
def open_fossa_desk(
    home: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch, *, now: datetime
) -> Iterator[FossaDesk]:
    """An empty database, a site without orders, and the simulated clock at an instant."""
    orders = FixedOrders()
    with Simulators(home / "simulators", orders=orders) as simulators:
        simulators.clock.set(now)
        environment = {
            **simulators.environment,
            "SCHEDULING_HOME": str(home),
            "DATABASE_URL": copied(migrated, home / "pipeline.db"),
            "WORK_ORDERS_ATTEMPTS": "1",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings = load_settings()
        site = WatchedSite(workfossa_of(settings))
        pipeline = Pipeline.of_settings(simulators, {"workfossa": site})
        yield FossaDesk(simulators, orders, settings, site, pipeline)
        pipeline.close()
