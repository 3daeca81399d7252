"""One week of a proposal, day by day and by person: what stands, and what would be otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select
from sqlalchemy.orm import aliased

from scheduling_pipeline.database.roster import PendingSchedule, RosterEmployee, RosterEvent, RosterSchedule
from scheduling_pipeline.roster.absences import load_absences
from scheduling_pipeline.roster.model import Absence, EventType
from scheduling_pipeline.roster.names import is_survey
from scheduling_pipeline.roster.revision import OUT
from scheduling_pipeline.roster.rows import Slot, load_standing, touches
from scheduling_pipeline.roster.times import day_of, week_of
from scheduling_pipeline.roster.wording import day_text
from scheduling_pipeline.roster_settings import RosterSettings

DAYS = 7
PEOPLE = 50  # of a grid, a page at a time
_ENDS = (func.min, func.max)


class Mark(StrEnum):
    """What an event of a week is, beside what stands there now."""

    EXISTING = "existing"
    NEW = "new"
    MOVED = "moved here"
    HELD = "held by hand"
    LEAVES = "moves away"
    DROPPED = "taken off"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event at a place. `row_id`: of the row that is about it, None for one that merely stands there.
    `swapped`: another event makes room for it. `note`: where it comes from or goes to."""

    mark: Mark
    event_ref: int
    event: str
    type: EventType
    slot: Slot
    minutes: int
    row_id: int | None = None
    status: str = ""
    swapped: bool = False
    note: str = ""

    @property
    def end(self) -> datetime:
        return self.slot.start + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class PersonWeek:
    """Somebody's week: what they have on each of its days, and why they are not there."""

    id: str
    name: str
    title: str
    entries: Mapping[date, Sequence[Entry]]
    absences: Mapping[date, Absence]


@dataclass(frozen=True)
class Week:
    """`first`: the Sunday that it begins with. `weeks`: those that the proposal is about, each with how many
    of its rows are in it."""

    first: date
    days: Sequence[date]
    weeks: Mapping[date, int]
    entries: Mapping[date, Sequence[Entry]]


def load_week(
    connection: Connection, run_id: int, settings: RosterSettings, *, wanted: date | None, today: date
) -> Week:
    """The week of a day, else the first one that a proposal is about, else this one."""
    zone, minutes = settings.tz, settings.rules.minutes
    weeks = _weeks(connection, run_id, settings)
    first = week_of(wanted or next(iter(weeks), today))
    days = [first + timedelta(days=number) for number in range(DAYS)]
    changes = [
        entry
        for row in _rows(connection, run_id, first, days[-1], settings)
        for entry in _entries(row, settings)
    ]
    about = {entry.event_ref for entry in changes}
    stays = [
        Entry(Mark.EXISTING, one.event_ref, one.event, one.type, one.place, one.minutes)
        for one in load_standing(connection, first, days[-1], zone, minutes)
        if one.event_ref not in about
    ]
    of_day: dict[date, list[Entry]] = {day: [] for day in days}
    for entry in sorted(stays + changes, key=lambda one: (one.slot.start, one.slot.employee, one.event_ref)):
        day = entry.slot.start.date()
        if day in of_day:
            of_day[day].append(entry)
    return Week(first, days, weeks, of_day)


