"""What is forgotten after a while: ended runs, closed orders, and readings with what they brought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, delete, false

from scheduling_pipeline.database.work_orders import ScrapingRun, StoredWorkOrder, WorkOrderReading


def purge(engine: Engine, before: datetime) -> Mapping[str, int]:
    """Forget what ended before an instant; how many rows that were, by table.

    Baselines stay: they say that an owner's orders are known, and changes are to be told.
    """
    old = {
        ScrapingRun: ScrapingRun.completed_at < before,
        StoredWorkOrder: StoredWorkOrder.closed_at < before,
        WorkOrderReading: (WorkOrderReading.read_at < before) & (WorkOrderReading.baseline == false()),
    }
    with engine.begin() as connection:
        return {
            table.__tablename__: connection.execute(delete(table).where(where)).rowcount
            for table, where in old.items()
        }
