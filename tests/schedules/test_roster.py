"""When a roster is proposed and audited: once a night where the stores are, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from assets.roster_jobs import build_roster_jobs
from schedules.roster import build_roster_schedules
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.roster_settings import RosterSettings

ZONE = ZoneInfo("America/Indiana/Indianapolis")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)


def schedules(settings: RosterSettings | None = None, *, running: bool = True) -> list[dg.ScheduleDefinition]:
    """The nightly proposal, and the daily audit."""
    propose, _, audit = build_roster_jobs()
    return build_roster_schedules(settings or RosterSettings(), propose, audit, running=running)


def ticks(schedule: dg.ScheduleDefinition, first: date, days: int) -> list[datetime]:
    """The instants at which Dagster's daemon evaluates a schedule, in so many store days."""
    start, end = (
        datetime.combine(first + timedelta(days=number), time(0), ZONE).astimezone(UTC)
        for number in (0, days)
    )
    instants = schedule_execution_time_iterator(start.timestamp(), schedule.cron_schedule, ZONE.key)
    found = takewhile(lambda instant: instant.astimezone(UTC) < end, instants)
    return [instant.astimezone(UTC).astimezone(ZONE) for instant in found]


def test_a_roster_is_proposed_at_two_and_audited_at_six_in_the_stores_zone() -> None:
    nightly, daily = schedules()
    assert {one.execution_timezone for one in (nightly, daily)} == {ZONE.key}
    assert [tick.time() for tick in ticks(nightly, date(2026, 3, 2), 3)] == [time(2)] * 3
    assert [tick.time() for tick in ticks(daily, date(2026, 3, 2), 3)] == [time(6)] * 3
    assert (nightly.job_name, daily.job_name) == ("propose_roster", "audit_roster")


@pytest.mark.parametrize(
    ("day", "at"),
    [
        pytest.param(SPRING, time(3), id="two o'clock is left out"),
        pytest.param(AUTUMN, time(2), id="the clocks go back at two"),
    ],
)
def test_a_night_in_which_clocks_change_has_one_proposal(day: date, at: time) -> None:
    (nightly, _) = schedules()
    assert [tick.time() for tick in ticks(nightly, day, 1)] == [at]


@pytest.mark.parametrize("hour", range(4))
def test_a_year_has_as_many_proposals_as_nights_whatever_the_hour(hour: int) -> None:
    (nightly, _) = schedules(RosterSettings(nightly_cron=f"30 {hour} * * *"))
    found = ticks(nightly, date(2026, 1, 1), 365)
    assert len({tick.date() for tick in found}) == len(found) == 365


def test_hour_and_zone_are_settings() -> None:
    nightly, daily = schedules(RosterSettings(zone="America/Chicago", nightly_cron="15 1 * * 1-6"))
    assert (nightly.cron_schedule, nightly.execution_timezone) == ("15 1 * * 1-6", "America/Chicago")
    assert daily.execution_timezone == "America/Chicago"


@pytest.mark.parametrize("running", [True, False])
def test_they_run_only_where_crossmark_is_configured(*, running: bool) -> None:
    status = dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED
    assert {one.default_status for one in schedules(running=running)} == {status}


def test_a_tick_asks_for_one_proposal_that_nobody_asked_for() -> None:
    repository = build_definitions().get_repository_def()
    at = datetime(2026, 3, 8, 3, tzinfo=ZONE)
    context = dg.build_schedule_context(repository_def=repository, scheduled_execution_time=at)

    schedule = repository.get_schedule_def("nightly_roster_proposal")
    (request,) = schedule.evaluate_tick(context).run_requests or ()

    assert request.run_config == {}
