"""Proposals in a test: a store's, and what became of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, RowMapping, select, update

from scheduling_pipeline.database.models import Base
from scheduling_pipeline.database.roster import PendingSchedule, SchedulerRun
from scheduling_pipeline.roster.model import Place
from scheduling_pipeline.roster.proposals import Made, begin_run, make_proposal
from scheduling_pipeline.roster.revision import note_revision
from scheduling_pipeline.roster.times import place_instant
from scheduling_pipeline.roster_settings import RosterSettings
from tests.roster.listing import NOW, SETTINGS
from tests.roster.store import ZONE


def propose(engine: Engine, now: datetime = NOW, settings: RosterSettings = SETTINGS) -> Made:
    """A whole automatic proposal."""
    run = begin_run(engine, run_type="automatic", requested_by=None, now=now)
    return make_proposal(engine, run, settings, now)


def run_row(engine: Engine, run: int) -> RowMapping:
    """A run as it is kept."""
    with engine.connect() as connection:
        query = select(SchedulerRun.__table__).where(SchedulerRun.id == run)
        return connection.execute(query).mappings().one()


def rows_of(engine: Engine, run: int) -> Mapping[int, RowMapping]:
    """The rows of a run by their event."""
    query = select(PendingSchedule.__table__).where(PendingSchedule.scheduler_run_id == run)
    with engine.connect() as connection:
        found = connection.execute(query.order_by(PendingSchedule.event_ref_num)).mappings()
        return {row["event_ref_num"]: row for row in found}


def change_row(engine: Engine, run: int, event: int, **values: object) -> None:
    """Somebody changes a row, and with it the run's revision."""
    row = PendingSchedule
    with engine.begin() as connection:
        changed = update(row).where(row.scheduler_run_id == run, row.event_ref_num == event)
        assert connection.execute(changed.values(**values)).rowcount == 1
        note_revision(connection, run)


def edit(engine: Engine, run: int, event: int, place: Place) -> None:
    """A manager edits a row."""
    change_row(
        engine,
        run,
        event,
        status="user_edited",
        edited_by="mia",
        edited_at=NOW,
        override_reason="she asked for it",
        employee_id=place.employee,
        schedule_datetime=place_instant(place.day, place.start, ZONE),
        schedule_time=place.start,
    )


def approve(engine: Engine, run: int) -> None:
    """A manager approves a run as it is."""
    with engine.begin() as connection:
        connection.execute(
            update(SchedulerRun)
            .where(SchedulerRun.id == run)
            .values(approved_at=NOW, approved_by_user="mia", approved_revision=SchedulerRun.revision)
        )
        row = PendingSchedule
        connection.execute(
            update(row)
            .where(row.scheduler_run_id == run, row.status.in_(("proposed", "user_edited")))
            .values(status="approved")
        )


def contents(engine: Engine, *, without: tuple[str, ...] = ()) -> dict[str, list[RowMapping]]:
    """All tables of the pipeline, but for those named."""
    with engine.connect() as connection:
        return {
            table.name: list(connection.execute(select(table).order_by(*table.primary_key)).mappings())
            for table in Base.metadata.sorted_tables
            if table.name not in without
        }
