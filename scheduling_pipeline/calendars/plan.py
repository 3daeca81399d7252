"""The plan: what to change so that calendars show what the source says. Pure and deterministic.

Rules, each with a test: only what lies inside a completely read window (or a known kin of series) may be
removed; what has begun is left alone; a move is an update; a series that changes keeps its past; what is
undecided (`keep`) stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from scheduling_pipeline.calendars.changes import create, removal, update
from scheduling_pipeline.calendars.model import Change, ChangeSet, DesiredEvent, LedgerEvent, Window
from scheduling_pipeline.calendars.series import plan_series

Keep = frozenset[tuple[str, str]]  # (calendar, uid) of events that must stay as they are


def plan(
    desired: Sequence[DesiredEvent],
    ledger: Sequence[LedgerEvent],
    *,
    windows: Sequence[Window],
    kins: frozenset[str],
    keep: Keep = frozenset(),
    now: datetime,
) -> ChangeSet:
    """What to change in one scope.

    `ledger` holds the live rows of that scope. `windows` (for single events, by start) and `kins` (for
    series) say where an absence counts as a removal. Raises ValueError when two desired single events
    share a (calendar, uid): the source's identity is then broken, and either could be lost.
    """
    kept: Counter[str] = Counter()
    standing = [event for event in ledger if (event.calendar, event.uid) not in keep]
    kept["undecided"] = len(ledger) - len(standing)
    singles = [event for event in desired if event.kin is None and (event.calendar, event.uid) not in keep]
    series = [event for event in desired if event.kin is not None]
    changes = [
        *_plan_singles(singles, [event for event in standing if event.kin is None], windows, now, kept),
        *plan_series(series, [event for event in standing if event.kin is not None], kins, now, kept),
    ]
    changes.sort(key=lambda change: (change.calendar, change.uid, change.key))
    return ChangeSet(tuple(changes), {why: count for why, count in kept.items() if count})


def _plan_singles(
    desired: Iterable[DesiredEvent],
    ledger: Iterable[LedgerEvent],
    windows: Sequence[Window],
    now: datetime,
    kept: Counter[str],
) -> Iterator[Change]:
    wanted = _by_key(desired)
    for before in ledger:
        after = wanted.pop((before.calendar, before.uid), None)
        if after is None:
            if why := _why_kept(before, windows, now):
                kept[why] += 1
            else:
                yield removal(before, now)
        elif before.content == after.content:
            kept["unchanged"] += 1
        elif before.content.dtstart <= now and after.content.dtstart <= now:
            kept["past"] += 1
        else:
            yield update(before, after)
    for after in wanted.values():
        if after.content.dtstart <= now:
            kept["past"] += 1
        else:
            yield create(after)


def _by_key(desired: Iterable[DesiredEvent]) -> dict[tuple[str, str], DesiredEvent]:
    wanted: dict[tuple[str, str], DesiredEvent] = {}
    for event in desired:
        if (event.calendar, event.uid) in wanted:
            raise ValueError(f"{event.scope}: two events named {event.uid} for calendar {event.calendar}")
        wanted[event.calendar, event.uid] = event
    return wanted


def _why_kept(before: LedgerEvent, windows: Sequence[Window], now: datetime) -> str:
    """Why an event that the source no longer has stays; empty when it must go."""
    if before.content.dtstart <= now:
        return "past"
    if any(before.content.dtstart in window for window in windows):
        return ""
    return "outside the window"
