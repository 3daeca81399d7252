"""The course calendars as one story: from who is due to a plan, from a plan to calendars and what is noted.

Assets tell it through these functions; nothing here knows Dagster, nor whose calendars they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine

from scheduling_pipeline.calendars.access import Calendars, in_portions
from scheduling_pipeline.calendars.apply import THEIRS, Applied, Progress, apply
from scheduling_pipeline.calendars.brake import Braked, brake
from scheduling_pipeline.calendars.holds import record_hold, released_keys
from scheduling_pipeline.calendars.model import (
    NO_EDITS,
    Change,
    ChangeSet,
    DesiredEvent,
    LedgerEvent,
    Window,
)
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import Cause, EditedDates, Unreadable
from scheduling_pipeline.calendars.stock import settle_open, take_stock
from scheduling_pipeline.courses.credentials import mark_needs_sign_in
from scheduling_pipeline.courses.events import SCOPE
from scheduling_pipeline.courses.model import Student
from scheduling_pipeline.courses.provision import mark_missing
from scheduling_pipeline.courses.rosters import finish
from scheduling_pipeline.courses.single_dates import FindEditedDates, dates_of_moving, without_edited_dates
from scheduling_pipeline.courses.standing import generations

# The catalogue is read in one transaction: what it does not have is not there, at any time.
ALWAYS = (Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),)
WAIT_FOR_CALENDAR = timedelta(minutes=1)  # for another run, before the calendar is left to it


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose calendar it is, and the generation of changes that the desired events were made at."""

    user: int
    email: str
    generation: int


Owners = Mapping[str, Owner]  # by calendar


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is about: whose calendars, whether these are `whole`, that is all who are due, and whether
    to put right (`force`) what people changed by hand."""

    owners: Owners
    whole: bool = True
    force: bool = False

    @classmethod
    def about(cls, students: Iterable[Student], *, whole: bool, force: bool) -> Request:
        """A run about these people."""
        owners = {one.calendar: Owner(one.id, one.email, one.generation) for one in students}
        return cls(owners, whole, force)

    def still_true(self, engine: Engine) -> tuple[Request, list[str]]:
        """The same without the people whom a change concerned since, and their addresses.

        They are due again, so nothing is lost: an older plan must not undo a newer one.
        """
        now = generations(engine, [owner.user for owner in self.owners.values()])
        current = {key: one for key, one in self.owners.items() if now.get(one.user) == one.generation}
        changed = sorted(owner.email for key, owner in self.owners.items() if key not in current)
        return replace(self, owners=current, whole=self.whole and not changed), changed

    @property
    def names(self) -> dict[str, str]:
        """Whose each calendar is."""
        return {calendar: owner.email for calendar, owner in self.owners.items()}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Request:
        """The inverse of `to_json`; about nobody where there is nothing."""
        owners = {calendar: Owner(**owner) for calendar, owner in data.get("owners", {}).items()}
        return cls(owners, data.get("whole", False), data.get("force", False))


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """A plan for some people's calendars after the brake.

    `kept` counts what stays, by why; `settled` how the writes that a dead run left open had ended;
    `unreadable` are the calendars that could not be looked into: their changes are left out. `undone` are
    series that move to another time, with the dates that their owners had changed and that move with them.
    """

    plan: Braked
    kept: Mapping[str, int]
    settled: Counter[str]
    unreadable: Mapping[str, Unreadable]
    undone: Sequence[tuple[LedgerEvent, EditedDates]] = field(default=())


def plan_students(
    request: Request,
    desired: Sequence[DesiredEvent],
    calendars: Calendars,
    *,
    edited_dates: FindEditedDates,
    now: datetime,
) -> CoursePlan:
    """What to change in these people's calendars. Writes to no calendar; what is held waits for a release.

    Without force, what people changed by hand stays theirs, and nothing is listed: the ledger says what
    stands, and an update that meets a change finds out. With it, what stands is looked up first, and all of
    ours is put right.
    """
    ledger = calendars.ledger
    concerned = set(request.owners)
    settled, unreadable = look(concerned, calendars, now=now, everything=request.force)
    standing = ledger.live(SCOPE, concerned)
    if request.force:
        plain = [replace(event, edits=NO_EDITS) for event in standing]
        change_set = _plan(desired, plain, frozenset(), now)
        changes: Sequence[Change]
        changes, failed = without_edited_dates(change_set, desired, plain, edited_dates, now)
        undone: list[tuple[LedgerEvent, EditedDates]] = []
    else:
        declined = ledger.declined(SCOPE, concerned)
        change_set = _plan(desired, standing, declined, now)
        deleted, undone, failed = dates_of_moving(change_set.changes, edited_dates)
        if deleted:
            ledger.note_edits(deleted)
            known = {(event.calendar, event.tag): event for event in deleted}
            standing = [known.get((event.calendar, event.tag), event) for event in standing]
            change_set = _plan(desired, standing, declined, now)
        changes = change_set.changes
    unreadable |= failed
    free = [change for change in changes if change.calendar not in unreadable]
    # What is removed is weighed against all that stands, also in the calendars of others.
    weighed = ledger.live(SCOPE) if any(change.kind.removes for change in free) else ()
    braked = brake(free, weighed, now=now, released=released_keys(calendars.engine, SCOPE), by_week=False)
    record_hold(calendars.engine, SCOPE, braked, now=now, whole=request.whole)
    return CoursePlan(braked, change_set.kept, settled, unreadable, undone)


def look(
    concerned: Collection[str], calendars: Calendars, *, now: datetime, everything: bool
) -> tuple[Counter[str], dict[str, Unreadable]]:
    """Find out how the writes that a dead run left open had ended and, if asked, all that stands.

    Returns how they ended, by state, and the calendars of which that is not known: somebody else writes to
    them, they cannot be read, or a write is still in doubt.
    """
    ledger = calendars.ledger
    settled: Counter[str] = Counter()
    unreadable: dict[str, Unreadable] = {}

    def look_into(some: Sequence[str], wait: timedelta) -> None:
        if everything:
            stock = take_stock(
                SCOPE,
                some,
                provider=calendars.provider,
                ledger=ledger,
                leases=calendars.leases,
                now=now,
                only=True,
                respect=True,
                wait=wait,
            )
            unreadable.update(stock.drift.unreadable)
            settled.update(stock.settled)
            return
        found = settle_open(
            SCOPE,
            some,
            provider=calendars.provider,
            ledger=ledger,
            leases=calendars.leases,
            now=now,
            respect=True,
            wait=wait,
        )
        settled.update(found)

    in_doubt = {entry.operation.calendar for entry in ledger.open_operations(SCOPE)}
    some = concerned if everything else in_doubt & set(concerned)
    unreadable |= in_portions(some, look_into, wait=WAIT_FOR_CALENDAR)
    for entry in ledger.open_operations(SCOPE):
        calendar = entry.operation.calendar
        if calendar in concerned and calendar not in unreadable:
            unreadable[calendar] = Unreadable(calendar, None, "an earlier write is still in doubt")
    return settled, unreadable


def _plan(
    desired: Sequence[DesiredEvent],
    standing: Sequence[LedgerEvent],
    declined: frozenset[tuple[str, str]],
    now: datetime,
) -> ChangeSet:
    return plan(desired, standing, windows=ALWAYS, kins=frozenset(), declined=declined, now=now)


def apply_changes(
    changes: Sequence[Change], calendars: Calendars, *, now: datetime, on_progress: Progress, force: bool
) -> Applied:
    """Carry out the changes of a plan; see `calendars.apply`."""
    return apply(
        changes,
        provider=calendars.provider,
        ledger=calendars.ledger,
        leases=calendars.leases,
        now=now,
        on_progress=on_progress,
        wait_for_calendar=WAIT_FOR_CALENDAR,
        respect=not force,
    )


def forget_calendars(calendars: Calendars, gone: Collection[str], *, now: datetime) -> None:
    """Nothing stands any more in calendars that were made anew elsewhere."""
    ledger = calendars.ledger
    ledger.forget(now, ledger.live(SCOPE, gone))


class State(StrEnum):
    """How the sync of one person ended."""

    SYNCED = "synced"
    CHANGED = "changed meanwhile"
    HELD = "held"
    FAILED = "failed"
    SIGN_IN = "needs to sign in"
    MISSING = "calendar missing"


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one person's sync: counts of writes by word, and why it did not all come about."""

    owner: Owner
    calendar: str
    state: State
    counts: Mapping[str, int]
    problem: str = ""

    @property
    def writes(self) -> int:
        return sum(self.counts.get(word, 0) for word in ("created", "updated", "deleted"))

    @property
    def left_alone(self) -> int:
        return self.counts.get(THEIRS, 0)


