"""A run that is carried out leaves one row in the history, however it ends."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from scheduling_pipeline.database.leases import Leases, is_held
from scheduling_pipeline.work_orders import schedules
from scheduling_pipeline.work_orders.execution import Execution, Purpose, carry_out, give_up
from scheduling_pipeline.work_orders.history import Items, Phase, Run, runs_of
from scheduling_pipeline.work_orders.runs import (
    NotDueError,
    RunOverError,
    Runs,
    UnknownOwnerError,
    lease_name,
)
from scheduling_pipeline.work_orders.schedule import Trigger
from scheduling_pipeline.work_orders.turns import AlreadyRunningError, NoPlaceError, places
from tests.work_orders.owners import NOW, ZONE, add_owner

ITEMS = Items(processed=58, added=2, updated=3, removed=1)


@pytest.fixture
def owner(engine: Engine) -> int:
    return add_owner(engine)


@pytest.fixture
def runs(engine: Engine) -> Runs:
    return Runs(engine, pause_after=5)


class Reading:
    """Runs for an owner, and what they said."""

    def __init__(self, runs: Runs, owner: int) -> None:
        self.runs = runs
        self.owner = owner
        self.said: list[str] = []

    def run(self, work: object, purpose: Purpose | None = None) -> None:
        with carry_out(
            self.runs,
            purpose or Purpose(self.owner, "work_orders"),
            dagster_run_id="run",
            parallel=3,
            now=lambda: NOW,
            say=self.said.append,
            wait=timedelta(0),
        ) as run:
            assert callable(work)
            work(run)

    @property
    def history(self) -> list[Run]:
        return runs_of(self.runs.engine, self.owner)


@pytest.fixture
def reading(runs: Runs, owner: int) -> Reading:
    return Reading(runs, owner)


def test_13_a_run_that_goes_well_says_how_far_it_is(reading: Reading) -> None:
    def work(run: Execution) -> None:
        run.progress(Phase.LOGGING_IN)
        run.progress(Phase.SCRAPING, share=0.5, message="29 open work orders", found=29)
        (under_way,) = reading.history
        assert (under_way.percentage, under_way.items.processed) == (57, 29)
        run.end(ITEMS, {"completed": 1})

    reading.run(work)

    (row,) = reading.history
    assert (row.success, row.items, row.metadata) == (True, ITEMS, {"completed": 1})
    assert row.memory_usage_mb is not None
    assert reading.said == ["logging in", "29 open work orders"]
    assert not is_held(reading.runs.engine, lease_name(reading.owner, "work_orders"))


def test_13_what_is_raised_within_fails_the_run(reading: Reading) -> None:
    def work(_run: Execution) -> None:
        raise ValueError("the list has another form")

    with pytest.raises(ValueError, match="another form"):
        reading.run(work)

    (row,) = reading.history
    assert (row.phase, row.error_message) == (Phase.FAILED, "the list has another form")


def test_13_somebody_who_stops_a_run_is_told_of_in_the_history(reading: Reading) -> None:
    def work(_run: Execution) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reading.run(work)

    (row,) = reading.history
    assert row.error_message == "the run was stopped"


def test_13_what_the_database_refuses_is_not_repeated_in_the_history(reading: Reading) -> None:
    refused = OperationalError("INSERT", {"street": "12 Oak Street"}, Exception("locked"))

    def work(_run: Execution) -> None:
        raise refused

    with pytest.raises(OperationalError):
        reading.run(work)

    (row,) = reading.history
    assert row.error_message == "OperationalError"
    assert "Oak Street" not in str(row.error_log)


def test_a_run_that_proves_too_little_failed_with_what_it_did(reading: Reading) -> None:
    reading.run(lambda run: run.end(ITEMS, {}, unproven="the list is empty"))

    (row,) = reading.history
    assert (row.phase, row.items, row.error_message) == (Phase.FAILED, ITEMS, "the list is empty")
    assert row.error_log is not None
    assert row.error_log["error_type"] == "UnprovenRunError"


def test_an_error_after_the_end_changes_nothing(reading: Reading) -> None:
    def work(run: Execution) -> None:
        run.end(ITEMS, {})
        raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        reading.run(work)

    (row,) = reading.history
    assert row.success


def test_11_a_run_that_was_given_up_for_dead_stops_and_leaves_its_row_alone(reading: Reading) -> None:
    def work(run: Execution) -> None:
        reading.runs.fail(run.id, "given up", NOW)
        run.progress(Phase.SAVING)

    with pytest.raises(RunOverError):
        reading.run(work)

    (row,) = reading.history
    assert row.error_message == "given up"


def test_11_what_cannot_begin_leaves_no_row(reading: Reading) -> None:
    slot = NOW - timedelta(hours=1)
    with pytest.raises(NotDueError):
        reading.run(pytest.fail, Purpose(reading.owner, "work_orders", Trigger.SCHEDULED, slot))
    with pytest.raises(UnknownOwnerError, match="there is no user 99"):
        reading.run(pytest.fail, Purpose(99, "work_orders"))
    schedule = schedules.create(reading.runs.engine, reading.owner, "work_orders", {}, zone=ZONE, now=NOW)
    due = Purpose(reading.owner, "work_orders", Trigger.SCHEDULED, schedule.next_run)
    with Leases(reading.runs.engine).hold(*places(3)), pytest.raises(NoPlaceError):
        reading.run(pytest.fail, due)
    with (
        Leases(reading.runs.engine).hold(lease_name(reading.owner, "work_orders")),
        pytest.raises(AlreadyRunningError),
    ):
        reading.run(pytest.fail)
    assert reading.history == []


def test_11_a_run_begun_in_dagster_that_found_no_place_leaves_a_row_that_does_not_count(
    reading: Reading,
) -> None:
    """Nothing tries it again, so that the history has to say what became of it."""
    engine, owner = reading.runs.engine, reading.owner
    before = schedules.create(engine, owner, "work_orders", {}, zone=ZONE, now=NOW)

    with Leases(engine).hold(*places(3)), pytest.raises(NoPlaceError):
        reading.run(pytest.fail)

    (row,) = reading.history
    said = "3 other runs were under way for 0 seconds"
    assert (row.trigger, row.phase, row.error_message) == (Trigger.MANUAL, Phase.FAILED, said)
    assert schedules.get(engine, owner, before.id) == before
    assert not is_held(engine, lease_name(owner, "work_orders"))


def test_a_slot_is_given_up_once_as_a_failure(runs: Runs, owner: int) -> None:
    schedule = schedules.create(runs.engine, owner, "work_orders", {}, zone=ZONE, now=NOW)
    purpose = Purpose(owner, "work_orders", Trigger.SCHEDULED, schedule.next_run)
    for _ in range(2):
        with suppress(NotDueError):
            assert give_up(runs, purpose, dagster_run_id="3rd", problem="3 runs ended", now=NOW)

    (row,) = runs_of(runs.engine, owner)
    assert (row.error_message, row.dagster_run_id) == ("3 runs ended", "3rd")
    after = schedules.get(runs.engine, owner, schedule.id)
    assert after.consecutive_failures == 1
    assert after.next_run != schedule.next_run


def test_a_slot_that_a_run_works_on_is_not_given_up(runs: Runs, owner: int) -> None:
    purpose = Purpose(owner, "work_orders")
    with Leases(runs.engine).hold(lease_name(owner, "work_orders")):
        assert not give_up(runs, purpose, dagster_run_id="3rd", problem="-", now=NOW)
    assert runs_of(runs.engine, owner) == []
