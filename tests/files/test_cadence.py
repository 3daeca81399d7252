"""When the next look is due: intervals, times of day, jitter, and the nights on which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.files.cadence import Cadence

ZURICH = ZoneInfo("Europe/Zurich")
QUAD = (time(9, 5), time(12, 5), time(15, 5), time(18, 5))


def cadence(*times: time, minutes: float = 60, jitter: float = 0) -> Cadence:
    return Cadence(timedelta(minutes=minutes), times, ZURICH, timedelta(seconds=jitter))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH)


def test_without_times_of_day_the_interval_counts_from_look_to_look() -> None:
    assert cadence(minutes=90).after(at("2026-03-02T09:00"), 0) == at("2026-03-02T10:30")


@pytest.mark.parametrize(
    ("look", "due"),
    [
        ("2026-03-02T06:00", "2026-03-02T09:05"),
        ("2026-03-02T09:05", "2026-03-02T12:05"),
        ("2026-03-02T09:04:59", "2026-03-02T09:05"),
        ("2026-03-02T18:05", "2026-03-03T09:05"),
        ("2026-12-31T23:59", "2027-01-01T09:05"),
    ],
)
def test_times_of_day_replace_the_interval(look: str, due: str) -> None:
    assert cadence(*QUAD, minutes=1).after(at(look), 0) == at(due)


def test_a_time_that_summer_time_skips_comes_an_hour_later() -> None:
    due = cadence(time(2, 30)).after(at("2026-03-28T12:00"), 0)

    assert due.astimezone(ZURICH).isoformat() == "2026-03-29T03:30:00+02:00"
    assert cadence(time(2, 30)).after(due, 0) == at("2026-03-30T02:30")


def test_a_time_that_winter_time_repeats_comes_once() -> None:
    due = cadence(time(2, 30)).after(at("2026-10-24T12:00"), 0)

    assert due == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert cadence(time(2, 30)).after(due, 0) == at("2026-10-26T02:30")


def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change() -> None:
    due = cadence(time(9, 5)).after(at("2026-03-28T12:00"), 0)

    assert due.astimezone(ZURICH).time() == time(9, 5)
    assert due - at("2026-03-28T09:05") == timedelta(hours=23)


@given(
    look=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    times=st.lists(st.times(), max_size=5),
    minutes=st.floats(0.1, 5000),
    jitter=st.floats(0, 600),
    roll=st.floats(0, 1),
)
def test_the_next_look_is_later_and_never_later_than_promised(
    look: datetime, times: list[time], minutes: float, jitter: float, roll: float
) -> None:
    due = cadence(*times, minutes=minutes, jitter=jitter).after(look, roll)

    longest = timedelta(days=1, hours=2) if times else timedelta(minutes=minutes)
    assert look < due <= look + longest + timedelta(seconds=jitter)
