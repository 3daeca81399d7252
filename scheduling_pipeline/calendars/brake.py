"""The brake: removals that no honest day has ever shown wait for a person.

Measured on 389 pairs of real readings, the largest honest share of removals was 21 % of 24 lessons; every
incident removed far more. Creates and updates are never held.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduling_pipeline.calendars.model import Change, EventContent, LedgerEvent, digest

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
) -> Braked:
    """Hold the removals that trip a rule, unless a release covers all of them.

    `ledger` holds the live rows of the scope that was planned. A release names removals by key and stays
    valid while the held removals are that set or a subset of it.
    """
    holds = _holds(changes, [event for event in ledger if event.content.goes_on_after(now)])
    keys = frozenset().union(*(hold.keys for hold in holds))
    if keys and any(keys <= frozenset(release) for release in released):
        return Braked(tuple(changes), (), ())
    return Braked(
        tuple(change for change in changes if change.key not in keys),
        tuple(change for change in changes if change.key in keys),
        tuple(holds),
    )


def _holds(changes: Sequence[Change], coming: Sequence[LedgerEvent]) -> list[Hold]:
    removals = [change for change in changes if change.kind.removes and change.before is not None]
    by_scope: dict[str, list[Change]] = defaultdict(list)
    by_calendar: dict[str, list[Change]] = defaultdict(list)
    by_week: dict[tuple[str, date], list[Change]] = defaultdict(list)
    for change in removals:
        by_scope[change.scope].append(change)
        by_calendar[change.calendar].append(change)
        if change.before is not None and change.before.content.rrule is None:
            by_week[change.scope, _week(change.before.content)].append(change)

    scope_size = Counter(event.scope for event in coming)
    calendar_size = Counter(event.calendar for event in coming)
    week_size = Counter(
        (event.scope, _week(event.content)) for event in coming if event.content.rrule is None
    )
    added = [change.after for change in changes if change.after is not None and not change.kind.removes]
    added_to_calendar = {event.calendar for event in added}
    added_to_week = {(event.scope, _week(event.content)) for event in added if event.content.rrule is None}

    found: list[Hold] = []
    for scope, gone in by_scope.items():
        found += _too_many(gone, scope_size[scope], f"agenda {scope}")
    for calendar, gone in by_calendar.items():
        size = calendar_size[calendar]
        found += _too_many(gone, size, f"calendar {calendar}")
        if size >= WIPED_OUT_CALENDAR and len(gone) == size and calendar not in added_to_calendar:
            found.append(_hold(gone, f"calendar {calendar} would lose all of its {size} coming lessons"))
    for (scope, monday), gone in by_week.items():
        size = week_size[scope, monday]
        found += _too_many(gone, size, f"agenda {scope}, week of {monday}")
        if len(gone) >= EMPTIED_WEEK and len(gone) == size and (scope, monday) not in added_to_week:
            found.append(_hold(gone, f"agenda {scope} would lose all {size} lessons of the week of {monday}"))
    return found


def _too_many(gone: Sequence[Change], size: int, where: str) -> list[Hold]:
    if len(gone) >= SMALLEST_COUNT and len(gone) > LARGEST_SHARE * size:
        return [_hold(gone, f"{where}: {len(gone)} of {size} would be removed")]
    return []


def _hold(gone: Sequence[Change], reason: str) -> Hold:
    return Hold(reason, frozenset(change.key for change in gone))


def _week(content: EventContent) -> date:
    day = content.dtstart.date()
    return day - timedelta(days=day.weekday())
