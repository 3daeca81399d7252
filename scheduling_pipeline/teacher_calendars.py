"""The teacher calendars as one story: from readings to a plan, from a plan to calendars.

Assets and the command line both tell it through these functions; nothing here knows Dagster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import Applied, Progress, apply
from scheduling_pipeline.calendars.brake import Braked, brake
from scheduling_pipeline.calendars.changes import removal
from scheduling_pipeline.calendars.holds import record_hold, released_keys
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import Change, DesiredEvent, LedgerEvent, Tag
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import Provider
from scheduling_pipeline.calendars.stock import Stock, take_stock
from scheduling_pipeline.database.leases import Leases
from scheduling_pipeline.timetable.accounts import Account, match_teachers
from scheduling_pipeline.timetable.events import Desired, desired_events, teacher_names
from scheduling_pipeline.timetable.model import Agenda, monday_of
from scheduling_pipeline.timetable.protect import protect
from scheduling_pipeline.timetable.readings import StoredWeek, superseded


class StaleReadingError(Exception):
    """A plan may not be made from this: it was read too long ago, or something newer has been read."""


def weeks_to_read(now: datetime, agenda: Agenda, count: int) -> list[date]:
    """The Mondays of the week that holds `now` in the school's zone, and of those after it."""
    first = monday_of(now.astimezone(agenda.zone).date())
    return [first + timedelta(weeks=week) for week in range(count)]


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
) -> Desired:
    """What should stand for an agenda, by its fresh weeks and the directory."""
    readings = [stored.week for stored in weeks]
    return desired_events(agenda, readings, match_teachers(teacher_names(readings), accounts, overrides), now)


@dataclass(frozen=True, slots=True)
class Calendars:
    """What it takes to plan and to write: the database, the provider, and the run that does it."""

    engine: Engine
    provider: Provider
    run_id: str

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.engine, self.provider.name, run_id=self.run_id)

    @property
    def leases(self) -> Leases:
        return Leases(self.engine)


@dataclass(frozen=True, slots=True)
class AgendaPlan:
    """A plan for one agenda after the brake.

    `kept` counts what stays, by why; `stock` is what was found before planning; `unreachable` names the
    calendars that could not be read, for which nothing was planned, and how many changes that left out.
    """

    agenda: str
    plan: Braked
    kept: Mapping[str, int]
    stock: Stock
    unreachable: Mapping[str, str]
    left_out: int


def require_newest(engine: Engine, agenda: Agenda, readings: Mapping[date, int]) -> None:
    """Raises StaleReadingError when a week has been read completely again since `readings` were made."""
    if newer := superseded(engine, agenda.key, readings):
        weeks = ", ".join(monday.isoformat() for monday in newer)
        raise StaleReadingError(
            f"{agenda.label}: the week of {weeks} has been read again since. "
            "Materialize outlook_events for this agenda first."
        )


def plan_agenda(agenda: Agenda, desired: Desired, calendars: Calendars, *, now: datetime) -> AgendaPlan:
    """Take stock, then plan and brake. Writes to no calendar; what is held is kept for a release."""
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
    unreachable = {calendar: str(why) for calendar, why in stock.drift.unreadable.items()}
    changes = [change for change in change_set.changes if change.calendar not in unreachable]
    braked = brake(changes, live, now=now, released=released_keys(calendars.engine, agenda.key))
    record_hold(calendars.engine, agenda.key, braked, now=now)
    ledger.refresh_origins(_renamed(live, desired.events))
    left_out = len(change_set.changes) - len(changes)
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
