"""The events as the planner lists them: what is new, what changed, what is gone, and who stands where.

Nothing is deleted but entries in calendars that the planner does not have any more: an event that it no
longer lists is closed, and opened again when it is back. So a proposal's rows keep what they refer to,
approved or not; whether an approved place still fits is decided when it is submitted, by what stands here.
What a submission has just changed, or may have changed, is newer than the listing and is left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Engine, RowMapping, bindparam, delete, or_, select, update

from scheduling_pipeline.database.roster import (
    CrossmarkOperation,
    RosterEmployee,
    RosterEvent,
    RosterSchedule,
)
from scheduling_pipeline.database.settle import Count, settle
from scheduling_pipeline.roster.model import Event, EventType
from scheduling_pipeline.roster.names import event_number, event_type
from scheduling_pipeline.roster.pairing import pair
from scheduling_pipeline.roster.planner import OPEN_CONDITIONS, OVER_CONDITIONS, Booking, ListedEvent, Planner
from scheduling_pipeline.roster.times import day_of, place_instant
from scheduling_pipeline.roster_settings import RosterSettings

CANCELED = "Canceled"

Values = Mapping[str, object]


class TooFewListedError(Exception):
    """The planner's answer has too few of the events that we know: nothing was changed.

    `listed`: events in the answer; `known`: those that we have in its window; `found`: of these, in it.
    """

    def __init__(self, listed: int, known: int, found: int, smallest_share: float) -> None:
        super().__init__(
            f"the planner listed {listed} events, with {found} of the {known} that we know in this window; "
            f"at least {smallest_share:.0%} of them are expected. Nothing was changed. If this is right, "
            "lower roster.smallest_share for one refresh"
            if listed
            else f"the planner listed no events, where we know {known}. Nothing was changed"
        )
        self.listed, self.known, self.found = listed, known, found


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh of the events did. `problems` are the events that somebody should look at, by kind."""

    listed: int
    events: Count
    schedules: Count
    closed: int
    reopened: int
    problems: Mapping[str, Sequence[int]]

    @property
    def counts(self) -> Mapping[str, int]:
        """All figures by name."""
        return {
            "listed": self.listed,
            "new": self.events.added,
            "changed": self.events.changed,
            "unchanged": self.events.unchanged,
            "closed": self.closed,
            "reopened": self.reopened,
            "schedules_new": self.schedules.added,
            "schedules_changed": self.schedules.changed,
            "schedules_removed": self.schedules.removed,
            **{kind: len(refs) for kind, refs in self.problems.items()},
        }


def refresh_events(engine: Engine, planner: Planner, settings: RosterSettings, now: datetime) -> Refreshed:
    """Bring events and schedules to what the planner lists; all of it, or nothing.

    `now` is before the planner is asked. Raises PlannerError when it cannot be read, TooFewListedError when
    its answer is empty or has too few of the known events.
    """
    today = day_of(now, settings.tz)
    first = today - timedelta(days=settings.look_back_days)
    last = today + timedelta(days=settings.look_ahead_days)
    listing = planner.events(first, last)
    with engine.begin() as connection:
        return _Refresh(connection, settings, now).apply(listing, first, last)


