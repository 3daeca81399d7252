"""Reading work orders from the command line, and the account of it."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg
from rich.console import Console
from rich.table import Table

from assets.work_orders import DISPENSERS_JOB, WORK_ORDERS_JOB, owner_key, work_order_owners
from scheduling_pipeline.commands.connections import Store, open_store
from scheduling_pipeline.commands.job import RunReport, joined, run_job
from scheduling_pipeline.commands.screen import counted
from scheduling_pipeline.desk.users import users
from scheduling_pipeline.notifications.outbox import Verdict
from scheduling_pipeline.notifications.telling import make_digests
from scheduling_pipeline.systems import notifications_of, revealed
from scheduling_pipeline.work_orders.credentials import account_state
from scheduling_pipeline.work_orders.schedule import Schedule, ScheduleType, State
from scheduling_pipeline.work_orders.schedules import standing
from sensors.deliveries import send_due

JOBS = {
    ScheduleType.WORK_ORDERS: (WORK_ORDERS_JOB, {"work_orders": "reading work orders"}),
    ScheduleType.DISPENSERS: (DISPENSERS_JOB, {"dispensers": "reading dispensers"}),
}
NOT_SENT: Mapping[Verdict, str] = {
    "again": "to be tried again",
    "refused": "refused",
    "unknown": "of which nobody knows whether they arrived",
}
WRITES = ["added", "updated", "completed", "removed", "missing"]


def read(console: Console) -> RunReport:
    """Read what is on the schedules of all owners now, one after the other, whether it is due or not."""
    from scheduling_pipeline.definitions import defs  # noqa: PLC0415 - takes seconds

    store = open_store()
    read_now = [one for one in standing(store.engine) if _can_be_read(store, one)]
    with dg.DagsterInstance.get() as instance:
        keys = {owner_key(one.owner_id) for one in read_now}
        instance.add_dynamic_partitions(str(work_order_owners.name), sorted(keys))
    reports = []
    for kind, (job, steps) in JOBS.items():
        for one in read_now:
            if one.type == kind:
                key = owner_key(one.owner_id)
                reports.append(run_job(console, defs.resolve_job_def(job), steps, partition_key=key))
    return joined(reports)


def account(report: RunReport) -> Table:
    """A row for each owner: what was read, and what became of it."""
    table = Table(title="Work orders", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("owner", no_wrap=True)
    columns = {
        "orders": ("work_orders", ["listed"]),
        "new": ("work_orders", ["added"]),
        "changed": ("work_orders", ["updated"]),
        "done": ("work_orders", ["completed"]),
        "gone": ("work_orders", ["removed"]),
        "missing": ("work_orders", ["missing"]),
        "places read": ("dispensers", ["read"]),
    }
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    names = {owner_key(user.id): user.name for user in users(open_store().engine)}
    for key in sorted({partition for asset, partition in report.metadata if asset == "work_orders"}):
        cells = (report.count(asset, key, counts) for asset, counts in columns.values())
        table.add_row(names[key], *map(str, cells))
    return table


def verdict(report: RunReport) -> str:
    """How many writes there were."""
    writes, places = report.total("work_orders", WRITES), report.total("dispensers", ["read"])
    if not writes and not places:
        return "0 work order writes: everything stood already."
    return f"{_many(writes, 'work order')} written, the dispensers of {_many(places, 'place')} read."


def tell() -> str:
    """Send the messages that are due; how that went."""
    store = open_store()
    make_digests(store.engine, store.now, link=f"{store.settings.desk.url}/changes")
    ended = send_due(store.engine, notifications_of(store.settings, revealed))
    if not ended:
        return "0 messages: there was nothing to tell."
    others = {words: ended[verdict] for verdict, words in NOT_SENT.items() if ended[verdict]}
    return f"{_many(ended['sent'], 'message')} sent{f', {counted(others)}' if others else ''}."


def _can_be_read(store: Store, schedule: Schedule) -> bool:
    """Whether there is an account, and the owner has not paused it."""
    return schedule.state is State.ACTIVE and account_state(store.engine, schedule.owner_id) is not None


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
