from collections.abc import Sequence
from datetime import date

import pytest

from scheduling_pipeline.roster.closures import OwnHoliday, check_holidays, closed_days

USUAL = ("Thanksgiving Day", "Christmas Day")


def closed(
    first: date,
    last: date,
    *own: OwnHoliday,
    closed_on: Sequence[str] = USUAL,
) -> dict[date, str]:
    return closed_days(first, last, country="US", subdivision="IN", closed_on=closed_on, own=own)


@pytest.mark.parametrize(
    ("year", "thanksgiving"), [(2025, 27), (2026, 26), (2027, 25), (2028, 23), (2029, 22), (2030, 28)]
)
def test_a_floating_holiday_is_right_in_every_year(year: int, thanksgiving: int) -> None:
    assert closed(date(year, 11, 1), date(year, 12, 31)) == {
        date(year, 11, thanksgiving): "Thanksgiving Day",
        date(year, 12, 25): "Christmas Day",
    }


def test_the_days_around_new_year_are_of_two_years() -> None:
    days = closed(date(2026, 12, 20), date(2027, 1, 10), closed_on=("Christmas Day", "New Year's Day"))
    assert list(days) == [date(2026, 12, 25), date(2027, 1, 1)]


def test_people_work_on_other_public_holidays_and_on_observed_days() -> None:
    assert closed(date(2027, 1, 1), date(2027, 11, 24)) == {}
    assert date(2027, 12, 24) not in closed(date(2027, 12, 1), date(2027, 12, 31))


def test_nothing_may_be_closed() -> None:
    assert closed(date(2026, 1, 1), date(2026, 12, 31), closed_on=()) == {}


def test_a_day_of_our_own_counts_once_or_every_year() -> None:
    once = OwnHoliday("Inventory", date(2026, 3, 10))
    yearly = OwnHoliday("Founders' Day", date(2019, 3, 12), recurring=True)
    assert closed(date(2026, 3, 1), date(2026, 3, 31), once, yearly) == {
        date(2026, 3, 10): "Inventory",
        date(2026, 3, 12): "Founders' Day",
    }
    assert closed(date(2027, 3, 1), date(2027, 3, 31), once, yearly) == {date(2027, 3, 12): "Founders' Day"}


def test_a_leap_day_recurs_in_leap_years() -> None:
    leap = OwnHoliday("Leap Day", date(2024, 2, 29), recurring=True)
    assert closed(date(2026, 2, 1), date(2028, 3, 31), leap) == {
        **closed(date(2026, 2, 1), date(2028, 3, 31)),
        date(2028, 2, 29): "Leap Day",
    }


def test_two_holidays_on_one_day_are_both_named() -> None:
    own = OwnHoliday("Founders' Day", date(2026, 12, 25))
    assert closed(date(2026, 12, 25), date(2026, 12, 25), own) == {
        date(2026, 12, 25): "Christmas Day, Founders' Day"
    }


def test_a_weekday_on_which_nobody_works_is_named() -> None:
    days = closed_days(
        date(2026, 12, 19),
        date(2026, 12, 27),
        country="US",
        subdivision="IN",
        closed_on=USUAL,
        work_days=range(6),
        own=[OwnHoliday("Inventory", date(2026, 12, 27))],
    )
    assert days == {
        date(2026, 12, 20): "closed on Sundays",
        date(2026, 12, 25): "Christmas Day",
        date(2026, 12, 27): "Inventory, closed on Sundays",
    }


def check(*closed_on: str, country: str = "US", subdivision: str | None = "IN", year: int = 2026) -> None:
    check_holidays(closed_on, country=country, subdivision=subdivision, year=year)


def test_a_holiday_that_is_not_in_every_year_is_known() -> None:
    check("Christmas Day (observed)", year=2026)  # a Friday then, and so on the day itself
    closed_on = ("Christmas Day (observed)",)
    assert closed(date(2026, 12, 1), date(2026, 12, 31), closed_on=closed_on) == {}
    assert list(closed(date(2027, 12, 1), date(2027, 12, 31), closed_on=closed_on)) == [date(2027, 12, 24)]


def test_a_holiday_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"holiday of US-IN is called Turkey Day; there are .*Thanksgiving Day"
    ):
        check("Turkey Day", "Christmas Day")


def test_a_place_whose_holidays_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="public holidays of US-XX are not known"):
        check("Christmas Day", subdivision="XX")
    check(country="Atlantis")  # nothing is asked of it
