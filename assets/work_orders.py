"""Work orders: read from WorkFossa for those who own schedules, what changed, and the dispensers of places.

A partition is an owner. Whoever begins a run, the same rules hold: one run of a schedule at a time, only so
many over all of them, a row in the history for each that began, and nothing goes that is not proven gone.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field
from sqlalchemy import Engine

from assets import work_order_reports as reports
from resources.browser import BrowserUnavailableError
from resources.clock import Clock
from resources.database import Database
from resources.tab import AuthenticationError, RefusedPageError, SiteDown, TransientFaultError
from resources.workfossa import WorkFossa
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.leases import LeaseLostError
from scheduling_pipeline.roster_settings import DeskSettings
from scheduling_pipeline.work_orders.credentials import NoAccountError, account_of, note_check
from scheduling_pipeline.work_orders.dispensers import Tally, locations_to_read
from scheduling_pipeline.work_orders.execution import Execution, Purpose, carry_out
from scheduling_pipeline.work_orders.history import Phase
from scheduling_pipeline.work_orders.markup import LoginPageError, UnexpectedPageError
from scheduling_pipeline.work_orders.refresh import StaleListingError, refresh
from scheduling_pipeline.work_orders.runs import NotDueError, RunOverError, Runs, UnknownOwnerError
from scheduling_pipeline.work_orders.schedule import ScheduleType, Trigger
from scheduling_pipeline.work_orders.stored import open_orders
from scheduling_pipeline.work_orders.turns import WAIT, AlreadyRunningError, NoPlaceError
from scheduling_pipeline.work_orders.upkeep import purge
from scheduling_pipeline.work_orders_settings import WorkOrdersSettings

GROUP = "work_orders"
OWNERS = ["team:scheduling"]
WORK_ORDERS_JOB, DISPENSERS_JOB = "read_work_orders", "read_dispensers"
STEPS = {ScheduleType.WORK_ORDERS: "work_orders", ScheduleType.DISPENSERS: "dispensers"}
NOTHING_TO_DO = (AlreadyRunningError, NotDueError)
FAULTS = (
    AuthenticationError,
    BrowserUnavailableError,
    LeaseLostError,
    LoginPageError,
    NoAccountError,
    NoPlaceError,
    RefusedPageError,
    RunOverError,
    SiteDown,
    StaleListingError,
    TransientFaultError,
    UnexpectedPageError,
    UnknownOwnerError,
)
work_order_owners = dg.DynamicPartitionsDefinition(name="work_order_owners")


class ReadingConfig(dg.Config):
    """What a run is for. Without `since`, somebody began it in Dagster."""

    trigger: Trigger = Trigger.MANUAL
    since: str = Field(default="", description="The slot of a schedule, or the time of a request.")


class OrdersConfig(ReadingConfig):
    """How a list is read."""

    believe: bool = Field(
        default=False,
        description="Believe a list that lacks most of the known orders, or all: they are gone for good.",
    )


class DispensersConfig(ReadingConfig):
    """Which places are read."""

    force: bool = Field(default=False, description="Those that are known, too.")


def owner_key(owner_id: int) -> str:
    """The partition of an owner."""
    return f"owner-{owner_id}"


def owner_of(key: str) -> int:
    """The owner of a partition."""
    return int(key.removeprefix("owner-"))


def reading_config(purpose: Purpose) -> dict[str, Any]:
    """The run config of a run for a slot or a request."""
    since = purpose.since.isoformat() if purpose.since else ""
    config = {"trigger": purpose.trigger.name, "since": since}
    return {"ops": {STEPS[ScheduleType(purpose.schedule_type)]: {"config": config}}}


def build_work_orders(
    settings: WorkOrdersSettings, desk: DeskSettings, *, wait: timedelta = WAIT
) -> list[dg.AssetsDefinition]:
    """The assets of the flow. `wait`: how long a run waits for its place."""
    return [build_orders(settings, desk, wait), build_changes(desk), build_dispensers(settings, wait)]


def build_orders(settings: WorkOrdersSettings, desk: DeskSettings, wait: timedelta) -> dg.AssetsDefinition:
    """The open orders of an owner."""

    @dg.asset(
        partitions_def=work_order_owners,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"playwright"},
        check_specs=reports.ORDER_CHECKS,
        output_required=False,
    )
    def work_orders(
        context: dg.AssetExecutionContext,
        config: OrdersConfig,
        workfossa: WorkFossa,
        database: Database,
        clock: Clock,
    ) -> Iterator[reports.Event]:
        """Open work orders as WorkFossa lists them. An incomplete list removes none."""
        engine, owner = database.engine, owner_of(context.partition_key)
        try:
            with begin(context, config, ScheduleType.WORK_ORDERS, settings, engine, clock, wait) as run:
                account = account_of(engine, cipher_of(settings), owner)
                with login_noted(engine, owner, clock.now):
                    known = {order.id for order in open_orders(engine, owner)}
                    read = workfossa.read_orders(account, known=known, now=clock.now, progress=run.progress)
                run.progress(Phase.SAVING)
                done = refresh(
                    engine,
                    owner,
                    read.listing,
                    read.completed,
                    run_id=context.run.run_id,
                    smallest_share=0 if config.believe else settings.smallest_share,
                    completed_problem=read.completed_problem,
                    link=f"{desk.url}/changes",
                )
                run.end(done.items, reports.noted(done), unproven=done.unproven)
        except NOTHING_TO_DO as reason:
            yield from reports.nothing_to_do(context, reason, reports.order_checks(engine, owner))
        except FAULTS as fault:
            yield from reports.failed(fault, reports.order_checks(engine, owner, [str(fault)]))
        else:
            purge(engine, clock.now() - settings.keep)
            today = clock.now().astimezone(ZoneInfo(settings.zone)).date()
            yield from reports.orders(context, done, engine, owner, today)

    return work_orders


def build_changes(desk: DeskSettings) -> dg.AssetsDefinition:
    """What the last reading of an owner's orders changed."""

    @dg.asset(
        deps=["work_orders"],
        partitions_def=work_order_owners,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python"},
    )
    def work_order_changes(context: dg.AssetExecutionContext, database: Database) -> reports.Result:
        """What became of orders since the reading before the last one, as the owner is told of it."""
        return reports.changes(database.engine, owner_of(context.partition_key), desk)

    return work_order_changes


