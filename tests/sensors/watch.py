"""The sensor of how runs end, over its ticks, and what it told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
from sqlalchemy import Engine, select

from resources.database import Database
from resources.notifications import Notifications
from scheduling_pipeline.database.notifications import NotificationDelivery
from scheduling_pipeline.notification_settings import NotificationSettings
from scheduling_pipeline.notifications.outbox import log
from sensors.outcomes import build_outcome_sensor

SETTINGS = NotificationSettings(dagster_url="https://dagster.example/")
DUTY = "mailto://localhost:1?from=pipeline@school.example&to=duty@school.example"


class Watch:
    """The sensor over its ticks, each in a process of its own but for the cursor."""

    def __init__(self, engine: Engine, instance: dg.DagsterInstance) -> None:
        self.engine = engine
        self.instance = instance
        self.cursor: str | None = None

    def tick(self, *, cursor: str | None = None, later: timedelta = timedelta(minutes=1)) -> list[str]:
        """The titles that a tick adds, oldest first."""
        before = len(self.told)
        resources = {
            "database": Database(url=self.engine.url.render_as_string(hide_password=False)),
            "notifications": Notifications(urls=DUTY),
        }
        context = dg.build_sensor_context(self.instance, cursor=cursor or self.cursor, resources=resources)
        sensor = build_outcome_sensor(SETTINGS, running=True, now=lambda: datetime.now(UTC) + later)
        self.cursor = sensor.evaluate_tick(context).cursor
        return self.told[before:]

    @property
    def told(self) -> list[str]:
        return [entry.title for entry in log(self.engine, None, limit=1000)][::-1]

    @property
    def bodies(self) -> list[str]:
        query = select(NotificationDelivery.body).order_by(NotificationDelivery.id)
        with self.engine.connect() as connection:
            return list(connection.scalars(query))
