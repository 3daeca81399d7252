"""The accounts of owners at WorkFossa: encrypted, and whether they were right when last tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select, update

from scheduling_pipeline.cipher import Cipher, UnreadableSecretError
from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.work_orders import WorkFossaCredential
from scheduling_pipeline.work_orders.refresh import begin_anew


class NoAccountError(Exception):
    """The owner has entered no account, or it cannot be read any more: it has to be entered again."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom to log in as."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountState:
    """What an owner may see of their account. `problem` is what the last try ended with: empty when it went
    well, None when there was none since the account was entered."""

    updated_at: datetime
    checked_at: datetime | None
    problem: str | None


def save_account(engine: Engine, cipher: Cipher, owner_id: int, account: Account, now: datetime) -> None:
    """Keep an account, in place of an earlier one.

    Where it is another user's, so is the list: the owner's orders begin anew with it.
    """
    values = {
        "user": cipher.encrypt(account.user),
        "password": cipher.encrypt(account.password),
        "updated_at": now,
        "checked_at": None,
        "problem": None,
    }
    with engine.begin() as connection:
        if _is_another(connection, cipher, owner_id, account.user):
            begin_anew(connection, owner_id, now)
        connection.execute(
            upsert(connection, WorkFossaCredential)
            .values(owner_id=owner_id, **values)
            .on_conflict_do_update(index_elements=["owner_id"], set_=values)
        )


def _is_another(connection: Connection, cipher: Cipher, owner_id: int, user: str) -> bool:
    """Whether the account that was used until now is another user's, or was forgotten.

    One that cannot be read was most likely the same: it is entered again since the key is a new one.
    """
    table = WorkFossaCredential
    kept = connection.scalar(select(table.user).where(table.owner_id == owner_id))
    if kept is None:
        return True
    try:
        return cipher.decrypt(kept) != user
    except UnreadableSecretError:
        return False


def account_of(engine: Engine, cipher: Cipher, owner_id: int) -> Account:
    """The account of an owner. Raises NoAccountError."""
    table = WorkFossaCredential
    with engine.connect() as connection:
        row = connection.execute(
            select(table.user, table.password).where(table.owner_id == owner_id)
        ).one_or_none()
    if row is None:
        raise NoAccountError("no WorkFossa account was entered; enter one on the desk")
    try:
        return Account(cipher.decrypt(row.user), cipher.decrypt(row.password))
    except UnreadableSecretError as error:
        raise NoAccountError(f"the WorkFossa account must be entered again: {error}") from None


def account_state(engine: Engine, owner_id: int) -> AccountState | None:
    """How an owner's account stands; None without one."""
    table = WorkFossaCredential
    query = select(table.updated_at, table.checked_at, table.problem).where(table.owner_id == owner_id)
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else AccountState(*row)


def note_check(engine: Engine, owner_id: int, problem: str, now: datetime) -> None:
    """Note how a try to log in ended: `problem` is empty when it went well."""
    table = WorkFossaCredential
    with engine.begin() as connection:
        connection.execute(
            update(table).where(table.owner_id == owner_id).values(checked_at=now, problem=problem)
        )


def forget_account(engine: Engine, owner_id: int) -> None:
    """Delete an owner's account."""
    with engine.begin() as connection:
        connection.execute(delete(WorkFossaCredential).where(WorkFossaCredential.owner_id == owner_id))
