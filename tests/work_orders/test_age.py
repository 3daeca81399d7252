"""What is read is as new as its schedule promises, or somebody is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling_pipeline.work_orders.age import GRACE, too_old
from scheduling_pipeline.work_orders.schedule import Hours, Rule, Schedule
from tests.work_orders.owners import NOW, ZONE

HOUR = timedelta(hours=1)
HALF_PAST = NOW.replace(minute=30, second=0)
GOOD = Schedule(1, 1, "work_orders", Rule(ZoneInfo(ZONE)), next_run=HALF_PAST, last_run=NOW, last_success=NOW)


def moved_on(schedule: Schedule, now: datetime) -> Schedule:
    """The schedule as its next runs failed until now."""
    return replace(schedule, next_run=now + HOUR, consecutive_failures=1, last_run=now)


def test_a_reading_that_failed_once_makes_nothing_too_old() -> None:
    now = HALF_PAST + HOUR + GRACE
    assert too_old(moved_on(GOOD, now), now) == ""


def test_two_that_were_to_bring_something_and_did_not_do() -> None:
    now = HALF_PAST + HOUR + GRACE + timedelta(minutes=1)
    said = "the last reading that went well was on Wed 04 Mar 10:12 EST"
    assert too_old(moved_on(GOOD, now), now) == said


def test_hours_of_rest_do_not_count() -> None:
    resting = replace(GOOD, rule=replace(GOOD.rule, hours=Hours(6, 11)))
    now = NOW + timedelta(hours=18)  # 4 in the morning
    assert too_old(moved_on(resting, now), now) == ""


def test_a_run_that_does_not_begin_is_told_of() -> None:
    now = HALF_PAST + GRACE + timedelta(minutes=1)
    assert too_old(GOOD, now) == "the run of Wed 04 Mar 10:30 EST has not begun"


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (replace(GOOD, enabled=False, next_run=None), ""),
        (replace(GOOD, waits_for=2), ""),
        (replace(GOOD, last_success=None, last_run=None, next_run=NOW), ""),
        (replace(GOOD, last_success=None), "no reading has gone well yet"),
        (
            replace(GOOD, next_run=None, stopped_at=NOW, consecutive_failures=5),
            "automatic runs stopped after 5 failures in a row",
        ),
    ],
)
def test_other_schedules(schedule: Schedule, said: str) -> None:
    assert too_old(schedule, NOW) == said


def test_a_schedule_that_waits_for_a_paused_one_is_told_of() -> None:
    waiting = replace(GOOD, id=2, type="dispensers", waits_for=GOOD.id)
    assert too_old(waiting, NOW, GOOD) == ""
    paused = replace(GOOD, enabled=False, next_run=None)
    assert too_old(waiting, NOW, paused) == "it waits for work orders, which are paused"
    assert too_old(replace(waiting, enabled=False, next_run=None), NOW, paused) == ""


def test_a_country_whose_holidays_are_not_known_any_more_does_not_stop_the_check() -> None:
    assert too_old(replace(GOOD, rule=replace(GOOD.rule, holiday_country="Atlantis")), NOW) == ""