def load_people(
    connection: Connection, week: Week, settings: RosterSettings, page: int
) -> tuple[list[PersonWeek], int]:
    """One page of everybody's week, by name, and how many pages there are. Whom the planner names and we do
    not know is among them."""
    having: dict[tuple[str, str], dict[date, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for day, entries in week.entries.items():
        for entry in entries:
            slot = entry.slot
            having[slot.employee_id, "" if slot.employee_id else slot.employee][day].append(entry)
    table = RosterEmployee
    query = select(table.id, table.name, table.job_title, table.is_active).order_by(table.name, table.id)
    staff = [
        (id_, name, title)
        for id_, name, title, is_active in connection.execute(query)
        if is_active or (id_, "") in having
    ]
    strangers = [("", name, "not known here") for employee, name in having if not employee]
    people = staff + sorted(strangers)
    shown = people[(page - 1) * PEOPLE : page * PEOPLE]
    away = load_absences(connection, settings, [one[0] for one in shown if one[0]], week.days)
    weeks = [
        PersonWeek(id_, name, title, having.get((id_, "" if id_ else name), {}), away.get(id_, {}))
        for id_, name, title in shown
    ]
    return weeks, max(1, -(-len(people) // PEOPLE))


def _weeks(connection: Connection, run_id: int, settings: RosterSettings) -> dict[date, int]:
    """The weeks from the first to the last that a run's rows are in; an empty one has none of them."""
    row, zone = PendingSchedule, settings.tz
    counting = (row.scheduler_run_id == run_id, row.status.not_in(OUT))
    ends = select(
        *(end(column) for column in (row.schedule_datetime, row.previous_datetime) for end in _ENDS)
    )
    days = [day_of(instant, zone) for instant in connection.execute(ends.where(*counting)).one() if instant]
    if not days:
        return {}
    first, last = week_of(min(days)), week_of(max(days))
    weeks = [first + timedelta(days=DAYS * number) for number in range((last - first).days // DAYS + 1)]
    counts = [func.count(case((touches(week, week + timedelta(days=DAYS - 1), zone), 1))) for week in weeks]
    found = connection.execute(select(*counts).where(*counting)).one()
    return dict(zip(weeks, found, strict=True))


def _rows(
    connection: Connection, run_id: int, first: date, last: date, settings: RosterSettings
) -> Sequence[Row[Any]]:
    """The rows that count and touch some days."""
    row = PendingSchedule
    wanted = (row.scheduler_run_id == run_id, row.status.not_in(OUT), touches(first, last, settings.tz))
    return connection.execute(_columns().where(*wanted)).all()


@cache
def _columns() -> Select[Any]:
    """Of each row only what an entry shows, since there are many; put together once."""
    row, event = PendingSchedule, RosterEvent
    person, before = aliased(RosterEmployee), aliased(RosterEmployee)
    return (
        select(
            row.id,
            row.event_ref_num,
            row.status,
            row.is_swap,
            row.failure_reason,
            row.employee_id,
            row.schedule_datetime,
            row.previous_employee_id,
            row.previous_datetime,
            event.project_name,
            event.event_type,
            person.name.label("person"),
            func.coalesce(before.name, RosterSchedule.rep_name, "").label("previous_person"),
        )
        .join(event, event.project_ref_num == row.event_ref_num)
        .outerjoin(person, person.id == row.employee_id)
        .outerjoin(before, before.id == row.previous_employee_id)
        .outerjoin(RosterSchedule, RosterSchedule.event_ref_num == row.event_ref_num)
    )


def _entries(row: Row[Any], settings: RosterSettings) -> Iterator[Entry]:
    """Where a row's event is to be, and the place that it leaves."""
    zone = settings.tz
    place = before = None
    if row.schedule_datetime is not None:
        place = Slot(row.employee_id, row.person, row.schedule_datetime.astimezone(zone))
    if row.previous_datetime is not None:
        name, start = row.previous_person, row.previous_datetime.astimezone(zone)
        before = Slot(row.previous_employee_id or "", name, start)
    kind = EventType(row.event_type)
    minutes = settings.rules.minutes.of(kind, survey=is_survey(row.project_name))

    def entry(mark: Mark, slot: Slot, note: str = "") -> Entry:
        event = (row.event_ref_num, row.project_name, kind)
        return Entry(mark, *event, slot, minutes, row.id, row.status, row.is_swap, note)

    match place, before:
        case Slot(), None:
            yield entry(Mark.NEW, place)
        case None, Slot():
            yield entry(Mark.DROPPED, before, row.failure_reason or "")
        case Slot(), Slot() if (place.employee_id, place.start) == (before.employee_id, before.start):
            yield entry(Mark.HELD, place)
        case Slot(), Slot():
            yield entry(Mark.MOVED, place, f"from {_where(before, place)}")
            yield entry(Mark.LEAVES, before, f"to {_where(place, before)}")


def _where(slot: Slot, other: Slot) -> str:
    """A place as it is told at another one: the person only where that is somebody else."""
    person = "" if slot.employee_id == other.employee_id else f", {slot.employee or 'somebody unknown'}"
    return f"{day_text(slot.start.date())}, {slot.start:%H:%M}{person}"
