"""A tick sends what is due, what failed once more at the next one, and digests at their time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import dagster as dg
import pytest
from sqlalchemy import Engine, select

from resources.clock import Clock
from resources.database import Database
from scheduling_pipeline.database.notifications import JobOutcome
from scheduling_pipeline.notification_settings import NotificationSettings
from scheduling_pipeline.notifications.channels import Email, Pushover
from scheduling_pipeline.notifications.outbox import log
from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.telling import tell_changes, tell_trial
from scheduling_pipeline.notifications.told import Told
from scheduling_pipeline.notifications.watch import note_outcomes
from scheduling_pipeline.simulators.control import Fault
from sensors.deliveries import build_delivery_sensor
from tests.notifications.mailbox import Mailbox, running_mailbox
from tests.notifications.owners import ADDED, MOVED, add_owner
from tests.notifications.test_outcomes import EVERYTHING, outcome

EMAIL = Email("mona@school.example")
NOW = datetime.now(UTC)


@pytest.fixture
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with running_mailbox(tmp_path_factory.mktemp("mailbox")) as running:
        yield running


def tick(engine: Engine, mailbox: Mailbox, *, seconds: float = 0) -> str:
    """What a tick says, so many seconds from now."""
    sensor = build_delivery_sensor(
        NotificationSettings(), running=True, now=lambda: NOW + timedelta(seconds=seconds)
    )
    resources = {
        "database": Database(url=engine.url.render_as_string(hide_password=False)),
        "clock": Clock(url=None),
        "notifications": mailbox.resource(),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        data = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, resources=resources))
    assert data.skip_message is not None
    return data.skip_message


def tell(engine: Engine, owner: int, *changes: Told, at: datetime = NOW) -> None:
    with engine.begin() as connection:
        tell_changes(connection, owner, changes, at)


def test_a_tick_sends_what_is_due_and_the_next_one_nothing(engine: Engine, mailbox: Mailbox) -> None:
    keys = mailbox.simulator.settings
    mona = add_owner(engine, EMAIL, Pushover(keys.pushover_user, keys.pushover_token))
    tell(engine, mona, MOVED, ADDED)

    assert tick(engine, mailbox) == "2 messages were dealt with"
    assert tick(engine, mailbox) == "nothing is to be sent"

    assert sorted(message.channel for message in mailbox.messages) == ["email", "pushover"]
    assert [entry.state for entry in log(engine, mona)] == ["sent", "sent"]


def test_what_failed_is_sent_at_the_next_tick_and_once(engine: Engine, mailbox: Mailbox) -> None:
    mona = add_owner(engine, EMAIL)
    tell(engine, mona, MOVED)
    mailbox.break_("smtp", code=451)

    tick(engine, mailbox)
    assert [entry.state for entry in log(engine, mona)] == ["pending"]
    for seconds in (15, 30):
        tick(engine, mailbox, seconds=seconds)

    assert len(mailbox.messages) == 1
    assert [entry.state for entry in log(engine, mona)] == ["sent"]


def test_of_a_message_in_parts_only_what_failed_is_sent_again(engine: Engine, mailbox: Mailbox) -> None:
    keys = mailbox.simulator.settings
    mona = add_owner(engine, Pushover(keys.pushover_user, keys.pushover_token))
    tell(engine, mona, ADDED, *(Told("moved", str(n), "#1", "Gary, IN", 2) for n in range(30)))
    mailbox.simulator.control.arm(Fault("http", "messages", skip=1))

    tick(engine, mailbox)
    assert mailbox.titles("pushover") == ["31 changes to your work orders 1/4"]
    tick(engine, mailbox, seconds=15)

    assert mailbox.titles("pushover") == [f"31 changes to your work orders {n}/4" for n in (1, 2, 3, 4)]


def test_a_digest_goes_out_at_its_time(engine: Engine, mailbox: Mailbox) -> None:
    mona = add_owner(engine, EMAIL, preferences=Preferences(digest_at=time(0)))
    tell(engine, mona, MOVED, at=NOW - timedelta(days=2))
    tell(engine, mona, ADDED, at=NOW - timedelta(days=2, minutes=1))

    assert tick(engine, mailbox) == "1 message was dealt with"

    assert mailbox.titles("email") == ["2 changes to your work orders"]


def test_a_message_that_cannot_be_sent_ends_no_tick(engine: Engine, mailbox: Mailbox) -> None:
    wrong = add_owner(engine, Pushover("x" * 30, "y" * 30), EMAIL)
    with engine.begin() as connection:
        tell_trial(connection, wrong, "pushover", NOW)
        tell_trial(connection, wrong, "email", NOW)

    assert tick(engine, mailbox) == "2 messages were dealt with"

    states = {entry.channel: (entry.state, entry.detail) for entry in log(engine, wrong)}
    assert states == {"email": ("sent", ""), "pushover": ("failed", "Pushover: application token is invalid")}


def test_what_was_told_is_forgotten_after_a_while(engine: Engine, mailbox: Mailbox) -> None:
    mona = add_owner(engine, EMAIL)
    old = NOW - timedelta(days=91)
    tell(engine, mona, MOVED, at=old)
    tell(engine, mona, MOVED)
    note_outcomes(engine, [replace(outcome("failed", "no"), at=old)], EVERYTHING, {}, lambda _: None)

    tick(engine, mailbox)

    assert len(mailbox.messages) == 2
    assert len(log(engine, mona)) == 1
    assert log(engine, None) == []
    with engine.connect() as connection:
        assert connection.scalars(select(JobOutcome.job)).all() == []


def test_the_daemons_log_says_how_a_message_fared_and_not_to_whom(
    engine: Engine, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mona = add_owner(engine, EMAIL)
    tell(engine, mona, MOVED)
    mailbox.break_("smtp", code=451)

    tick(engine, mailbox)

    assert EMAIL.address in log(engine, mona)[0].detail
    [line] = [record.message for record in caplog.records if record.name == "sensors.deliveries"]
    assert re.fullmatch(r"message \d+ by email: again", line)
