"""The days on which nothing is read: public holidays of a country, and days that an owner chose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

from holidays import country_holidays, list_supported_countries


def check_country(country: str) -> None:
    """Raises ValueError for a country whose public holidays are not known."""
    if country not in list_supported_countries():
        raise ValueError(f"the public holidays of {country!r} are not known; write a country as in US or CH")


def rest_day(day: date, country: str | None, own: frozenset[date]) -> str | None:
    """What a day on which nothing is read is called; None for any other day."""
    if day in own:
        return "a day off"
    return _holidays(country, day.year).get(day) if country else None


@cache
def _holidays(country: str, year: int) -> Mapping[date, str]:
    found = country_holidays(country, years=year, language="en_US")
    return {day: name for day, name in found.items() if day.year == year}
