"""When an event of an iCalendar file is: dates stay dates, times become a wall clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from icalendar import Event
from icalendar.prop import vDDDTypes

from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.table import shown

_DAY = timedelta(days=1)


def span(event: Event, zone: tzinfo) -> tuple[date, date]:
    """Where an event begins and where it ends: two dates, the second one excluded, or two wall times."""
    start = wall(event, "DTSTART", zone)
    timed = isinstance(start, datetime)
    if "DTEND" in event:
        end = wall(event, "DTEND", zone)
        if isinstance(end, datetime) != timed:
            raise Fault("is a date where the beginning has a time, or the other way round", column="DTEND")
        return start, end
    if "DURATION" in event:
        lasts = event["DURATION"]
        if not isinstance(lasts, vDDDTypes) or not isinstance(lasts.dt, timedelta):
            raise Fault("is no duration", column="DURATION")
        return start, start + lasts.dt
    return start, start if timed else start + _DAY


def wall(event: Event, name: str, zone: tzinfo) -> date:
    """A date as the event states it, or what clocks in `zone` show at its time. Raises Fault."""
    return shifted(stated(event, name), zone)


def stated(event: Event, name: str) -> date:
    """A date or time as the event states it. Raises Fault."""
    value = event[name]
    if not isinstance(value, vDDDTypes) or not isinstance(value.dt, date):
        raise Fault("is neither a date nor a time of a day", column=name)
    if isinstance(value.dt, datetime) and value.dt.tzinfo is None and "TZID" in value.params:
        raise Fault(f"{shown(str(value.params['TZID']))} is no known time zone", column=name)
    return value.dt


def shifted(moment: date, zone: tzinfo) -> date:
    """What clocks in `zone` show at a moment; a date and a time without a zone stay as they are."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(zone).replace(tzinfo=None)
    return moment
