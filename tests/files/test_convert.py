"""Text becomes a column's kind, or is refused with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.files.convert import convert
from scheduling_pipeline.files.dataset import Column, Kind
from tests.files.parsing import ZONE


def one(cell: str, kind: Kind, zone: ZoneInfo = ZONE, choices: tuple[str, ...] = ()) -> object:
    """What a cell becomes; the reason, as ValueError, where it is refused."""
    part = convert([cell], Column("c", "C", kind, choices=choices), zone)
    if part.wrong:
        raise ValueError(part.wrong[0])
    return None if part.null[0] else part.values[0]


def instant(cell: str, zone: str = "Europe/Zurich") -> datetime:
    value = one(cell, Kind.INSTANT, ZoneInfo(zone))
    assert isinstance(value, np.datetime64)
    moment: datetime = value.astype(datetime)
    return moment.replace(tzinfo=UTC)


@pytest.mark.parametrize("kind", list(Kind))
def test_an_empty_cell_is_null_and_never_zero(kind: Kind) -> None:
    part = convert(["", "  ", "\u00a0"], Column("c", "C", kind), ZONE)
    assert part.null.all()
    assert not part.wrong


@pytest.mark.parametrize(("cell", "value"), [("3", 3), ("3.0", 3), (" -3. ", -3), ("+7", 7), ("1e3", 1000)])
def test_whole_numbers_may_be_written_as_floats(cell: str, value: int) -> None:
    assert one(cell, Kind.INTEGER) == value


@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_of_64_bits_are_exact(value: int) -> None:
    assert one(str(value), Kind.INTEGER) == value
    assert one(f"{value}.00", Kind.INTEGER) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_exact(value: float) -> None:
    assert one(repr(value), Kind.NUMBER) == value


@pytest.mark.parametrize(
    "cell",
    [
        "NaN",
        "nan",
        "inf",
        "-Infinity",
        "1e999",
        "1_000",
        "1,5",
        "0x10",
        "٣",
        "1e",
        "--1",
        "1 2",
        "=1",
        "9" * 100_000 + "e",
    ],
)
@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.INTEGER, Kind.MILLISECONDS])
def test_what_is_no_finite_number_is_refused(cell: str, kind: Kind) -> None:
    with pytest.raises(ValueError, match=r"is no number|is too large a number"):
        one(cell, kind)


@pytest.mark.parametrize("cell", [str(2**63), "-9223372036854775809", "1e30", "9" * 30])
def test_whole_numbers_beyond_64_bits_are_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"is too large a number|is no number"):
        one(cell, Kind.INTEGER)


def test_a_fraction_is_no_whole_number() -> None:
    with pytest.raises(ValueError, match=r"'3.5' is no whole number"):
        one("3.5", Kind.INTEGER)


def test_milliseconds_become_seconds() -> None:
    assert one("123456.5", Kind.MILLISECONDS) == 123.4565


@pytest.mark.parametrize("cell", ["true", "TRUE", "Yes", "1", "1.0"])
def test_ways_to_say_yes(cell: str) -> None:
    assert one(cell, Kind.BOOLEAN)


@pytest.mark.parametrize("cell", ["false", "False", "NO", "0", "0.0"])
def test_ways_to_say_no(cell: str) -> None:
    assert one(cell, Kind.BOOLEAN) == np.False_


@pytest.mark.parametrize("cell", ["2", "maybe", "-", "0.5"])
def test_anything_else_is_neither(cell: str) -> None:
    with pytest.raises(ValueError, match="is neither true nor false"):
        one(cell, Kind.BOOLEAN)


@pytest.mark.parametrize("cell", ["2026-03-01", "2026-03-01 00:00:00", "03/01/2026", "3/1/2026 12:00:00 AM"])
def test_dates(cell: str) -> None:
    assert one(cell, Kind.DATE) == date(2026, 3, 1)


@pytest.mark.parametrize(
    "cell", ["2026-02-30", "01.03.2026", "13/01/2026", "2026-03-01 09:00", "20260301", "soon"]
)
def test_what_is_no_date_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"is no date|is a date with a time of day"):
        one(cell, Kind.DATE)


@pytest.mark.parametrize("cell", ["13:05", "13:05:00", "1:05 PM", "01:05:00 pm", "13:05:00.000"])
def test_times_of_day(cell: str) -> None:
    assert one(cell, Kind.TIME) == time(13, 5)


@pytest.mark.parametrize("cell", ["24:00", "13:05 PM", "1305", "13", "0:05 AM"])
def test_what_is_no_time_of_day_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="is no time of day"):
        one(cell, Kind.TIME)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-08-01T07:05:00Z",
        "2026-08-01T07:05:00+00:00",
        "2026-08-01T09:05:00+02:00",
        "2026-08-01T09:05",
        "2026-08-01 09:05:00",
        "2026-08-01 09:05:00.000000",
        "08/01/2026 09:05:00 AM",
        "8/1/2026 9:05 AM",
        "08/01/2026 09:05:00",
    ],
)
def test_all_formats_of_a_moment_are_the_same_instant(cell: str) -> None:
    assert instant(cell) == datetime(2026, 8, 1, 7, 5, tzinfo=UTC)


def test_a_date_alone_is_midnight_of_its_zone() -> None:
    assert instant("2026-08-01") == datetime(2026, 7, 31, 22, tzinfo=UTC)
    assert instant("2026-08-01", "America/New_York") == datetime(2026, 8, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "hour"), [("12:00:00 AM", 0), ("12:01:00 AM", 0), ("12:00:00 PM", 12), ("11:59:59 PM", 23)]
)
def test_twelve_is_the_first_hour_of_each_half_of_the_day(cell: str, hour: int) -> None:
    assert instant(f"08/01/2026 {cell}", "UTC").hour == hour


@pytest.mark.parametrize(
    ("zone", "cell", "utc"),
    [
        ("Europe/Zurich", "2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("America/New_York", "11/01/2026 01:30:00 AM", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("Europe/Dublin", "2026-10-25 01:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", "2026-04-05 01:45:00", datetime(2026, 4, 4, 14, 45, tzinfo=UTC)),
    ],
)
def test_of_an_hour_that_comes_twice_the_first_is_meant(zone: str, cell: str, utc: datetime) -> None:
    assert instant(cell, zone) == utc


def test_an_hour_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(ValueError, match="'2026-03-29 02:30:00' does not exist in Europe/Zurich"):
        instant("2026-03-29 02:30:00")
    assert instant("2026-03-29T02:30:00Z").hour == 2


@pytest.mark.parametrize(
    "cell",
    [
        "2026-08-01-05:00",
        "2026-08-01T25:00",
        "13/13/2026",
        "08/01/26",
        "1754031900",
        "yesterday",
        "2026-08-01 9:5",
        "#N/A",
    ],
)
def test_what_is_no_moment_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="is no date and time"):
        instant(cell)


@pytest.mark.parametrize(
    "cell", ["0001-01-01 00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_moments_beyond_the_calendar_are_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        instant(cell)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)))  # noqa: DTZ001 - wall times
def test_instants_agree_with_the_standard_library(wall: datetime) -> None:
    local = wall.replace(tzinfo=ZONE)
    exists = (
        local.astimezone(UTC).astimezone(ZONE) == local
        and local.astimezone(UTC).astimezone(ZONE).replace(tzinfo=None) == wall
    )
    if exists:
        assert instant(wall.isoformat(" ")) == local.astimezone(UTC)
    else:
        with pytest.raises(ValueError, match="does not exist"):
            instant(wall.isoformat(" "))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 - wall times
def test_an_offset_is_obeyed(wall: datetime, minutes: int) -> None:
    cell = f"{wall.isoformat()}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    assert instant(cell) == (wall - timedelta(minutes=minutes)).replace(tzinfo=UTC)


def test_choices_are_found_in_any_letter_case_and_kept_as_declared() -> None:
    assert one(" OUTBOUND ", Kind.TEXT, choices=("inbound", "outbound")) == "outbound"
    assert one("sideways", Kind.TEXT, choices=("inbound", "outbound")) == "sideways"  # for validation to find


def test_every_wrong_cell_is_found_whatever_its_neighbours() -> None:
    part = convert(["1", "x", "", "2.5", "x"], Column("c", "C", Kind.INTEGER), ZONE)
    assert sorted(part.wrong) == [1, 3, 4]
    assert part.null.tolist() == [False, True, True, True, True]


def test_a_long_value_is_shortened_in_the_reason() -> None:
    with pytest.raises(ValueError, match=r"^'x{39}…' is no number$"):
        one("x" * 5000, Kind.NUMBER)
