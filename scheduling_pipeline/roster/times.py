"""Between instants and the store's days and times of day: the only place where a zone is applied.

Instants are answered with the store's offset, not its zone: Python compares and adds those as one expects on
the days on which clocks change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The store's day at an instant. Raises ValueError for a naive datetime."""
    return _aware(instant).astimezone(zone).date()


def wall_time(instant: datetime, zone: ZoneInfo) -> time:
    """What the store's clock shows at an instant. Raises ValueError for a naive datetime."""
    return _aware(instant).astimezone(zone).time()


def place_instant(day: date, start: time, zone: ZoneInfo) -> datetime:
    """The instant of a store time, with the offset of that day; the first one where clocks show it twice.

    Raises ValueError for a time that the clocks of that day skip.
    """
    local = datetime.combine(day, start.replace(fold=0), zone)
    instant = _at_offset(local.astimezone(UTC), zone)
    if instant.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"there is no {start:%H:%M} on {day}: the clocks of {zone} go forward then")
    return instant


def store_time(value: str | datetime, zone: ZoneInfo) -> datetime:
    """An ISO date and time, or a datetime, as an instant; store time where it has no offset.

    Raises ValueError for what is no date and time, and for a store time that does not exist.
    """
    if isinstance(value, str):
        text = value.strip()
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text!r} is no date and time: write it as 2026-03-03T09:45") from None
        if "T" not in text.upper() and " " not in text:
            raise ValueError(f"{text!r} has no time of day: write it as 2026-03-03T09:45")
    if value.tzinfo is not None:
        return _at_offset(value, zone)
    return place_instant(value.date(), value.time(), zone)


def week_of(day: date) -> date:
    """The Sunday that begins the working week of a day."""
    return day - timedelta(days=day.isoweekday() % 7)


def _at_offset(instant: datetime, zone: ZoneInfo) -> datetime:
    offset = instant.astimezone(zone).utcoffset()
    return instant.astimezone(timezone(offset) if offset else UTC)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no zone")
    return instant
