"""The schema of the work orders refuses rows that mean nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from scheduling_pipeline.database.models import Base
from scheduling_pipeline.database.work_orders import (
    ScrapingRun,
    ScrapingSchedule,
    StoredWorkOrder,
    WorkFossaCredential,
    WorkOrderChange,
    WorkOrderReading,
)
from tests.work_orders.owners import MONDAY, NOW, add_owner

SCHEDULE: dict[str, Any] = {
    "schedule_type": "work_orders",
    "interval_hours": 1,
    "zone": "UTC",
    "rest_days": [],
    "created_at": NOW,
    "updated_at": NOW,
}
RUN: dict[str, Any] = {
    "schedule_type": "work_orders",
    "trigger_type": "scheduled",
    "dagster_run_id": "run",
    "started_at": NOW,
    "phase": "scraping",
    "percentage": 40,
}
READING: dict[str, Any] = {
    "read_at": NOW,
    "run_id": "run",
    "complete": True,
    "baseline": False,
    **dict.fromkeys(("listed", "added", "updated", "unchanged", "completed", "removed", "missing"), 0),
}
ORDER: dict[str, Any] = {
    "external_id": "110001",
    "status": "pending",
    "site_status": "Work Created",
    "categories": [],
    "instructions": "",
    "visits_done": 0,
    "visits_total": 1,
    "visit_id": "9",
    "visit_url": "https://fossa.example/app/work/110001/visits/9/",
    "scheduled_date": MONDAY,
    "first_seen_at": NOW,
    "updated_at": NOW,
}
CHANGE: dict[str, Any] = {
    "reading_id": 1,
    "noticed_at": NOW,
    "kind": "moved",
    "external_id": "1",
    "subject": {},
}
CREDENTIAL: dict[str, Any] = {"user": b"x", "password": b"x", "updated_at": NOW}


@pytest.mark.parametrize(
    ("table", "row", "bad"),
    [
        (ScrapingSchedule, SCHEDULE, {"schedule_type": ""}),
        (ScrapingSchedule, SCHEDULE, {"interval_hours": 0.4}),
        (ScrapingSchedule, SCHEDULE, {"interval_hours": 25}),
        (ScrapingSchedule, SCHEDULE, {"interval_hours": None}),
        (ScrapingSchedule, SCHEDULE, {"cron": "0 6 * * *"}),
        (ScrapingSchedule, SCHEDULE, {"active_start": 6}),
        (ScrapingSchedule, SCHEDULE, {"active_start": 24, "active_end": 6}),
        (ScrapingSchedule, SCHEDULE, {"active_start": 6, "active_end": 25}),
        (ScrapingSchedule, SCHEDULE, {"consecutive_failures": -1}),
        (ScrapingSchedule, SCHEDULE, {"waits_for": 99}),
        (ScrapingSchedule, SCHEDULE, {"enabled": False, "next_run": NOW}),
        (ScrapingSchedule, SCHEDULE, {"stopped_at": NOW, "next_run": NOW}),
        (ScrapingSchedule, SCHEDULE, {}),  # a second one of its kind
        (ScrapingRun, RUN, {"trigger_type": "auto"}),
        (ScrapingRun, RUN, {"phase": "resting"}),
        (ScrapingRun, RUN, {"percentage": 101}),
        (ScrapingRun, RUN, {"completed_at": NOW}),  # while it scrapes
        (ScrapingRun, RUN, {"phase": "completed", "completed_at": NOW}),  # without success
        (ScrapingRun, RUN, {"phase": "failed", "completed_at": NOW}),  # without saying why
        (ScrapingRun, RUN, {}),  # while another one runs
        (WorkOrderReading, READING, {"complete": False}),  # without saying why
        (WorkOrderReading, READING, {"complete": False, "problem": "x", "baseline": True}),
        (StoredWorkOrder, ORDER, {}),
        (StoredWorkOrder, ORDER, {"external_id": ""}),
        (StoredWorkOrder, ORDER, {"external_id": "2", "status": "odd"}),
        (StoredWorkOrder, ORDER, {"external_id": "2", "state": "completed"}),  # without when
        (StoredWorkOrder, ORDER, {"external_id": "2", "visit_id": None}),
        (StoredWorkOrder, ORDER, {"external_id": "2", "visit_url": "https://fossa.example/app/customers/1/"}),
        (StoredWorkOrder, ORDER, {"external_id": "2", "visits_done": 2}),
        (WorkFossaCredential, CREDENTIAL, {"owner_id": 2, "checked_at": NOW}),  # without how it ended
        (WorkFossaCredential, CREDENTIAL, {}),
    ],
)
def test_a_bad_row_is_refused(
    engine: Engine, table: type[Base], row: dict[str, Any], bad: dict[str, Any]
) -> None:
    add_owner(engine)
    add_owner(engine, "otto")
    good = {"owner_id": 1} | row
    with engine.begin() as connection:
        connection.execute(insert(table).values(good))
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(table).values(good | bad))


@pytest.mark.parametrize(
    "bad", [{"kind": "gone"}, {"kind": "swapped"}, {"other_id": "2"}, {"external_id": "3"}]
)
def test_a_change_is_of_a_kind_and_there_once(engine: Engine, bad: dict[str, Any]) -> None:
    owner = add_owner(engine)
    with engine.begin() as connection:
        statement = (
            insert(WorkOrderReading).values(READING | {"owner_id": owner}).returning(WorkOrderReading.id)
        )
        reading = connection.scalars(statement).one()
        change = CHANGE | {"owner_id": owner, "reading_id": reading}
        connection.execute(insert(WorkOrderChange).values(change | {"external_id": "3"}))
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(WorkOrderChange).values(change | bad))


def test_there_is_one_baseline(engine: Engine) -> None:
    owner, other = add_owner(engine), add_owner(engine, "otto")
    baseline = READING | {"baseline": True}
    with engine.begin() as connection:
        for who in (owner, other):
            connection.execute(insert(WorkOrderReading).values(baseline | {"owner_id": who}))
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(WorkOrderReading).values(baseline | {"owner_id": owner}))
        assert connection.scalars(select(WorkOrderReading.owner_id)).all() == [owner, other]


def test_an_error_of_the_database_does_not_repeat_the_row(engine: Engine) -> None:
    """It is shown in Dagster's log of events, which many may read."""
    row = {"owner_id": add_owner(engine), **ORDER, "visits_total": -1, "instructions": "ask for the key"}
    with pytest.raises(IntegrityError) as refusal, engine.begin() as connection:
        connection.execute(insert(StoredWorkOrder).values(row))
    assert "SQL parameters hidden" in str(refusal.value)
