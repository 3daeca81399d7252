"""On which days somebody does not work, and why: what makes an absence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from scheduling_pipeline.roster.model import Absence
from scheduling_pipeline.roster.reasons import Code

EVERY_DAY = (True,) * 7


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days on which somebody is away; both are included."""

    first: date
    last: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OtherWeek:
    """Another week for a while, Monday first; None is as usual. Both days are included."""

    first: date
    last: date
    week: Sequence[bool | None]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OneDay:
    """Whether somebody works on one day, whatever their week says."""

    works: bool
    reason: str = ""


@dataclass(frozen=True)
class Availability:
    """All that is known about when somebody works. `week`: Monday first. Of several `other_weeks` on a day,
    the last one that says anything about it counts."""

    week: Sequence[bool] = EVERY_DAY
    days: Mapping[date, OneDay] = field(default_factory=dict)
    other_weeks: Sequence[OtherWeek] = ()
    time_off: Sequence[DaysOff] = ()

    def absence(self, day: date, closed: Mapping[date, str]) -> Absence | None:
        """Why they do not work on a day. A holiday and time off win, then comes another week, then what is
        said of that day, then the usual week. `closed`: the days on which nobody works, and what they are."""
        if day in closed:
            return Absence(Code.HOLIDAY, closed[day])
        for off in self.time_off:
            if off.first <= day <= off.last:
                return Absence(Code.TIME_OFF, off.reason)
        for other in reversed(self.other_weeks):
            works = other.week[day.weekday()] if other.first <= day <= other.last else None
            if works is not None:
                return None if works else Absence(Code.NOT_A_WORK_DAY, other.reason)
        if (one := self.days.get(day)) is not None:
            return None if one.works else Absence(Code.NOT_AVAILABLE, one.reason)
        return None if self.week[day.weekday()] else Absence(Code.NOT_A_WORK_DAY)

    def absences(self, days: Iterable[date], closed: Mapping[date, str]) -> dict[date, Absence]:
        """Those of some days."""
        found = ((day, self.absence(day, closed)) for day in days)
        return {day: absence for day, absence in found if absence is not None}
