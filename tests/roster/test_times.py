from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.roster.times import day_of, place_instant, store_time, wall_time, week_of

INDIANA = ZoneInfo("America/Indiana/Indianapolis")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)  # clocks go forward and back at two


def test_the_offset_is_that_of_the_day() -> None:
    assert place_instant(date(2026, 1, 15), time(9, 45), INDIANA).isoformat() == "2026-01-15T09:45:00-05:00"
    assert place_instant(date(2026, 7, 15), time(9, 45), INDIANA).isoformat() == "2026-07-15T09:45:00-04:00"
    assert place_instant(SPRING, time(9, 45), INDIANA).isoformat() == "2026-03-08T09:45:00-04:00"
    assert place_instant(AUTUMN, time(9, 45), INDIANA).isoformat() == "2026-11-01T09:45:00-05:00"


def test_an_instant_late_in_the_evening_belongs_to_the_day_of_the_store() -> None:
    evening = datetime(2026, 3, 4, 3, 30, tzinfo=UTC)
    assert day_of(evening, INDIANA) == date(2026, 3, 3)
    assert wall_time(evening, INDIANA) == time(22, 30)


def test_a_time_that_the_clocks_skip_is_refused_in_words() -> None:
    with pytest.raises(
        ValueError, match="no 02:30 on 2026-03-08: the clocks of America/Indiana/Indianapolis"
    ):
        place_instant(SPRING, time(2, 30), INDIANA)
    with pytest.raises(ValueError, match="no 02:30"):
        store_time("2026-03-08T02:30", INDIANA)


def test_a_time_that_the_clocks_show_twice_is_the_first_one() -> None:
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert place_instant(AUTUMN, time(1, 30), INDIANA) == first
    assert place_instant(AUTUMN, time(1, 30, fold=1), INDIANA) == first
    assert store_time("2026-11-01 01:30", INDIANA) == first


@given(
    st.dates(date(2024, 1, 1), date(2028, 12, 31)) | st.sampled_from([SPRING, AUTUMN]),
    st.integers(0, 24 * 4 - 1),
)
def test_a_place_is_an_instant_that_is_the_same_place_again(day: date, quarter: int) -> None:
    start = time(quarter // 4, quarter % 4 * 15)
    try:
        instant = place_instant(day, start, INDIANA)
    except ValueError:
        assert time(2) <= start < time(3)
        assert day.month == 3
        return
    assert (day_of(instant, INDIANA), wall_time(instant, INDIANA)) == (day, start)
    assert store_time(f"{day}T{start:%H:%M}", INDIANA) == instant
    assert store_time(instant.astimezone(UTC).isoformat(), INDIANA) == instant


@given(st.integers(-48 * 60, 48 * 60), st.sampled_from([SPRING, AUTUMN]))
def test_every_instant_has_a_place_that_is_it_or_its_twin(minutes: int, day: date) -> None:
    instant = datetime.combine(day, time(6), UTC) + timedelta(minutes=minutes)
    again = place_instant(day_of(instant, INDIANA), wall_time(instant, INDIANA), INDIANA)
    twin = day == AUTUMN and 0 <= minutes < 60
    assert again == (instant - timedelta(hours=1) if twin else instant)


def test_time_passes_evenly_through_a_night_on_which_clocks_change() -> None:
    evening = place_instant(AUTUMN - timedelta(days=1), time(22), INDIANA)
    assert wall_time(evening + timedelta(hours=8), INDIANA) == time(5)


@pytest.mark.parametrize(
    "text", ["2026-03-03T09:45", "2026-03-03 09:45:00", " 2026-03-03T14:45:00Z ", "2026-03-03T14:45:00+00:00"]
)
def test_without_an_offset_it_is_store_time(text: str) -> None:
    assert store_time(text, INDIANA) == datetime(2026, 3, 3, 14, 45, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "tomorrow", "03/03/2026 09:45:00 AM", "2026-02-30T09:45", "2026-03-03"])
def test_what_is_no_date_and_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="2026-03-03T09:45"):
        store_time(text, INDIANA)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 3, 3, 9, 45)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no zone"):
        day_of(naive, INDIANA)
    with pytest.raises(ValueError, match="no zone"):
        wall_time(naive, INDIANA)
    assert store_time(naive, INDIANA) == datetime(2026, 3, 3, 14, 45, tzinfo=UTC)


def test_a_working_week_goes_from_sunday_to_saturday() -> None:
    sunday = date(2026, 3, 1)
    assert [week_of(sunday + timedelta(days=n)) for n in range(-1, 8)] == [
        sunday - timedelta(days=7),
        *[sunday] * 7,
        sunday + timedelta(days=7),
    ]
