"""Planning weekly series: which takes whose place, and how a change keeps the past.

Desired series with an `until` stand for blocks that are known to end; series without one go on. Only what
begins after `now` is planned.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from scheduling_pipeline.calendars.changes import create, end, fields_that_differ, removal, split, update
from scheduling_pipeline.calendars.model import (
    Change,
    ChangeKind,
    DesiredEvent,
    EventContent,
    LedgerEvent,
)

Slot = tuple[int, time, time]

WEEK = timedelta(weeks=1)
WHEN = {"dtstart", "dtend", "rrule"}


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
        if event.content.goes_on_after(now):
            wanted[event.calendar, event.kin].append(_coming(event, now))
        else:
            kept["past"] += 1
    for row in ledger:
        if row.content.goes_on_after(now):
            standing[row.calendar, row.kin].append(row)
        else:
            kept["past"] += 1

    for calendar, kin in wanted.keys() | standing.keys():
        group = (calendar, kin)
        wanted[group].sort(key=_order)
        standing[group].sort(key=lambda row: (*_order(row), row.generation))
        pairs, new, gone = _pair(wanted[group], standing[group])
        changes = [change for before, after in pairs if (change := _change(before, after))]
        kept["unchanged"] += len(pairs) - len(changes)
        changes += [create(after) for after in new]
        yield from _join_successors(changes)
        for before in gone:
            if kin not in kins:
                kept["outside the window"] += 1
            elif _is_succeeded(before, wanted[group]):
                kept["unchanged"] += 1
            else:
                yield removal(before, now)


def _order(event: DesiredEvent | LedgerEvent) -> tuple[datetime, datetime, str]:
    return event.content.dtstart, event.content.dtend, event.uid


def _pair(
    wanted: Sequence[DesiredEvent], standing: Sequence[LedgerEvent]
) -> tuple[list[tuple[LedgerEvent, DesiredEvent]], list[DesiredEvent], list[LedgerEvent]]:
    """Which series takes whose place: the same slot first, then the greatest overlap."""
    slots = [before.content.slot for before in standing]
    candidates = sorted(
        (-minutes, before.content.last_start != after.content.last_start, position, index)
        for position, after in enumerate(wanted)
        for slot in (after.content.slot,)
        for index, before in enumerate(standing)
        if (minutes := _overlap(slots[index], slot)) and _meet(before.content, after.content)
    )
    pairs: list[tuple[LedgerEvent, DesiredEvent]] = []
    new, gone = dict(enumerate(wanted)), dict(enumerate(standing))
    for *_, position, index in candidates:
        if position in new and index in gone:
            pairs.append((gone.pop(index), new.pop(position)))
    return pairs, list(new.values()), list(gone.values())


def _change(before: LedgerEvent, after: DesiredEvent) -> Change | None:
    old, new = before.content, after.content
    looks_the_same = old.slot == new.slot and WHEN.issuperset(fields_that_differ(old, new))
    if looks_the_same and old.dtstart <= new.dtstart:
        # What stands need not begin again: only how long it goes on can differ.
        if old.last_start == new.last_start:
            return None
        until, lasts = _until(new), _until(old)
        if until is not None and (lasts is None or until < lasts):
            return end(before, until, f"last on {until}")
        return update(before, replace(after, content=replace(old, rrule=new.rrule)))
    if new.dtstart.date() <= old.dtstart.date():
        return update(before, after)
    return split(before, after, (new.dtstart - WEEK).date())


def _join_successors(changes: list[Change]) -> Iterator[Change]:
    """A series that ends where an overlapping one begins is one change, not a removal and a creation."""
    ends = [change for change in changes if change.kind is ChangeKind.END]
    for change in changes:
        if change.kind is ChangeKind.END:
            continue
        predecessor = None
        if change.kind is ChangeKind.CREATE and change.after is not None:
            content = change.after.content
            predecessor = next(
                (e for e in ends if e.before and _overlap(e.before.content.slot, content.slot)), None
            )
        if predecessor is not None and predecessor.before and predecessor.until and change.after:
            ends.remove(predecessor)
            yield split(predecessor.before, change.after, predecessor.until)
        else:
            yield change
    yield from ends


def _is_succeeded(before: LedgerEvent, wanted: Iterable[DesiredEvent]) -> bool:
    """Whether a series is the first half of a split and has its last occurrence still to come."""
    until = _until(before.content)
    return until is not None and any(
        until < after.content.dtstart.date() <= until + WEEK
        and _overlap(before.content.slot, after.content.slot)
        for after in wanted
    )


def _coming(event: DesiredEvent, now: datetime) -> DesiredEvent:
    """The series from its first occurrence after `now`."""
    content = event.content
    if content.dtstart > now:
        return event
    shift = content.last_start_by(now) + WEEK - content.dtstart
    coming = replace(content, dtstart=content.dtstart + shift, dtend=content.dtend + shift)
    return replace(event, content=coming)


def _until(content: EventContent) -> date | None:
    return None if content.rrule is None else content.rrule.until


def _meet(one: EventContent, other: EventContent) -> bool:
    """Whether there are weeks in which both go on."""
    return (_until(one) or date.max) >= other.dtstart.date() and (
        _until(other) or date.max
    ) >= one.dtstart.date()


def _overlap(one: Slot, other: Slot) -> int:
    """Minutes that two weekly slots share, on the same weekday; more than any other for the same slot."""
    if one == other:
        return 24 * 60
    if one[0] != other[0] or one[1] >= other[2] or other[1] >= one[2]:
        return 0
    start, finish = max(one[1], other[1]), min(one[2], other[2])
    return max((finish.hour - start.hour) * 60 + finish.minute - start.minute, 0)
