"""Making changes: one constructor for each kind, and the words for what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime

from scheduling_pipeline.calendars.model import (
    Change,
    ChangeKind,
    DesiredEvent,
    EventContent,
    LedgerEvent,
    WeeklyRule,
)

CONTENT_FIELDS = (
    "summary",
    "dtstart",
    "dtend",
    "all_day",
    "rrule",
    "location",
    "categories",
    "description",
    "color",
    "reminders",
)
NEW = "new at the source"
GONE = "no longer at the source"


def create(after: DesiredEvent) -> Change:
    """A new event."""
    return Change(ChangeKind.CREATE, after.scope, after.calendar, after.uid, None, after, reason=NEW)


def update(before: LedgerEvent, after: DesiredEvent) -> Change:
    """The same event with other content; it keeps the ledger's uid."""
    fields = fields_that_differ(before.content, after.content)
    return _of(
        ChangeKind.UPDATE, before, replace(after, uid=before.uid), fields, _reason(before, after, fields)
    )


def split(before: LedgerEvent, after: DesiredEvent, until: date) -> Change:
    """A running series changes: it ends on `until`, and `after` takes its place."""
    fields = tuple(name for name in fields_that_differ(before.content, after.content) if name != "rrule")
    reason = f"from {after.content.dtstart.date()}: {_reason(before, after, fields)}"
    return _of(ChangeKind.SPLIT, before, after, fields, reason, until)


def remake(before: LedgerEvent, after: DesiredEvent) -> Change:
    """A new series in the place of one with dates that were changed or deleted by hand."""
    fields = fields_that_differ(before.content, after.content)
    reason = "single dates were changed by hand"
    if fields:
        reason = f"{reason}; {_reason(before, after, fields)}"
    return _of(ChangeKind.REMAKE, before, after, fields, reason)


def removal(before: LedgerEvent, now: datetime) -> Change:
    """Take an event away. A series that has begun ends with its last occurrence that began before `now`."""
    until = last_date_to_stay(before.content, now)
    return _of(ChangeKind.DELETE, before, None, (), GONE) if until is None else end(before, until, GONE)


def last_date_to_stay(content: EventContent, now: datetime) -> date | None:
    """Until when a series that goes on after `now` stays when it is taken away, since it took place; None
    when nothing did."""
    if content.rrule is None or content.dtstart > now:
        return None
    ended = content.ending_on(content.last_start_by(now).date())
    last = ended.last_start
    return last.date() if last is not None and last.date() not in content.rrule.exdates else None


def end(before: LedgerEvent, until: date, reason: str) -> Change:
    """Let a series end on `until`; what took place stays."""
    content = before.content.ending_on(until)
    after = DesiredEvent(before.scope, before.calendar, before.uid, content, before.kin, before.origin)
    return _of(ChangeKind.END, before, after, ("rrule",), reason, until)


def fields_that_differ(old: EventContent, new: EventContent) -> tuple[str, ...]:
    """Names of the content fields in which two events differ."""
    return tuple(name for name in CONTENT_FIELDS if getattr(old, name) != getattr(new, name))


def _of(
    kind: ChangeKind,
    before: LedgerEvent,
    after: DesiredEvent | None,
    fields: tuple[str, ...],
    reason: str,
    until: date | None = None,
) -> Change:
    return Change(kind, before.scope, before.calendar, before.uid, before, after, fields, reason, until)


def _reason(before: LedgerEvent, after: DesiredEvent, fields: Iterable[str]) -> str:
    """What differs, as a person would say it."""
    parts = [_WORDS[name](before.content, after.content) for name in fields]
    return "; ".join(dict.fromkeys(part for part in parts if part)) or "changed"


def _times(old: EventContent, new: EventContent) -> str:
    if old.rrule and old.dtstart.weekday() != new.dtstart.weekday():
        return f"{old.dtstart:%a %H:%M}-{old.dtend:%H:%M} → {new.dtstart:%a %H:%M}-{new.dtend:%H:%M}"
    form = "%H:%M" if old.rrule or old.dtstart.date() == new.dtstart.date() else "%a %d %b %H:%M"
    was = f"{old.dtstart.strftime(form)}-{old.dtend:%H:%M}"
    now = f"{new.dtstart.strftime(form)}-{new.dtend:%H:%M}"
    return f"{was} → {now}" if was != now else f"begins on {new.dtstart.date()}"


def _rule(old: EventContent, new: EventContent) -> str:
    was, now = old.rrule or WeeklyRule(), new.rrule or WeeklyRule()
    parts = []
    if was.until != now.until or was.exdates == now.exdates:
        parts.append(f"last on {now.until}" if now.until else "goes on without end")
    if off := sorted(now.exdates - was.exdates):
        parts.append(f"not on {', '.join(map(str, off))}")
    if on := sorted(was.exdates - now.exdates):
        parts.append(f"again on {', '.join(map(str, on))}")
    return "; ".join(parts)


_WORDS: dict[str, Callable[[EventContent, EventContent], str]] = {
    "summary": lambda old, new: f"“{old.summary}” → “{new.summary}”",
    "dtstart": _times,
    "dtend": _times,
    "all_day": lambda _old, new: "whole day" if new.all_day else "with a time of day",
    "rrule": _rule,
    "location": lambda old, new: f"room {old.location or 'none'} → {new.location or 'none'}",
    "categories": lambda _old, new: f"category {', '.join(new.categories) or 'none'}",
    "description": lambda _old, _new: "description",
    "color": lambda _old, new: f"colour {new.color or 'of the calendar'}",
    "reminders": lambda _old, new: _reminders(new),
}


def _reminders(content: EventContent) -> str:
    if content.reminders is None:
        return "reminders of the calendar"
    return f"reminders {', '.join(f'{minutes} min' for minutes in content.reminders) or 'none'}"
