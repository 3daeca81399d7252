"""What is due starts one run for each, as many as there are places; and no error of one stops the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import dagster as dg
import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import OperationalError

from assets.work_order_jobs import TYPE_TAG
from scheduling_pipeline.database.leases import Leases, is_held
from scheduling_pipeline.database.models import Lease
from scheduling_pipeline.database.work_orders import ScrapingSchedule
from scheduling_pipeline.work_orders.runs import DIED, NotDueError, Runs, UnknownOwnerError, lease_name
from scheduling_pipeline.work_orders.schedule import Hours, Schedule, Trigger
from scheduling_pipeline.work_orders.schedules import request_run
from scheduling_pipeline.work_orders.turns import places
from sensors import due_scrapes
from sensors.due_scrapes import ATTEMPTS
from tests.assets.field import Field, open_field
from tests.sensors.daemon import REAL_NOW, Daemon
from tests.work_orders.owners import NOW, add_owner

LATER = REAL_NOW + timedelta(days=1)


@pytest.fixture
def field(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    with open_field(engine, monkeypatch) as opened:
        yield opened


@pytest.fixture
def daemon(field: Field) -> Daemon:
    return Daemon(field)


@pytest.fixture
def schedule(field: Field) -> Schedule:
    """A schedule that is due."""
    return field.schedule(field.owner())


class TestDue:
    def test_02_a_schedule_that_never_ran_runs_at_once(self, daemon: Daemon, schedule: Schedule) -> None:
        (request,) = daemon.tick()

        assert schedule.next_run is not None
        slot = schedule.next_run.isoformat()
        assert request.job_name == "read_work_orders"
        assert request.partition_key == f"owner-{schedule.owner_id}"
        assert request.run_config == {
            "ops": {"work_orders": {"config": {"trigger": "SCHEDULED", "since": slot}}}
        }
        assert request.tags["scheduling/schedule_type"] == "work_orders"
        assert request.tags["scheduling/trigger"] == "scheduled"
        assert request.tags["scheduling/since"] == slot
        # Not the schedule's own number: SQLite gives that of one that was deleted to the next one.
        assert request.run_key == f"owner-{schedule.owner_id}-work_orders-scheduled-{slot}-1"

    def test_01_a_disabled_schedule_never_runs(self, field: Field, daemon: Daemon) -> None:
        field.schedule(field.owner(), enabled=False)
        field.clock.advance(10_000)

        assert daemon.tick() == []
        assert daemon.said == "0 of 1 schedules are due"

    def test_03_half_an_hour_after_an_hourly_run_it_is_not_due_and_an_hour_after_it_is(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        assert all(map(daemon.carry_out, daemon.tick()))

        field.clock.advance(30)
        assert daemon.tick() == []
        field.clock.advance(30)
        assert all(map(daemon.carry_out, daemon.tick()))
        assert len(field.history(schedule.owner_id)) == 2

    def test_04_after_five_failures_nothing_starts_until_a_reset(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        field.site.fault = OSError("no route")
        for _ in range(8):
            for request in daemon.tick():
                daemon.carry_out(request)
            field.clock.advance()

        assert len(field.history(schedule.owner_id)) == 5

    def test_07_hours_hold_for_every_run_and_not_only_the_first(self, field: Field, daemon: Daemon) -> None:
        owner = field.owner()
        field.schedule(owner, hours=Hours(6, 22))
        hours = []
        for _ in range(48):
            for request in daemon.tick():
                hours.append((field.clock.time - timedelta(hours=5)).hour)
                assert daemon.carry_out(request)
            field.clock.advance()

        assert len(hours) == 32
        assert set(hours) == set(range(6, 22))

    def test_08_a_run_by_hand_does_not_shift_the_cadence_and_is_no_second_run(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        assert all(map(daemon.carry_out, daemon.tick()))
        before = field.standing(schedule).next_run
        request_run(field.engine, schedule.owner_id, schedule.id, field.clock.time)
        field.clock.advance(1)

        (by_hand,) = daemon.tick()
        assert by_hand.tags["scheduling/trigger"] == "manual"
        assert daemon.carry_out(by_hand)
        assert daemon.tick() == []

        assert field.standing(schedule).next_run == before
        assert [run.trigger for run in field.history(schedule.owner_id)] == [
            Trigger.MANUAL,
            Trigger.SCHEDULED,
        ]

    def test_dispensers_wait_until_the_orders_were_read(self, field: Field, daemon: Daemon) -> None:
        orders = field.schedule(owner := field.owner())
        field.schedule(owner, "dispensers", waits_for=orders.id)

        (first,) = daemon.tick()
        assert (first.job_name, daemon.carry_out(first)) == ("read_work_orders", True)
        (second,) = daemon.tick()
        assert (second.job_name, daemon.carry_out(second)) == ("read_dispensers", True)

    def test_missed_slots_are_made_up_for_once(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        field.clock.advance(5 * 60 + 7)

        assert all(map(daemon.carry_out, daemon.tick()))
        assert daemon.tick() == []
        assert len(field.history(schedule.owner_id)) == 1

    def test_owners_who_are_new_get_their_partition(self, field: Field, daemon: Daemon) -> None:
        owner = add_owner(field.engine)
        field.schedule(owner)

        assert len(daemon.tick()) == 1

        assert field.instance.get_dynamic_partitions("work_order_owners") == [f"owner-{owner}"]


class TestPlaces:
    """Case 11: never two runs of a schedule, and no more than three at once."""

    def test_11_three_start_at_a_time_those_that_wait_the_longest_first(
        self, field: Field, daemon: Daemon
    ) -> None:
        owners = [field.owner(f"owner {number}") for number in range(10)]
        for owner in reversed(owners):
            field.schedule(owner)
            field.clock.advance(-1)
        field.clock.time = NOW
        started = []
        while requests := daemon.tick():
            assert len(requests) <= 3
            started += [request.partition_key for request in requests]
            assert all(map(daemon.carry_out, requests))

        assert started == [f"owner-{owner}" for owner in owners]
        assert [len(field.history(owner)) for owner in owners] == [1] * 10

    def test_11_runs_that_were_launched_and_have_not_begun_count(self, field: Field, daemon: Daemon) -> None:
        for number in range(5):
            field.schedule(field.owner(f"owner {number}"))
        for request in daemon.tick():
            daemon.launch(request, dg.DagsterRunStatus.NOT_STARTED)

        assert daemon.tick() == []

    def test_11_runs_that_somebody_began_in_dagster_count_too(self, field: Field, daemon: Daemon) -> None:
        for number in range(5):
            field.schedule(field.owner(f"owner {number}"))

        with Leases(field.engine).hold(*places(3)[:2]):
            assert len(daemon.tick()) == 1
        with Leases(field.engine).hold(*places(3)):
            assert daemon.tick() == []

    def test_11_a_schedule_that_is_being_read_is_not_started_again(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        with Leases(field.engine).hold(lease_name(schedule.owner_id, schedule.type)):
            assert daemon.tick() == []
        assert len(daemon.tick()) == 1

    def test_a_run_under_way_holds_one_place_and_not_two(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        (request,) = daemon.tick()
        daemon.launch(request)
        for number in range(5):
            field.schedule(field.owner(f"owner {number}"))

        with Leases(field.engine).hold(lease_name(schedule.owner_id, schedule.type), places(3)[0]):
            assert len(daemon.tick()) == 2


class TestDeath:
    def test_a_run_that_was_killed_before_it_began_is_followed_by_another(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        (first,) = daemon.tick()
        run_id = daemon.launch(first)
        assert daemon.tick() == []

        (second,) = daemon.tick(LATER)

        assert first.run_key is not None
        assert second.run_key == first.run_key[:-1] + "2"
        assert second.run_config == first.run_config
        died = field.instance.get_run_by_id(run_id)
        assert died is not None
        assert died.status is dg.DagsterRunStatus.FAILURE
        assert field.history(schedule.owner_id) == []

    def test_a_slot_whose_runs_all_end_before_they_begin_counts_as_a_failure(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        for _ in range(ATTEMPTS):
            (request,) = daemon.tick()
            last = daemon.launch(request, dg.DagsterRunStatus.FAILURE)

        assert daemon.tick() == []

        (row,) = field.history(schedule.owner_id)
        assert row.error_message == "3 runs ended before they had begun: see the last one in Dagster"
        assert row.dagster_run_id == last
        assert field.standing(schedule).consecutive_failures == 1
        assert daemon.tick() == []
        assert len(field.history(schedule.owner_id)) == 1

    def test_a_run_that_was_killed_in_the_middle_is_ended_in_the_history(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        runs = Runs(field.engine, 5)
        run_id = runs.begin(
            schedule.owner_id,
            schedule.type,
            Trigger.SCHEDULED,
            dagster_run_id="killed",
            now=NOW,
            since=schedule.next_run,
        )

        assert daemon.tick() == []

        (row,) = field.history(schedule.owner_id)
        assert (row.id, row.running, row.error_message) == (run_id, False, DIED)

    def test_a_run_that_died_in_the_middle_or_at_its_end_does_not_stay_under_way_in_dagster(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        """Dagster would count it for hours, and keep others from starting."""
        (request,) = daemon.tick()
        run_id = daemon.launch(request)
        assert daemon.carry_out(request), "what the run that died had done before"

        daemon.tick(LATER)

        died = field.instance.get_run_by_id(run_id)
        assert died is not None
        assert died.status is dg.DagsterRunStatus.FAILURE
        assert len(field.history(schedule.owner_id)) == 1


class TestErrors:
    """Case 12: what is wrong with one does not stop the others, nor the next tick."""

    def test_12_an_unknown_type_is_warned_about_and_the_others_go_on(
        self, field: Field, daemon: Daemon, schedule: Schedule, caplog: pytest.LogCaptureFixture
    ) -> None:
        unknown = field.schedule(field.owner("otto"))
        self._set(field, unknown, schedule_type="reports")

        (request,) = daemon.tick()

        assert request.partition_key == f"owner-{schedule.owner_id}"
        assert f"schedule {unknown.id} is passed over: 'reports' cannot be read" in caplog.text
        after = field.standing(unknown).next_run
        assert after is not None
        assert after > field.clock.time

    def test_12_a_schedule_that_cannot_be_understood_does_not_stop_the_others(
        self, field: Field, daemon: Daemon, schedule: Schedule
    ) -> None:
        self._set(field, field.schedule(field.owner("otto")), zone="Atlantis/Harbour")

        (request,) = daemon.tick()

        assert request.partition_key == f"owner-{schedule.owner_id}"

    def test_12_the_database_refuses_one_and_the_others_go_on(
        self, field: Field, daemon: Daemon, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = field.schedule(field.owner("otto"))

        def broken(engine: Engine, name: str) -> bool:
            if name == lease_name(schedule.owner_id, schedule.type):
                raise OperationalError("SELECT", {}, Exception("locked"))
            return is_held(engine, name)

        monkeypatch.setattr(due_scrapes, "is_held", broken)
        (request,) = daemon.tick()

        assert request.partition_key == f"owner-{other.owner_id}"

    @pytest.mark.usefixtures("schedule")
    @pytest.mark.parametrize("gone", [NotDueError("called off"), UnknownOwnerError("there is no user")])
    def test_12_a_slot_that_is_gone_meanwhile_does_not_stop_the_others(
        self,
        field: Field,
        daemon: Daemon,
        monkeypatch: pytest.MonkeyPatch,
        gone: Exception,
    ) -> None:
        for _ in range(ATTEMPTS):
            (request,) = daemon.tick()
            daemon.launch(request, dg.DagsterRunStatus.FAILURE)
        other = field.schedule(field.owner("otto"))
        monkeypatch.setattr(due_scrapes, "give_up", Mock(side_effect=gone))

        (request,) = daemon.tick()

        assert request.partition_key == f"owner-{other.owner_id}"

    def test_12_after_an_error_of_the_database_the_next_tick_goes_on(
        self, daemon: Daemon, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_engine: Engine) -> list[Schedule]:
            raise OperationalError("SELECT", {}, Exception("locked"))

        with monkeypatch.context() as breaking:
            breaking.setattr(due_scrapes, "standing", broken)
            with pytest.raises(OperationalError):
                daemon.tick()

        (request,) = daemon.tick()
        assert request.partition_key == f"owner-{schedule.owner_id}"

    @staticmethod
    def _set(field: Field, schedule: Schedule, **columns: Any) -> None:  # noqa: ANN401 - any column
        with field.engine.begin() as connection:
            connection.execute(
                update(ScrapingSchedule).where(ScrapingSchedule.id == schedule.id).values(columns)
            )


def test_the_cursor_says_how_the_daemon_fares(field: Field, daemon: Daemon, schedule: Schedule) -> None:
    assert all(map(daemon.carry_out, daemon.tick()))
    field.schedule(schedule.owner_id, "dispensers", enabled=False)
    assert daemon.tick(LATER) == []

    assert daemon.cursor is not None
    assert json.loads(daemon.cursor) == {
        "last_check": LATER.isoformat(),
        "schedules_checked": 2,
        "tasks_executed": 1,
    }


def test_a_lease_that_was_left_behind_keeps_nobody_from_running(
    field: Field, daemon: Daemon, schedule: Schedule
) -> None:
    left = Leases(field.engine, ttl=timedelta(0))
    left.try_acquire([lease_name(schedule.owner_id, schedule.type), *places(3)])

    assert all(map(daemon.carry_out, daemon.tick()))

    with field.engine.begin() as connection:
        assert connection.execute(delete(Lease)).rowcount == 2, "the places that nobody wanted"


def test_jobs_carry_the_tag_that_dagster_counts(field: Field) -> None:
    for name, kind in (("read_work_orders", "work_orders"), ("read_dispensers", "dispensers")):
        assert field.definitions.resolve_job_def(name).tags[TYPE_TAG] == kind
