"""When course calendars are brought up to date: once a night, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from assets.course_jobs import COURSES_JOB, build_course_jobs
from schedules.course_calendars import build_nightly_schedule
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.settings import CourseCalendarSettings

NEW_YORK, ZURICH, ATHENS, BEIRUT = "America/New_York", "Europe/Zurich", "Europe/Athens", "Asia/Beirut"
USUAL = "30 3 * * *"
# The days on which clocks change. In Athens they leave out, and have twice, the hour after three; in Beirut
# the one around midnight.
SPRING = {NEW_YORK: date(2026, 3, 8), **dict.fromkeys((ZURICH, ATHENS, BEIRUT), date(2026, 3, 29))}
AUTUMN = {NEW_YORK: date(2026, 11, 1), **dict.fromkeys((ZURICH, ATHENS, BEIRUT), date(2026, 10, 25))}
NIGHTS = [
    pytest.param(zone, day, id=f"{zone} {day:%B}") for days in (SPRING, AUTUMN) for zone, day in days.items()
]


def nightly(zone: str = NEW_YORK, cron: str = USUAL, *, running: bool = True) -> dg.ScheduleDefinition:
    settings = CourseCalendarSettings(zone=zone, nightly_cron=cron)
    return build_nightly_schedule(settings, build_course_jobs()[0], running=running)


def ticks(schedule: dg.ScheduleDefinition, first: date, nights: int) -> list[datetime]:
    """The instants at which Dagster's daemon evaluates a schedule in so many nights, each from noon to noon;
    the first ends on the day `first`."""
    assert schedule.execution_timezone
    zone = ZoneInfo(schedule.execution_timezone)
    start, end = (
        datetime.combine(first + timedelta(days=days), time(12), zone).astimezone(UTC)
        for days in (-1, nights - 1)
    )
    instants = schedule_execution_time_iterator(start.timestamp(), schedule.cron_schedule, zone.key)
    # through UTC, so that a wall time which the clocks leave out shows as what clocks say
    found = takewhile(lambda instant: instant.astimezone(UTC) < end, instants)
    return [instant.astimezone(UTC).astimezone(zone) for instant in found]


@pytest.mark.parametrize(("zone", "day"), NIGHTS)
@pytest.mark.parametrize("hour", range(5))
def test_a_night_in_which_clocks_change_has_one_tick_like_any_other(zone: str, day: date, hour: int) -> None:
    schedule = nightly(zone, f"30 {hour} * * *")

    found = ticks(schedule, day - timedelta(days=3), 7)

    assert [instant.date() for instant in found] == [day + timedelta(days=days) for days in range(-3, 4)]
    usual = [instant.time() for instant in found if instant.date() != day]
    assert usual == [time(hour, 30)] * 6


@pytest.mark.parametrize(("zone", "day"), NIGHTS)
def test_it_ticks_at_half_past_three_also_when_clocks_change(zone: str, day: date) -> None:
    (tick,) = ticks(nightly(zone), day, 1)

    left_out = (zone, day) == (ATHENS, SPRING[ATHENS])
    assert tick.time() == (time(4) if left_out else time(3, 30))
    assert tick.utcoffset() == datetime.combine(day, time(12), ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize("zone", [NEW_YORK, ZURICH, ATHENS, BEIRUT])
def test_a_year_has_as_many_ticks_as_nights(zone: str) -> None:
    found = ticks(nightly(zone), date(2026, 1, 1), 365)

    assert len({instant.date() for instant in found}) == len(found) == 365


def test_a_tick_asks_for_one_run_of_those_who_are_due() -> None:
    repository = build_definitions().get_repository_def()
    at = datetime(2026, 3, 8, 3, 30, tzinfo=ZoneInfo(NEW_YORK))
    context = dg.build_schedule_context(repository_def=repository, scheduled_execution_time=at)

    (request,) = (
        repository.get_schedule_def("nightly_course_calendars").evaluate_tick(context).run_requests or ()
    )

    assert request.run_config == {}
    assert request.partition_key is None
    assert nightly().job_name == COURSES_JOB


@pytest.mark.parametrize("running", [True, False])
def test_it_runs_only_where_google_is_configured(*, running: bool) -> None:
    status = dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED

    assert nightly(running=running).default_status is status


def test_hour_and_zone_are_settings() -> None:
    chosen = nightly(ZURICH, "15 2 * * 1-5")

    assert (chosen.cron_schedule, chosen.execution_timezone) == ("15 2 * * 1-5", ZURICH)


def test_without_settings_it_is_half_past_three_where_the_school_is() -> None:
    schedule = build_nightly_schedule(CourseCalendarSettings(), build_course_jobs()[0], running=True)

    assert (schedule.cron_schedule, schedule.execution_timezone) == (USUAL, NEW_YORK)
