"""All simulators at once: what the pipeline makes of the environment that points at them."""

from __future__ import annotations

import smtplib
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from resources.notifications import Notifications
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.notifications.channels import Email, Keys, Pushover, Teams, channel_of
from scheduling_pipeline.notifications.outbox import Delivery, Sent
from scheduling_pipeline.notifications.owners import save_channel
from scheduling_pipeline.settings import Settings, load_settings
from scheduling_pipeline.simulators.server import OPERATORS, Simulators
from scheduling_pipeline.systems import notifications_of, revealed
from tests.notifications.owners import NOW, add_owner


@pytest.fixture
def settings(simulators: Simulators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in simulators.environment.items():
        monkeypatch.setenv(name, value)
    return load_settings(tmp_path / "settings.toml")


@pytest.fixture
def notifications(settings: Settings) -> Notifications:
    return notifications_of(settings, revealed)


def keys(simulators: Simulators) -> list[Keys]:
    """The keys of a person for each channel."""
    known = simulators.mailbox.settings
    workflow = f"{simulators.mailbox_url}/workflows/{known.workflow}/triggers/manual/paths/invoke"
    return [
        Email("owner@fieldwork.example"),
        Pushover(known.pushover_user, known.pushover_token),
        Teams(f"{workflow}?sig={known.signature}"),
    ]


def test_every_system_is_configured(settings: Settings, notifications: Notifications) -> None:
    groups = (
        settings.sparksource,
        settings.graph,
        settings.scheduler,
        settings.google,
        settings.crossmark,
        settings.work_orders,
        settings.notifications,
    )
    assert all(group.configured for group in groups)
    assert notifications.problems == []


def test_owners_are_reached_by_every_channel(
    engine: Engine, simulators: Simulators, notifications: Notifications, web: httpx.Client
) -> None:
    cipher, owner = Cipher(simulators.environment["WORK_ORDERS_KEY"]), add_owner(engine)
    for number, own in enumerate(keys(simulators)):
        with engine.begin() as connection:
            save_channel(connection, cipher, owner, own, NOW)
        told = Delivery(number, owner, "changes", channel_of(own), "", f"news {number}", "hello", 1)
        assert notifications.deliver(engine, told) == Sent("sent")

    page = web.get(simulators.mailbox_url).text
    assert [page.index(f"news {number}") for number in (2, 1, 0)] == sorted(
        page.index(f"news {number}") for number in range(3)
    )


def test_operators_are_reached_by_mail(
    engine: Engine, simulators: Simulators, notifications: Notifications
) -> None:
    [address] = notifications.addresses
    told = Delivery(1, None, "outcome", "email", address, "Failed: sync", "why", 1)
    assert notifications.deliver(engine, told) == Sent("sent")
    assert [message.recipient for message in simulators.mailbox.messages] == [OPERATORS]


def test_messages_are_found_again_after_a_restart(tmp_path: Path) -> None:
    with Simulators(tmp_path) as running:
        port = int(running.environment["NOTIFICATIONS_MAIL_SERVER"].partition("?")[0].rpartition(":")[2])
        with smtplib.SMTP("localhost", port) as server:
            server.sendmail("a@fieldwork.example", ["b@fieldwork.example"], "Subject: news\r\n\r\nhello")
    with Simulators(tmp_path) as again:
        assert [message.title for message in again.mailbox.messages] == ["news"]
