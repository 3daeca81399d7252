"""The next run is told as a clock time in the owner's zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scheduling_pipeline.work_orders.schedule import Hours
from scheduling_pipeline.work_orders.wording import hours_in_words, run_time

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 4, 10, 12, tzinfo=NEW_YORK)  # a Wednesday


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("2026-03-04 14:30", "Today at 2:30 PM EST"),
        ("2026-03-04 00:05", "Today at 12:05 AM EST"),
        ("2026-03-05 06:30", "Tomorrow at 6:30 AM EST"),
        ("2026-03-06 12:00", "Friday at 12:00 PM EST"),
        ("2026-03-10 06:30", "Tuesday at 6:30 AM EDT"),
        ("2026-03-11 06:30", "Mar 11 at 6:30 AM EDT"),
        ("2026-03-03 06:30", "Mar 3 at 6:30 AM EST"),
    ],
)
def test_a_run_is_told_by_its_day_and_clock_time(when: str, told: str) -> None:
    instant = datetime.fromisoformat(when).replace(tzinfo=NEW_YORK)
    assert run_time(instant.astimezone(ZoneInfo("UTC")), NOW, NEW_YORK) == told


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("UTC", "Today at 7:30 PM UTC"),
        ("Europe/Zurich", "Today at 8:30 PM CET"),
        ("America/Sao_Paulo", "Today at 4:30 PM UTC-3"),
        ("Asia/Kathmandu", "Tomorrow at 1:15 AM UTC+5:45"),
    ],
)
def test_day_and_time_are_those_of_the_owners_zone(zone: str, told: str) -> None:
    instant = datetime(2026, 3, 4, 14, 30, tzinfo=NEW_YORK)
    assert run_time(instant, datetime(2026, 3, 4, 9, tzinfo=NEW_YORK), ZoneInfo(zone)) == told


def test_nothing_is_not_scheduled() -> None:
    assert run_time(None, NOW, NEW_YORK) == "Not scheduled"


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (Hours(6, 22), "6 AM to 10 PM"),
        (Hours(22, 6), "10 PM to 6 AM"),
        (Hours(0, 12), "midnight to 12 PM"),
        (Hours(18, 24), "6 PM to midnight"),
        (Hours(9, 9), "all day"),
    ],
)
def test_hours_are_told_as_people_say_them(hours: Hours, told: str) -> None:
    assert hours_in_words(hours) == told
