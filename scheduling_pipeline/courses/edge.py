"""The conventions of the course files, converted here and nowhere else.

There a time of day is a whole number, HHMM; a week begins on Sunday, 0; a room whose number is unknown is 0;
a cell may name several rooms. A ValueError says in plain English what is wrong with a value.
"""

from __future__ import annotations

import re
from datetime import date, time

from scheduling_pipeline.courses.model import UNDETERMINED, UNKNOWN_ROOM

_DAYS_IN_WEEK = 7


def clock(hhmm: int) -> time:
    """A time of day from a whole number: 900 is 09:00."""
    hour, minute = divmod(hhmm, 100)
    try:
        return time(hour, minute)
    except ValueError:
        raise ValueError(f"{hhmm} is no time of day (HHMM)") from None


def clock_or_none(hhmm: int | None) -> time | None:
    """The same of a time that may be missing."""
    return None if hhmm is None else clock(hhmm)


def clocks(begin: int, end: int) -> tuple[time, time]:
    """When something of one day begins and ends."""
    if end < begin:
        raise ValueError(f"it ends at {end}, before it begins at {begin}")
    return clock(begin), clock(end)


def dates(start: date, end: date) -> tuple[date, date]:
    """The first and the last date of something."""
    if end < start:
        raise ValueError(f"it ends on {end}, before it starts on {start}")
    return start, end


def weekday(day_of_week: int) -> int:
    """A weekday from Monday, 0, for one from Sunday, 0."""
    if not 0 <= day_of_week < _DAYS_IN_WEEK:
        raise ValueError(f"{day_of_week} is no weekday (Sunday is 0)")
    return (day_of_week - 1) % _DAYS_IN_WEEK


def address(text: str) -> str:
    """An e-mail address as addresses are compared."""
    found = text.strip().lower()
    name, at, domain = found.rpartition("@")
    if not (name and at and domain) or any(mark.isspace() for mark in found):
        raise ValueError(f"{text!r} is no e-mail address")
    return found


def section(text: str) -> str:
    """A section's number without leading zeros."""
    return text.strip().lstrip("0") or "0"


def room_number(text: str | None) -> str:
    """A room's number, "0" where it is not known."""
    found = (text or "").strip()
    return UNKNOWN_ROOM if found.casefold() in UNDETERMINED or not found.strip("0") else found


def rooms(building: str | None, cell: str | None) -> tuple[tuple[str, str], ...]:
    """Buildings and numbers of the rooms that a meeting's two cells name; none where both are empty."""
    house = (building or "").strip()
    numbers = dict.fromkeys(room_number(part) for part in (cell or "").split("/"))
    if len(numbers) > 1:
        numbers.pop(UNKNOWN_ROOM, None)
    return tuple((house, number) for number in numbers if house or number != UNKNOWN_ROOM)


def crns(text: str | None) -> tuple[int, ...]:
    """The numbers of courses in a text that lists them."""
    return tuple(int(number) for number in re.findall(r"\d+", text or ""))


def text_or_none(text: str | None) -> str | None:
    """A text without blanks around it, None where nothing is left."""
    return (text or "").strip() or None
