"""A student's calendar: classes and exams in it, the student's hand in it, and nightly runs over it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import Applied, apply
from scheduling_pipeline.calendars.brake import Braked, brake
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import (
    NO_EDITS,
    ChangeSet,
    DesiredEvent,
    Edits,
    EventContent,
    WeeklyRule,
    Window,
)
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import OwnedEvent, Provider
from scheduling_pipeline.calendars.stock import settle_open, take_stock
from scheduling_pipeline.database.leases import Leases
from tests.calendars.builders import ANA, JO, MONDAY, NEXT_MONDAY, NOW, SCOPE, WEEK, content
from tests.calendars.cycle import ledger_of
from tests.calendars.memory import Calendars, MemoryProvider

ALWAYS = (Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),)
BEGAN = MONDAY - 4 * WEEK  # a class that began a month ago
LAST = MONDAY + 8 * WEEK
EVERYBODY = (ANA, JO)


def course(
    uid: str = "class-botany",
    first: date = BEGAN,
    start: str = "09:00",
    end: str = "10:00",
    *,
    calendar: str = ANA,
    until: date = LAST,
    exdates: Iterable[date] = (),
    **fields: Any,  # noqa: ANN401 - of EventContent
) -> DesiredEvent:
    """A weekly class that should stand, with a room, a teacher, a colour and a reminder."""
    rule = WeeklyRule(until, frozenset(exdates))
    looks = {
        "summary": "Botany",
        "location": "A 1",
        "description": "Ida Falk",
        "color": "7",
        "reminders": (30,),
    }
    wanted = replace(content(first, start, end, rrule=rule), **(looks | fields))
    return DesiredEvent(SCOPE, calendar, uid, wanted)


def exam(uid: str = "exam-botany", day: date = NEXT_MONDAY, **fields: Any) -> DesiredEvent:  # noqa: ANN401
    """A final exam that should stand."""
    wanted = replace(content(day, "14:00", "16:00", summary="Final Exam: Botany", location="Hall"), **fields)
    return DesiredEvent(SCOPE, ANA, uid, wanted)


BEFORE_TERM = NOW - 6 * WEEK
BOTANY, FINAL, ZOOLOGY = "class-botany", "exam-botany", "class-zoology"
WHOLE = (course(), exam(), course(ZOOLOGY, NEXT_MONDAY, "13:00", "14:00", summary="Zoology"))
NEW_ROOM = (course(location="B 2"), *WHOLE[1:])


@dataclass(frozen=True)
class Night:
    """What each step of a nightly run came to."""

    settled: dict[str, int]
    plan: ChangeSet
    braked: Braked
    applied: Applied


def nightly(
    engine: Engine,
    provider: Provider,
    desired: Sequence[DesiredEvent],
    *,
    now: datetime = NOW,
    force: bool = False,
    ledger: Ledger | None = None,
    leases: Leases | None = None,
    released: Sequence[Collection[str]] = (),
    calendars: Collection[str] = EVERYBODY,
) -> Night:
    """Settle what is open, plan, brake, apply; people's changes are respected, or put right by `force`."""
    ledger, leases = ledger or ledger_of(engine), leases or Leases(engine)
    about: dict[str, Any] = {"provider": provider, "ledger": ledger, "leases": leases, "now": now}
    if force:
        settled = take_stock(SCOPE, calendars, **about, only=True, respect=True).settled
    else:
        settled = settle_open(SCOPE, calendars, **about, respect=True)
    wanted = [event for event in desired if event.calendar in calendars]
    live = ledger.live(SCOPE, calendars)
    standing = [replace(event, edits=NO_EDITS) for event in live] if force else live
    declined = frozenset() if force else ledger.declined(SCOPE, calendars)
    change_set = plan(wanted, standing, windows=ALWAYS, kins=frozenset(), declined=declined, now=now)
    braked = brake(change_set.changes, live, now=now, released=released, by_week=False)
    applied = apply(braked.free, **about, wait_for_calendar=timedelta(minutes=1), respect=not force)
    if force and not braked.held:
        failed = {failure.calendar for failure in applied.failures}
        ledger.forget_edits(SCOPE, set(calendars) - failed)
    return Night(dict(settled), change_set, braked, applied)


def look_around(
    engine: Engine, provider: Provider, *, ledger: Ledger | None = None, leases: Leases | None = None
) -> None:
    """Compare all that stands with the ledger; what people changed is noted as theirs."""
    take_stock(
        *(SCOPE, EVERYBODY),
        provider=provider,
        ledger=ledger or ledger_of(engine),
        leases=leases or Leases(engine),
        now=NOW,
        only=True,
        respect=True,
    )


def term(engine: Engine) -> Calendars:
    """Ana's calendar, as it should stand from before the term began."""
    calendars = Calendars(guards_deletes=True)
    nightly(engine, MemoryProvider(calendars), WHOLE, now=BEFORE_TERM)
    return calendars


def edits_of(engine: Engine, uid: str = BOTANY) -> Edits:
    """What the ledger knows to be the student's in an event that stands."""
    (row,) = [row for row in ledger_of(engine).live(SCOPE) if row.uid == uid]
    return row.edits


def assert_quiet(engine: Engine, calendars: Calendars, desired: Sequence[DesiredEvent]) -> None:
    """One more night writes nothing and reads nothing, and the ledger says what stands."""
    provider = MemoryProvider(calendars)
    night = nightly(engine, provider, desired)
    assert (night.plan.changes, night.applied.counts, night.settled) == ((), {}, {})
    assert (provider.sent, provider.reads) == ([], {})
    live = {(row.calendar, row.tag, row.content) for row in ledger_of(engine).live(SCOPE)}
    assert live == {(event.calendar, event.tag, event.content) for event in calendars.owned()}


def stands(calendars: Calendars, uid: str) -> OwnedEvent:
    """The one event of that name."""
    (event,) = [event for event in calendars.owned() if event.tag.uid == uid]
    return event


def by_hand(calendars: Calendars, uid: str, **fields: Any) -> EventContent:  # noqa: ANN401 - of EventContent
    """The student changes some fields of an event; what it looks like then."""
    event = stands(calendars, uid)
    edited = replace(event.content, **fields)
    calendars.by_hand_edit(event, edited)
    return edited


def by_hand_without(calendars: Calendars, uid: str, *days: date) -> EventContent:
    """The student takes dates out of a series."""
    rule = stands(calendars, uid).content.rrule
    assert rule is not None, "only a series has dates"
    return by_hand(calendars, uid, rrule=replace(rule, exdates=rule.exdates | set(days)))
