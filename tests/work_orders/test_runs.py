"""Every run has a row, however it begins and ends, and does to its schedule what it should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.database.leases import Leases
from scheduling_pipeline.work_orders import history, schedules
from scheduling_pipeline.work_orders.editing import Fields
from scheduling_pipeline.work_orders.history import Items, Phase, UnknownRunError
from scheduling_pipeline.work_orders.metrics import DayOfRuns, runs_by_day
from scheduling_pipeline.work_orders.runs import DIED, NotDueError, RunOverError, Runs, lease_name
from scheduling_pipeline.work_orders.schedule import Hours, Schedule, State, Trigger
from scheduling_pipeline.work_orders.upkeep import purge
from tests.work_orders.owners import NOW, ZONE, add_owner

HOUR = timedelta(hours=1)
ITEMS = Items(processed=58, added=2, updated=3, removed=1)


@pytest.fixture
def owner(engine: Engine) -> int:
    return add_owner(engine)


@pytest.fixture
def runs(engine: Engine) -> Runs:
    return Runs(engine, pause_after=5)


def create(engine: Engine, owner: int, fields: Fields | None = None) -> Schedule:
    return schedules.create(engine, owner, "work_orders", fields or {}, zone=ZONE, now=NOW)


def begin(
    runs: Runs,
    owner: int,
    now: datetime,
    since: datetime | None = None,
    trigger: Trigger = Trigger.SCHEDULED,
) -> int:
    return runs.begin(owner, "work_orders", trigger, dagster_run_id="run", now=now, since=since)


def slots(runs: Runs, schedule: Schedule) -> Iterator[tuple[int, datetime]]:
    """Runs of a schedule, each begun at its slot."""
    while (slot := now_of(runs, schedule).next_run) is not None:
        yield begin(runs, schedule.owner_id, slot, slot), slot


def now_of(runs: Runs, schedule: Schedule) -> Schedule:
    return schedules.get(runs.engine, schedule.owner_id, schedule.id)


def log_in(password: str) -> None:
    """Fail as a browser does, whose errors say what was typed."""
    try:
        _type(password)
    except ValueError as error:
        raise RuntimeError("the login form did not open") from error


def _type(text: str) -> None:
    raise ValueError(f"timed out with {text}")


class TestHistory:
    """Case 13: a row for success, failure, missing credentials and runs by hand."""

    def test_13_a_run_that_went_well(self, runs: Runs, owner: int) -> None:
        schedule = create(runs.engine, owner)
        run_id = begin(runs, owner, NOW, schedule.next_run)
        runs.succeed(run_id, ITEMS, NOW + HOUR, memory_mb=120.5, metadata={"pages": 1})
        (run,) = history.runs_of(runs.engine, owner)
        assert (run.success, run.trigger, run.schedule_id) == (True, Trigger.SCHEDULED, schedule.id)
        assert (run.items, run.duration_seconds, run.memory_usage_mb) == (ITEMS, 3600, 120.5)
        assert (run.phase, run.percentage) == (Phase.COMPLETED, 100)
        assert (run.message, run.metadata) == ("58 read (2 new, 3 updated, 1 removed)", {"pages": 1})
        assert (run.error_message, run.error_log) == (None, None)

    def test_13_a_run_that_failed_keeps_its_error_without_values(self, runs: Runs, owner: int) -> None:
        run_id = begin(runs, owner, NOW)
        try:
            log_in("hush-hush")
        except RuntimeError as error:
            runs.fail(run_id, error, NOW + HOUR)
        run = history.run_of(runs.engine, owner, run_id)
        assert (run.success, run.phase) == (False, Phase.FAILED)
        assert run.error_message == "the login form did not open"
        assert run.error_log is not None
        assert run.error_log["error_type"] == "RuntimeError"
        assert run.error_log["timestamp"] == f"{NOW + HOUR:%Y-%m-%dT%H:%M:%SZ}"
        assert "in log_in" in run.error_log["traceback"]
        assert "with hush-hush" not in str(run.error_log)

    def test_13_a_run_that_could_not_begin_in_earnest_has_its_row(self, runs: Runs, owner: int) -> None:
        schedule = create(runs.engine, owner)
        run_id = begin(runs, owner, NOW, schedule.next_run)
        runs.fail(run_id, "no WorkFossa account was entered; enter one on the desk", NOW)
        (run,) = history.runs_of(runs.engine, owner)
        assert run.error_message == "no WorkFossa account was entered; enter one on the desk"
        assert now_of(runs, schedule).consecutive_failures == 1

    def test_13_a_run_by_hand_is_told_from_a_scheduled_one(self, runs: Runs, owner: int) -> None:
        run_id = begin(runs, owner, NOW, trigger=Trigger.MANUAL)
        runs.succeed(run_id, ITEMS, NOW)
        assert [run.trigger for run in history.runs_of(runs.engine, owner)] == [Trigger.MANUAL]

    def test_the_newest_come_first_and_others_runs_are_not_there(self, runs: Runs, owner: int) -> None:
        ids = []
        for number in range(3):
            ids.append(begin(runs, owner, NOW + number * HOUR))
            runs.succeed(ids[-1], ITEMS, NOW + number * HOUR)
        other = add_owner(runs.engine, "otto")
        found = history.runs_of(runs.engine, owner, "work_orders", limit=2)
        assert [run.id for run in found] == [ids[2], ids[1]]
        assert history.runs_of(runs.engine, other) == history.runs_of(runs.engine, owner, "dispensers") == []
        with pytest.raises(UnknownRunError, match="there is no run"):
            history.run_of(runs.engine, other, ids[0])

    def test_old_runs_are_forgotten_but_never_one_that_is_under_way(self, runs: Runs, owner: int) -> None:
        runs.succeed(begin(runs, owner, NOW), ITEMS, NOW)
        running = begin(runs, owner, NOW)
        assert purge(runs.engine, NOW + HOUR)["scraping_history"] == 1
        assert [run.id for run in history.runs_of(runs.engine, owner)] == [running]


class TestProgress:
    @pytest.mark.parametrize(
        ("phase", "share", "percentage"),
        [
            (Phase.INITIALIZING, 0, 5),
            (Phase.LOGGING_IN, 0, 15),
            (Phase.SCRAPING, 0, 25),
            (Phase.SCRAPING, 0.5, 57),
            (Phase.SCRAPING, 7, 90),
            (Phase.SAVING, 0, 90),
        ],
    )
    def test_phases_have_their_percentages(
        self, runs: Runs, owner: int, phase: Phase, share: float, percentage: int
    ) -> None:
        run_id = begin(runs, owner, NOW)
        runs.progress(run_id, phase, share=share, message="page 1", found=25)
        run = history.run_of(runs.engine, owner, run_id)
        assert (run.running, run.phase, run.percentage) == (True, phase, percentage)
        assert (run.message, run.items.processed) == ("page 1", 25)

    def test_a_run_that_was_given_up_must_stop(self, runs: Runs, owner: int) -> None:
        run_id = begin(runs, owner, NOW)
        runs.fail(run_id, DIED, NOW)
        with pytest.raises(RunOverError, match="was ended by somebody else"):
            runs.progress(run_id, Phase.SAVING)
        with pytest.raises(RunOverError):
            runs.succeed(run_id, ITEMS, NOW)
        with pytest.raises(RunOverError):
            runs.fail(run_id, "late", NOW)
        assert history.run_of(runs.engine, owner, run_id).error_message == DIED


class TestSchedule:
    def test_a_slot_is_taken_once(self, runs: Runs, owner: int) -> None:
        schedule = create(runs.engine, owner)
        runs.succeed(begin(runs, owner, NOW, schedule.next_run), ITEMS, NOW)
        with pytest.raises(NotDueError, match="scheduled run of 2026-03-04 15:12 UTC"):
            begin(runs, owner, NOW, schedule.next_run)
        assert now_of(runs, schedule).next_run == NOW.replace(second=0) + HOUR
        assert len(history.runs_of(runs.engine, owner)) == 1

    def test_runs_that_were_missed_are_made_up_for_once(self, runs: Runs, owner: int) -> None:
        schedule = create(runs.engine, owner)
        begin(runs, owner, NOW + 5 * HOUR, schedule.next_run)
        assert now_of(runs, schedule).next_run == NOW.replace(second=0) + 6 * HOUR

    def test_08_a_run_by_hand_leaves_the_cadence_and_is_no_second_run(self, runs: Runs, owner: int) -> None:
        schedule = create(runs.engine, owner, {"hours": Hours(2, 4)})
        schedules.request_run(runs.engine, owner, schedule.id, NOW)
        run_id = begin(runs, owner, NOW, NOW, Trigger.MANUAL)
        runs.succeed(run_id, ITEMS, NOW + HOUR)
        after = now_of(runs, schedule)
        assert (after.next_run, after.requested_at) == (schedule.next_run, None)
        assert after.last_run == after.last_success == NOW + HOUR
        with pytest.raises(NotDueError, match="manual run"):
            begin(runs, owner, NOW, NOW, Trigger.MANUAL)

    def test_a_run_by_hand_takes_no_run_from_a_schedule_that_waits(self, runs: Runs, owner: int) -> None:
        orders = create(runs.engine, owner, {"cron": "0 6 * * *"})
        fields: Fields = {"cron": "0 7 * * *", "waits_for": orders.id}
        waiting = schedules.create(runs.engine, owner, "dispensers", fields, zone=ZONE, now=NOW)

        def day(number: int) -> datetime:
            return datetime(2026, 3, 4 + number, 6, tzinfo=ZoneInfo(ZONE))

        def read_dispensers(now: datetime, since: datetime | None, trigger: Trigger) -> None:
            run_id = runs.begin(owner, "dispensers", trigger, dagster_run_id="run", now=now, since=since)
            runs.succeed(run_id, ITEMS, now)

        def due_at(now: datetime) -> list[str]:
            return [one.schedule.type for one in schedules.due(schedules.of_owner(runs.engine, owner), now)]

        for number in (1, 2):
            runs.succeed(begin(runs, owner, day(number), now_of(runs, orders).next_run), ITEMS, day(number))
            if number == 2:
                read_dispensers(day(number) + HOUR / 2, None, Trigger.MANUAL)
            assert due_at(day(number) + HOUR) == ["dispensers"]
            read_dispensers(day(number) + HOUR, now_of(runs, waiting).next_run, Trigger.SCHEDULED)
        assert due_at(day(3) + HOUR) == ["work_orders"], "one reading of the orders is not waited for twice"

    def test_a_slot_does_not_meet_a_request_nor_a_request_a_slot(self, runs: Runs, owner: int) -> None:
        schedule = create(runs.engine, owner)
        schedules.request_run(runs.engine, owner, schedule.id, NOW)
        runs.succeed(begin(runs, owner, NOW, schedule.next_run), ITEMS, NOW)
        assert now_of(runs, schedule).requested_at == NOW

    def test_04_each_failure_adds_one_and_sets_the_last_run_and_success_resets(
        self, runs: Runs, owner: int
    ) -> None:
        schedule = create(runs.engine, owner)
        for number, (run_id, slot) in enumerate(slots(runs, schedule), start=1):
            if number == 5:
                runs.succeed(run_id, ITEMS, slot)
                break
            runs.fail(run_id, "the site is down", slot)
            assert now_of(runs, schedule).consecutive_failures == number
            assert now_of(runs, schedule).last_run == slot
        after = now_of(runs, schedule)
        assert (after.consecutive_failures, after.last_success, after.state) == (0, slot, State.ACTIVE)

    def test_04_the_fifth_failure_stops_automatic_runs_and_a_reset_goes_on(
        self, runs: Runs, owner: int
    ) -> None:
        schedule = create(runs.engine, owner)
        for run_id, slot in slots(runs, schedule):
            runs.fail(run_id, "the site is down", slot)
        stopped = now_of(runs, schedule)
        assert (stopped.state, stopped.consecutive_failures) == (State.FAILED, 5)
        assert (stopped.stopped_at, stopped.next_run) == (slot, None)
        reset = schedules.reset(runs.engine, owner, schedule.id, slot)
        assert (reset.state, reset.next_run is not None) == (State.ACTIVE, True)

    def test_04_a_run_by_hand_works_on_a_failed_schedule_and_its_success_resets(
        self, runs: Runs, owner: int
    ) -> None:
        schedule = create(runs.engine, owner)
        for run_id, slot in slots(runs, schedule):
            runs.fail(run_id, "the site is down", slot)
        schedules.request_run(runs.engine, owner, schedule.id, slot)
        runs.fail(begin(runs, owner, slot, slot, Trigger.MANUAL), "still down", slot)
        assert now_of(runs, schedule).consecutive_failures == 6
        runs.succeed(begin(runs, owner, slot, trigger=Trigger.MANUAL), ITEMS, slot)
        after = now_of(runs, schedule)
        assert (after.state, after.consecutive_failures) == (State.ACTIVE, 0)
        assert after.next_run is not None
        assert after.next_run.minute == 30

    def test_a_run_by_hand_of_a_paused_schedule_leaves_it_paused(self, runs: Runs, owner: int) -> None:
        schedule = create(runs.engine, owner, {"enabled": False})
        runs.succeed(begin(runs, owner, NOW, trigger=Trigger.MANUAL), ITEMS, NOW)
        assert (now_of(runs, schedule).state, now_of(runs, schedule).next_run) == (State.PAUSED, None)

    def test_a_schedule_that_is_deleted_meanwhile_does_not_break_its_run(
        self, runs: Runs, owner: int
    ) -> None:
        schedule = create(runs.engine, owner)
        run_id = begin(runs, owner, NOW, schedule.next_run)
        schedules.remove(runs.engine, owner, schedule.id)
        runs.succeed(run_id, ITEMS, NOW)
        assert history.run_of(runs.engine, owner, run_id).schedule_id is None

    def test_an_owner_without_a_schedule_can_have_their_orders_read(self, runs: Runs, owner: int) -> None:
        runs.fail(begin(runs, owner, NOW, trigger=Trigger.MANUAL), "no", NOW)
        assert len(history.runs_of(runs.engine, owner)) == 1


class TestDeath:
    def test_11_a_run_that_died_is_ended_and_counts_as_a_failure(self, runs: Runs, owner: int) -> None:
        schedule = create(runs.engine, owner)
        run_id = begin(runs, owner, NOW, schedule.next_run)
        assert [run.id for run in runs.end_dead(NOW + HOUR)] == [run_id]
        run = history.run_of(runs.engine, owner, run_id)
        assert (run.phase, run.error_message, run.completed_at) == (Phase.FAILED, DIED, NOW + HOUR)
        assert now_of(runs, schedule).consecutive_failures == 1
        assert runs.end_dead(NOW + HOUR) == []

    def test_11_a_run_whose_lease_is_held_is_alive_however_long_it_takes(
        self, runs: Runs, owner: int
    ) -> None:
        with Leases(runs.engine).hold(lease_name(owner, "work_orders")):
            begin(runs, owner, NOW)
            assert runs.end_dead(NOW + 100 * HOUR) == []

    def test_11_who_begins_ends_the_dead_run_before(self, runs: Runs, owner: int) -> None:
        schedule = create(runs.engine, owner)
        dead = begin(runs, owner, NOW, schedule.next_run)
        alive = begin(runs, owner, NOW + HOUR, now_of(runs, schedule).next_run)
        assert history.run_of(runs.engine, owner, dead).error_message == DIED
        assert history.run_of(runs.engine, owner, alive).running

    def test_clocks_that_disagree_do_not_leave_a_run_open(self, runs: Runs, owner: int) -> None:
        run_id = begin(runs, owner, NOW)
        runs.succeed(run_id, ITEMS, NOW - HOUR)
        assert history.run_of(runs.engine, owner, run_id).duration_seconds == 0


def test_figures_are_by_the_day_of_a_zone(runs: Runs, owner: int) -> None:
    for minutes, hours in ((10, 0), (20, 1)):
        run_id = begin(runs, owner, NOW + hours * HOUR)
        runs.succeed(run_id, ITEMS, NOW + hours * HOUR + timedelta(minutes=minutes))
    runs.fail(begin(runs, owner, NOW + 15 * HOUR), "no", NOW + 15 * HOUR)  # after midnight in New York
    begin(runs, owner, NOW)
    today = NOW.date()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    zone = ZoneInfo(ZONE)
    expected = [
        DayOfRuns(yesterday, 0, 0, None, 0, 0, 0, 0),
        DayOfRuns(today, 2, 0, 900, 116, 4, 6, 2),
        DayOfRuns(tomorrow, 0, 1, 0, 0, 0, 0, 0),
    ]
    assert runs_by_day(runs.engine, yesterday, tomorrow, zone, owner_id=owner) == expected
    assert runs_by_day(runs.engine, yesterday, tomorrow, zone) == expected
    assert runs_by_day(runs.engine, today, today, zone, owner_id=owner + 1)[0].succeeded == 0
