"""Where somebody wants an event, read from a form, an address or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import AfterValidator

from scheduling_pipeline.desk.forms import FIRST_DAY, LAST_DAY, Entered
from scheduling_pipeline.desk.problems import RefusedError
from scheduling_pipeline.roster.times import store_time


def _store_clock(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("is store time: write it without an offset")
    return value


AskedDay = Annotated[date | None, Query(ge=FIRST_DAY, le=LAST_DAY)]
AskedTime = Annotated[Annotated[time, AfterValidator(_store_clock)] | None, Query()]


class Wish(NamedTuple):
    """With whom an event is to be, and from which instant on. `override`: why a soft rule may be broken."""

    employee_id: str
    start: datetime
    override: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody has entered so far, and what is wrong with it."""

    day: date | None = None
    start: time | None = None
    employee_id: str = ""
    override: str = ""
    problems: tuple[str, ...] = ()

    def wish(self, zone: ZoneInfo) -> Wish:
        """Raises RefusedError with all that is wrong."""
        if self.problems or self.day is None or self.start is None:
            raise RefusedError(self.problems)
        return wish(zone, self.employee_id, datetime.combine(self.day, self.start).isoformat(), self.override)


def asked_in(fields: Mapping[str, str]) -> Asked:
    """What a form says: `employee_id`, `day`, `start`, `override`."""
    entered = Entered(fields)
    employee_id = entered.text("employee_id", "The person", longest=100)
    day = entered.day_if_any("day", "The day", needed=True)
    start = _clock(entered)
    override = entered.text("override", "The reason", needed=False)
    return Asked(day, start, employee_id, override, tuple(entered.problems))


def wish(zone: ZoneInfo, employee_id: str, start: str, override: str | None) -> Wish:
    """`start`: ISO date and time, in store time where it has no offset. Raises RefusedError."""
    try:
        instant = store_time(start, zone)
    except (ValueError, OverflowError) as error:
        raise RefusedError([f"The time: {error}."]) from None
    if not FIRST_DAY <= instant.date() <= LAST_DAY:
        raise RefusedError([f"The day must be between {FIRST_DAY.year} and {LAST_DAY.year}."])
    return Wish(employee_id, instant, override or None)


def _clock(entered: Entered) -> time | None:
    text = entered.text("start", "The time")
    try:
        return _store_clock(time.fromisoformat(text)) if text else None
    except ValueError:
        entered.problems.append(f"The time: {text!r} is none such as 09:45.")
        return None
