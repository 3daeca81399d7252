"""Accounts are kept encrypted, one for each owner, with how the last try to log in ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.work_orders import WorkFossaCredential
from scheduling_pipeline.work_orders.credentials import (
    Account,
    AccountState,
    NoAccountError,
    account_of,
    account_state,
    forget_account,
    note_check,
    save_account,
)
from scheduling_pipeline.work_orders.stored import open_orders
from tests.work_orders.owners import NOW, add_owner, apply, order

CIPHER = Cipher(Fernet.generate_key().decode())
TESS = Account("tess@fieldwork.example", "hush-hush")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def owner(engine: Engine) -> int:
    return add_owner(engine)


def test_an_account_is_encrypted_and_comes_back(engine: Engine, owner: int) -> None:
    save_account(engine, CIPHER, owner, TESS, NOW)
    assert account_of(engine, CIPHER, owner) == TESS
    with engine.connect() as connection:
        row = connection.execute(select(WorkFossaCredential.user, WorkFossaCredential.password)).one()
    assert not [part for part in row if b"tess" in part or b"hush" in part]
    assert "hush-hush" not in repr(TESS)


def test_a_new_account_takes_the_old_ones_place_and_was_not_tried_yet(engine: Engine, owner: int) -> None:
    save_account(engine, CIPHER, owner, TESS, NOW)
    note_check(engine, owner, "Invalid credentials.", NOW)
    assert account_state(engine, owner) == AccountState(NOW, NOW, "Invalid credentials.")
    save_account(engine, CIPHER, owner, Account("tess@fieldwork.example", "better"), LATER)
    assert account_of(engine, CIPHER, owner).password == "better"
    assert account_state(engine, owner) == AccountState(LATER, None, None)
    note_check(engine, owner, "", LATER)
    assert account_state(engine, owner) == AccountState(LATER, LATER, "")


@pytest.mark.parametrize("forgotten", [False, True])
def test_with_another_users_account_the_orders_begin_anew(
    engine: Engine, owner: int, *, forgotten: bool
) -> None:
    save_account(engine, CIPHER, owner, TESS, NOW)
    apply(engine, owner, 0, order(1), order(2))
    if forgotten:
        forget_account(engine, owner)
    save_account(engine, CIPHER, owner, Account("otto@fieldwork.example", "quiet"), LATER)
    assert open_orders(engine, owner) == []

    first = apply(engine, owner, 2, order(2), order(3))
    assert (first.baseline, first.removed, first.changes) == (True, frozenset(), ())
    assert len(apply(engine, owner, 3, order(2), order(3), order(4)).changes) == 1


@pytest.mark.parametrize("cipher", [CIPHER, Cipher(Fernet.generate_key().decode())])
def test_with_another_password_or_key_the_orders_stay(engine: Engine, owner: int, cipher: Cipher) -> None:
    save_account(engine, CIPHER, owner, TESS, NOW)
    apply(engine, owner, 0, order(1))
    save_account(engine, cipher, owner, Account(TESS.user, "better"), LATER)
    assert len(apply(engine, owner, 2, order(1), order(2)).changes) == 1


def test_nobody_logs_in_with_anothers_account(engine: Engine, owner: int) -> None:
    save_account(engine, CIPHER, owner, TESS, NOW)
    other = add_owner(engine, "otto")
    with pytest.raises(NoAccountError, match="no WorkFossa account was entered; enter one on the desk"):
        account_of(engine, CIPHER, other)
    assert account_state(engine, other) is None


def test_with_another_key_an_account_must_be_entered_again(engine: Engine, owner: int) -> None:
    save_account(engine, CIPHER, owner, TESS, NOW)
    with pytest.raises(NoAccountError, match="must be entered again: it was encrypted with a key"):
        account_of(engine, Cipher(Fernet.generate_key().decode()), owner)


def test_a_forgotten_account_is_gone(engine: Engine, owner: int) -> None:
    save_account(engine, CIPHER, owner, TESS, NOW)
    forget_account(engine, owner)
    assert account_state(engine, owner) is None
