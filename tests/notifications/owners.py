"""An owner of work orders, and changes to tell them of."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Engine, insert

from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.notifications.channels import Keys
from scheduling_pipeline.notifications.owners import save_channel, save_preferences
from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.told import Told
from tests.notifications.mailbox import KEY

NOW = datetime(2026, 3, 4, 11, tzinfo=UTC)
MOVED = Told("moved", "110001", "#1234", "Springfield, IL", 8, date(2026, 3, 5), date(2026, 3, 9))
REMOVED = Told("removed", "110002", "#77", "Gary, IN", 4, before=date(2026, 3, 6))
ADDED = Told("added", "110003", "#1234", "Springfield, IL", 1, after=date(2026, 3, 10))


def add_owner(
    engine: Engine, *channels: Keys, name: str = "mona", preferences: Preferences | None = None
) -> int:
    """The id of a new user who is reached by these channels."""
    user = {"name": name, "role": "viewer", "password_hash": "", "created_at": NOW}
    with engine.begin() as connection:
        owner = connection.execute(insert(DeskUser).values(user).returning(DeskUser.id)).scalar_one()
        for keys in channels:
            save_channel(connection, Cipher(KEY), owner, keys, NOW)
        if preferences:
            save_preferences(connection, owner, preferences, NOW)
    return owner
