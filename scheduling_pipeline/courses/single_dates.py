"""Single dates of a class that people deleted or changed by hand: where a plan has to know them.

Calendars keep them beside the series, so the ledger does not have them: they are looked up where the class
moves to another time, and where all is put right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from scheduling_pipeline.calendars.changes import remake
from scheduling_pipeline.calendars.model import (
    Change,
    ChangeKind,
    ChangeSet,
    DesiredEvent,
    Edits,
    LedgerEvent,
)
from scheduling_pipeline.calendars.provider import EditedDates, Unreadable

FindEditedDates = Callable[[Sequence[LedgerEvent]], Sequence[EditedDates | Unreadable]]


def dates_of_moving(
    changes: Iterable[Change], edited_dates: FindEditedDates
) -> tuple[list[LedgerEvent], list[tuple[LedgerEvent, EditedDates]], dict[str, Unreadable]]:
    """The series that change their weekday or time, where people edited single dates.

    Deleted dates would come back with the new time: these events are returned with them noted as edits. Dates
    that people changed move with the others: these are returned second. Third come calendars that could not
    be read.
    """
    moving = [
        change.before
        for change in changes
        if change.kind is ChangeKind.UPDATE
        and change.before
        and change.after
        and change.before.content.rrule
        and change.before.content.slot != change.after.content.slot
    ]
    found, failed = _edited_dates(moving, edited_dates)
    deleted = [
        replace(event, edits=event.edits | Edits(dates=dates.deleted))
        for event, dates in found
        if dates.deleted - event.edits.dates
    ]
    return deleted, [(event, dates) for event, dates in found if dates.changed], failed


def without_edited_dates(
    change_set: ChangeSet,
    desired: Sequence[DesiredEvent],
    standing: Sequence[LedgerEvent],
    edited_dates: FindEditedDates,
    now: datetime,
) -> tuple[list[Change], dict[str, Unreadable]]:
    """The changes, and in the place of a series with dates that people deleted or changed a new one.

    Second come calendars that could not be read.
    """
    wanted = {(event.calendar, event.uid): event for event in desired}
    removed = {
        (change.calendar, change.before.tag)
        for change in change_set.changes
        if change.before and change.kind.removes
    }
    coming = [
        event
        for event in standing
        if (event.calendar, event.uid) in wanted
        and (event.calendar, event.tag) not in removed
        and event.content.goes_on_after(now)
    ]
    found, failed = _edited_dates(coming, edited_dates)
    made_anew = {
        (event.calendar, event.tag): remake(event, wanted[event.calendar, event.uid])
        for event, dates in found
        if dates
    }
    others = [
        change
        for change in change_set.changes
        if change.before is None or (change.calendar, change.before.tag) not in made_anew
    ]
    return [*others, *made_anew.values()], failed


def _edited_dates(
    events: Sequence[LedgerEvent], edited_dates: FindEditedDates
) -> tuple[list[tuple[LedgerEvent, EditedDates]], dict[str, Unreadable]]:
    found: list[tuple[LedgerEvent, EditedDates]] = []
    failed: dict[str, Unreadable] = {}
    for event, answer in zip(events, edited_dates(events) if events else (), strict=True):
        if isinstance(answer, Unreadable):
            failed[event.calendar] = answer
        else:
            found.append((event, answer))
    return found, failed