@dataclass
class _Refresh:
    connection: Connection
    settings: RosterSettings
    now: datetime
    problems: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def apply(self, listing: Sequence[ListedEvent], first: date, last: date) -> Refreshed:
        listed = self._by_number(listing)
        query = select(RosterEvent.__table__).where(RosterEvent.external_id.is_not(None))
        standing = {row["project_ref_num"]: row for row in self.connection.execute(query).mappings()}
        # However the planner understands its window, an event that starts within it belongs to it.
        known = {
            ref
            for ref, row in standing.items()
            if row["closed_at"] is None and first <= self._day(row["start_datetime"]) <= last
        }
        found = len(known & listed.keys())
        share = self.settings.smallest_share
        if not listed or found < share * len(known):
            raise TooFewListedError(len(listed), len(known), found, share)
        newer = self._newer(standing)
        current = {ref: event for ref, event in listed.items() if ref not in newer}
        wanted = {ref: self._values(event, standing.get(ref)) for ref, event in current.items()}
        reopened = sum(ref in standing and standing[ref]["closed_at"] is not None for ref in wanted)
        _, events = settle(self.connection, RosterEvent, standing, wanted)
        closed = self._close(known - listed.keys() - newer) + self._close_doubles(listed.values())
        schedules = self._settle_schedules(current)
        self._touch(current)
        self._pair()
        self.problems["left_alone"] += sorted(listed.keys() & newer)
        return Refreshed(len(listed), events, schedules, closed, reopened, dict(self.problems))

    def _by_number(self, listing: Iterable[ListedEvent]) -> dict[int, ListedEvent]:
        listed: dict[int, ListedEvent] = {}
        for event in listing:
            if listed.setdefault(event.mplan_id, event) != event:
                self.problems["listed_twice"].append(event.mplan_id)
        return listed

    def _newer(self, standing: Mapping[int, RowMapping]) -> set[int]:
        """The events about which we know more than the listing, or wait to know."""
        operation = CrossmarkOperation
        written = select(operation.event_ref_num).where(
            or_(operation.settled_at.is_(None), operation.settled_at >= self.now)
        )
        synced = {
            ref for ref, row in standing.items() if row["last_synced"] and row["last_synced"] > self.now
        }
        return synced | set(self.connection.scalars(written))

    def _values(self, event: ListedEvent, standing: RowMapping | None) -> Values:
        location = event.location_id or (standing["location_mvid"] if standing else None)
        if event.due < event.start:
            self.problems["due_before_start"].append(event.mplan_id)
        if location is None:
            self.problems["without_location"].append(event.mplan_id)
        if event.booking is None and event.condition not in (*OPEN_CONDITIONS, *OVER_CONDITIONS):
            self.problems["staffed_without_date"].append(event.mplan_id)
        return {
            "project_ref_num": event.mplan_id,
            "external_id": str(event.mplan_id),
            "project_name": event.name,
            "location_mvid": None if location is None else str(location),
            "store_name": event.store_name or None,
            "start_datetime": self._midnight(event.start),
            "due_datetime": self._midnight(max(event.start, event.due)),
            # The planner may say Unstaffed of an event that was given a time on its own pages.
            "is_scheduled": event.booking is not None or event.condition not in OPEN_CONDITIONS,
            "condition": event.condition,
            "event_type": event_type(event.name).value,
            "sales_tools_url": event.sales_tools_url or None,
            "closed_at": None,
            "sync_status": "synced",
        }

    def _close(self, refs: Collection[int]) -> int:
        if refs:
            self._update(RosterEvent, "project_ref_num", {ref: {"closed_at": self.now} for ref in refs})
        return len(refs)

    def _close_doubles(self, listed: Iterable[ListedEvent]) -> int:
        """Events that only a file knew until the planner listed them under their own number."""
        event = RosterEvent
        file_born = select(event.project_ref_num, event.project_name).where(
            event.external_id.is_(None), event.closed_at.is_(None)
        )
        names = {one.name for one in listed}
        return self._close([ref for ref, name in self.connection.execute(file_born) if name in names])

    def _settle_schedules(self, current: Mapping[int, ListedEvent]) -> Count:
        rows = self.connection.execute(select(RosterSchedule.__table__)).mappings()
        every = {row["event_ref_num"]: row for row in rows}
        standing = {ref: row for ref, row in every.items() if ref in current}
        bookings = {ref: event.booking for ref, event in current.items() if event.booking is not None}
        wanted = self._schedules(bookings)
        gone = [row["id"] for ref, row in standing.items() if ref not in wanted]
        self.connection.execute(delete(RosterSchedule).where(RosterSchedule.id.in_(gone)))
        # Ids may change hands: who is to lose one must do so before another gets it.
        ids = {values["external_id"]: ref for ref, values in wanted.items() if values["external_id"]}
        losing = {
            row["id"]: {"external_id": None}
            for ref, row in every.items()
            if row["external_id"] is not None and ids.get(row["external_id"], ref) != ref
        }
        self._update(RosterSchedule, "id", losing)
        _, count = settle(self.connection, RosterSchedule, standing, wanted)
        return count + Count(removed=len(gone))

    def _schedules(self, bookings: Mapping[int, Booking]) -> dict[int, Values]:
        reps = select(RosterEmployee.rep_id, RosterEmployee.id).where(RosterEmployee.rep_id.is_not(None))
        people = dict(self.connection.execute(reps).tuples().all())
        wanted: dict[int, Values] = {}
        ids: set[int] = set()
        for ref, booking in sorted(bookings.items()):
            employee = people.get(booking.rep_id)
            if employee is None:
                self.problems["unknown_person"].append(ref)
            if booking.schedule_id in ids:
                self.problems["same_schedule_id"].append(ref)
            wanted[ref] = {
                "event_ref_num": ref,
                "employee_id": employee,
                "rep_name": booking.rep_name or None,
                "schedule_datetime": booking.start,
                "external_id": None if booking.schedule_id in ids else booking.schedule_id,
                "sync_status": "synced",
            }
            if booking.schedule_id is not None:
                ids.add(booking.schedule_id)
        return wanted

    def _touch(self, refs: Iterable[int]) -> None:
        """Note when each was last seen as it is."""
        seen = {ref: {"last_synced": self.now} for ref in refs}
        self._update(RosterEvent, "project_ref_num", seen)
        self._update(RosterSchedule, "event_ref_num", seen)

    def _pair(self) -> None:
        """Give each Supervisor event its Core event, across all that were neither closed nor canceled."""
        query = select(RosterEvent.__table__).where(
            RosterEvent.closed_at.is_(None), RosterEvent.condition != CANCELED
        )
        rows = self.connection.execute(query.order_by(RosterEvent.project_ref_num)).mappings().all()
        pairing = pair([self._event(row) for row in rows])
        parents = {
            row["project_ref_num"]: {"parent_event_ref_num": pairing.parents.get(row["project_ref_num"])}
            for row in rows
            if row["parent_event_ref_num"] != pairing.parents.get(row["project_ref_num"])
        }
        self._update(RosterEvent, "project_ref_num", parents)
        today = day_of(self.now, self.settings.tz)
        over = {row["project_ref_num"] for row in rows if self._day(row["due_datetime"]) < today}
        self.problems["unpaired"] += sorted(pairing.unpaired.keys() - over)

    def _event(self, row: RowMapping) -> Event:
        return Event(
            ref=row["project_ref_num"],
            name=row["project_name"],
            type=EventType(row["event_type"]),
            store=row["location_mvid"] or "",
            start=self._day(row["start_datetime"]),
            due=self._day(row["due_datetime"]),
            minutes=0,
            number=event_number(row["project_name"]),
        )

    def _update(
        self, table: type[RosterEvent | RosterSchedule], key: str, changes: Mapping[int, Values]
    ) -> None:
        """Change rows by their keys, all in the same columns."""
        if changes:
            columns = table.__table__.c
            names = next(iter(changes.values()))
            one = update(table).where(columns[key] == bindparam("the_key"))
            self.connection.execute(
                one.values({name: bindparam(f"new_{name}") for name in names}),
                [
                    {"the_key": number, **{f"new_{name}": value for name, value in values.items()}}
                    for number, values in changes.items()
                ],
            )

    def _midnight(self, day: date) -> datetime:
        return place_instant(day, time(0), self.settings.tz)

    def _day(self, instant: datetime) -> date:
        return day_of(instant, self.settings.tz)