def build_dispensers(settings: WorkOrdersSettings, wait: timedelta) -> dg.AssetsDefinition:
    """The dispensers of the places where an owner has open orders."""

    @dg.asset(
        deps=["work_orders"],
        partitions_def=work_order_owners,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"playwright"},
        check_specs=reports.DISPENSER_CHECKS,
        output_required=False,
    )
    def dispensers(
        context: dg.AssetExecutionContext,
        config: DispensersConfig,
        workfossa: WorkFossa,
        database: Database,
        clock: Clock,
    ) -> Iterator[reports.Event]:
        """The dispensers of places, read once; where a page shows none of those that are known, they stay."""
        engine, owner = database.engine, owner_of(context.partition_key)
        try:
            with begin(context, config, ScheduleType.DISPENSERS, settings, engine, clock, wait) as run:
                account = account_of(engine, cipher_of(settings), owner)
                tally = Tally(engine, owner, clock.now)
                if wanted := locations_to_read(engine, owner, force=config.force):
                    with login_noted(engine, owner, clock.now):
                        read = workfossa.read_equipment(
                            account, wanted, keep=tally.keep, progress=run.progress
                        )
                    tally.problems |= read.problems
                    tally.not_asked = read.not_asked
                run.end(tally.items, tally.counts, unproven=tally.unproven)
        except NOTHING_TO_DO as reason:
            yield from reports.nothing_to_do(context, reason, reports.dispenser_checks(engine, owner))
        except FAULTS as fault:
            yield from reports.failed(fault, reports.dispenser_checks(engine, owner, [str(fault)]))
        else:
            yield from reports.dispensers(context, tally, engine, owner)

    return dispensers


def begin(
    context: dg.AssetExecutionContext,
    config: ReadingConfig,
    schedule_type: ScheduleType,
    settings: WorkOrdersSettings,
    engine: Engine,
    clock: Clock,
    wait: timedelta,
) -> AbstractContextManager[Execution]:
    """The run of this partition, from its beginning to its end."""
    by_hand = Purpose(owner_of(context.partition_key), schedule_type)
    return carry_out(
        Runs(engine, settings.pause_after),
        purpose_of(context.run, config, by_hand),
        dagster_run_id=context.run.run_id,
        parallel=settings.parallel,
        now=clock.now,
        say=context.log.info,
        wait=wait,
    )


def purpose_of(run: dg.DagsterRun, config: ReadingConfig, by_hand: Purpose) -> Purpose:
    """What a run is for: a slot or a request, or else somebody began it in Dagster.

    One that is executed again has the config of the run before, whose slot is gone.
    """
    if not config.since or run.parent_run_id is not None:
        return by_hand
    return replace(by_hand, trigger=config.trigger, since=datetime.fromisoformat(config.since))


def cipher_of(settings: WorkOrdersSettings) -> Cipher:
    """What opens people's accounts. Raises NoAccountError without a key."""
    key = settings.key.get_secret_value()
    if not key:
        raise NoAccountError("WorkFossa accounts cannot be read: WORK_ORDERS_KEY is not set")
    return Cipher(key)


@contextmanager
def login_noted(engine: Engine, owner_id: int, now: Callable[[], datetime]) -> Iterator[None]:
    """Note for the owner whether their account was accepted."""
    try:
        yield
    except AuthenticationError as refused:
        note_check(engine, owner_id, str(refused), now())
        raise
    note_check(engine, owner_id, "", now())
