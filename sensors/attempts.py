"""Runs that were launched for something that is noted in the database, and whether one still works on it.

Whoever works on it holds a lease meanwhile; a run without it is dead, but for the time it takes to start and
to end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

import dagster as dg

SECONDS_TO_START = 180  # from a run's launch to its first step
SECONDS_TO_LEASE = 60  # from a run's start to the lease that it takes, and from the lease's end to its own
NO_RETRY = {"dagster/max_retries": "0"}  # what follows a run that died is decided by a sensor, and not twice
UNDER_WAY = frozenset(
    {
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    }
)

logger = logging.getLogger(__name__)


def is_alive(
    instance: dg.DagsterInstance, record: dg.RunRecord, now: datetime, holds_lease: Callable[[], bool]
) -> bool:
    """Whether a run waits or works; one whose process died is marked as failed, for all to see.

    Without that it would stand in the way of others: Dagster counts it as long as it looks as if it worked.
    """
    run = record.dagster_run
    if run.status not in UNDER_WAY:
        return False
    if run.status is dg.DagsterRunStatus.QUEUED or holds_lease():
        return True
    grace = SECONDS_TO_LEASE if record.start_time else SECONDS_TO_START
    if now.timestamp() - _last_sign(instance, record) < grace:
        return True
    logger.warning("run %s died: it holds no lease", run.run_id)
    instance.report_run_failed(run, "Its process died.")
    return False


def _last_sign(instance: dg.DagsterInstance, record: dg.RunRecord) -> float:
    """When a run was last heard of, in seconds since 1970."""
    newest = instance.get_records_for_run(record.dagster_run.run_id, limit=1, ascending=False).records
    return max(record.create_timestamp.timestamp(), *(one.event_log_entry.timestamp for one in newest), 0)
