"""What people change in our events by hand, where that is respected: finding it, and planning around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from scheduling_pipeline.calendars.changes import fields_that_differ
from scheduling_pipeline.calendars.model import NO_EDITS, Edits, EventContent

TIMES = frozenset({"dtstart", "dtend", "all_day", "rrule"})  # they mean something together only


def edits_between(known: EventContent, standing: EventContent, wanted: EventContent | None = None) -> Edits:
    """What somebody changed in an event since it was `known`; what is as it is `wanted` is no edit."""
    fields = set(fields_that_differ(known, standing))
    if wanted is not None:
        fields &= set(fields_that_differ(wanted, standing))
    dates: frozenset[date] = frozenset()
    if "rrule" in fields and known.rrule and standing.rrule:
        added = standing.rrule.exdates - known.rrule.exdates
        if standing.rrule == replace(known.rrule, exdates=known.rrule.exdates | added):
            fields.discard("rrule")  # the same rule without some dates
            dates = added
    return Edits(frozenset(fields), dates) if fields or dates else NO_EDITS


def respecting(wanted: EventContent, standing: EventContent, edits: Edits) -> EventContent:
    """What is wanted, but for what its owner changed: those fields stay as they stand, deleted dates too.

    A date deleted from a series that moves to another weekday stands for the class of that week.
    """
    names = edits.fields | (TIMES if edits.fields & TIMES else frozenset())
    kept: dict[str, Any] = {name: getattr(standing, name) for name in names}
    content = replace(wanted, **kept)
    if not edits.dates or content.rrule is None or "rrule" in kept:
        return content
    days = {
        day + timedelta(days=content.dtstart.weekday() - day.weekday()) for day in edits.dates
    }  # of the same week
    return replace(content, rrule=replace(content.rrule, exdates=content.rrule.exdates | days))


def carried_over(
    before: EventContent, after: EventContent, standing: EventContent
) -> tuple[EventContent, Edits]:
    """A change that was planned from `before`, now that the event is found to be `standing`: what it becomes,
    and what its owner had changed."""
    edits = edits_between(before, standing, after)
    until = after.rrule and after.rrule.until
    if until and before.rrule and after == before.ending_on(until):  # it ends, at whatever time it now is
        return (standing.ending_on(until) if standing.rrule else standing), edits
    return respecting(after, standing, edits), edits
