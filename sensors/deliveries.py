"""What was noted to be told is sent: messages that are due, digests at their time, what failed once more."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg
from sqlalchemy import Engine

from resources.clock import Clock
from resources.database import Database
from resources.notifications import Notifications
from scheduling_pipeline.notification_settings import NotificationSettings
from scheduling_pipeline.notifications.outbox import Verdict, claim, give_up_cut_off, purge, settle
from scheduling_pipeline.notifications.telling import make_digests
from scheduling_pipeline.notifications.watch import forget_standings

NAME = "notification_deliveries"
SECONDS_BETWEEN_TICKS = 15
SECONDS_TO_SEND = 30  # nothing more is begun after that; Dagster gives a tick 60

logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


def build_delivery_sensor(
    settings: NotificationSettings,
    *,
    running: bool,
    link: str | None = None,
    now: Callable[[], datetime] = _now,
) -> dg.SensorDefinition:
    """The sensor. Digests keep to the clock, tries to real time. `link`: where owners see their changes."""

    @dg.sensor(
        name=NAME,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED,
        description="Send what people are to be told.",
    )
    def notification_deliveries(
        database: Database, clock: Clock, notifications: Notifications
    ) -> dg.SkipReason:
        engine, present = database.engine, clock.now()
        make_digests(engine, present, link=link)
        sent = send_due(engine, notifications, now).total()
        if not sent:
            return dg.SkipReason("nothing is to be sent")
        kept_since = present - timedelta(days=settings.keep_days)
        purge(engine, kept_since)
        forget_standings(engine, kept_since)
        return dg.SkipReason(f"{sent} {'message was' if sent == 1 else 'messages were'} dealt with")

    return notification_deliveries


def send_due(
    engine: Engine, notifications: Notifications, now: Callable[[], datetime] = _now
) -> Counter[Verdict]:
    """Send what is due, as far as there is time; how many messages ended how."""
    give_up_cut_off(engine, now())
    deadline = time.monotonic() + SECONDS_TO_SEND
    dealt_with: Counter[Verdict] = Counter()
    while time.monotonic() < deadline and (delivery := claim(engine, now())):
        outcome = notifications.deliver(engine, delivery)
        settle(engine, delivery, outcome, now())
        dealt_with[outcome.verdict] += 1
        if outcome.verdict != "sent":
            # Why is in the message's own log: it may name whom it was for.
            logger.warning("message %d by %s: %s", delivery.id, delivery.channel, outcome.verdict)
    return dealt_with
