"""The plan: what to change so that calendars show what the source says. Pure and deterministic.

Rules, each with a test: only what lies inside a completely read window (or a known kin of series) may be
removed; what is over is left alone; a move is an update; a removed series keeps its past; what is undecided
(`keep`) stays as it is; what people changed by hand stays theirs, where the ledger says so.

A series with a kin is one of several that may take one another's place: when it changes, it ends and another
begins. A series without one has an identity of its own and is changed in place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from scheduling_pipeline.calendars.changes import create, removal, update
from scheduling_pipeline.calendars.edits import respecting
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
    declined: Keep = frozenset(),
    now: datetime,
) -> ChangeSet:
    """What to change in one scope.

    `ledger` holds the live rows of that scope. `windows` (for single events, by start) and `kins` (for
    series) say where an absence counts as a removal. `declined` are events that their owners deleted and that
    are not made again. Raises ValueError when two desired events without a kin share a (calendar, uid): the
    source's identity is then broken, and either could be lost.
    """
    kept: Counter[str] = Counter()
    standing = [event for event in ledger if (event.calendar, event.uid) not in keep]
    kept["undecided"] = len(ledger) - len(standing)
    made_void = declined - {(event.calendar, event.uid) for event in ledger}  # what stands is not deleted
    wanted = [event for event in desired if (event.calendar, event.uid) not in made_void]
    kept["deleted by their owners"] = len(desired) - len(wanted)
    singles = [event for event in wanted if event.kin is None and (event.calendar, event.uid) not in keep]
    series = [event for event in wanted if event.kin is not None]
    changes = [
        *_plan_singles(singles, [event for event in standing if event.kin is None], windows, now, kept),
        *plan_series(series, [event for event in standing if event.kin is not None], kins, now, kept),
    ]
    changes.sort(key=_order)
    return ChangeSet(tuple(changes), {why: count for why, count in kept.items() if count})


def _order(change: Change) -> tuple[str, str, int, str]:
    when = change.after.content.dtstart.isoformat() if change.after else ""
    return change.calendar, change.uid, change.before.generation if change.before else 0, when


def _plan_singles(
    desired: Iterable[DesiredEvent],
    ledger: Iterable[LedgerEvent],
    windows: Sequence[Window],
    now: datetime,
    kept: Counter[str],
) -> Iterator[Change]:
    wanted = _by_key(desired)
    standing, doubles = _oldest_and_doubles(ledger)
    for key, before in standing.items():
        after = wanted.pop(key, None)
        if after is None:
            yield from _remove(before, windows, now, kept)
            continue
        if before.edits:
            after = replace(after, content=respecting(after.content, before.content, before.edits))
        if before.content == after.content:
            kept["unchanged"] += 1
        elif not before.content.goes_on_after(now) and not after.content.goes_on_after(now):
            kept["past"] += 1
        else:
            yield update(before, after)
    for before in doubles:
        yield from _remove(before, windows, now, kept)
    for after in wanted.values():
        if after.content.goes_on_after(now):
            yield create(after)
        else:
            kept["past"] += 1


def _by_key(desired: Iterable[DesiredEvent]) -> dict[tuple[str, str], DesiredEvent]:
    wanted: dict[tuple[str, str], DesiredEvent] = {}
    for event in desired:
        if (event.calendar, event.uid) in wanted:
            raise ValueError(f"{event.scope}: two events named {event.uid} for calendar {event.calendar}")
        wanted[event.calendar, event.uid] = event
    return wanted


def _oldest_and_doubles(
    ledger: Iterable[LedgerEvent],
) -> tuple[dict[tuple[str, str], LedgerEvent], list[LedgerEvent]]:
    """The rows by (calendar, uid), and those that stand twice: a write landed long after it was given up."""
    standing: dict[tuple[str, str], LedgerEvent] = {}
    doubles: list[LedgerEvent] = []
    for row in ledger:
        other = standing.setdefault((row.calendar, row.uid), row)
        if other is not row:
            oldest, double = sorted((other, row), key=lambda event: event.generation)
            standing[row.calendar, row.uid] = oldest
            doubles.append(double)
    return standing, doubles


def _remove(
    before: LedgerEvent, windows: Sequence[Window], now: datetime, kept: Counter[str]
) -> Iterator[Change]:
    """The removal of what the source no longer has, where its absence says so."""
    if not before.content.goes_on_after(now):
        kept["past"] += 1
    elif any(before.content.dtstart in window for window in windows):
        yield removal(before, now)
    else:
        kept["outside the window"] += 1
