"""One week of a proposal, day by day and by person: what stands, and what would be otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, select

from scheduling_pipeline.database.roster import PendingSchedule, RosterEmployee
from scheduling_pipeline.roster.absences import load_absences
from scheduling_pipeline.roster.model import Absence, EventType
from scheduling_pipeline.roster.revision import OUT
from scheduling_pipeline.roster.rows import Kind, ProposalRow, Slot, load_rows, load_standing, touches
from scheduling_pipeline.roster.times import day_of, week_of
from scheduling_pipeline.roster.wording import day_text
from scheduling_pipeline.roster_settings import RosterSettings

DAYS = 7
PEOPLE = 100  # of a grid, a page at a time


class Mark(StrEnum):
    """What an event of a week is, beside what stands there now."""

    EXISTING = "existing"
    NEW = "new"
    MOVED = "moved here"
    HELD = "held by hand"
    LEAVES = "moves away"
    DROPPED = "taken off"


_MARKS = {Kind.NEW: Mark.NEW, Kind.MOVED: Mark.MOVED, Kind.UNCHANGED: Mark.HELD}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event at a place. `row_id`: of the row that is about it, None for one that merely stands there.
    `swapped`: another event makes room for it. `note`: where it comes from or goes to."""

    mark: Mark
    event_ref: int
    event: str
    type: EventType
    store: str
    employee_id: str
    employee: str
    start: datetime
    end: datetime
    row_id: int | None = None
    status: str = ""
    swapped: bool = False
    note: str = ""


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
    rows = [
        row
        for row in load_rows(connection, run_id, zone, minutes, touches(first, days[-1], zone))
        if row.status not in OUT
    ]
    standing = load_standing(connection, first, days[-1], zone, minutes)
    about = {row.event_ref for row in rows}
    found = [
        Entry(
            Mark.EXISTING,
            one.event_ref,
            one.event,
            one.type,
            one.store,
            one.place.employee_id,
            one.place.employee,
            one.place.start,
            one.place.start + timedelta(minutes=one.minutes),
        )
        for one in standing
        if one.event_ref not in about
    ]
    found += [entry for row in rows for entry in _entries(row)]
    of_day: dict[date, list[Entry]] = {day: [] for day in days}
    for entry in sorted(found, key=lambda entry: (entry.start, entry.employee, entry.event_ref)):
        if entry.start.date() in of_day:
            of_day[entry.start.date()].append(entry)
    return Week(first, days, weeks, of_day)


def load_people(
    connection: Connection, week: Week, settings: RosterSettings, page: int
) -> tuple[list[PersonWeek], int]:
    """One page of everybody's week, by name, and how many pages there are. Whom the planner names and we do
    not know is among them."""
    having: dict[tuple[str, str], dict[date, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for day, entries in week.entries.items():
        for entry in entries:
            having[entry.employee_id, entry.employee if not entry.employee_id else ""][day].append(entry)
    table = RosterEmployee
    query = select(table.id, table.name, table.job_title, table.is_active).order_by(table.name, table.id)
    everybody = connection.execute(query).all()
    staff = [
        (one.id, one.name, one.job_title) for one in everybody if one.is_active or (one.id, "") in having
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
    row = PendingSchedule
    query = select(row.schedule_datetime, row.previous_datetime).where(
        row.scheduler_run_id == run_id, row.status.not_in(OUT)
    )
    counts: Counter[date] = Counter()
    for start, previous in connection.execute(query):
        counts.update({week_of(day_of(instant, settings.tz)) for instant in (start, previous) if instant})
    if not counts:
        return {}
    first, last = min(counts), max(counts)
    return {
        week: counts[week]
        for number in range((last - first).days // DAYS + 1)
        if (week := first + timedelta(days=DAYS * number))
    }


def _entries(row: ProposalRow) -> Iterable[Entry]:
    """Where a row's event is to be, and the place that it leaves."""
    place, before = row.place, row.previous
    if place is not None:
        note = f"from {_where(before)}" if before and row.kind is Kind.MOVED else ""
        yield _entry(row, place, _MARKS[row.kind], note)
    if before is not None and row.kind is Kind.MOVED and place is not None:
        yield _entry(row, before, Mark.LEAVES, f"to {_where(place)}")
    if before is not None and row.kind is Kind.DROPPED:
        yield _entry(row, before, Mark.DROPPED, row.failure_reason)


def _entry(row: ProposalRow, slot: Slot, mark: Mark, note: str) -> Entry:
    return Entry(
        mark,
        row.event_ref,
        row.event,
        row.type,
        row.store,
        slot.employee_id,
        slot.employee,
        slot.start,
        slot.start + timedelta(minutes=row.minutes),
        row.id,
        row.status,
        row.is_swap,
        note,
    )


def _where(slot: Slot) -> str:
    return f"{day_text(slot.start.date())}, {slot.start:%H:%M}, {slot.employee}"
