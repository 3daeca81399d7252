"""What owners want to be told, and how they are reached: kept in the database, their keys encrypted."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.database.notifications import NotificationChannel, NotificationPreference
from scheduling_pipeline.notifications.channels import Channel, Keys, as_values, channel_of, keys_of, named
from scheduling_pipeline.notifications.preferences import Preferences


class NoChannelError(Exception):
    """The owner has no such channel, or has switched it off."""


@dataclass(frozen=True, slots=True)
class OwnChannel:
    """A channel that an owner has set up."""

    channel: Channel
    enabled: bool
    updated_at: datetime


def save_preferences(connection: Connection, owner: int, preferences: Preferences, now: datetime) -> None:
    """Keep what an owner wants to be told."""
    values = {
        "kinds": sorted(preferences.kinds),
        "stores": sorted(preferences.stores),
        "places": sorted(preferences.places),
        "digest_at": preferences.digest_at,
        "zone": preferences.zone.key,
        "updated_at": now,
    }
    connection.execute(
        upsert(connection, NotificationPreference)
        .values(owner_id=owner, **values)
        .on_conflict_do_update(index_elements=["owner_id"], set_=values)
    )


def load_preferences(connection: Connection, owner: int) -> Preferences:
    """What an owner wants to be told; the usual where they never said."""
    query = select(NotificationPreference.__table__).where(NotificationPreference.owner_id == owner)
    row = connection.execute(query).one_or_none()
    if row is None:
        return Preferences()
    return Preferences(
        kinds=frozenset(row.kinds),
        stores=frozenset(row.stores),
        places=frozenset(row.places),
        digest_at=row.digest_at,
        zone=ZoneInfo(row.zone),
    )


def save_channel(connection: Connection, cipher: Cipher, owner: int, keys: Keys, now: datetime) -> None:
    """Keep an owner's keys for a channel, in place of older ones, and switch it on."""
    values = {"keys": cipher.encrypt(json.dumps(as_values(keys))), "enabled": True, "updated_at": now}
    connection.execute(
        upsert(connection, NotificationChannel)
        .values(owner_id=owner, channel=channel_of(keys), **values)
        .on_conflict_do_update(index_elements=["owner_id", "channel"], set_=values)
    )


def switch_channel(
    connection: Connection, owner: int, channel: Channel, now: datetime, *, enabled: bool
) -> None:
    """Switch a channel on or off; its keys stay. Raises NoChannelError."""
    switched = update(NotificationChannel).where(*_is(owner, channel)).values(enabled=enabled, updated_at=now)
    if connection.execute(switched).rowcount == 0:
        raise NoChannelError(f"{channel} is not set up")


def delete_channel(connection: Connection, owner: int, channel: Channel) -> None:
    """Forget an owner's keys for a channel."""
    connection.execute(delete(NotificationChannel).where(*_is(owner, channel)))


def channels(connection: Connection, owner: int) -> list[OwnChannel]:
    """The channels that an owner has set up, by name."""
    row = NotificationChannel
    query = select(row.channel, row.enabled, row.updated_at).where(row.owner_id == owner)
    return [OwnChannel(*found) for found in connection.execute(query.order_by(row.channel))]


def open_channels(connection: Connection, owner: int) -> Collection[Channel]:
    """The channels by which an owner is reached now: none of somebody who may not sign in any more."""
    query = select(NotificationChannel.channel).join(DeskUser).where(*_is_open(owner))
    return [named(channel) for channel in connection.scalars(query.order_by(NotificationChannel.channel))]


def load_keys(engine: Engine, cipher: Cipher, owner: int, channel: Channel) -> Keys:
    """An owner's keys for an open channel. Raises NoChannelError and UnreadableSecretError."""
    query = (
        select(NotificationChannel.keys)
        .join(DeskUser)
        .where(*_is_open(owner), NotificationChannel.channel == channel)
    )
    with engine.connect() as connection:
        found = connection.scalar(query)
    if found is None:
        raise NoChannelError(f"{channel} is not set up, or switched off")
    return keys_of(channel, json.loads(cipher.decrypt(found)))


def _is_open(owner: int) -> tuple[ColumnElement[bool], ...]:
    return (
        NotificationChannel.owner_id == owner,
        NotificationChannel.enabled.is_(True),
        DeskUser.is_active.is_(True),
    )


def _is(owner: int, channel: Channel) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return NotificationChannel.owner_id == owner, NotificationChannel.channel == channel
