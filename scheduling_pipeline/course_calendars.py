"""The course calendars as one story: from who is due to a plan, from a plan to calendars and what is noted.

Assets tell it through these functions; nothing here knows Dagster, nor whose calendars they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Protocol

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
from scheduling_pipeline.calendars.observe import Drift, compare
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import Cause, OwnedEvent, Unreadable
from scheduling_pipeline.calendars.stock import (
    certainly_missing,
    settle_open,
    settle_reserved,
    take_in,
    take_stock,
)
from scheduling_pipeline.courses.events import SCOPE
from scheduling_pipeline.courses.standing import make_due, save_sync_tokens, sync_tokens

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


class ChangesInCalendar(Protocol):
    """What changed in a calendar since a token: events of ours, ids that were deleted, a new token; and
    whether the events are all that stand."""

    @property
    def events(self) -> Sequence[OwnedEvent]: ...
    @property
    def deleted(self) -> Collection[str]: ...
    @property
    def sync_token(self) -> str: ...
    @property
    def complete(self) -> bool: ...


ChangesSince = Callable[[str, "str | None"], ChangesInCalendar]


def reconcile(
    calendars_of: Collection[str],
    calendars: Calendars,
    *,
    changes_since: ChangesSince,
    now: datetime,
    dry_run: bool,
    complete: bool,
) -> Drift:
    """Compare what stands in these calendars with the ledger; only what changed since the last time, unless
    all of it is to be listed (`complete`).

    Not as a dry run, the ledger takes over what was found: events of ours that it does not know, what people
    changed, what they deleted. Whoever has an event that it did not know is due from then on.

    Raises LeaseTimeoutError when another run does not give one of the calendars up.
    """
    drifts = []
    for some in _portions(sorted(calendars_of)):
        with calendars.reserve(some):
            drifts.append(
                _reconcile_some(some, calendars, changes_since, now=now, dry_run=dry_run, complete=complete)
            )
    return joined(drifts)


def _reconcile_some(
    some: Sequence[str],
    calendars: Calendars,
    changes_since: ChangesSince,
    *,
    now: datetime,
    dry_run: bool,
    complete: bool,
) -> Drift:
    ledger, provider = calendars.ledger, calendars.provider
    if not dry_run:
        settle_reserved(SCOPE, set(some), provider, ledger, now=now, respect=True)
    tokens = {} if complete else sync_tokens(calendars.engine, some)
    with ThreadPoolExecutor(provider.limits.concurrent_batches) as pool:
        answers = dict(
            zip(some, pool.map(lambda one: _changes(changes_since, one, tokens.get(one)), some), strict=True)
        )
    live = ledger.live(SCOPE, some)
    standing: dict[str, list[OwnedEvent] | Unreadable] = {
        calendar: answer if isinstance(answer, Unreadable) else _standing(calendar, answer, live)
        for calendar, answer in answers.items()
    }
    drift = compare(live, standing, removed=ledger.removed(SCOPE, some), now=now)
    drift = replace(drift, missing=certainly_missing(provider, drift.missing))
    if dry_run:
        return drift
    take_in(SCOPE, drift, live, ledger, now=now, respect=True)
    known = {(event.calendar, event.tag) for event in live}
    strange = {event.calendar for event in drift.adopt if (event.calendar, event.tag) not in known}
    make_due(calendars.engine, strange)
    save_sync_tokens(
        calendars.engine,
        {name: answer.sync_token for name, answer in answers.items() if not isinstance(answer, Unreadable)},
    )
    return drift


def _changes(changes_since: ChangesSince, calendar: str, token: str | None) -> ChangesInCalendar | Unreadable:
    try:
        return changes_since(calendar, token)
    except Unreadable as unreadable:
        return unreadable


def _standing(calendar: str, changes: ChangesInCalendar, live: Sequence[LedgerEvent]) -> list[OwnedEvent]:
    """What stands of ours, from all that stands or from what changed since the ledger was right."""
    events = {event.provider_id: event for event in changes.events if event.tag.scope == SCOPE}
    if changes.complete:
        return list(events.values())
    unchanged = [
        OwnedEvent(calendar, event.tag, event.provider_id, event.etag, event.content)
        for event in live
        if event.calendar == calendar
        and event.provider_id not in events
        and event.provider_id not in changes.deleted
    ]
    return [*unchanged, *events.values()]


def forget_calendars(calendars: Calendars, gone: Collection[str], *, now: datetime) -> None:
    """Nothing stands any more in calendars that were made anew elsewhere."""
    ledger = calendars.ledger
    ledger.forget(now, ledger.live(SCOPE, gone))


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
