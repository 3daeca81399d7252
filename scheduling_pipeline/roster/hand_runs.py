"""A run that was made by hand: its rows, approved by who made it, and the request to submit them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, update

from scheduling_pipeline.database import audit
from scheduling_pipeline.database.roster import PendingSchedule, SchedulerRun
from scheduling_pipeline.roster.model import Event, Place
from scheduling_pipeline.roster.requests import add_request
from scheduling_pipeline.roster.revision import note_revision
from scheduling_pipeline.roster.table import Table

logger = logging.getLogger(__name__)


class ByHand(NamedTuple):
    """A run that was made by hand, and the request to submit it."""

    run_id: int
    request_id: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where an event is to be; `place` is None for one that is taken off. `trades_with`: another event that
    changes only if this one does. `reissue_until`: the day before which one is to be done that is offered
    again."""

    event: Event
    place: Place | None
    override: str | None = None
    trades_with: int | None = None
    reissue_until: date | None = None


def make_run(
    connection: Connection, table: Table, wanted: Sequence[Wanted], action: str, *, who: str, now: datetime
) -> ByHand:
    """Make the run and the request in the caller's transaction, noted in the audit as an `action`."""
    run = {
        "run_type": "hand",
        "requested_by": who,
        "started_at": now,
        "completed_at": now,
        "status": "completed",
        "total_events_processed": len(wanted),
        "events_scheduled": sum(one.place is not None for one in wanted),
    }
    run_id = connection.execute(insert(SchedulerRun).values(run).returning(SchedulerRun.id)).scalar_one()
    rows = [_row(table, one, who, now) | {"scheduler_run_id": run_id} for one in wanted]
    connection.execute(insert(PendingSchedule), rows)
    revision = note_revision(connection, run_id)
    approved = {"approved_revision": revision, "approved_at": now, "approved_by_user": who}
    connection.execute(update(SchedulerRun).where(SchedulerRun.id == run_id).values(approved))
    request = add_request(connection, kind="submit", run_id=run_id, who=who, now=now, revision=revision)
    for one in wanted:
        subject = f"event {one.event.ref}, run {run_id}"
        before, after = _shown(table, one.event.committed), _shown(table, one.place)
        after |= {"override_reason": one.override, "reissue_until": one.reissue_until}
        audit.record(connection, who, action, subject, before=before, after=after, at=now)
    return ByHand(run_id, request)


def logged(made: ByHand, action: str, who: str) -> ByHand:
    """The run, which the log knows of from now on: call it once that is committed."""
    logger.info("%s by %s: run %d, request %d", action, who, made.run_id, made.request_id)
    return made


def _shown(table: Table, place: Place | None) -> dict[str, object]:
    if place is None:
        return {}
    return {"employee_id": place.employee, "schedule_datetime": table.instant(place)}


def _row(table: Table, wanted: Wanted, who: str, now: datetime) -> dict[str, object]:
    event, place, before = wanted.event, wanted.place, wanted.event.committed
    return {
        "event_ref_num": event.ref,
        "employee_id": place and place.employee,
        "schedule_datetime": place and table.instant(place),
        "schedule_time": place and place.start,
        "status": "approved",
        "previous_employee_id": (before and before.employee) or None,
        "previous_datetime": before and table.instant(before),
        "is_swap": wanted.trades_with is not None,
        "bumped_event_ref_num": wanted.trades_with,
        "made_room_for": wanted.trades_with,
        "reissue_until": wanted.reissue_until,
        "override_reason": wanted.override,
        "edited_by": who,
        "edited_at": now,
        "created_at": now,
        "updated_at": now,
    }
