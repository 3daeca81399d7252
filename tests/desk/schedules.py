"""Schedules and runs of somebody at the desk, in a few words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.work_orders.history import Items
from scheduling_pipeline.work_orders.runs import Runs
from scheduling_pipeline.work_orders.schedule import Trigger
from tests.desk.people import NOW, Person

API = "/api/scraping-schedules"
ITEMS = Items(processed=58, added=2, updated=3, removed=1)
TOOK = timedelta(seconds=44)


SCHEDULE, FAILED = 1, 1  # the numbers of a schedule and of a failed run of `fill`


def fill(engine: Engine, person: Person) -> None:
    """Give somebody a schedule, a run that failed and one that went well."""
    create(person, active_hours={"start": 6, "end": 22})
    fail(engine, person, NOW)
    succeed(engine, person, NOW)


def owner_of(engine: Engine, person: Person) -> int:
    """The number of somebody's user."""
    with engine.connect() as connection:
        return connection.execute(select(DeskUser.id).where(DeskUser.name == person.name)).scalar_one()


def create(person: Person, **fields: object) -> dict[str, Any]:
    """A schedule that was made, as it was answered."""
    answer = person.ask("POST", API, {"schedule_type": "work_orders", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def begin(
    engine: Engine,
    person: Person,
    at: datetime,
    kind: str = "work_orders",
    trigger: Trigger = Trigger.SCHEDULED,
    since: datetime | None = None,
) -> int:
    """A run that is under way; its number."""
    return Runs(engine, 5).begin(
        owner_of(engine, person), kind, trigger, dagster_run_id="run", now=at, since=since
    )


def succeed(engine: Engine, person: Person, at: datetime, **how: Any) -> int:  # noqa: ANN401 - as `begin`
    """A run that went well; its number."""
    run = begin(engine, person, at, **how)
    Runs(engine, 5).succeed(run, ITEMS, at + TOOK, memory_mb=210.5, metadata={"pages": 1})
    return run


def fail(engine: Engine, person: Person, at: datetime, told: str = "the site is down", **how: Any) -> int:  # noqa: ANN401
    """A run that failed; its number."""
    run = begin(engine, person, at, **how)
    Runs(engine, 5).fail(run, RuntimeError(told), at + TOOK)
    return run
