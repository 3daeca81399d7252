"""The teacher calendars as one story: from readings to a plan, from a plan to calendars.

Assets and the command line both tell it through these functions; nothing here knows Dagster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from sqlalchemy import Engine

from scheduling_pipeline.calendars.access import Calendars
from scheduling_pipeline.calendars.apply import Applied, Progress, apply
from scheduling_pipeline.calendars.brake import Braked, brake
from scheduling_pipeline.calendars.changes import removal
from scheduling_pipeline.calendars.holds import record_hold, released_keys
from scheduling_pipeline.calendars.model import Change, DesiredEvent, LedgerEvent, Tag
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.stock import Stock, take_stock
from scheduling_pipeline.database.leases import HeldLease, Leases
from scheduling_pipeline.timetable.accounts import Account, match_teachers
from scheduling_pipeline.timetable.events import Desired, desired_events, teacher_names
from scheduling_pipeline.timetable.model import Agenda, AgendaReading, monday_of
from scheduling_pipeline.timetable.protect import protect
from scheduling_pipeline.timetable.readings import (
    ReadingUsed,
    StoredWeek,
    last_good,
    save_reading,
    superseded,
)
from scheduling_pipeline.timetable.rooms import with_lost_rooms

LOGIN_LEASE = "sparksource/login"
WEEK = timedelta(weeks=1)


class StaleReadingError(Exception):
    """A plan may not be made from this: it was read too long ago, or something newer has been read."""


class NothingReadError(Exception):
    """Not one week could be read completely; the last good data stays."""


class NothingReachableError(Exception):
    """Not one of an agenda's calendars could be read: nothing was done for it."""


class TimetableSource(Protocol):
    """Where lessons are read: a booking site."""

    def read(
        self,
        agendas: Sequence[tuple[Agenda, Sequence[date]]],
        *,
        now: datetime,
        lease: HeldLease,
        on_progress: Callable[[str, int, int], None],
    ) -> list[AgendaReading]: ...


@dataclass(frozen=True, slots=True)
class TimetableRead:
    """What one run read of one agenda: the reading, what was known before, and the last good data after."""

    reading: AgendaReading
    before: Sequence[StoredWeek]
    good: Sequence[StoredWeek]


def read_timetables(
    source: TimetableSource,
    asked: Sequence[tuple[Agenda, int]],
    *,
    engine: Engine,
    run_id: str,
    now: datetime,
    on_progress: Callable[[str, int, int], None],
) -> dict[str, TimetableRead]:
    """Read the current week and those after it, as many as asked, of each agenda, and keep every reading.

    Raises NothingReadError when no week of any agenda could be read completely.
    """
    mondays = {agenda.key: weeks_to_read(now, agenda, count) for agenda, count in asked}
    before = {
        agenda.key: last_good(engine, agenda, since=mondays[agenda.key][0] - WEEK) for agenda, _ in asked
    }
    with Leases(engine).hold(LOGIN_LEASE) as lease:
        readings = source.read(
            [(agenda, mondays[agenda.key]) for agenda, _ in asked],
            now=now,
            lease=lease,
            on_progress=on_progress,
        )
    readings = [_with_lost_rooms(reading, before[reading.agenda]) for reading in readings]
    for reading in readings:
        save_reading(engine, reading, run_id=run_id)
    if not any(reading.complete_weeks for reading in readings):
        problems = [f"{week.agenda}, {week.monday}: {week.problem}" for r in readings for week in r.weeks]
        raise NothingReadError("no week could be read completely:\n" + "\n".join(problems))
    return {
        reading.agenda: TimetableRead(
            reading,
            before[reading.agenda],
            last_good(engine, agenda, since=mondays[reading.agenda][0] - WEEK),
        )
        for reading, (agenda, _) in zip(readings, asked, strict=True)
    }


def _with_lost_rooms(reading: AgendaReading, before: Sequence[StoredWeek]) -> AgendaReading:
    known = [stored.week for stored in before]
    return replace(reading, weeks=tuple(with_lost_rooms(week, known) for week in reading.weeks))


def weeks_to_read(now: datetime, agenda: Agenda, count: int) -> list[date]:
    """The Mondays of the week that holds `now` in the school's zone, and of those after it."""
    first = monday_of(now.astimezone(agenda.zone).date())
    return [first + week * WEEK for week in range(count)]


def fresh_weeks(
    agenda: Agenda, weeks: Sequence[StoredWeek], *, max_age: timedelta, now: datetime
) -> list[StoredWeek]:
    """The weeks read recently enough to plan from. Raises StaleReadingError when there is none."""
    fresh = [stored for stored in weeks if stored.week.read_at >= now - max_age]
    if not fresh:
        newest = max((stored.week.read_at for stored in weeks), default=None)
        when = f"is from {newest:%d %b %Y %H:%M} UTC" if newest else "was never made"
        raise StaleReadingError(
            f"{agenda.label}: the newest complete reading {when}; at most {max_age} old is allowed. "
            "Materialize timetable for this agenda first."
        )
    return fresh


