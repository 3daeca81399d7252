"""How Dagster's daemon is, as its heartbeats and the sensor of the schedules tell."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime

import dagster as dg
from dagster._core.scheduler.instigation import SensorInstigatorData
from dagster_postgres.utils import DagsterPostgresException
from pydantic import AwareDatetime, BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from scheduling_pipeline.commands.scheduler import daemon_beats
from scheduling_pipeline.desk.outside import DaemonStatus

SENSOR = "due_scrapes"

logger = logging.getLogger(__name__)


class Looked(BaseModel):
    """The sensor's cursor: its last look at the schedules, and how many runs it has begun."""

    last_check: AwareDatetime | None = None
    schedules_checked: int = 0
    tasks_executed: int = 0


def daemon_status() -> DaemonStatus:
    """The daemon of DAGSTER_HOME; none runs where that is not set.

    Where it cannot be asked, none counts as running: pages that show it are of more than that.
    """
    if not os.environ.get("DAGSTER_HOME"):
        return DaemonStatus()
    try:
        with dg.DagsterInstance.get() as instance:
            return status_of(instance)
    except (dg.DagsterError, DagsterPostgresException, SQLAlchemyError) as error:
        logger.warning("Dagster cannot be asked how it is (%s)", type(error).__name__)
        return DaemonStatus()


def status_of(instance: dg.DagsterInstance) -> DaemonStatus:
    """The daemon of an instance."""
    for state in instance.all_instigator_state():
        data = state.instigator_data
        if state.instigator_name == SENSOR and isinstance(data, SensorInstigatorData):
            looked = _read(data)
            return DaemonStatus(
                daemon_beats(instance), looked.last_check, looked.schedules_checked, looked.tasks_executed
            )
    return DaemonStatus(daemon_beats(instance))


def _read(data: SensorInstigatorData) -> Looked:
    try:
        looked = Looked.model_validate_json(data.cursor or "{}")
    except ValidationError:
        looked = Looked()
    if looked.last_check is None and data.last_tick_timestamp is not None:
        return looked.model_copy(update={"last_check": datetime.fromtimestamp(data.last_tick_timestamp, UTC)})
    return looked
