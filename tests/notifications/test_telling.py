"""Owners are told once: at once or in a digest, in the transaction that notes the changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, delete, update

from scheduling_pipeline.cipher import Cipher, UnreadableSecretError
from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.notifications.channels import Email, Keys, Pushover, Teams
from scheduling_pipeline.notifications.outbox import Sent, claim, log, settle
from scheduling_pipeline.notifications.owners import (
    NoChannelError,
    channels,
    delete_channel,
    load_keys,
    load_preferences,
    save_channel,
    save_preferences,
    switch_channel,
)
from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.telling import (
    TrialPendingError,
    make_digests,
    tell_changes,
    tell_trial,
)
from scheduling_pipeline.notifications.told import Told
from tests.notifications.mailbox import KEY
from tests.notifications.owners import ADDED, MOVED, NOW, REMOVED, add_owner

EMAIL = Email("mona@school.example")
PUSHOVER = Pushover("u" * 30, "a" * 30)
OTHER_KEY = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="
DAILY = Preferences(digest_at=time(18), zone=ZoneInfo("America/New_York"))


def tell(engine: Engine, owner: int, *changes: Told, at: datetime = NOW) -> int | None:
    with engine.begin() as connection:
        return tell_changes(connection, owner, changes, at, run_id="run-1")


def states(engine: Engine, owner: int) -> list[str]:
    """How everything fares that an owner was told, oldest first."""
    return [entry.state for entry in log(engine, owner)][::-1]


def test_changes_go_to_each_channel_of_their_owner(engine: Engine) -> None:
    mona, otto = add_owner(engine, EMAIL, PUSHOVER), add_owner(engine, EMAIL, name="otto")

    tell(engine, mona, MOVED, ADDED)

    assert [(entry.channel, entry.title, entry.state) for entry in log(engine, mona)] == [
        ("email", "2 changes to your work orders", "pending"),
        ("pushover", "2 changes to your work orders", "pending"),
    ]
    assert log(engine, otto) == []


def test_without_a_channel_nobody_is_told(engine: Engine) -> None:
    assert tell(engine, add_owner(engine), MOVED) is None


def test_a_store_that_is_filtered_out_yields_no_message(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL, preferences=Preferences(stores=frozenset({"#77"})))

    assert tell(engine, mona, MOVED) is None
    tell(engine, mona, MOVED, REMOVED)

    [entry] = log(engine, mona)
    assert entry.title == "1 change to your work orders"


def test_a_repeat_within_five_minutes_is_suppressed_and_shown_as_such(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL)

    for minutes, changes in ((0, [MOVED, ADDED]), (4, [ADDED, MOVED]), (4, [ADDED]), (5, [ADDED, MOVED])):
        tell(engine, mona, *changes, at=NOW + timedelta(minutes=minutes))

    assert states(engine, mona) == ["pending", "suppressed", "pending", "pending"]


def test_what_is_true_again_is_told_though_it_was_told_minutes_ago(engine: Engine) -> None:
    """Else the last word that its owner has of an order would be wrong."""
    mona = add_owner(engine, EMAIL)
    back = replace(MOVED, before=MOVED.after, after=MOVED.before)

    for minutes, change in enumerate([MOVED, back, MOVED, MOVED]):
        tell(engine, mona, change, at=NOW + timedelta(minutes=minutes))

    assert states(engine, mona) == ["pending", "pending", "pending", "suppressed"]


def test_who_may_not_sign_in_any_more_is_told_nothing(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL, preferences=DAILY)
    tell(engine, mona, MOVED)
    with engine.begin() as connection:
        connection.execute(update(DeskUser).where(DeskUser.id == mona).values(is_active=False))

    make_digests(engine, NOW + timedelta(days=1))

    assert claim(engine, NOW + timedelta(days=1)) is None
    assert tell(engine, mona, ADDED) is None
    with pytest.raises(NoChannelError):  # nor gets what was on its way
        load_keys(engine, Cipher(KEY), mona, "email")


def test_what_is_rolled_back_is_not_told(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL)
    with engine.connect() as connection:
        tell_changes(connection, mona, [MOVED], NOW)
        connection.rollback()
    assert log(engine, mona) == []


def test_a_digest_collects_the_day_and_comes_once_at_its_time(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL, preferences=DAILY)
    tell(engine, mona, MOVED)
    tell(engine, mona, ADDED, at=NOW + timedelta(hours=2))
    evening = datetime(2026, 3, 4, 18, tzinfo=ZoneInfo("America/New_York"))

    assert make_digests(engine, evening - timedelta(minutes=1)) == 0
    assert states(engine, mona) == ["waiting", "waiting"]
    assert [make_digests(engine, evening), make_digests(engine, evening)] == [1, 0]

    assert states(engine, mona) == ["digested", "digested", "pending"]
    assert log(engine, mona)[0].title == "2 changes to your work orders"


def test_what_comes_after_the_digest_waits_for_the_next_one(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL, preferences=DAILY)
    evening = datetime(2026, 3, 4, 18, tzinfo=ZoneInfo("America/New_York"))
    tell(engine, mona, MOVED, at=evening + timedelta(minutes=1))

    assert make_digests(engine, evening + timedelta(hours=5)) == 0
    assert make_digests(engine, evening + timedelta(days=1)) == 1


def test_who_no_longer_wants_a_digest_gets_what_waits(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL, preferences=DAILY)
    tell(engine, mona, MOVED)
    with engine.begin() as connection:
        save_preferences(connection, mona, Preferences(), NOW)

    assert make_digests(engine, NOW) == 1


def test_a_test_message_goes_to_the_chosen_channel_alone(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL, PUSHOVER)
    with engine.begin() as connection:
        tell_trial(connection, mona, "pushover", NOW)
        with pytest.raises(NoChannelError, match="teams is not set up"):
            tell_trial(connection, mona, "teams", NOW)

    delivery = claim(engine, NOW)
    assert delivery is not None
    assert (delivery.kind, delivery.channel, delivery.owner) == ("test", "pushover", mona)
    assert claim(engine, NOW) is None


def test_a_test_message_waits_for_the_one_before(engine: Engine) -> None:
    mona, otto = add_owner(engine, EMAIL, PUSHOVER), add_owner(engine, EMAIL, name="otto")
    with engine.begin() as connection:
        tell_trial(connection, mona, "email", NOW)
        tell_trial(connection, mona, "pushover", NOW)
        tell_trial(connection, otto, "email", NOW)
        with pytest.raises(TrialPendingError):
            tell_trial(connection, mona, "email", NOW)

    delivery = claim(engine, NOW)
    assert delivery is not None
    with engine.connect() as connection, pytest.raises(TrialPendingError):
        tell_trial(connection, mona, "email", NOW)
    settle(engine, delivery, Sent("refused", "no"), NOW)
    with engine.begin() as connection:
        tell_trial(connection, mona, "email", NOW)


def test_preferences_survive_being_kept(engine: Engine) -> None:
    wanted = Preferences(
        frozenset({"moved"}), frozenset({"#1"}), frozenset({"Gary, IN"}), time(7, 30), DAILY.zone
    )
    mona = add_owner(engine, preferences=DAILY)
    with engine.begin() as connection:
        save_preferences(connection, mona, wanted, NOW)
        assert load_preferences(connection, mona) == wanted
        assert load_preferences(connection, mona + 1) == Preferences()


@pytest.mark.parametrize(
    "keys",
    [
        EMAIL,
        PUSHOVER,
        Teams("https://a.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=signature"),
    ],
)
def test_keys_are_unreadable_without_the_key(engine: Engine, keys: Keys) -> None:
    mona = add_owner(engine, keys)
    with engine.connect() as connection:
        [channel] = channels(connection, mona)
        raw = connection.exec_driver_sql("SELECT keys FROM notification_channels").scalar_one()

    assert not any(secret in bytes(raw) for secret in (b"mona@", b"u" * 30, b"signature"))
    assert load_keys(engine, Cipher(KEY), mona, channel.channel) == keys
    with pytest.raises(UnreadableSecretError):
        load_keys(engine, Cipher(OTHER_KEY), mona, channel.channel)


def test_a_channel_can_be_switched_off_changed_and_deleted(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL)
    with engine.begin() as connection:
        switch_channel(connection, mona, "email", NOW, enabled=False)
        assert tell_changes(connection, mona, [MOVED], NOW) is None
        save_channel(connection, Cipher(KEY), mona, Email("new@school.example"), NOW)
    assert load_keys(engine, Cipher(KEY), mona, "email") == Email("new@school.example")

    with engine.begin() as connection:
        delete_channel(connection, mona, "email")
        with pytest.raises(NoChannelError, match="email is not set up"):
            switch_channel(connection, mona, "email", NOW, enabled=True)


def test_with_its_owner_goes_all_that_is_kept_of_them(engine: Engine) -> None:
    mona = add_owner(engine, EMAIL, preferences=DAILY)
    tell(engine, mona, MOVED)
    make_digests(engine, NOW + timedelta(days=1))

    with engine.begin() as connection:
        connection.execute(delete(DeskUser).where(DeskUser.id == mona))
        assert channels(connection, mona) == []
    assert log(engine, mona) == []
