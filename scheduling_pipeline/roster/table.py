"""The roster as somebody who changes it by hand has it before them: rules, what stands, what is to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

from sqlalchemy import Connection, or_, select

from scheduling_pipeline.database.roster import PendingSchedule, SchedulerRun
from scheduling_pipeline.roster.model import Event, EventType, Place, Snapshot
from scheduling_pipeline.roster.pins import UNDER_WAY
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.refused import NotFoundError, check
from scheduling_pipeline.roster.snapshot import load_snapshot
from scheduling_pipeline.roster.times import day_of, place_instant, wall_time
from scheduling_pipeline.roster.validator import Proposed, Validator, standing
from scheduling_pipeline.roster_settings import RosterSettings

DRAFT = ("proposed", "user_edited")
"""The states of rows that wait for an approval."""


@dataclass
class Table:
    """`placed`: where every event is, or will be once all that counts has come about. `proposed`: where other
    proposals want events, which nobody has approved yet."""

    settings: RosterSettings
    snapshot: Snapshot
    placed: dict[int, Place]
    proposed: Mapping[int, Proposed]
    events: Mapping[int, Event] = field(init=False)

    def __post_init__(self) -> None:
        self.events = {event.ref: event for event in self.snapshot.events}

    @classmethod
    def load(
        cls,
        connection: Connection,
        settings: RosterSettings,
        now: datetime,
        *,
        run_id: int | None = None,
        reissued: Mapping[int, date] | None = None,
    ) -> Self:
        """What stands, what was approved and is not submitted yet, and the rows of a run. `reissued`: events
        that are to be offered again, with their new due days."""
        snapshot = load_snapshot(connection, settings, now, reissued=reissued)
        placed = standing(snapshot)
        proposed: dict[int, Proposed] = {}
        row, run = PendingSchedule, SchedulerRun
        waits = row.status.in_(DRAFT) & (run.status == "completed") & run.approved_at.is_(None)
        query = (
            select(
                row.event_ref_num, row.employee_id, row.schedule_datetime, row.status, row.scheduler_run_id
            )
            .join(run, run.id == row.scheduler_run_id)
            .where(or_(row.status.in_(UNDER_WAY), row.status.in_(DRAFT) & (run.id == run_id), waits))
            .order_by(row.id)
        )
        for event, employee, start, status, number in connection.execute(query):
            place = start and Place(day_of(start, settings.tz), wall_time(start, settings.tz), employee)
            if status in DRAFT and number != run_id:
                if place:
                    proposed[event] = Proposed(number, place)
                continue
            placed.pop(event, None)
            if place:
                placed[event] = place
        return cls(settings, snapshot, placed, proposed)

    def event(self, ref: int) -> Event:
        """Raises NotFoundError for one that is neither open nor stands in the planner."""
        if ref not in self.events:
            raise NotFoundError(f"There is no open event {ref}.")
        return self.events[ref]

    def place(self, employee: str, start: datetime) -> Place:
        """Somebody from an instant on, in store time. Raises NotFoundError for somebody unknown."""
        if all(one.id != employee for one in self.snapshot.employees):
            raise NotFoundError(f"There is nobody with the number {employee}.")
        zone = self.settings.tz
        return Place(day_of(start, zone), wall_time(start, zone), employee)

    def instant(self, place: Place) -> datetime:
        return place_instant(place.day, place.start, self.settings.tz)

    def validator(self, placed: Mapping[int, Place] | None = None) -> Validator:
        """The rules on the roster as it is here, or with other places."""
        places = self.placed if placed is None else placed
        return Validator(self.snapshot, self.settings.rules, places, self.proposed)

    def put(self, places: Mapping[int, Place], override: str | None) -> dict[int, str | None]:
        """Have some events at places, all of them at once; the reason kept with each.

        Raises RuleBrokenError or OverrideNeededError, with everything that is wrong with any of them.
        """
        placed = {**self.placed, **places}
        validator = self.validator(placed)
        found = {ref: validator.violations(ref, place) for ref, place in places.items()}
        check([violation for violations in found.values() for violation in violations], override)
        self.placed = placed
        return {ref: check(violations, override) for ref, violations in found.items()}

    def supervisor_of(self, core: Event) -> Event | None:
        """The Supervisor event that belongs to a Core event."""
        return next((event for event in self.snapshot.events if event.parent == core.ref), None)

    def place_for_supervisor(self, supervisor: Event, core: Place) -> Place | Reason:
        """Where a Supervisor event goes once its Core event is at a place: where it is, if it is that day,
        else with whom the rules name first; or why it can go nowhere."""
        validator = self.validator()
        here = self.placed.get(supervisor.ref)
        people = validator.eligibility.people(supervisor, core.day)
        start = self.settings.supervisor_time
        candidates = [here] if here and here.day == core.day and here.employee else []
        candidates += [Place(core.day, start, employee) for employee in people]
        for place in candidates:
            if not any(violation.hard for violation in validator.violations(supervisor.ref, place)):
                return place
        return Reason(Code.SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE, {"day": core.day.isoformat()})


def is_core(event: Event) -> bool:
    return event.type is EventType.CORE
