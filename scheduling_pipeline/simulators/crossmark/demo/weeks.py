"""What comes up at the demo's store in a week: a pure function of seed and week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, auto
from random import Random

from scheduling_pipeline.simulators.crossmark.demo.names import Namer
from scheduling_pipeline.simulators.crossmark.model import ZONE
from scheduling_pipeline.simulators.school.history import dice

FIRST_MONDAY = date(2025, 1, 6)
_FIRST_MPLAN = 30_000_000
_IDS_A_WEEK = 128
_FIRST_NUMBER = 601_000
_NUMBERS_A_WEEK = 32
_PAIRS = (10, 12)
_WINDOWS = (8, 13, 14)  # days, of most Core events
_USUAL_WINDOW = 0.8
_PRODUCTS = 2  # with digital events
_REFRESHES = 4
_PRODUCTION_DAYS = 5
_ROADSHOW, _ROADSHOW_CORES = 5, 5  # every other Saturday; a Core event of one day each
_DEEP_CLEAN = 3  # Thursday; a second production every other week
_SHORT_WINDOWS = (1, 1, 1, 2, 3, 5, 7)  # days
_CANCELLED, _ALONE, _TROUBLE = 0.015, 3 / 47, 1 / 12
_EARLY, _LATE, _PUBLISHED_EARLY = (20, 60), (14, 18), 0.08
_PUBLISHED_AT = time(4)
_DAY = timedelta(days=1)


class Kind(Enum):
    CORE = auto()
    SUPERVISOR = auto()
    SETUP = auto()
    REFRESH = auto()
    TEARDOWN = auto()
    FREEOSK = auto()
    PRODUCTION = auto()
    SURVEY = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Upcoming:
    """An event and the instant from which on the planner has it.

    `core`: of a Supervisor event, its partner's id. `cancelled`: somebody thought better of it.
    """

    id: int
    kind: Kind
    name: str
    start: date
    due: date
    published: datetime
    core: int | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class _Draft:
    """An event without an id; `number` is that of its pair."""

    kind: Kind
    name: str
    start: date
    days: int
    lead: int
    number: int | None = None
    cancelled: bool = False


def week(seed: int, monday: date) -> list[Upcoming]:
    """What comes up in that week, and the later stages of its digital events; ids rise with the first day."""
    rng = dice(seed, "crossmark", monday.isoformat())
    number = (monday - FIRST_MONDAY).days // 7
    namer = Namer(rng, _FIRST_NUMBER + number * _NUMBERS_A_WEEK)
    drafts = sorted(_drafts(rng, namer, monday, number), key=lambda draft: draft.start)
    first = _FIRST_MPLAN + number * _IDS_A_WEEK
    cores = {draft.number: first + n for n, draft in enumerate(drafts) if draft.kind is Kind.CORE}
    return [
        Upcoming(
            first + n,
            draft.kind,
            draft.name,
            draft.start,
            draft.start + draft.days * _DAY,
            datetime.combine(draft.start - draft.lead * _DAY, _PUBLISHED_AT, ZONE),
            cores.get(draft.number) if draft.kind is Kind.SUPERVISOR else None,
            draft.cancelled,
        )
        for n, draft in enumerate(drafts)
    ]


def _drafts(rng: Random, namer: Namer, monday: date, number: int) -> Iterator[_Draft]:
    days = [monday + n * _DAY for n in range(7)]
    for _ in range(rng.randint(*_PAIRS)):
        yield from _pair(rng, namer, rng.choice(days), _window(rng))
    if number % 2:
        for _ in range(_ROADSHOW_CORES):
            yield from _pair(rng, namer, days[_ROADSHOW], 1)
    for _ in range(_PRODUCTS):
        yield from _digital(rng, namer, rng.choice(days))
    for day in days:
        yield from _daily(rng, namer, day)
    producing = {*rng.sample(days, _PRODUCTION_DAYS), days[_ROADSHOW], days[_DEEP_CLEAN]}
    for day in sorted(producing):
        alone = day in {days[_ROADSHOW], days[_DEEP_CLEAN]}
        yield _Draft(
            Kind.PRODUCTION, namer.production(day), day, 1 if alone else rng.randint(1, 3), _lead(rng)
        )
    if number % 2:
        clean = days[_DEEP_CLEAN]  # a second one on that day
        yield _Draft(Kind.PRODUCTION, namer.production(clean), clean, 1, _lead(rng))
    for day in rng.sample(days, rng.randint(1, 2)):
        yield _Draft(Kind.OTHER, namer.other(namer.number(), day), day, 1, _lead(rng))


def _pair(rng: Random, namer: Namer, start: date, days: int) -> Iterator[_Draft]:
    """A Core event and its Supervisor event; with some of them a Supervisor event that has no Core."""
    number, product, lead = namer.number(), namer.product(), _lead(rng)
    cancelled = rng.random() < _CANCELLED
    yield _Draft(Kind.CORE, namer.core(number, product, start), start, days, lead, number, cancelled)
    name = namer.supervisor(number, product, start)
    yield _Draft(Kind.SUPERVISOR, name, start, days, lead, number, cancelled)
    if rng.random() < _ALONE:
        number = namer.number()
        name = namer.supervisor(number, namer.product(), start)
        yield _Draft(Kind.SUPERVISOR, name, start, days, lead, number)


def _digital(rng: Random, namer: Namer, start: date) -> Iterator[_Draft]:
    """A product's screens: set up, refreshed every few days, taken down."""
    product, lead, last = namer.product(), _lead(rng), rng.randint(5, 9)
    stages = [(0, Kind.SETUP), *((n, Kind.REFRESH) for n in sorted(rng.sample(range(1, last), _REFRESHES)))]
    for after, kind in [*stages, (last, Kind.TEARDOWN)]:
        day = start + after * _DAY
        name = namer.digital(product, kind.name.title(), day)
        yield _Draft(kind, name, day, rng.choice(_SHORT_WINDOWS), lead + after)


def _daily(rng: Random, namer: Namer, day: date) -> Iterator[_Draft]:
    trouble = rng.random() < _TROUBLE
    freeosk = namer.troubleshooting(day) if trouble else namer.freeosk(day)
    yield _Draft(Kind.FREEOSK, freeosk, day, 1, _lead(rng))
    yield _Draft(Kind.SURVEY, namer.survey(day), day, rng.choice(_SHORT_WINDOWS), _lead(rng))


def _window(rng: Random) -> int:
    """How many days a Core event may be worked on."""
    return rng.choice(_WINDOWS) if rng.random() < _USUAL_WINDOW else rng.randint(1, 11)


def _lead(rng: Random) -> int:
    """How many days before its first one an event is published."""
    return rng.randint(*_EARLY) if rng.random() < _PUBLISHED_EARLY else rng.randint(*_LATE)