def desire(
    agenda: Agenda,
    weeks: Sequence[StoredWeek],
    accounts: Sequence[Account],
    overrides: Mapping[str, str],
    now: datetime,
    *,
    roster: Mapping[str, str] | None = None,
) -> Desired:
    """What should stand for an agenda, by its fresh weeks, the directory and the school's own list."""
    readings = [stored.week for stored in weeks]
    matching = match_teachers(teacher_names(readings), accounts, overrides, roster)
    return desired_events(agenda, readings, matching, now)


@dataclass(frozen=True, slots=True)
class AgendaPlan:
    """A plan for one agenda after the brake.

    `kept` counts what stays, by why; `stock` is what was found before planning; `unreachable` names the
    calendars that could not be read, and why; `left_out` counts the changes that this left out, by calendar.
    """

    agenda: str
    plan: Braked
    kept: Mapping[str, int]
    stock: Stock
    unreachable: Mapping[str, str]
    left_out: Mapping[str, int]


def require_current(
    engine: Engine,
    agenda: Agenda,
    readings: Mapping[date, ReadingUsed],
    *,
    max_age: timedelta,
    now: datetime,
) -> None:
    """Make sure that what was made from `readings` still holds: before a plan, and before writing it.

    Raises StaleReadingError when a week has been read completely again since, or was read too long ago.
    """
    if newer := superseded(engine, agenda.key, {monday: used.id for monday, used in readings.items()}):
        weeks = ", ".join(monday.isoformat() for monday in newer)
        raise StaleReadingError(
            f"{agenda.label}: the week of {weeks} has been read again since. "
            "Materialize outlook_events for this agenda first."
        )
    oldest = min(used.read_at for used in readings.values())
    if oldest < now - max_age:
        raise StaleReadingError(
            f"{agenda.label}: made from a reading of {oldest:%d %b %Y %H:%M} UTC; at most {max_age} old is "
            "allowed. Materialize timetable for this agenda first."
        )


def plan_agenda(
    agenda: Agenda,
    desired: Desired,
    calendars: Calendars,
    *,
    now: datetime,
    undecided: Mapping[str, str] = MappingProxyType({}),
) -> AgendaPlan:
    """Take stock, then plan and brake. Writes to no calendar; what is held is kept for a release.

    `undecided` are calendars that may not be written to yet, and why. Raises NothingReachableError when none
    of the calendars concerned can be read: then nothing is known, and nothing was done.
    """
    ledger = calendars.ledger
    stock = take_stock(
        agenda.key,
        {event.calendar for event in desired.events},
        provider=calendars.provider,
        ledger=ledger,
        leases=calendars.leases,
        now=now,
    )
    live = ledger.live(agenda.key)
    protection = protect(desired.events, live, origins=desired.protected_origins, undecided=desired.undecided)
    change_set = plan(
        protection.events,
        live,
        windows=desired.windows,
        kins=desired.known_kins,
        keep=protection.keep,
        now=now,
    )
    unreachable = {**undecided, **{name: str(why) for name, why in stock.drift.unreadable.items()}}
    concerned = {event.calendar for event in protection.events} | {row.calendar for row in live}
    if concerned and concerned <= unreachable.keys():
        why = unreachable[min(concerned)]
        raise NothingReachableError(
            f"{agenda.label}: none of its {len(concerned)} calendars is in reach: {why}"
        )
    changes = [change for change in change_set.changes if change.calendar not in unreachable]
    braked = brake(changes, live, now=now, released=released_keys(calendars.engine, agenda.key))
    record_hold(calendars.engine, agenda.key, braked, now=now)
    ledger.refresh_origins(_renamed(live, desired.events))
    left_out = Counter(change.calendar for change in change_set.changes if change.calendar in unreachable)
    return AgendaPlan(agenda.key, braked, change_set.kept, stock, unreachable, left_out)


def apply_changes(
    changes: Sequence[Change], calendars: Calendars, *, now: datetime, on_progress: Progress
) -> Applied:
    """Carry out the changes of a plan; see `calendars.apply`."""
    return apply(
        changes,
        provider=calendars.provider,
        ledger=calendars.ledger,
        leases=calendars.leases,
        now=now,
        on_progress=on_progress,
    )


def clearing(agenda: Agenda, calendars: Calendars, *, now: datetime) -> list[Change]:
    """The removal of every coming event that we own in an agenda: the first half of a rebuild."""
    take_stock(
        agenda.key,
        (),
        provider=calendars.provider,
        ledger=calendars.ledger,
        leases=calendars.leases,
        now=now,
    )
    return [
        removal(event, now) for event in calendars.ledger.live(agenda.key) if event.content.goes_on_after(now)
    ]


def _renamed(live: Sequence[LedgerEvent], wanted: Sequence[DesiredEvent]) -> dict[tuple[str, Tag], str]:
    """The ledger rows whose person the source now spells in another way."""
    origins = {(event.calendar, event.uid): event.origin for event in wanted}
    return {
        (event.calendar, event.tag): origin
        for event in live
        if (origin := origins.get((event.calendar, event.uid), event.origin)) != event.origin
    }
