"""The course calendars as one story: from who is due to a plan, from a plan to calendars and what is noted.

Assets tell it through these functions; nothing here knows Dagster, nor whose calendars they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum

from scheduling_pipeline.calendars.access import CALENDARS_AT_ONCE, Calendars
from scheduling_pipeline.calendars.apply import THEIRS, Applied, Progress, apply
from scheduling_pipeline.calendars.brake import Braked, brake
from scheduling_pipeline.calendars.holds import record_hold, released_keys
from scheduling_pipeline.calendars.model import (
    Change,
    ChangeKind,
    ChangeSet,
    DesiredEvent,
    Edits,
    LedgerEvent,
    Window,
)
from scheduling_pipeline.calendars.observe import Drift
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import Cause, Unreadable
from scheduling_pipeline.calendars.stock import settle_open, take_stock

SCOPE = "courses"
# The catalogue is read in one transaction: what it does not have is not there, at any time.
ALWAYS = (Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),)

DeletedDates = Callable[[Sequence[LedgerEvent]], Sequence["frozenset[date] | Unreadable"]]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose calendar it is, and the generation of changes that the desired events were made at."""

    user: int
    email: str
    generation: int


Owners = Mapping[str, Owner]  # by calendar


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """A plan for some people's calendars after the brake.

    `kept` counts what stays, by why; `settled` how the writes that a dead run left open had ended;
    `unreadable` are the calendars that could not be looked into: their changes are left out.
    """

    plan: Braked
    kept: Mapping[str, int]
    settled: Counter[str]
    unreadable: Mapping[str, Unreadable]
    drift: Drift = field(default_factory=Drift)


def plan_students(
    owners: Owners,
    desired: Sequence[DesiredEvent],
    calendars: Calendars,
    *,
    deleted_dates: DeletedDates,
    now: datetime,
    whole: bool,
    force: bool = False,
) -> CoursePlan:
    """What to change in the calendars of `owners`. Writes to no calendar; what is held waits for a release.

    Without `force`, what people changed by hand stays theirs, and nothing is listed: the ledger says what
    stands, and an update that meets a change finds out. With it, what stands is looked up first, and all of
    ours is put right. `whole`: these are all that are due.

    Raises LeaseTimeoutError when another run does not give one of the calendars up.
    """
    ledger = calendars.ledger
    concerned = set(owners)
    drift, settled = Drift(), Counter[str]()
    if force:
        ledger.forget_edits(SCOPE, concerned)
        drift, settled = look_at_everything(concerned, calendars, now=now, respect=False)
    else:
        settled = settle_open(
            SCOPE,
            concerned,
            provider=calendars.provider,
            ledger=ledger,
            leases=calendars.leases,
            now=now,
            respect=True,
        )
    live = ledger.live(SCOPE)
    declined = ledger.declined(SCOPE, concerned)
    standing = [event for event in live if event.calendar in concerned]

    def planned() -> ChangeSet:
        return plan(desired, standing, windows=ALWAYS, kins=frozenset(), declined=declined, now=now)

    change_set = planned()
    unreadable = dict(drift.unreadable)
    if not force and (moving := _moving(change_set.changes)):
        taken_out, failed = _taken_out(moving, deleted_dates)
        unreadable |= failed
        ledger.note_edits(taken_out)
        known = {(event.calendar, event.tag): event for event in taken_out}
        standing = [known.get((event.calendar, event.tag), event) for event in standing]
        change_set = planned()
    changes = [change for change in change_set.changes if change.calendar not in unreadable]
    braked = brake(changes, live, now=now, released=released_keys(calendars.engine, SCOPE), by_week=False)
    record_hold(calendars.engine, SCOPE, braked, now=now, whole=whole)
    return CoursePlan(braked, change_set.kept, settled, unreadable, drift)


def _moving(changes: Iterable[Change]) -> list[LedgerEvent]:
    """The series that change their weekday or time: dates taken out of them would come back."""
    return [
        change.before
        for change in changes
        if change.kind is ChangeKind.UPDATE
        and change.before
        and change.after
        and change.before.content.rrule
        and change.before.content.slot != change.after.content.slot
    ]


def _taken_out(
    events: Sequence[LedgerEvent], deleted_dates: DeletedDates
) -> tuple[list[LedgerEvent], dict[str, Unreadable]]:
    found: list[LedgerEvent] = []
    failed: dict[str, Unreadable] = {}
    for event, answer in zip(events, deleted_dates(events), strict=True):
        if isinstance(answer, Unreadable):
            failed[event.calendar] = answer
        elif answer - event.edits.dates:
            found.append(replace(event, edits=event.edits | Edits(dates=answer)))
    return found, failed


def look_at_everything(
    concerned: Collection[str], calendars: Calendars, *, now: datetime, respect: bool
) -> tuple[Drift, Counter[str]]:
    """Bring the ledger to what stands in these calendars, some at a time; what was found, in all."""
    settled: Counter[str] = Counter()
    drifts: list[Drift] = []
    for some in _portions(sorted(concerned)):
        stock = take_stock(
            SCOPE,
            some,
            provider=calendars.provider,
            ledger=calendars.ledger,
            leases=calendars.leases,
            now=now,
            only=True,
            respect=respect,
        )
        settled += stock.settled
        drifts.append(stock.drift)
    return joined(drifts), settled


def joined(drifts: Sequence[Drift]) -> Drift:
    """What was found in several sets of calendars."""
    return Drift(
        adopt=tuple(event for drift in drifts for event in drift.adopt),
        missing=tuple(event for drift in drifts for event in drift.missing),
        found=sum(drift.found for drift in drifts),
        edited=tuple(event for drift in drifts for event in drift.edited),
        copies=tuple(event for drift in drifts for event in drift.copies),
        unreadable={name: why for drift in drifts for name, why in drift.unreadable.items()},
    )


def _portions(calendars: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(calendars), CALENDARS_AT_ONCE):
        yield calendars[start : start + CALENDARS_AT_ONCE]


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
        respect=not force,
    )


class State(StrEnum):
    """How the sync of one person ended."""

    SYNCED = "synced"
    FAILED = "failed"
    HELD = "held"
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
        ended.append(Ended(owner, calendar, state, applied.by_calendar.get(calendar, {}), problem))
    return sorted(ended, key=lambda one: one.owner.email)
