"""How schedules are told to people: clock times in the owner's zone, never how long it is until then."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.work_orders.schedule import HOURS_A_DAY, Hours

NOT_SCHEDULED = "Not scheduled"
_WEEK = 7


def run_time(instant: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """As in `Today at 2:30 PM EST`, `Tomorrow at ...`, `Friday at ...`, `Mar 5 at ...`."""
    if instant is None:
        return NOT_SCHEDULED
    local = instant.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    if days == 0:
        day = "Today"
    elif days == 1:
        day = "Tomorrow"
    elif 1 < days < _WEEK:
        day = f"{local:%A}"
    else:
        day = f"{local:%b} {local.day}"
    return f"{day} at {clock_time(local)}"


def clock_time(local: datetime) -> str:
    """The time of an aware datetime in its own zone, as in `2:30 PM EST`."""
    return f"{time_of_day(local.time())} {zone_name(local)}"


def time_of_day(value: time) -> str:
    """As in `2:30 PM`."""
    return f"{value.hour % 12 or 12}:{value:%M %p}"


def zone_name(local: datetime) -> str:
    """What the zone of a datetime is called then: `EST`, or `UTC+3` where it has no name of its own."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = local.utcoffset() or timedelta(0)
    sign = "-" if offset < timedelta(0) else "+"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"UTC{sign}{hours}{f':{minutes:02}' if minutes else ''}"


def hours_in_words(hours: Hours) -> str:
    """As in `6 AM to 10 PM`."""
    return (
        "all day"
        if hours.start == hours.end
        else f"{hour_in_words(hours.start)} to {hour_in_words(hours.end)}"
    )


def hour_in_words(hour: int) -> str:
    """As in `6 AM`; both 0 and 24 are midnight."""
    if hour in {0, HOURS_A_DAY}:
        return "midnight"
    return f"{hour % 12 or 12} {'AM' if hour < HOURS_A_DAY // 2 else 'PM'}"
