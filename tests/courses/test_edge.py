"""The conventions of the course files."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.courses import edge


@pytest.mark.parametrize(
    ("hhmm", "expected"),
    [(900, time(9)), (1330, time(13, 30)), (0, time(0)), (2359, time(23, 59)), (5, time(0, 5))],
)
def test_2_a_time_of_day_is_a_whole_number(hhmm: int, expected: time) -> None:
    assert edge.clock(hhmm) == expected


@pytest.mark.parametrize("hhmm", [2400, 1260, 999, -1])
def test_what_no_clock_shows_is_refused(hhmm: int) -> None:
    with pytest.raises(ValueError, match=f"{hhmm} is no time of day"):
        edge.clock(hhmm)


@given(st.times())
def test_every_minute_of_the_day_has_its_number(moment: time) -> None:
    moment = moment.replace(second=0, microsecond=0)
    assert edge.clock(moment.hour * 100 + moment.minute) == moment


def test_a_class_may_have_no_length_but_does_not_end_before_it_begins() -> None:
    assert edge.clocks(900, 900) == (time(9), time(9))
    with pytest.raises(ValueError, match="it ends at 850, before it begins at 900"):
        edge.clocks(900, 850)


def test_a_missing_time_is_none() -> None:
    assert edge.clock_or_none(None) is None
    assert edge.clock_or_none(0) == time(0)


def test_dates_are_in_order() -> None:
    day = date(2026, 3, 2)
    assert edge.dates(day, day) == (day, day)
    with pytest.raises(ValueError, match="it ends on 2026-03-01, before it starts on 2026-03-02"):
        edge.dates(day, day - timedelta(days=1))


def test_1_a_week_begins_on_sunday_there_and_on_monday_here() -> None:
    assert [edge.weekday(day) for day in range(7)] == [6, 0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="7 is no weekday"):
        edge.weekday(7)


@given(st.dates())
def test_a_weekday_is_the_one_that_dates_have(day: date) -> None:
    since_sunday = int(day.strftime("%w"))
    assert edge.weekday(since_sunday) == day.weekday()


def test_addresses_are_compared_in_lower_case() -> None:
    assert edge.address(" Sam.Example@College.example ") == "sam.example@college.example"


@pytest.mark.parametrize("text", ["", "sam", "@college.example", "sam@", "sam example@college.example"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        edge.address(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("01", "1"), ("A1", "A1"), ("0B", "B"), ("00", "0"), (" 7 ", "7")]
)
def test_a_section_has_no_leading_zeros(text: str, expected: str) -> None:
    assert edge.section(text) == expected


@pytest.mark.parametrize(
    ("building", "cell", "expected"),
    [
        ("WIL", "112", (("WIL", "112"),)),
        ("WIL", "112/113", (("WIL", "112"), ("WIL", "113"))),
        ("WIL", "112 / M204 /112", (("WIL", "112"), ("WIL", "M204"))),
        ("WIL", None, (("WIL", "0"),)),
        ("WIL", "TBD", (("WIL", "0"),)),
        ("WIL", "000", (("WIL", "0"),)),
        ("WIL", "0/112", (("WIL", "112"),)),
        ("TBD", "0", (("TBD", "0"),)),
        (None, "112", (("", "112"),)),
        (None, None, ()),
        (" ", "0", ()),
    ],
)
def test_a_cell_may_name_several_rooms_or_none(
    building: str | None, cell: str | None, expected: tuple[tuple[str, str], ...]
) -> None:
    assert edge.rooms(building, cell) == expected


def test_numbers_of_courses_are_found_in_a_text() -> None:
    assert edge.crns("20117, 20124 and 20131") == (20117, 20124, 20131)
    assert edge.crns(None) == ()
