"""The planner itself, without HTTP: the store's events, with what was written to them, and what may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.crossmark.book import Book, Line, Record
from scheduling_pipeline.simulators.crossmark.model import (
    FINAL,
    ZONE,
    Condition,
    Mplan,
    Rep,
    Store,
    Visit,
    over,
)
from scheduling_pipeline.simulators.crossmark.settings import Settings

_REPORTED_AFTER = timedelta(hours=2)  # the end of a visit
_SCHEDULED_BEFORE = timedelta(days=9)  # the start of a visit that was not written here


class RefusedError(Exception):
    """The planner does not do that; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it stands now."""

    mplan: Mplan
    due: date
    condition: Condition
    visit: Visit | None
    rep: Rep | None


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An event as it stood before it was scheduled, and what was written about it."""

    before: Entry
    rep: Rep
    record: Record


class Planner:
    """The events of a store with what was written in a book. Writes raise RefusedError."""

    def __init__(self, store: Store, book: Book, clock: SimulatedClock, settings: Settings) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._settings = settings
        self._reps = {rep.id: rep for rep in store.reps}

    @property
    def now(self) -> datetime:
        return self._clock.now()

    @property
    def reps(self) -> list[Rep]:
        return list(self._reps.values())

    def entries(self) -> list[Entry]:
        """All events, their ids rising."""
        now, lines = self.now, self._book.lines()
        return [self._entry(mplan, lines.get(mplan.id), now) for mplan in self._store.mplans(now)]

    def at(self, mplan: int, location: int) -> Entry:
        """The event of that number at that store. Raises RefusedError where there is none."""
        entry = next((entry for entry in self.entries() if entry.mplan.id == mplan), None)
        if entry is None:
            raise RefusedError(f"There is no mPlan {mplan}")
        if entry.mplan.location.id != location:
            raise RefusedError(f"mPlan {mplan} is not at location {location}")
        return entry

    def schedule(self, mplan: int, location: int, rep: int, start: datetime, end: datetime) -> Scheduled:
        """Send somebody; where somebody is sent already, that visit is changed (unless set otherwise)."""
        entry = self.at(mplan, location)
        if entry.condition in FINAL:
            raise RefusedError(f"mPlan {mplan} is {entry.condition} and can not be scheduled")
        if rep not in self._reps:
            raise RefusedError(f"There is no rep {rep}")
        if end <= start:
            raise RefusedError("End must be after Start")
        if entry.visit and not self._settings.upsert:
            raise RefusedError(f"mPlan {mplan} is scheduled already")
        now = self.now
        visit = Visit(entry.visit.id if entry.visit else self._book.next_id(), rep, start, end)
        created = min(now, entry.visit.start - _SCHEDULED_BEFORE) if entry.visit else now
        return Scheduled(entry, self._reps[rep], self._book.put(mplan, visit, created=created, edited=now))

    def unschedule(self, visit: int) -> Entry:
        """Take a visit away; returns the event as it stood."""
        entry = next((entry for entry in self.entries() if entry.visit and entry.visit.id == visit), None)
        if entry is None:
            raise RefusedError(f"There is no scheduled event {visit}")
        if entry.condition in FINAL:
            raise RefusedError(f"Scheduled event {visit} is {entry.condition}")
        self._book.take_away(entry.mplan.id)
        return entry

    def reissue(self, mplan: int, location: int, visit: int, due: date) -> Entry:
        """Have an event worked again, before `due`; returns it as it stood."""
        entry = self.at(mplan, location)
        if entry.visit is None or entry.visit.id != visit:
            raise RefusedError(f"mPlan {mplan} has no work log entry {visit}")
        if due <= self.now.astimezone(ZONE).date():
            raise RefusedError(f"{due} is past")
        self._book.reissue(mplan, due)
        return entry

    def _entry(self, mplan: Mplan, line: Line | None, now: datetime) -> Entry:
        if line is None:
            visit, due, staffed_by = mplan.visit, mplan.due, mplan.staffed_by
        else:
            visit, due, staffed_by = line.visit, line.due or mplan.due, None
        rep = self._reps.get(visit.rep if visit else staffed_by or 0)
        return Entry(mplan, due, _condition(mplan, line, visit, due, now), visit, rep)


def _condition(mplan: Mplan, line: Line | None, visit: Visit | None, due: date, now: datetime) -> Condition:
    past = now >= over(mplan.start, due)
    if mplan.condition is not None and line is None and (mplan.condition in FINAL or not past):
        return mplan.condition
    if visit is None:
        if past:
            return Condition.EXPIRED
        return Condition.REISSUED if line and line.due else Condition.UNSTAFFED
    if now < visit.start:
        return Condition.SCHEDULED
    if now < visit.end + _REPORTED_AFTER:
        return Condition.IN_PROGRESS
    return Condition.SUBMITTED if mplan.reported else Condition.SCHEDULED
