"""The revision of a run: a digest of its rows, so that an approval means exactly one roster."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import Connection, select, update

from scheduling_pipeline.database.roster import PendingSchedule, SchedulerRun

OUT = ("failed", "rejected")
"""The states of rows that bring nothing about."""


def revision_of(connection: Connection, run_id: int) -> str:
    """The digest of a run's rows as they are: 64 hexadecimal digits.

    It changes with each place, person and row that is taken out or put back, and not with how far the
    approval or submission of the same rows has come.
    """
    row = PendingSchedule
    query = (
        select(row.id, row.event_ref_num, row.employee_id, row.schedule_datetime, row.status)
        .where(row.scheduler_run_id == run_id)
        .order_by(row.id)
    )
    rows = [
        [number, event, employee, instant and instant.isoformat(), status not in OUT]
        for number, event, employee, instant, status in connection.execute(query)
    ]
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def note_revision(connection: Connection, run_id: int) -> str:
    """Write down a run's revision after a change of its rows, in the same transaction, and return it."""
    revision = revision_of(connection, run_id)
    connection.execute(update(SchedulerRun).where(SchedulerRun.id == run_id).values(revision=revision))
    return revision
