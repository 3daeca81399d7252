"""The two exports of the field-marketing planner: visits that want a person, and visits that have one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import count

from scheduling_pipeline.simulators.reports.files import csv_bytes
from scheduling_pipeline.simulators.school.history import dice
from scheduling_pipeline.simulators.school.people import GIVEN_NAMES, SURNAMES

COLUMNS = (
    *("Project Name", "Project Reference Number", "Location MVID", "Store Number", "Store Name"),
    *("Start Date/Time", "Due Date/Time", "Estimated Time"),
    *("Rep Name", "Employee ID", "Schedule Date/Time"),
)

_AHEAD = 28  # days that the exports look ahead
_LONGEST = 14  # days that a visit may be made in
_FIRST = date(2026, 1, 1)
_STORE = ("7c1e6a52-0f0b-4b53-9a60-3f2d1c5b8e11", "4108", "Harbour Market, Lakeside")
_REPS = 12
_PRODUCTS = ("Peach Tea", "Oat Crackers", "Soap Pods", "Lemon Water", "Trail Mix", "Rice Bowls")


@dataclass(frozen=True, slots=True)
class _Visit:
    """`given` is the day on which it gets its person, who makes it on the day `made`."""

    project: str
    reference: int
    start: date
    due: date
    minutes: int
    given: date
    made: datetime
    rep: int


def work_bank_visits(seed: int, day: date) -> bytes:
    """The visits that nobody has on that day. The header names all columns; rows stop after the eighth."""
    return csv_bytes(COLUMNS, (_what(visit) for visit in _open(seed, day) if visit.given > day))


def calendar_schedule(seed: int, day: date) -> bytes:
    """The visits that somebody has on that day, all columns filled."""
    return csv_bytes(
        COLUMNS, (_what(visit) + _who(seed, visit) for visit in _open(seed, day) if visit.given <= day)
    )


def _what(visit: _Visit) -> list[object]:
    due = datetime.combine(visit.due, time(0, 1))
    start = datetime.combine(visit.start, time())
    return [visit.project, visit.reference, *_STORE, _stamp(start), _stamp(due), visit.minutes]


def _who(seed: int, visit: _Visit) -> list[object]:
    rng = dice(seed, "rep", visit.rep)
    name = f"{rng.choice(GIVEN_NAMES)} {rng.choice(SURNAMES)}"
    return [name, f"US{rng.randint(100_000, 999_999)}", _stamp(visit.made)]


def _stamp(moment: datetime) -> str:
    return f"{moment:%m/%d/%Y %I:%M:%S %p}"


def _open(seed: int, day: date) -> Iterator[_Visit]:
    """The visits in view that are not yet due."""
    for offset in range(-_LONGEST, _AHEAD):
        yield from (visit for visit in _starting(seed, day + timedelta(days=offset)) if visit.due > day)


@cache
def _starting(seed: int, start: date) -> tuple[_Visit, ...]:
    """The visits that may be made from that day on; a sampling comes with the visit of its supervisor."""
    rng = dice(seed, "visits", start)
    number = 606_000 + (start - _FIRST).days
    product, day = rng.choice(_PRODUCTS), f"{start:%m-%d}"
    kinds = [
        (f"{number}-ACME-{product}", "V2-CORE", 360, _LONGEST),
        (f"{number}-ACME-{product}", "V2-Supervisor", 5, _LONGEST),
        *rng.sample(
            [
                (f"{start:%m.%d}-DD-ACME-{product}", f"{start:%m.%d} Digital Setup", 30, 3),
                (f"{start:%m.%d}-LKD-FSK-Daily Service-9AM", "V2 - Freeosk", 15, 1),
                (f"{day} 8HR-ES1-JUICER-PRODUCTION-SPCLTY", "ES1", 480, 2),
                (f"{day} Juicer Survey", "V2.7 Juicer Production Survey", 15, 2),
                (f"{number + 171}-VP-ACME Cooler", "Vendor Performed", 5, 1),
            ],
            rng.randint(1, 3),
        ),
    ]
    return tuple(
        _Visit(
            project=f"{name} ({start:%y%m%d}{serial:06})  - {purpose}",
            reference=400_000_000 + 100 * (start - _FIRST).days + serial,
            start=start,
            due=start + timedelta(days=days),
            minutes=minutes,
            given=start - timedelta(days=rng.randint(1, 21)),
            made=datetime.combine(start, time(9 + serial)),
            rep=rng.randrange(_REPS),
        )
        for serial, (name, purpose, minutes, days) in zip(count(1), kinds, strict=False)
    )
