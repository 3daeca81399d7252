"""The owners of the demo: set up once, and never over what somebody changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.commands.owners import set_the_owners
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.desk.users import add_user, user_named
from scheduling_pipeline.notifications.channels import Email, Pushover
from scheduling_pipeline.notifications.owners import channels, delete_channel, load_keys
from scheduling_pipeline.work_orders.credentials import account_of, account_state, forget_account
from scheduling_pipeline.work_orders.schedule import Hours, Schedule, ScheduleType
from scheduling_pipeline.work_orders.schedules import of_owner, remove, update
from tests.notifications.owners import NOW

KEY = Fernet.generate_key().decode()
ACCOUNTS = [
    {"email": f"{name}@fieldwork.example", "password": f"{name}'s password", "name": name}
    for name in ("orla", "jasper", "dorothea")
]
PUSHOVER = {"user": "u" * 30, "token": "t" * 30}


@pytest.fixture
def engine(migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database of a desk with the demo's users."""
    database = tmp_path / "pipeline.db"
    shutil.copy(migrated_sqlite, database)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    monkeypatch.setenv("WORK_ORDERS_KEY", KEY)
    monkeypatch.setenv("SCHEDULING_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.delenv("SCHEDULING_CLOCK_URL", raising=False)
    engine = connect(f"sqlite:///{database}")
    for name, role in {"manager": Role.MANAGER, "viewer": Role.VIEWER, "admin": Role.ADMIN}.items():
        add_user(engine, name, role, "field-roster", who="test", now=NOW)
    yield engine
    engine.dispose()


def set_up() -> None:
    set_the_owners(ACCOUNTS, PUSHOVER)


def schedules(engine: Engine, name: str) -> list[Schedule]:
    return of_owner(engine, user_named(engine, name).id)


def test_each_has_an_account_and_a_channel(engine: Engine) -> None:
    set_up()
    cipher, manager, viewer = Cipher(KEY), *(user_named(engine, name).id for name in ("manager", "viewer"))
    assert account_of(engine, cipher, manager).user == "orla@fieldwork.example"
    assert account_of(engine, cipher, viewer).password == "jasper's password"
    assert load_keys(engine, cipher, manager, "email") == Email("orla@fieldwork.example")
    assert load_keys(engine, cipher, viewer, "pushover") == Pushover("u" * 30, "t" * 30)
    assert account_state(engine, user_named(engine, "admin").id) is None


def test_dispensers_of_one_owner_wait_for_work_orders_and_the_other_has_hours(engine: Engine) -> None:
    set_up()
    orders, dispensers = schedules(engine, "manager")
    assert [orders.type, dispensers.type] == list(ScheduleType)
    assert (orders.waits_for, dispensers.waits_for) == (None, orders.id)
    [others] = schedules(engine, "viewer")
    assert others.type == ScheduleType.WORK_ORDERS
    assert [one.rule.hours for one in (orders, dispensers, others)] == [None, None, Hours(6, 22)]
    assert {one.rule.interval_hours for one in (orders, dispensers, others)} == {1}


def test_what_somebody_changed_stays(engine: Engine) -> None:
    set_up()
    manager, viewer = (user_named(engine, name).id for name in ("manager", "viewer"))
    orders, dispensers = schedules(engine, "manager")
    update(engine, manager, orders.id, {"interval_hours": 3}, NOW)
    remove(engine, manager, dispensers.id)
    [others] = schedules(engine, "viewer")
    update(engine, viewer, others.id, {"hours": None}, NOW)
    forget_account(engine, viewer)
    with engine.begin() as connection:
        delete_channel(connection, viewer, "pushover")
    before = [schedules(engine, name) for name in ("manager", "viewer")]

    set_up()

    assert [schedules(engine, name) for name in ("manager", "viewer")] == before
    assert account_state(engine, viewer) is None
    with engine.connect() as connection:
        assert channels(connection, viewer) == []
