"""Recurrence lines (RFC 5545): what Google takes, and the starts that they make.

Wall times stay whatever the clocks do: rules are expanded in the zone of the event's start. The start is
always an occurrence, also where a rule would not make it, unless an EXDATE takes it away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from functools import lru_cache
from itertools import islice
from typing import cast

from dateutil.rrule import rrule, rruleset, rrulestr

from scheduling_pipeline.simulators.google import times
from scheduling_pipeline.simulators.google.errors import GoogleError, invalid
from scheduling_pipeline.simulators.google.times import Edge, Moment

MOST_OCCURRENCES = 730  # Google repeats an event no more often

_LINE = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)((?:;[A-Z-]+=[^:;]+)*):(\S+)")
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_PARTS = {
    "FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST",
    "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS",
}  # fmt: skip
_DAY = re.compile(r"\d{8}")
_TIME = re.compile(r"\d{8}T\d{6}Z?")


def starts(start: Edge, lines: Sequence[str]) -> tuple[Moment, ...]:
    """The starts of all occurrences in order, at most `MOST_OCCURRENCES`; refuses lines in the wrong form."""
    return _starts(start.get("dateTime") or start["date"], start.get("timeZone"), tuple(lines))


@lru_cache(maxsize=8192)
def _starts(text: str, zone_name: str | None, lines: tuple[str, ...]) -> tuple[Moment, ...]:
    first = times.moment({"date": text} if zone_name is None else {"dateTime": text, "timeZone": zone_name})
    begin = _wall(first)
    found = rruleset(cache=False)
    found.rdate(begin)
    for line in lines:
        _add(found, line, begin, zone_name)
    walls = islice(found, MOST_OCCURRENCES)
    if zone_name is None:
        return tuple(wall.date() for wall in walls)
    zone = times.zone(zone_name)
    return tuple(wall.replace(tzinfo=zone) for wall in walls)


def _add(found: rruleset, line: str, begin: datetime, zone_name: str | None) -> None:
    """Add one line to the set. Its times are walls in the event's zone, or midnights of an all-day event."""
    read = _LINE.fullmatch(line)
    if read is None:
        raise _bad(line)
    name, options, value = read.groups()
    if name in ("RRULE", "EXRULE"):
        rule = _rule(line, value, begin, zone_name)
        (found.rrule if name == "RRULE" else found.exrule)(rule)
        return
    given = dict(option.split("=", 1) for option in options.split(";")[1:])
    for one in value.split(","):
        wall = _moment(line, one, given.get("TZID"), zone_name)
        (found.rdate if name == "RDATE" else found.exdate)(wall)


def _rule(line: str, text: str, begin: datetime, zone_name: str | None) -> rrule:
    pairs = [part.partition("=") for part in text.split(";")]
    parts = {name: value for name, _, value in pairs}
    if len(parts) < len(pairs) or not parts.keys() <= _PARTS or parts.get("FREQ") not in _FREQUENCIES:
        raise _bad(line)
    if "UNTIL" in parts and "COUNT" in parts:
        raise _bad(line)
    for number in ("COUNT", "INTERVAL"):
        if not parts.get(number, "1").isdecimal() or parts.get(number) == "0":
            raise _bad(line)
    if "UNTIL" in parts:
        until = parts["UNTIL"]
        if zone_name is not None and not until.endswith("Z"):
            raise _bad(line)  # beside a time with a zone, UNTIL is in UTC
        parts["UNTIL"] = f"{_moment(line, until, None, zone_name):%Y%m%dT%H%M%S}"
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        return cast("rrule", rrulestr(rule, dtstart=begin))  # one line never makes a set of rules
    except (ValueError, TypeError):
        raise _bad(line) from None


def _moment(line: str, text: str, tzid: str | None, zone_name: str | None) -> datetime:
    """A date or time of a line as a wall time of the event; it must be of the same type as the start."""
    wanted = _DAY if zone_name is None else _TIME
    if not wanted.fullmatch(text) or (tzid is not None and (zone_name is None or text.endswith("Z"))):
        raise _bad(line)
    try:
        read = datetime.strptime(text.removesuffix("Z"), "%Y%m%d" if zone_name is None else "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall time
    except ValueError:
        raise _bad(line) from None
    if zone_name is None or not (text.endswith("Z") or tzid):
        return read
    given = UTC if tzid is None else times.zone(tzid)
    return _wall(read.replace(tzinfo=given).astimezone(times.zone(zone_name)))


def _wall(value: Moment) -> datetime:
    """What the clock on the wall shows: dateutil counts without zones."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime.combine(value, time())  # an all-day event begins at midnight, wherever one is


def _bad(line: str) -> GoogleError:
    return invalid(f"Invalid recurrence rule: {line}")
