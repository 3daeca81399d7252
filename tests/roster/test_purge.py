"""Old proposals go, with all that is theirs; what is still open stays, and so does what was sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, insert, select, update

from scheduling_pipeline.database.roster import (
    CrossmarkOperation,
    PendingSchedule,
    RosterRequest,
    SchedulerRun,
)
from scheduling_pipeline.roster.requests import add_request
from scheduling_pipeline.roster.runs import dismiss_crash, purge
from tests.roster.listing import NOW, SETTINGS
from tests.roster.proposing import approve, change_row, propose
from tests.roster.store import Store

LONG_AGO = NOW - timedelta(weeks=SETTINGS.keep_weeks, seconds=1)


@pytest.fixture
def old(engine: Engine) -> int:
    """An old run with one row, which newer ones have superseded; its number."""
    store = Store()
    store.lead()
    store.core()
    store.write(engine)
    run = propose(engine).run_id
    propose(engine)
    with engine.begin() as connection:
        connection.execute(update(SchedulerRun).values(started_at=LONG_AGO, completed_at=LONG_AGO))
    return run


def runs(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(SchedulerRun.id).order_by(SchedulerRun.id)))


def count(engine: Engine, table: type[PendingSchedule | RosterRequest | CrossmarkOperation]) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def sent(engine: Engine, run: int, state: str) -> None:
    row = PendingSchedule
    with engine.begin() as connection:
        number = connection.execute(select(row.id).where(row.scheduler_run_id == run)).scalar_one()
        connection.execute(
            insert(CrossmarkOperation).values(
                id="one",
                pending_schedule_id=number,
                event_ref_num=1,
                kind="schedule",
                purpose="place",
                state=state,
                mplan_id=1,
                location_id=1,
                run_id="run",
                sent_at=LONG_AGO,
                settled_at=LONG_AGO if state == "done" else None,
            )
        )


def asked(engine: Engine, run: int, state: str) -> None:
    with engine.begin() as connection:
        add_request(connection, kind="submit", run_id=run, who="mia", now=LONG_AGO)
        connection.execute(update(RosterRequest).values(state=state))


def test_an_old_run_goes_with_its_rows_and_requests(engine: Engine, old: int) -> None:
    asked(engine, old, "done")
    assert purge(engine, SETTINGS, NOW) == 1
    assert runs(engine) == [old + 1]
    assert (count(engine, PendingSchedule), count(engine, RosterRequest)) == (1, 0)
    assert purge(engine, SETTINGS, NOW) == 0


def test_what_was_sent_to_the_planner_stays_noted(engine: Engine, old: int) -> None:
    sent(engine, old, "done")
    assert purge(engine, SETTINGS, NOW) == 1
    assert count(engine, CrossmarkOperation) == 1


def test_a_run_is_kept_for_the_weeks_that_are_set(engine: Engine, old: int) -> None:
    assert purge(engine, SETTINGS, NOW - timedelta(seconds=2)) == 0
    assert runs(engine) == [old, old + 1]


def test_the_newest_proposal_stays_however_old(engine: Engine, old: int) -> None:
    assert purge(engine, SETTINGS, NOW + timedelta(weeks=50)) == 1
    assert runs(engine) == [old + 1]


@pytest.mark.parametrize("status", ["api_failed", "unknown", "approved"])
def test_a_run_with_open_failures_stays(engine: Engine, old: int, status: str) -> None:
    with engine.connect() as connection:
        row = PendingSchedule
        event = connection.scalars(select(row.event_ref_num).where(row.scheduler_run_id == old)).one()
    change_row(engine, old, event, status=status)
    assert purge(engine, SETTINGS, NOW) == 0
    change_row(engine, old, event, status="api_submitted")
    assert purge(engine, SETTINGS, NOW) == 1


@pytest.mark.parametrize("state", ["sent", "unknown"])
def test_a_run_with_a_write_in_doubt_stays(engine: Engine, old: int, state: str) -> None:
    sent(engine, old, state)
    assert purge(engine, SETTINGS, NOW) == 0


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_a_run_that_somebody_still_wants_something_of_stays(engine: Engine, old: int, state: str) -> None:
    asked(engine, old, state)
    assert purge(engine, SETTINGS, NOW) == 0


def test_a_crash_stays_until_it_is_dismissed(engine: Engine, old: int) -> None:
    with engine.begin() as connection:
        connection.execute(update(SchedulerRun).where(SchedulerRun.id == old).values(status="crashed"))
    assert purge(engine, SETTINGS, NOW) == 0
    dismiss_crash(engine, old, NOW)
    assert purge(engine, SETTINGS, NOW) == 1


def test_an_approved_and_submitted_run_goes(engine: Engine, old: int) -> None:
    approve(engine, old + 1)
    with engine.begin() as connection:
        connection.execute(update(PendingSchedule).values(status="api_submitted"))
    newest = propose(engine).run_id
    assert purge(engine, SETTINGS, NOW) == 2
    assert runs(engine) == [newest]
