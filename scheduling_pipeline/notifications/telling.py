"""Telling owners of changes: at once, or with all others of a day; never the same twice within minutes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select, update

from scheduling_pipeline.database.notifications import Notification
from scheduling_pipeline.digest import digest
from scheduling_pipeline.notifications.channels import Channel
from scheduling_pipeline.notifications.compose import compose, trial
from scheduling_pipeline.notifications.outbox import is_on_its_way, note, queue
from scheduling_pipeline.notifications.owners import NoChannelError, load_preferences, open_channels
from scheduling_pipeline.notifications.told import Told, content_hash

QUIET = timedelta(minutes=5)  # in which the same changes are not told again


class TrialPendingError(Exception):
    """The last test message by this channel is not yet sent, or given up."""


def tell_changes(
    connection: Connection,
    owner: int,
    changes: Sequence[Told],
    now: datetime,
    *,
    run_id: str | None = None,
    link: str | None = None,
) -> int | None:
    """Have an owner told of changes, in the transaction that notes the changes themselves.

    The id of what was noted; None where the owner wants to hear of none of it, or has no channel. `link` is
    where the changes can be seen.
    """
    preferences = load_preferences(connection, owner)
    wanted = preferences.wanted(changes)
    reached_by = open_channels(connection, owner)
    if not wanted or not reached_by:
        return None
    content = content_hash(wanted)
    state = "queued" if preferences.digest_at is None else "waiting"
    if _told_lately(connection, owner, content, now):
        state = "suppressed"
    told = note(
        connection,
        owner_id=owner,
        kind="changes",
        state=state,
        content_hash=content,
        changes=[change.as_json() for change in wanted],
        run_id=run_id,
        created_at=now,
    )
    if state == "queued":
        _queue(connection, told, wanted, reached_by, link)
    return told


def tell_trial(connection: Connection, owner: int, channel: Channel, now: datetime) -> int:
    """Have a test message sent by one of an owner's channels; its id.

    Raises NoChannelError, and TrialPendingError while the last one is on its way.
    """
    if channel not in open_channels(connection, owner):
        raise NoChannelError(f"{channel} is not set up, or switched off")
    if is_on_its_way(connection, owner, "test", channel):
        raise TrialPendingError(f"a test message by {channel} is on its way")
    content = digest(["test", channel])
    told = note(connection, owner_id=owner, kind="test", state="queued", content_hash=content, created_at=now)
    queue(connection, told, channel, [trial(channel)])
    return told


def make_digests(engine: Engine, now: datetime, *, link: str | None = None) -> int:
    """Have everybody told of what waited for their time of day; how many digests these are."""
    waiting = select(Notification.owner_id).where(Notification.state == "waiting").distinct()
    with engine.connect() as connection:
        owners = connection.scalars(waiting.order_by(Notification.owner_id)).all()
    return sum(_digest(engine, owner, now, link) for owner in owners if owner is not None)


def _digest(engine: Engine, owner: int, now: datetime, link: str | None) -> bool:
    with engine.begin() as connection:
        until = load_preferences(connection, owner).digest_until(now)
        due = (
            select(Notification.id, Notification.changes)
            .where(Notification.owner_id == owner, Notification.state == "waiting")
            .order_by(Notification.id)
            .with_for_update(skip_locked=True)
        )
        rows = connection.execute(due.where(Notification.created_at <= until)).all()
        if not rows:
            return False
        changes = [Told.from_json(values) for row in rows for values in row.changes]
        told = note(
            connection,
            owner_id=owner,
            kind="digest",
            state="queued",
            content_hash=content_hash(changes),
            changes=[change.as_json() for change in changes],
            created_at=now,
        )
        digested = update(Notification).where(Notification.id.in_([row.id for row in rows]))
        connection.execute(digested.values(state="digested", digest_id=told))
        _queue(connection, told, changes, open_channels(connection, owner), link)
        return True


def _queue(
    connection: Connection,
    told: int,
    changes: Sequence[Told],
    reached_by: Collection[Channel],
    link: str | None,
) -> None:
    for channel in reached_by:
        queue(connection, told, channel, compose(changes, channel, link))


def _told_lately(connection: Connection, owner: int, content: str, now: datetime) -> bool:
    """Whether the last that an owner was told of is the same; what was told before that may be news again."""
    last = (
        select(Notification.content_hash)
        .where(
            Notification.owner_id == owner,
            Notification.kind == "changes",
            Notification.state != "suppressed",
            Notification.created_at > now - QUIET,
        )
        .order_by(Notification.id.desc())
        .limit(1)
    )
    return connection.scalar(last) == content
