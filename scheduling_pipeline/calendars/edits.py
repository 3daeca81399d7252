"""What people change in our events by hand, where that is respected: finding it, and planning around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from scheduling_pipeline.calendars.changes import CONTENT_FIELDS, fields_that_differ
from scheduling_pipeline.calendars.model import Edits, EventContent

TIMES = frozenset({"dtstart", "dtend", "all_day", "rrule"})  # they mean something together only


def edits_between(known: EventContent, standing: EventContent, wanted: EventContent | None = None) -> Edits:
    """What somebody changed in an event since it was `known`.

    What is as it is `wanted` is no edit: it needs no protection, and a write of ours that nobody answered may
    have made it so.
    """
    origins = (known, wanted or known)
    fields = {
        name
        for name in CONTENT_FIELDS
        if name not in TIMES and all(getattr(one, name) != getattr(standing, name) for one in origins)
    }
    if not any(_same_times_but_for_dates(one, standing) for one in origins):
        fields |= TIMES.intersection(fields_that_differ(known, standing))
        return Edits(frozenset(fields))
    dates = _exdates(standing).difference(*map(_exdates, origins))
    return Edits(frozenset(fields), dates)


def respecting(wanted: EventContent, standing: EventContent, edits: Edits) -> EventContent:
    """What is wanted, but for what its owner changed: those fields stay as they stand, deleted dates too.

    A date deleted from a series that moves to another weekday stands for the class of that week.
    """
    names = edits.fields | (TIMES if edits.fields & TIMES else frozenset())
    kept: dict[str, Any] = {name: getattr(standing, name) for name in names}
    content = replace(wanted, **kept)
    if not edits.dates or content.rrule is None or "rrule" in kept:
        return content
    days = {_in_week_of(day, content) for day in edits.dates}
    return replace(content, rrule=replace(content.rrule, exdates=content.rrule.exdates | days))


def left_after(edits: Edits, before: EventContent, after: EventContent) -> Edits:
    """What is still its owner's once a write of ours turned `before` into `after`: not what it replaced."""
    written = frozenset(fields_that_differ(before, after))
    if not written & TIMES:
        return Edits(edits.fields - written, edits.dates)
    left_out = _exdates(after)
    dates = frozenset(day for day in edits.dates if _in_week_of(day, after) in left_out)
    return Edits(edits.fields - written - TIMES, dates)


def carried_over(
    before: EventContent, after: EventContent, standing: EventContent
) -> tuple[EventContent, Edits]:
    """A change that was planned from `before`, now that the event is found to be `standing`: what it becomes,
    and what its owner had changed."""
    edits = edits_between(before, standing, after)
    return respecting(after, standing, edits), edits


def _same_times_but_for_dates(origin: EventContent, standing: EventContent) -> bool:
    """Whether nothing but dates was taken out of the times that an event had."""
    differing = TIMES.intersection(fields_that_differ(origin, standing))
    if differing != {"rrule"}:
        return not differing
    was, now = origin.rrule, standing.rrule
    return was is not None and now is not None and now == replace(was, exdates=was.exdates | now.exdates)


def _in_week_of(day: date, content: EventContent) -> date:
    """The date of the class in the week of `day`."""
    return day + timedelta(days=content.dtstart.weekday() - day.weekday())


def _exdates(content: EventContent) -> frozenset[date]:
    return frozenset() if content.rrule is None else content.rrule.exdates
