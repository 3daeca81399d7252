"""The times at which a repeated event of an iCalendar file takes place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, tzinfo
from heapq import merge

from dateutil.rrule import rrulestr
from icalendar import Event
from icalendar.prop import vRecur

from scheduling_pipeline.files.ics_times import shifted, stated
from scheduling_pipeline.files.model import Fault

_MOST = 1_000  # times of a rule: weekly for nineteen years

_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})


def occurrences(event: Event, zone: tzinfo) -> Iterator[date]:
    """The beginnings, dates or wall times in `zone`, in order and without the excluded ones. Raises Fault.

    An event that is repeated without end is refused: its calendar says when it ends, or nobody knows.
    """
    start = stated(event, "DTSTART")
    added = _dates([extra for extra, _ in event.rdates], "RDATE")
    dates = [shifted(each, zone) for each in (start, *added)]
    repeated = (shifted(each, zone) for rule in event.rrules for each in _by_rule(rule, start))
    excluded = {shifted(each, zone) for each in _dates(event.exdates, "EXDATE")}
    last: date | None = None
    for each in merge(sorted(dates, key=_moment), repeated, key=_moment):
        if each != last and each not in excluded and _day(each) not in excluded:
            yield each
        last = each


def _dates(values: Sequence[object], column: str) -> list[date]:
    dates = [value for value in values if isinstance(value, date)]
    if len(dates) < len(values):
        raise Fault("is neither a date nor a time of a day", column=column)
    return dates


def _by_rule(rule: vRecur, start: date) -> Iterator[date]:
    """As the rule has it, in the zone of the beginning."""
    if "UNTIL" not in rule and "COUNT" not in rule:
        raise Fault("is without an end: it needs UNTIL or COUNT", column="RRULE")
    if str(rule.get("FREQ", [""])[0]) not in _FREQUENCIES:
        raise Fault("repeats the event neither daily, weekly, monthly nor yearly", column="RRULE")
    if rule.get("INTERVAL", [1])[0] < 1:
        raise Fault("is no rule that can be followed", column="RRULE")
    timed = isinstance(start, datetime)
    first = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
    zone = start.tzinfo if isinstance(start, datetime) else None
    try:
        repeated = rrulestr(_without_until(rule), dtstart=first)
    except (TypeError, ValueError):  # of a broken rule the libraries raise either
        raise Fault("is no rule that can be followed", column="RRULE") from None
    until = _until(rule["UNTIL"][0], zone) if "UNTIL" in rule else None
    for number, each in enumerate(repeated):
        if until is not None and each > until:
            return
        if number >= _MOST:
            raise Fault(f"repeats the event more than {_MOST:,} times", column="RRULE")
        yield each.replace(tzinfo=zone) if timed else each.date()


def _without_until(rule: vRecur) -> str:
    # The library that follows the rule wants it in UTC, whatever the beginning is in.
    parts = str(rule.to_ical(), "ascii").split(";")  # type: ignore[no-untyped-call]
    return ";".join(part for part in parts if not part.startswith("UNTIL="))


def _until(until: date, zone: tzinfo | None) -> datetime:
    """The last moment on the clocks of the event's zone; of a date all of it."""
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max)
    return (
        until.astimezone(zone).replace(tzinfo=None) if until.tzinfo and zone else until.replace(tzinfo=None)
    )


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _moment(moment: date) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time())
