"""The WorkFossa account of whoever is signed in: what is kept of it is never shown."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.desk.sessions import Visitor
from scheduling_pipeline.work_orders import credentials
from scheduling_pipeline.work_orders.credentials import Account, NoAccountError


def enter_account(engine: Engine, cipher: Cipher, visitor: Visitor, account: Account, now: datetime) -> None:
    """Keep an account, in place of an earlier one."""
    credentials.save_account(engine, cipher, visitor.user_id, account, now)
    _note(engine, visitor, "workfossa-account.save", now)


def forget_account(engine: Engine, visitor: Visitor, now: datetime) -> None:
    """Delete it."""
    credentials.forget_account(engine, visitor.user_id)
    _note(engine, visitor, "workfossa-account.forget", now)


def account_to_test(engine: Engine, cipher: Cipher, visitor: Visitor) -> Account:
    """The account itself. Raises Problem (409) where there is none, or none that can be read."""
    try:
        return credentials.account_of(engine, cipher, visitor.user_id)
    except NoAccountError as error:
        told = str(error)
        raise Problem(409, "NO_ACCOUNT", f"{told[0].upper()}{told[1:]}.") from None


def _note(engine: Engine, visitor: Visitor, action: str, now: datetime) -> None:
    with engine.begin() as connection:
        audit.record(connection, visitor.name, action, f"WorkFossa account of {visitor.name}", at=now)
