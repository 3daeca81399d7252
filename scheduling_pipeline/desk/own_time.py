"""The time that somebody's own work orders are told in: that of their schedules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scheduling_pipeline.desk.context import Desk
from scheduling_pipeline.work_orders import schedules
from scheduling_pipeline.work_orders.schedule import ScheduleType
from scheduling_pipeline.work_orders.wording import run_time


@dataclass(frozen=True, slots=True)
class OwnTime:
    """Now, and the zone of an owner."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def when(self, instant: datetime | None) -> str:
        """As in `Today at 2:30 PM EST`; `never` for None."""
        return "never" if instant is None else run_time(instant, self.now, self.zone)


def own_time(desk: Desk, owner_id: int) -> OwnTime:
    """In the zone of the owner's schedule for work orders, else of another one, else the usual zone."""
    found = schedules.of_owner(desk.engine, owner_id)
    zones = [one.rule.zone for one in sorted(found, key=lambda one: one.type != ScheduleType.WORK_ORDERS)]
    return OwnTime(desk.now(), next(iter(zones), desk.usual_zone))
