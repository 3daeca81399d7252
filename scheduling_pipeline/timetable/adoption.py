"""Events that older scripts wrote before us: nothing is written for an agenda until it is decided about them.

Also which agenda such an event belongs to, and under which uid the flow knows it: the scripts wrote neither
into the events.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Engine, select

from scheduling_pipeline.calendars.model import DesiredEvent, EventContent
from scheduling_pipeline.calendars.provider import Cause, Unreadable
from scheduling_pipeline.calendars.takeover import Claim
from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.models import SourceScope
from scheduling_pipeline.timetable.accounts import Account
from scheduling_pipeline.timetable.events import WEEKDAYS, Desired
from scheduling_pipeline.timetable.model import Agenda, Kind, Lesson
from scheduling_pipeline.timetable.names import normalise
from scheduling_pipeline.timetable.overlaps import overlap

NONE_FOUND = "older scripts left no events"


class AdoptionNeededError(Exception):
    """Older scripts' events stand in the calendars, and nobody has said what to do with them."""


class StandingEvent(Protocol):
    """An event that stands in a calendar without our tag."""

    @property
    def calendar(self) -> str: ...
    @property
    def provider_id(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def content(self) -> EventContent: ...


# Finds the events of older scripts in calendars.
Find = Callable[[Iterable[str]], Mapping[str, Sequence[StandingEvent] | Unreadable]]


def where_to_look(accounts: Iterable[Account]) -> set[str]:
    """The calendars in which older scripts may have left events: not only those of today's lessons.

    Who is on leave, or whose name fits no account yet, has old events all the same, and comes back.
    """
    return {account.calendar for account in accounts if account.enabled}


def require_decision(
    agenda: Agenda,
    calendars: Iterable[str],
    *,
    find: Find,
    engine: Engine,
    provider: str,
    now: datetime,
) -> dict[str, str]:
    """Make sure that it is decided what becomes of older scripts' events; one query once it is.

    `calendars` are to be all that may hold any, see `where_to_look`: the decision is for ever.

    Returns the calendars that could not be looked into, and why: nothing may be written to them in this run.
    Raises AdoptionNeededError when there are such events and no decision.
    """
    if decision(engine, provider, agenda) is not None:
        return {}
    undecided = look_for_older_events(agenda, calendars, find=find, now=now)
    if not undecided:
        decide(engine, provider, agenda, NONE_FOUND, events=0, now=now)
    return undecided


def look_for_older_events(
    agenda: Agenda, calendars: Iterable[str], *, find: Find, now: datetime
) -> dict[str, str]:
    """Look into calendars about which nothing is decided; those that could not be looked into, and why.

    Raises AdoptionNeededError when there are events of older scripts. One that does not exist holds none.
    """
    found = find(sorted(set(calendars)))
    left = {calendar: events for calendar, listing in found.items() if (events := coming(listing, now))}
    if left:
        raise AdoptionNeededError(_what_to_do(agenda, sum(map(len, left.values())), len(left)))
    return {
        calendar: str(listing)
        for calendar, listing in found.items()
        if isinstance(listing, Unreadable) and listing.cause is not Cause.NO_CALENDAR
    }


def coming(listing: Sequence[StandingEvent] | Unreadable, now: datetime) -> list[StandingEvent]:
    """The events of a listing that go on; one that could not be had shows none."""
    if isinstance(listing, Unreadable):
        return []
    return [event for event in listing if event.content.goes_on_after(now)]


def decision(engine: Engine, provider: str, agenda: Agenda) -> str | None:
    """What was decided about older scripts' events, None when nothing was."""
    query = select(SourceScope.decision).where(
        SourceScope.provider == provider, SourceScope.scope == agenda.key
    )
    with engine.connect() as connection:
        return connection.execute(query).scalar_one_or_none()


def decide(engine: Engine, provider: str, agenda: Agenda, what: str, *, events: int, now: datetime) -> None:
    """Record a decision, in words, and how many events were taken over. A later one replaces it."""
    values = {"adopted_at": now, "adopted_events": events, "decision": what}
    with engine.begin() as connection:
        row = upsert(connection, SourceScope).values(provider=provider, scope=agenda.key, **values)
        connection.execute(row.on_conflict_do_update(index_elements=["provider", "scope"], set_=values))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An older script's event, and the start and activity code of the private lesson it was written for."""

    event: StandingEvent
    start: datetime
    code: str = ""

    @classmethod
    def of_event(cls, event: StandingEvent) -> Candidate:
        """What the event itself says it was written for."""
        return cls(event, event.content.dtstart, _code(event.content.categories))


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose the candidates are. Those of the agenda are `fitting`, in its timetable, or `stray`; the rest is
    `left` for the agenda named beside it."""

    fitting: Sequence[Claim]
    stray: Sequence[Claim]
    left: Sequence[tuple[Candidate, str]]

    @property
    def claims(self) -> list[Claim]:
        return [*self.fitting, *self.stray]


def assign(
    agenda: Agenda,
    candidates: Iterable[Candidate],
    own: Desired,
    others: Mapping[str, Desired | None],
) -> Assignment:
    """Tell which candidates are the agenda's, and what the flow calls them.

    `own` is what should stand for the agenda; `others` the same for agendas that the candidates may belong
    to instead, by label, None for one that was never read. What fits nothing is the agenda's, unless there
    is one that was never read.
    """
    fit = _Fit(agenda.kind, own)
    other_fits = {label: _Fit(agenda.kind, desired) for label, desired in others.items() if desired}
    unread = next((label for label, desired in others.items() if desired is None), None)
    fitting: list[Claim] = []
    stray: list[Claim] = []
    left: list[tuple[Candidate, str]] = []
    for candidate in candidates:
        match = fit.take(candidate)
        if match is not None:
            fitting.append(_claim(agenda, candidate, match))
            continue
        fits = (label for label, other in other_fits.items() if other.take(candidate))
        if (elsewhere := next(fits, unread)) is not None:
            left.append((candidate, elsewhere))
        else:
            stray.append(_claim(agenda, candidate, match))
    return Assignment(fitting, stray, left)


class _Match(NamedTuple):
    """What the flow calls an event, and the name that the site has for its teacher."""

    uid: str
    origin: str


class _Fit:
    """What an agenda's timetable holds, by what an older script's event still says of it."""

    def __init__(self, kind: Kind, desired: Desired) -> None:
        self._kind = kind
        self._undecided = desired.undecided
        self._series: defaultdict[str, list[DesiredEvent]] = defaultdict(list)
        self._lessons: defaultdict[tuple[str, datetime, str], list[DesiredEvent]] = defaultdict(list)
        for event in desired.events:
            content = event.content
            self._series[event.calendar].append(event)
            self._lessons[event.calendar, content.dtstart, _code(content.categories)].append(event)
        self._taken: Counter[tuple[str, datetime, str]] = Counter()

    def take(self, candidate: Candidate) -> _Match | None:
        """What the candidate stands for: something of that calendar, or a lesson whose teacher is undecided,
        because that is not yet known not to be it."""
        if self._kind is Kind.METHOD:
            event = self._class_of(candidate)
            lesson = next((one for one in self._undecided if _may_be_class(candidate, one)), None)
        else:
            event = self._lesson_of(candidate)
            lesson = next((one for one in self._undecided if _may_be_lesson(candidate, one)), None)
        if event is not None:
            return _Match(event.uid, event.origin)
        return _Match(lesson.asid, normalise(lesson.teacher or "")) if lesson else None

    def _class_of(self, candidate: Candidate) -> DesiredEvent | None:
        event = candidate.event
        return next(
            (one for one in self._series[event.calendar] if overlap(one.content, event.content)), None
        )

    def _lesson_of(self, candidate: Candidate) -> DesiredEvent | None:
        """Of several lessons at once each is given out once; what comes after is a double of the last."""
        key = candidate.event.calendar, candidate.start, candidate.code
        fitting = self._lessons.get(key)
        if fitting is None:
            return None
        self._taken[key] += 1
        return fitting[min(self._taken[key], len(fitting)) - 1]


def _may_be_lesson(candidate: Candidate, lesson: Lesson) -> bool:
    return (candidate.start, candidate.code) == (lesson.dtstart, lesson.code)


def _may_be_class(candidate: Candidate, lesson: Lesson) -> bool:
    return overlap(candidate.event.content, EventContent(lesson.title, lesson.dtstart, lesson.dtend))


def _claim(agenda: Agenda, candidate: Candidate, match: _Match | None) -> Claim:
    event, content = candidate.event, candidate.event.content
    kin = None
    if agenda.kind is Kind.METHOD:
        kin = WEEKDAYS[content.dtstart.weekday()]
        uid = f"{kin}-{content.dtstart:%H%M}"
    elif match is not None:
        uid = match.uid
    else:
        code = re.sub(r"[^A-Za-z0-9]", "", candidate.code)
        uid = f"old-{candidate.start:%Y-%m-%d-%H%M}-{code}"
    origin = match.origin if match else ""
    return Claim(event.calendar, event.provider_id, event.etag, content, uid, kin, origin)


def _code(categories: Sequence[str]) -> str:
    """The activity code in a category such as `VAD - VIP Adults`; empty where there is none."""
    code, dash, _ = (categories[0] if categories else "").partition(" - ")
    return code if dash else ""


def _what_to_do(agenda: Agenda, events: int, calendars: int) -> str:
    command = f"scheduling-pipeline adopt {agenda.key}"
    return (
        f"{agenda.label}: older scripts left {events} events in {calendars} calendars; nothing is written"
        " until it is decided what becomes of them. To take them over:"
        f" `{command} --state-dir data/last_synced` where the scripts' state files are, else `{command}`."
        f" To leave them alone: `{command} --none --by NAME --why REASON`."
    )
