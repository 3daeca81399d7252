"""The owners of work orders on the demo's desk: their accounts, when those are read, how they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.commands.connections import Store, open_store
from scheduling_pipeline.desk.users import users
from scheduling_pipeline.notifications.channels import Email, Keys, Pushover
from scheduling_pipeline.notifications.owners import save_channel
from scheduling_pipeline.work_orders.credentials import Account, account_state, save_account
from scheduling_pipeline.work_orders.editing import Fields
from scheduling_pipeline.work_orders.history import runs_of
from scheduling_pipeline.work_orders.schedule import Hours, ScheduleType
from scheduling_pipeline.work_orders.schedules import create, of_owner


@dataclass(frozen=True)
class Owner:
    """What the demo sets for a user of the desk. `hours`: of the schedules, which run hourly."""

    name: str
    account: Account
    hours: Hours | None
    dispensers: bool  # whether they are read, too
    channel: Keys = field(repr=False)


def set_the_owners(accounts: Sequence[Mapping[str, str]], pushover: Mapping[str, str]) -> None:
    """Give manager and viewer what the demo has for them, each once: what they change afterwards stays."""
    store = open_store()
    first, second = (Account(account["email"], account["password"]) for account in accounts[:2])
    phone = Pushover(pushover["user"], pushover["token"])
    owners = (
        Owner("manager", first, hours=None, dispensers=True, channel=Email(first.user)),
        Owner("viewer", second, hours=Hours(6, 22), dispensers=False, channel=phone),
    )
    ids = {user.name: user.id for user in users(store.engine)}
    for owner in owners:
        if owner.name in ids and _has_nothing(store, ids[owner.name]):
            _set(store, ids[owner.name], owner)


def _has_nothing(store: Store, owner_id: int) -> bool:
    """Whether somebody never had an account nor a schedule: what has run is in the history for long."""
    return (
        account_state(store.engine, owner_id) is None
        and not of_owner(store.engine, owner_id)
        and not runs_of(store.engine, owner_id, limit=1)
    )


def _set(store: Store, owner_id: int, owner: Owner) -> None:
    """Dispensers are read when the orders, and with them the places, are known."""
    engine, now, zone = store.engine, store.now, store.settings.work_orders.zone
    cipher = Cipher(store.settings.work_orders.key.get_secret_value())
    with engine.begin() as connection:
        save_channel(connection, cipher, owner_id, owner.channel, now)
    save_account(engine, cipher, owner_id, owner.account, now)
    orders = create(engine, owner_id, ScheduleType.WORK_ORDERS, {"hours": owner.hours}, zone=zone, now=now)
    if not owner.dispensers:
        return
    waiting = Fields(hours=owner.hours, waits_for=orders.id)
    create(engine, owner_id, ScheduleType.DISPENSERS, waiting, zone=zone, now=now)
