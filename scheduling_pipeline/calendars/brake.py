"""The brake: removals that no honest day has ever shown wait for a person.

Measured on 389 pairs of real readings, the largest honest share of removals was 21 % of 24 lessons; every
incident removed far more. Creates and updates are never held.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduling_pipeline.calendars.model import Change, DesiredEvent, LedgerEvent
from scheduling_pipeline.digest import digest

LARGEST_SHARE = 0.20
SMALLEST_COUNT = 10
EMPTIED_WEEK = 3
WIPED_OUT_CALENDAR = 5


@dataclass(frozen=True, slots=True)
class Hold:
    """Why some removals wait: one tripped rule, in plain English, and the keys of the removals it holds."""

    reason: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Braked:
    """A plan after the brake: what may go on now, what waits, and why."""

    free: tuple[Change, ...]
    held: tuple[Change, ...]
    holds: tuple[Hold, ...]

    @property
    def digest(self) -> str:
        """Names exactly the held removals; empty when nothing is held."""
        return digest(sorted(change.key for change in self.held)) if self.held else ""


def brake(
    changes: Sequence[Change],
    ledger: Sequence[LedgerEvent],
    *,
    now: datetime,
    released: Iterable[Collection[str]] = (),
    by_week: bool = True,
) -> Braked:
    """Hold the removals that trip a rule, unless a release covers all of them.

    `ledger` holds the live rows of the scope that was planned. A release names removals by key and stays
    valid while the held removals are that set or a subset of it. `by_week`: whether a week of the scope is
    something of its own, as in a timetable.
    """
    holds = _holds(changes, ledger, now, by_week=by_week)
    keys = frozenset().union(*(hold.keys for hold in holds))
    if keys and any(keys <= frozenset(release) for release in released):
        return Braked(tuple(changes), (), ())
    held = tuple(change for change in changes if change.kind.removes and change.key in keys)
    waits = set(map(id, held))
    return Braked(tuple(change for change in changes if id(change) not in waits), held, tuple(holds))


def _holds(
    changes: Sequence[Change], ledger: Iterable[LedgerEvent], now: datetime, *, by_week: bool
) -> list[Hold]:
    by_scope: dict[str, list[Change]] = defaultdict(list)
    by_calendar: dict[str, list[Change]] = defaultdict(list)
    in_weeks: dict[tuple[str, date], list[Change]] = defaultdict(list)
    for change in changes:
        if change.before is None or not change.kind.removes:
            continue
        by_scope[change.scope].append(change)
        by_calendar[change.calendar].append(change)
        if by_week and change.before.content.rrule is None:
            in_weeks[_week(change.before)].append(change)

    coming = [event for event in ledger if event.content.goes_on_after(now)]
    in_scope = Counter(event.scope for event in coming)
    in_calendar = Counter(event.calendar for event in coming)
    in_week = Counter(_week(event) for event in coming if event.content.rrule is None)
    after = [change.after for change in changes if change.after is not None and not change.kind.removes]
    added_to_calendar = {event.calendar for event in after}
    leaving = Counter(
        _week(change.before)
        for change in changes
        if change.before and change.before.content.rrule is None and change.before.content.dtstart > now
    )
    arriving = Counter(_week(event) for event in after if event.content.rrule is None)

    found: list[Hold] = []
    for scope, gone in by_scope.items():
        found += _too_many(gone, in_scope[scope], f"agenda {scope}")
    for calendar, gone in by_calendar.items():
        size = in_calendar[calendar]
        found += _too_many(gone, size, f"calendar {calendar}")
        if size >= WIPED_OUT_CALENDAR and len(gone) == size and calendar not in added_to_calendar:
            found.append(_hold(gone, f"calendar {calendar} would lose all of its {size} coming lessons"))
    for (scope, monday), gone in in_weeks.items():
        size = in_week[scope, monday]
        where = f"agenda {scope}, week of {monday}"
        found += _too_many(gone, size, where)
        left = size - leaving[scope, monday] + arriving[scope, monday]
        if len(gone) >= EMPTIED_WEEK and left == 0:
            found.append(_hold(gone, f"{where}: none of {size} would be left"))
    return found


def _too_many(gone: Sequence[Change], size: int, where: str) -> list[Hold]:
    if len(gone) >= SMALLEST_COUNT and len(gone) > LARGEST_SHARE * size:
        return [_hold(gone, f"{where}: {len(gone)} of {size} would be removed")]
    return []


def _hold(gone: Sequence[Change], reason: str) -> Hold:
    return Hold(reason, frozenset(change.key for change in gone))


def _week(event: DesiredEvent | LedgerEvent) -> tuple[str, date]:
    day = event.content.dtstart.date()
    return event.scope, day - timedelta(days=day.weekday())
