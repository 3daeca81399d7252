"""Planning weekly series: which takes whose place, and how a change keeps the past.

Desired series with an `until` stand for blocks that are known to end; series without one go on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from scheduling_pipeline.calendars.changes import create, end, fields_that_differ, removal, split, update
from scheduling_pipeline.calendars.model import (
    Change,
    ChangeKind,
    DesiredEvent,
    EventContent,
    LedgerEvent,
    WeeklyRule,
)

WEEK = timedelta(weeks=1)


def plan_series(
    desired: Iterable[DesiredEvent],
    ledger: Iterable[LedgerEvent],
    kins: frozenset[str],
    now: datetime,
    kept: Counter[str],
) -> Iterator[Change]:
    """Changes for the series of one scope; what is kept is counted in `kept`, by why."""
    wanted: dict[tuple[str, str | None], list[DesiredEvent]] = defaultdict(list)
    standing: dict[tuple[str, str | None], list[LedgerEvent]] = defaultdict(list)
    for event in desired:
        wanted[event.calendar, event.kin].append(event)
    for row in ledger:
        if not row.content.goes_on_after(now):
            kept["past"] += 1
        else:
            standing[row.calendar, row.kin].append(row)

    for calendar, kin in wanted.keys() | standing.keys():
        group = (calendar, kin)
        pairs, new, gone = _pair(wanted[group], standing[group])
        changes = [change for before, after in pairs if (change := _change(before, after, now))]
        kept["unchanged"] += len(pairs) - len(changes)
        kept["past"] += sum(not after.content.goes_on_after(now) for after in new)
        changes += [create(after) for after in new if after.content.goes_on_after(now)]
        yield from _join_successors(changes)
        if kin in kins:
            yield from (removal(before, now) for before in gone)
        else:
            kept["outside the window"] += len(gone)


def _pair(
    wanted: list[DesiredEvent], standing: list[LedgerEvent]
) -> tuple[list[tuple[LedgerEvent, DesiredEvent]], list[DesiredEvent], list[LedgerEvent]]:
    """Which series takes whose place: the same slot first, then the greatest overlap."""
    candidates = sorted(
        (
            before.content.slot != after.content.slot,
            _until(before.content) != _until(after.content),
            -_overlap(before.content, after.content),
            after.content.dtstart,
            before.content.dtstart,
            position,
            index,
        )
        for position, after in enumerate(wanted)
        for index, before in enumerate(standing)
        if _overlap(before.content, after.content)
    )
    pairs: list[tuple[LedgerEvent, DesiredEvent]] = []
    new, gone = dict(enumerate(wanted)), dict(enumerate(standing))
    for *_, position, index in candidates:
        if position in new and index in gone:
            pairs.append((gone.pop(index), new.pop(position)))
    return pairs, list(new.values()), list(gone.values())


def _change(before: LedgerEvent, after: DesiredEvent, now: datetime) -> Change | None:
    old, new = before.content, after.content
    looks_the_same = old.slot == new.slot and not set(fields_that_differ(old, new)) - {
        "dtstart",
        "dtend",
        "rrule",
    }
    if looks_the_same and old.dtstart <= new.dtstart:
        # What already runs need not begin again: only how long it runs can differ.
        if _until(old) == _until(new):
            return None
        if (until := _until(new)) is not None:
            return end(before, until, f"last on {until}")
        return update(before, replace(after, content=replace(old, rrule=WeeklyRule())))
    if old.dtstart > now:
        return update(before, after)
    begin = _first_after(new, now)
    if begin.dtstart.date() <= old.dtstart.date():
        return update(before, after)
    return split(
        before, replace(after, content=begin), old.last_start_by(begin.dtstart - timedelta(minutes=1)).date()
    )


def _join_successors(changes: list[Change]) -> Iterator[Change]:
    """A series that ends where an overlapping one begins is one change, not a removal and a creation."""
    ends = [change for change in changes if change.kind is ChangeKind.END]
    for change in changes:
        if change.kind is ChangeKind.END:
            continue
        predecessor = None
        if change.kind is ChangeKind.CREATE and change.after is not None:
            content = change.after.content
            predecessor = next((e for e in ends if e.before and _overlap(e.before.content, content)), None)
        if predecessor is not None and predecessor.before and predecessor.until and change.after:
            ends.remove(predecessor)
            yield split(predecessor.before, change.after, predecessor.until)
        else:
            yield change
    yield from ends


def _first_after(content: EventContent, now: datetime) -> EventContent:
    """The series from its first occurrence after `now`."""
    shift = timedelta()
    while content.dtstart + shift <= now:
        shift += WEEK
    return replace(content, dtstart=content.dtstart + shift, dtend=content.dtend + shift)


def _until(content: EventContent) -> date | None:
    return None if content.rrule is None else content.rrule.until


def _overlap(left: EventContent, right: EventContent) -> int:
    """Minutes that two weekly slots share, on the same weekday."""
    if left.slot[0] != right.slot[0]:
        return 0
    start, finish = max(left.slot[1], right.slot[1]), min(left.slot[2], right.slot[2])
    return max((finish.hour - start.hour) * 60 + finish.minute - start.minute, 0)
