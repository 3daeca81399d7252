"""A store with a proposal in its database, and what people and the pipeline do about it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from scheduling_pipeline.database.roster import (
    CrossmarkOperation,
    PendingSchedule,
    RosterEmployee,
    RosterEvent,
    RosterRequest,
    RosterSchedule,
    SchedulerRun,
)
from scheduling_pipeline.roster.model import Event, Place
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.review import approve
from scheduling_pipeline.roster.revision import note_revision
from scheduling_pipeline.roster.submission import Submitted, submit
from scheduling_pipeline.roster.times import place_instant
from scheduling_pipeline.roster_settings import RosterSettings
from tests.roster.planner import MemoryPlanner
from tests.roster.store import TODAY, ZONE, Store

SETTINGS = RosterSettings()
NOW = place_instant(TODAY, time(8), ZONE)
BOSS = "mona"


@dataclass
class Office:
    """`rows`: the ids of the proposal's rows, by event."""

    engine: Engine
    store: Store
    planner: MemoryPlanner = field(default_factory=MemoryPlanner)
    run_id: int = 0
    rows: dict[int, int] = field(default_factory=dict)
    _attempts: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def open(self) -> None:
        """Write the store into the database; the planner has the same."""
        self.store.write(self.engine)
        self.planner = MemoryPlanner.of(self.engine)

    def propose(
        self,
        places: Mapping[int, Place | None],
        *,
        bumps: Mapping[int, int] | None = None,
        failed: Mapping[int, Code] | None = None,
    ) -> int:
        """A completed proposal; `bumps`: by event, the one that makes room for it. The run's id."""
        events = {event.ref: event for event in self.store.events}
        bumps = bumps or {}
        made_room = {victim: taker for taker, victim in bumps.items()}
        with self.engine.begin() as connection:
            run = {"run_type": "automatic", "started_at": NOW, "completed_at": NOW, "status": "completed"}
            query = insert(SchedulerRun).values(run).returning(SchedulerRun.id)
            self.run_id = connection.execute(query).scalar_one()
            for ref, place in places.items():
                row = _row(events[ref], place) | {
                    "scheduler_run_id": self.run_id,
                    "is_swap": ref in bumps,
                    "bumped_event_ref_num": bumps.get(ref),
                    "made_room_for": made_room.get(ref),
                }
                connection.execute(insert(PendingSchedule).values(row))
            for ref, code in (failed or {}).items():
                row = _row(events[ref], None) | {
                    "scheduler_run_id": self.run_id,
                    "status": "failed",
                    "failure_code": code.value,
                }
                connection.execute(insert(PendingSchedule).values(row))
            note_revision(connection, self.run_id)
        self.rows = {row.event_ref_num: row.id for row in self.table()}
        return self.run_id

    @property
    def revision(self) -> str:
        """Of the proposal, as it is now."""
        revision = self.run().revision
        assert revision is not None
        return revision

    def approve(self) -> int:
        return approve(self.engine, self.run_id, self.revision, who=BOSS, now=NOW)

    def submit(self, request: int, engine: Engine | None = None) -> Submitted:
        return submit(
            engine or self.engine,
            request,
            self.planner,
            SETTINGS,
            run_id=f"run-{next(self._attempts)}",
            now=lambda: NOW + timedelta(minutes=1),
        )

    def approve_and_submit(self) -> Submitted:
        return self.submit(self.approve())

    def table(self, run_id: int | None = None) -> list[PendingSchedule]:
        """The rows of the proposal, or of another run."""
        query = select(PendingSchedule).where(PendingSchedule.scheduler_run_id == (run_id or self.run_id))
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(query.order_by(PendingSchedule.id)))

    def row(self, event: Event) -> PendingSchedule:
        """An event's row in the proposal."""
        return next(row for row in self.table() if row.event_ref_num == event.ref)

    def run(self, run_id: int | None = None) -> SchedulerRun:
        with Session(self.engine) as session:
            return session.get_one(SchedulerRun, run_id or self.run_id)

    def request(self, request_id: int) -> RosterRequest:
        with Session(self.engine) as session:
            return session.get_one(RosterRequest, request_id)

    def statuses(self, *events: Event) -> list[str]:
        return [self.row(event).status for event in events]

    def operations(self) -> list[CrossmarkOperation]:
        """What was written to the planner, the oldest first."""
        with Session(self.engine) as session:
            return list(session.scalars(select(CrossmarkOperation).order_by(CrossmarkOperation.sent_at)))

    def standing(self) -> dict[int, tuple[int | None, datetime]]:
        """Who does what by the tables, and from when on, as the planner says it."""
        query = (
            select(RosterSchedule.event_ref_num, RosterEmployee.rep_id, RosterSchedule.schedule_datetime)
            .select_from(RosterSchedule)
            .outerjoin(RosterEmployee, RosterEmployee.id == RosterSchedule.employee_id)
        )
        with self.engine.connect() as connection:
            return {event: (rep, start) for event, rep, start in connection.execute(query)}

    def scheduled(self) -> set[int]:
        """The events that the tables call scheduled."""
        query = select(RosterEvent.project_ref_num).where(RosterEvent.is_scheduled)
        with self.engine.connect() as connection:
            return set(connection.scalars(query))

    def assert_planner_and_tables_agree(self) -> None:
        assert self.standing() == self.planner.booked()
        assert self.scheduled() == set(self.planner.booked())
        assert not [one for one in self.operations() if one.settled_at is None]

    def assert_at(self, event: Event, place: Place | None) -> None:
        """An event is in the planner where it should be."""
        booked = self.planner.booked().get(event.ref)
        assert booked == (place and (self.rep(place.employee), instant(place)))

    def rep(self, employee: str) -> int:
        number = [one.id for one in self.store.employees].index(employee)
        return 200_001 + number


def instant(place: Place) -> datetime:
    return place_instant(place.day, place.start, ZONE)


def _row(event: Event, place: Place | None) -> dict[str, object]:
    before = event.committed
    return {
        "event_ref_num": event.ref,
        "employee_id": place and place.employee,
        "schedule_datetime": place and instant(place),
        "schedule_time": place and place.start,
        "status": "proposed",
        "previous_employee_id": before and before.employee,
        "previous_datetime": before and instant(before),
        "created_at": NOW,
        "updated_at": NOW,
    }
