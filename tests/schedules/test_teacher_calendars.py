"""When the schedules tick, in local time whatever the clocks do, and which runs a tick asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from assets.agendas import Agendas
from assets.jobs import RANGE_END_TAG, RANGE_START_TAG, build_sync_job
from schedules.teacher_calendars import build_schedules
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.settings import TeacherCalendarSettings
from scheduling_pipeline.timetable.agendas import load_agendas

ZURICH = ZoneInfo("Europe/Zurich")
AGENDAS = Agendas.of_catalogue(load_agendas())
# The weeks in which clocks go forward (29 March 2026) and back (25 October 2026).
SPRING, AUTUMN = datetime(2026, 3, 23, tzinfo=ZURICH), datetime(2026, 10, 19, tzinfo=ZURICH)


def schedules(*, running: bool = True, **settings: Any) -> Mapping[str, dg.ScheduleDefinition]:  # noqa: ANN401
    flow = TeacherCalendarSettings(**settings)
    return {one.name: one for one in build_schedules(AGENDAS, flow, build_sync_job(), running=running)}


def ticks(schedule: dg.ScheduleDefinition, start: datetime, days: int) -> list[datetime]:
    """The instants at which Dagster's daemon evaluates a schedule."""
    instants = schedule_execution_time_iterator(
        start.timestamp(), schedule.cron_schedule, schedule.execution_timezone
    )
    end = start.astimezone(UTC) + timedelta(days=days)
    return [instant.astimezone(ZURICH) for instant in takewhile(lambda instant: instant < end, instants)]


def requests(schedule: dg.ScheduleDefinition, at: datetime) -> list[dg.RunRequest]:
    repository = build_definitions().get_repository_def()
    context = dg.build_schedule_context(repository_def=repository, scheduled_execution_time=at)
    return list(schedule.evaluate_tick(context).run_requests or ())


@pytest.mark.parametrize("start", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_private_agendas_are_read_every_two_hours_from_monday_to_saturday(start: datetime) -> None:
    found = ticks(schedules()["private"], start, 14)

    assert {instant.hour for instant in found} == {7, 9, 11, 13, 15, 17, 19}
    assert {instant.weekday() for instant in found} == {0, 1, 2, 3, 4, 5}
    assert all(instant.minute == 0 for instant in found)
    assert len(found) == 2 * 6 * 7


@pytest.mark.parametrize("start", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize(("agenda", "weekday"), [("sfs_lausanne", 3), ("esa_lausanne", 4)])
def test_method_agendas_are_read_once_a_week_in_the_evening(
    agenda: str, weekday: int, start: datetime
) -> None:
    found = ticks(schedules()[f"method_{agenda}"], start, 28)

    assert [(instant.weekday(), instant.hour) for instant in found] == [(weekday, 20)] * 4
    assert len({instant.utcoffset() for instant in found}) == 2


def test_hours_are_settings() -> None:
    chosen = schedules(private_cron="15 6 * * 1", method_crons={"esa_lausanne": "0 21 * * 0"})

    assert chosen["private"].cron_schedule == "15 6 * * 1"
    assert chosen["method_esa_lausanne"].cron_schedule == "0 21 * * 0"
    assert chosen["method_sfs_lausanne"].cron_schedule == TeacherCalendarSettings().method_cron


def test_a_tick_for_a_method_agenda_asks_for_one_run_of_it() -> None:
    (request,) = requests(schedules()["method_sfs_lausanne"], datetime(2026, 3, 5, 20, tzinfo=ZURICH))

    assert request.partition_key == "sfs_lausanne"


def test_a_tick_for_private_agendas_asks_for_one_run_of_all_of_them() -> None:
    (request,) = requests(schedules()["private"], datetime(2026, 3, 5, 9, tzinfo=ZURICH))

    keys = AGENDAS.partitions.get_partition_keys()
    first, last = request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]
    covered = keys[keys.index(first) : keys.index(last) + 1]
    assert covered == [
        "private_english_lausanne",
        "private_french_lausanne",
        "private_german_lausanne",
    ]
    assert request.partition_key is None


def test_a_tick_that_is_evaluated_twice_asks_for_the_same_run() -> None:
    schedule = schedules()["private"]
    nine, eleven = (datetime(2026, 3, 5, hour, tzinfo=ZURICH) for hour in (9, 11))

    assert requests(schedule, nine)[0].run_key == requests(schedule, nine)[0].run_key
    assert requests(schedule, nine)[0].run_key != requests(schedule, eleven)[0].run_key


def test_the_age_of_readings_is_looked_at_after_each_private_reading_is_due() -> None:
    readings = ticks(schedules()["private"], SPRING, 1)
    checks = ticks(schedules()["timetable_age"], SPRING, 1)

    assert all(any(check - reading <= timedelta(hours=2) for check in checks) for reading in readings)
    assert requests(schedules()["timetable_age"], checks[0])[0].partition_key is None


@pytest.mark.parametrize("running", [True, False])
def test_schedules_run_only_where_the_systems_are_configured(*, running: bool) -> None:
    status = dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED

    assert {one.default_status for one in schedules(running=running).values()} == {status}


def test_a_location_elsewhere_is_read_at_its_own_hours_in_a_session_of_its_own() -> None:
    lisbon = [
        replace(agenda, key=f"{agenda.key}_lisbon", zone=ZoneInfo("Europe/Lisbon")) for agenda in AGENDAS.live
    ]
    agendas = Agendas.of_catalogue([*AGENDAS.live, *lisbon])
    found = {
        one.name: one
        for one in build_schedules(agendas, TeacherCalendarSettings(), build_sync_job(), running=True)
    }
    assert found["private_europe_lisbon"].execution_timezone == "Europe/Lisbon"
    assert found["private_europe_zurich"].execution_timezone == "Europe/Zurich"
    assert found["method_sfs_lausanne_lisbon"].execution_timezone == "Europe/Lisbon"
    keys = [agenda.key for agenda in agendas.live]
    for group in agendas.private_by_zone.values():
        positions = [keys.index(agenda.key) for agenda in group]
        assert positions == list(range(positions[0], positions[0] + len(group)))
