"""Recurring events: what a `patternedRecurrence` must look like, and on which dates it falls.

Pure functions of dates in the series' own zone: wall times stay, whatever the clocks do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any, Literal

from dateutil import rrule

from scheduling_pipeline.simulators.graph.errors import GraphError, invalid_property, malformed

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NO_DATE = "0001-01-01"  # what Outlook writes where a range has no end date
MOST_OCCURRENCES = 999

_REQUIRED = {
    "daily": (),
    "weekly": ("daysOfWeek",),
    "absoluteMonthly": ("dayOfMonth",),
    "relativeMonthly": ("daysOfWeek",),
    "absoluteYearly": ("dayOfMonth", "month"),
    "relativeYearly": ("daysOfWeek", "month"),
}
_FREQUENCY: Mapping[str, Literal[0, 1, 2, 3]] = {
    "daily": rrule.DAILY,
    "weekly": rrule.WEEKLY,
    "absoluteMonthly": rrule.MONTHLY,
    "relativeMonthly": rrule.MONTHLY,
    "absoluteYearly": rrule.YEARLY,
    "relativeYearly": rrule.YEARLY,
}
_POSITION = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}

Recurrence = dict[str, Any]


def normalised(asked: Recurrence, zone_name: str) -> Recurrence:
    """The recurrence as Outlook keeps it: every property present, those of no use at their empty value.

    `range.startDate` becomes the first date of the pattern. Properties that the types do not use are dropped;
    those that they need and that are missing or out of range are refused.
    """
    pattern, limits = asked.get("pattern"), asked.get("range")
    if not pattern or not limits:
        raise invalid_property("recurrence needs a pattern and a range")
    result: Recurrence = {"pattern": _pattern(pattern), "range": _range(limits, zone_name)}
    first = next(dates(result), None)
    if first is None:
        raise GraphError(400, "ErrorRecurrenceHasNoOccurrence", "The recurrence has no occurrence.")
    result["range"]["startDate"] = first.isoformat()
    return result


def dates(recurrence: Recurrence, start: date | None = None, end: date | None = None) -> Iterator[date]:
    """The dates of a normalised recurrence in order, from `start` (inclusive) to `end` (inclusive)."""
    for moment in _rule(recurrence):
        day = moment.date()
        if end is not None and day > end:
            return
        if start is None or day >= start:
            yield day


def gap(recurrence: Recurrence) -> timedelta | None:
    """The shortest time between two of the first occurrences; None when there is only one."""
    first = islice(dates(recurrence), 8)
    return min((later - earlier for earlier, later in pairwise(first)), default=None)


def _pattern(asked: dict[str, Any]) -> dict[str, Any]:
    kind = asked.get("type")
    if kind not in _REQUIRED:
        raise invalid_property("recurrence.pattern.type is required")
    interval = asked.get("interval")
    if not interval or not 1 <= interval <= MOST_OCCURRENCES:
        raise invalid_property("recurrence.pattern.interval must be positive")
    for name in _REQUIRED[kind]:
        if not asked.get(name):
            raise invalid_property(f"recurrence.pattern.{name} is required for {kind}")
    needed = (*_REQUIRED[kind], "index") if kind.startswith("relative") else _REQUIRED[kind]
    pattern = {
        "type": kind,
        "interval": interval,
        "month": asked["month"] if "month" in needed else 0,
        "dayOfMonth": asked["dayOfMonth"] if "dayOfMonth" in needed else 0,
        "daysOfWeek": asked["daysOfWeek"] if "daysOfWeek" in needed else [],
        "firstDayOfWeek": asked.get("firstDayOfWeek") or "sunday",
        "index": (asked.get("index") or "first") if "index" in needed else "first",
    }
    if pattern["month"] not in range(13) or pattern["dayOfMonth"] not in range(32):
        raise invalid_property("recurrence.pattern: no such month or day of month")
    return pattern


def _range(asked: dict[str, Any], zone_name: str) -> dict[str, Any]:
    kind, start = asked.get("type"), asked.get("startDate")
    if not kind or not start:
        raise invalid_property("recurrence.range needs a type and a startDate")
    end, count = NO_DATE, 0
    if kind == "endDate":
        end = asked.get("endDate") or ""
        if not end or _date(end) < _date(start):
            raise invalid_property("recurrence.range.endDate is required and may not be before startDate")
    if kind == "numbered":
        count = asked.get("numberOfOccurrences") or 0
        if not 1 <= count <= MOST_OCCURRENCES:
            raise invalid_property(f"recurrence.range.numberOfOccurrences must be 1 to {MOST_OCCURRENCES}")
    return {
        "type": kind,
        "startDate": _date(start).isoformat(),
        "endDate": end,
        "recurrenceTimeZone": asked.get("recurrenceTimeZone") or zone_name,
        "numberOfOccurrences": count,
    }


def _rule(recurrence: Recurrence) -> rrule.rrule:
    pattern, limits = recurrence["pattern"], recurrence["range"]
    kind = pattern["type"]
    end = limits["endDate"]
    options: dict[str, Any] = {}
    if pattern["daysOfWeek"]:
        options["byweekday"] = [WEEKDAYS.index(day) for day in pattern["daysOfWeek"]]
        if kind.startswith("relative"):
            options["bysetpos"] = _POSITION[pattern["index"]]
    if pattern["dayOfMonth"]:
        # Outlook moves the 31st to the last day of a shorter month; RFC 5545 would leave that month out.
        options["bymonthday"] = range(min(pattern["dayOfMonth"], 28), pattern["dayOfMonth"] + 1)
        options["bysetpos"] = -1
    if pattern["month"]:
        options["bymonth"] = pattern["month"]
    return rrule.rrule(
        _FREQUENCY[kind],
        dtstart=datetime.combine(_date(limits["startDate"]), time()),
        interval=pattern["interval"],
        wkst=WEEKDAYS.index(pattern["firstDayOfWeek"]),
        count=limits["numberOfOccurrences"] or None,
        until=None if end == NO_DATE else datetime.combine(_date(end), time()),
        **options,
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise malformed() from None
