"""What an owner does with their notifications, each with its line in the audit: never with a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, exists, select

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.notifications import NotificationPreference
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.problems import Problem, not_found
from scheduling_pipeline.desk.sessions import Visitor
from scheduling_pipeline.notifications import owners
from scheduling_pipeline.notifications.channels import Channel, Keys, channel_of
from scheduling_pipeline.notifications.owners import NoChannelError, OwnChannel
from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.telling import TrialPendingError, tell_trial


@dataclass(frozen=True, slots=True)
class Owned:
    """What an owner has set up. `chosen`: whether they ever said what they want to be told of."""

    preferences: Preferences
    chosen: bool
    channels: Sequence[OwnChannel]

    @property
    def reached(self) -> bool:
        """Whether any channel is on."""
        return any(channel.enabled for channel in self.channels)


def load_owned(engine: Engine, owner_id: int) -> Owned:
    """What an owner has set up."""
    chosen = exists().where(NotificationPreference.owner_id == owner_id)
    with engine.connect() as connection:
        return Owned(
            owners.load_preferences(connection, owner_id),
            bool(connection.scalar(select(chosen))),
            owners.channels(connection, owner_id),
        )


def save_preferences(engine: Engine, visitor: Visitor, preferences: Preferences, now: datetime) -> None:
    """Keep what an owner wants to be told of."""
    with engine.begin() as connection:
        before = owners.load_preferences(connection, visitor.user_id)
        owners.save_preferences(connection, visitor.user_id, preferences, now)
        change = {"before": _plain(before), "after": _plain(preferences)}
        audit.record(connection, visitor.name, "notifications.save", "what to be told of", **change, at=now)


def save_channel(engine: Engine, cipher: Cipher, visitor: Visitor, keys: Keys, now: datetime) -> None:
    """Keep an owner's keys for a channel, and switch it on."""
    with engine.begin() as connection:
        owners.save_channel(connection, cipher, visitor.user_id, keys, now)
        audit.record(connection, visitor.name, "notifications.keys", channel_of(keys), at=now)


def switch_channel(
    engine: Engine, visitor: Visitor, channel: Channel, now: datetime, *, enabled: bool
) -> None:
    """Switch a channel on or off. Raises Problem (404) for one that is not set up."""
    with engine.begin() as connection:
        try:
            owners.switch_channel(connection, visitor.user_id, channel, now, enabled=enabled)
        except NoChannelError:
            raise not_found(f"{channel} channel of yours") from None
        after = {"enabled": enabled}
        audit.record(connection, visitor.name, "notifications.switch", channel, after=after, at=now)


def delete_channel(engine: Engine, visitor: Visitor, channel: Channel, now: datetime) -> None:
    """Forget an owner's keys for a channel. Raises Problem (404) for one that is not set up."""
    with engine.begin() as connection:
        if channel not in {one.channel for one in owners.channels(connection, visitor.user_id)}:
            raise not_found(f"{channel} channel of yours")
        owners.delete_channel(connection, visitor.user_id, channel)
        audit.record(connection, visitor.name, "notifications.delete", channel, at=now)


def send_trial(engine: Engine, visitor: Visitor, channel: Channel, now: datetime) -> int:
    """Have a test message sent; its number.

    Raises Problem: 404 for a channel that is off or not set up, 409 while its last test is on its way.
    """
    with engine.begin() as connection:
        try:
            number = tell_trial(connection, visitor.user_id, channel, now)
        except NoChannelError:
            raise not_found(f"{channel} channel of yours that is on") from None
        except TrialPendingError:
            message = f"The last test message by {channel} is still on its way. Please wait for it."
            raise Problem(409, "TEST_PENDING", message) from None
        audit.record(connection, visitor.name, "notifications.test", channel, at=now)
    return number


def _plain(preferences: Preferences) -> Mapping[str, Any]:
    return {
        "kinds": sorted(preferences.kinds),
        "stores": sorted(preferences.stores),
        "places": sorted(preferences.places),
        "digest": preferences.digest_at and f"{preferences.digest_at:%H:%M} {preferences.zone.key}",
    }
