"""People's consent: kept encrypted, found by calendar, and marked when it is no longer good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.courses.credentials import (
    Account,
    NoAccount,
    UnknownUserError,
    accounts,
    accounts_of,
    connections,
    mark_account_needs_sign_in,
    mark_needs_sign_in,
    needing_sign_in,
)
from scheduling_pipeline.database.courses import OAuthCredential, User
from tests.courses.people import (
    ANA,
    CIPHER,
    JO,
    KEY,
    LEA,
    NOW,
    SCOPES,
    add_users,
    connect,
    give_calendar,
    user,
)

LATER = NOW + timedelta(days=1)
OTHER = "ana.at.home@mail.example"


@pytest.fixture
def people(engine: Engine) -> Engine:
    """Ana and Jo, who are connected and have calendars a and b; Lea, who is not."""
    add_users(engine, ANA, JO, LEA)
    connect(engine, ANA)
    connect(engine, JO)
    give_calendar(engine, ANA, "a")
    give_calendar(engine, JO, "b")
    return engine


def test_each_calendar_is_written_to_with_its_owners_account(people: Engine) -> None:
    found = accounts(people, CIPHER, ["a", "b"])
    assert found == {
        "a": Account(user(people, ANA).id, ANA, f"token of {ANA}", frozenset(SCOPES)),
        "b": Account(user(people, JO).id, JO, f"token of {JO}", frozenset(SCOPES)),
    }


def test_a_calendar_of_nobody_has_no_account(people: Engine) -> None:
    give_calendar(people, LEA, "c")
    found = accounts(people, CIPHER, ["c", "unheard-of"])
    assert found == dict.fromkeys(["c", "unheard-of"], NoAccount("no Google account is connected"))


def test_the_token_cannot_be_read_in_the_database(people: Engine) -> None:
    with Session(people) as session:
        stored = session.scalars(select(OAuthCredential.refresh_token)).all()
    assert len(stored) == 2
    assert not any(b"token" in secret for secret in stored)


def test_a_token_under_another_key_is_no_reason_to_sign_in(people: Engine) -> None:
    another = Cipher(Fernet.generate_key().decode())
    problem = accounts(people, another, ["a"])["a"]
    assert isinstance(problem, NoAccount)
    assert not problem.sign_in
    assert problem.detail.startswith(f"the consent of {ANA} cannot be read: ")
    assert "GOOGLE_TOKEN_KEY" in problem.detail


def test_a_new_key_beside_the_old_one_reads_what_there_is(people: Engine) -> None:
    both = Cipher(f"{Fernet.generate_key().decode()},{KEY}")
    assert isinstance(accounts(people, both, ["a"])["a"], Account)


def test_only_a_user_can_be_connected(engine: Engine) -> None:
    with pytest.raises(UnknownUserError, match=f"{ANA} is not among the users"):
        connect(engine, ANA)


def test_upper_case_is_no_other_person(people: Engine) -> None:
    connect(people, ANA.upper(), ANA.title(), LATER)
    assert [one.account for one in connections(people)] == [ANA, JO]


def test_connecting_again_replaces_the_consent(people: Engine) -> None:
    mark_needs_sign_in(people, {"a": "withdrawn"}, NOW)
    assert isinstance(accounts(people, CIPHER, ["a"])["a"], NoAccount)
    connect(people, ANA, now=LATER)
    assert isinstance(accounts(people, CIPHER, ["a"])["a"], Account)
    assert needing_sign_in(people) == []


def test_connecting_makes_nobody_due_and_leaves_who_is_due_so(people: Engine) -> None:
    with people.begin() as connection:
        connection.execute(update(User).where(User.email == JO).values(change_generation=3))
    for person in (ANA, JO):
        connect(people, person, now=LATER)
    assert not user(people, ANA).calendar_needs_sync
    assert user(people, JO).calendar_needs_sync


def test_the_account_with_the_persons_own_address_goes_first(engine: Engine) -> None:
    add_users(engine, ANA)
    connect(engine, ANA, OTHER)
    connect(engine, ANA)
    give_calendar(engine, ANA, "a")
    chosen = accounts(engine, CIPHER, ["a"])["a"]
    assert isinstance(chosen, Account)
    assert chosen.email == ANA
    assert [account.email for account in accounts_of(engine, CIPHER, chosen.user_id)] == [OTHER, ANA]


def test_when_one_account_is_gone_another_one_serves(people: Engine) -> None:
    connect(people, ANA, OTHER)
    mark_needs_sign_in(people, {"a": "withdrawn"}, NOW)
    chosen = accounts(people, CIPHER, ["a"])["a"]
    assert isinstance(chosen, Account)
    assert chosen.email == OTHER
    assert needing_sign_in(people) == []
    mark_needs_sign_in(people, {"a": "withdrawn too"}, LATER)
    assert [one.account for one in needing_sign_in(people)] == [ANA, OTHER]


def test_who_has_to_sign_in_is_known_with_the_reason_and_since_when(people: Engine) -> None:
    mark_needs_sign_in(people, {"a": "withdrawn", "unheard-of": "whatever"}, NOW)
    (needing,) = needing_sign_in(people)
    assert (needing.person, needing.account) == (ANA, ANA)
    assert (needing.needs_sign_in_since, needing.problem) == (NOW, "withdrawn")
    assert accounts(people, CIPHER, ["a"])["a"] == NoAccount(f"{ANA} has to sign in again: withdrawn")


def test_marking_again_does_not_change_since_when(people: Engine) -> None:
    mark_needs_sign_in(people, {"a": "withdrawn"}, NOW)
    mark_needs_sign_in(people, {"a": "still so"}, LATER)
    (needing,) = needing_sign_in(people)
    assert (needing.needs_sign_in_since, needing.problem) == (NOW, "withdrawn")


def test_who_connected_again_meanwhile_is_not_marked(people: Engine) -> None:
    connect(people, ANA, now=LATER)
    mark_needs_sign_in(people, {"a": "found before that"}, NOW)
    assert needing_sign_in(people) == []


def test_one_account_can_be_marked_by_itself(people: Engine) -> None:
    connect(people, ANA, OTHER)
    (_, other) = accounts_of(people, CIPHER, user(people, ANA).id)
    mark_account_needs_sign_in(people, other, "withdrawn", NOW)
    assert [one.account for one in connections(people) if one.needs_sign_in_since] == [OTHER]


def test_connections_are_everybody_with_an_account_or_a_calendar(people: Engine) -> None:
    give_calendar(people, LEA, "c", "missing")
    add_users(people, "urs@college.example")
    shown = [(one.person, one.account, one.calendar, one.calendar_state) for one in connections(people)]
    assert shown == [
        (ANA, ANA, "Courses", "ready"),
        (JO, JO, "Courses", "ready"),
        (LEA, None, "Courses", "missing"),
    ]
