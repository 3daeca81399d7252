"""Google's start and end of an event: a `date`, or a `dateTime` with an IANA `timeZone`.

Kept in one form: a date; or the wall time in the event's own zone, with offset, to the second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from scheduling_pipeline.simulators.google.errors import invalid, required

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?")

Edge = Mapping[str, Any]
Moment = date | datetime  # a date of an all-day event, or an aware time in the event's own zone


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; any other name is refused."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise invalid(f"Invalid time zone definition: {name}.") from None


def normalised(asked: Edge, which: Literal["start", "end"], calendar_zone: str, *, recurring: bool) -> Edge:
    """The edge as it is kept. `calendar_zone` is that of single events that name none."""
    day, moment, zone_name = asked.get("date"), asked.get("dateTime"), asked.get("timeZone")
    if day is None and moment is None:
        raise required(f"Missing {which} time.")
    if day is not None and moment is not None:
        raise invalid(f"Invalid {which} time.")
    if day is not None:
        return {"date": _date(day, which).isoformat()}
    read = _date_time(moment or "", which)
    if zone_name is None and (recurring or read.tzinfo is None):
        raise required(f"Missing time zone definition for {which} time.")
    name = zone_name or calendar_zone
    own = zone(name)
    return {
        "dateTime": _iso(read.astimezone(own) if read.tzinfo else read.replace(tzinfo=own)),
        "timeZone": name,
    }


@lru_cache(maxsize=8192)
def _moment(text: str, zone_name: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(zone(zone_name))


def moment(edge: Edge) -> Moment:
    """The date, or the time in the event's own zone, of a kept edge."""
    if "date" in edge:
        return date.fromisoformat(edge["date"])
    return _moment(edge["dateTime"], edge["timeZone"])


def instant(edge: Edge, calendar_zone: str) -> datetime:
    """The instant of a kept edge, in UTC; a date begins at midnight in the calendar's zone."""
    if "date" in edge:
        return datetime.combine(date.fromisoformat(edge["date"]), time(), zone(calendar_zone)).astimezone(UTC)
    return _moment(edge["dateTime"], edge["timeZone"]).astimezone(UTC)


def edge(value: Moment, zone_name: str | None) -> Edge:
    """The kept edge of a moment; `zone_name` is None for a date."""
    if isinstance(value, datetime) and zone_name is not None:
        return {"dateTime": _iso(value), "timeZone": zone_name}
    return {"date": value.isoformat()}


def shown(kept: Edge, zone_name: str) -> Edge:
    """The edge as a reply has it: the offset is that of the calendar's, or the asked, zone."""
    if "date" in kept:
        return kept
    return {
        "dateTime": _iso(_moment(kept["dateTime"], kept["timeZone"]).astimezone(zone(zone_name))),
        "timeZone": kept["timeZone"],
    }


def stamp(value: datetime) -> str:
    """A timestamp in UTC with milliseconds, as `created` and `updated` have it."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def suffix(value: Moment) -> str:
    """What an instance's id has after its series' id and "_"."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return value.strftime("%Y%m%d")


def shifted(start: Moment, first_start: Moment, first_end: Moment) -> Moment:
    """The end of an occurrence: as long after its start, on the clock, as that of the first is."""
    if isinstance(start, datetime) and isinstance(first_start, datetime) and isinstance(first_end, datetime):
        # arithmetic within one zone is that of the clock on the wall
        end = start + (first_end.astimezone(start.tzinfo) - first_start)
        return end.astimezone(first_end.tzinfo)
    return start + timedelta(days=first_end.toordinal() - first_start.toordinal())


def _iso(value: datetime) -> str:
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def _date(text: str, which: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise invalid(f"Invalid {which} time.")


def _date_time(text: str, which: str) -> datetime:
    """The time; it is naive where the text has no offset."""
    try:
        if _DATE_TIME.fullmatch(text):
            return datetime.fromisoformat(text.upper()).replace(microsecond=0)
    except ValueError:
        pass
    raise invalid(f"Invalid {which} time.")