_STATES = {Cause.SIGN_IN: State.SIGN_IN, Cause.NO_CALENDAR: State.MISSING}


def how_it_ended(
    owners: Owners, held: Iterable[Change], unreadable: Mapping[str, Unreadable], applied: Applied
) -> list[Ended]:
    """One outcome for each person, by address: synced only where all that was to be done is done."""
    problems: dict[str, tuple[State, str]] = {}
    for calendar in applied.overtaken:
        problems[calendar] = State.CHANGED, "the calendar was changed after it was planned for"
    for change in held:
        problems[change.calendar] = State.HELD, "removals wait for a person"
    for failure in applied.failures:
        state = State.FAILED if failure.cause is None else _STATES.get(failure.cause, State.FAILED)
        problems[failure.calendar] = state, failure.detail
    for calendar, why in unreadable.items():
        state = State.FAILED if why.cause is None else _STATES.get(why.cause, State.FAILED)
        problems[calendar] = state, f"{why.cause or 'could not be read'}: {why.detail}"
    ended = []
    for calendar, owner in owners.items():
        state, problem = problems.get(calendar, (State.SYNCED, ""))
        ended.append(Ended(owner, calendar, state, applied.by_calendar.get(calendar, Counter()), problem))
    return sorted(ended, key=lambda one: one.owner.email)


def note(
    request: Request, ended: Sequence[Ended], calendars: Calendars, *, began: datetime, now: datetime
) -> None:
    """Write down how each person's sync ended: who is done, who has to act, who stays due.

    Whoever connected their account again since the run began is not asked once more. With force, nothing
    that people changed or deleted is theirs any more where all of it was put right.
    """
    engine = calendars.engine
    if request.force:
        put_right = [one.calendar for one in ended if one.state is State.SYNCED]
        calendars.ledger.forget_edits(SCOPE, put_right)
    finish(
        engine,
        {one.owner.user: one.owner.generation for one in ended if one.state is State.SYNCED},
        {one.owner.user: f"{one.state}: {one.problem}" for one in ended if one.state is not State.SYNCED},
        now=now,
    )
    mark_needs_sign_in(
        engine, {one.calendar: one.problem for one in ended if one.state is State.SIGN_IN}, began
    )
    mark_missing(engine, [one.calendar for one in ended if one.state is State.MISSING], now)
