"""The days on which nobody works: some of the public holidays, some weekdays, and days of our own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from holidays import country_holidays

_YEARS_LOOKED_AT = 10  # some holidays, such as those of elections, are not in every year


@dataclass(frozen=True, slots=True)
class OwnHoliday:
    """A day of our own; a `recurring` one counts every year (29 February: in leap years)."""

    name: str
    day: date
    recurring: bool = False

    def is_on(self, day: date) -> bool:
        same_date = (self.day.month, self.day.day) == (day.month, day.day)
        return same_date and (self.recurring or self.day.year == day.year)


def closed_days(
    first: date,
    last: date,
    *,
    country: str,
    subdivision: str | None,
    closed_on: Sequence[str],
    work_days: Collection[int] = range(7),
    own: Iterable[OwnHoliday] = (),
) -> dict[date, str]:
    """The days from `first` to `last` on which nobody works, and what they are called.

    `closed_on`: public holidays of a country, or a part of it, by their English names; an observed day is
    one of its own, such as "Christmas Day (observed)". `work_days`: the weekdays on which anybody works, 0
    being Monday.
    """
    ours = list(own)
    public = _public(country, subdivision, range(first.year, last.year + 1)) if closed_on else {}
    closed: dict[date, str] = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        names = [name for name in public.get(day, ()) if name in closed_on]
        names += [holiday.name for holiday in ours if holiday.is_on(day)]
        names += [] if day.weekday() in work_days else [f"closed on {day:%A}s"]
        if names:
            closed[day] = ", ".join(dict.fromkeys(names))
    return closed


def check_holidays(closed_on: Sequence[str], *, country: str, subdivision: str | None, year: int) -> None:
    """Raises ValueError for a holiday or a country that there is not in the years around `year`."""
    unknown = [name for name in closed_on if name not in _names(country, subdivision, year)]
    if unknown:
        known = ", ".join(sorted(_names(country, subdivision, year)))
        place = _place(country, subdivision)
        raise ValueError(f"no public holiday of {place} is called {', '.join(unknown)}; there are {known}")


@cache
def _names(country: str, subdivision: str | None, year: int) -> frozenset[str]:
    public = _public(country, subdivision, range(year - _YEARS_LOOKED_AT, year + _YEARS_LOOKED_AT))
    return frozenset(name for names in public.values() for name in names)


def _public(country: str, subdivision: str | None, years: range) -> dict[date, list[str]]:
    try:
        found = country_holidays(country, subdiv=subdivision, years=years, language="en_US")
    except NotImplementedError:
        place = _place(country, subdivision)
        problem = f"the public holidays of {place} are not known: check country and subdivision"
        raise ValueError(problem) from None
    return {day: found.get_list(day) for day in found}


def _place(country: str, subdivision: str | None) -> str:
    return f"{country}-{subdivision}" if subdivision else country
