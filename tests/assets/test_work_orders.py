"""Reading work orders through Dagster: what is kept, told, noted and shown, however a run ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta

import dagster as dg
import pytest
from sqlalchemy import Engine

from assets.work_order_jobs import build_age_check, build_work_order_jobs
from assets.work_order_reports import IDLE_TAG
from assets.work_orders import WORK_ORDERS_JOB, ReadingConfig, build_work_orders, purpose_of
from resources.database import Database
from resources.tab import AuthenticationError, SiteDown
from scheduling_pipeline.database.leases import Leases
from scheduling_pipeline.settings import load_settings
from scheduling_pipeline.work_orders.credentials import account_state, save_account
from scheduling_pipeline.work_orders.execution import Purpose
from scheduling_pipeline.work_orders.history import Items, Phase
from scheduling_pipeline.work_orders.runs import lease_name
from scheduling_pipeline.work_orders.schedule import Hours, State, Trigger
from scheduling_pipeline.work_orders.schedules import request_run, reset
from scheduling_pipeline.work_orders.turns import places
from tests.assets.field import DESK, PASSWORD, Field, open_field
from tests.work_orders.owners import NOW, order

ORDERS = tuple(order(number, number % 5) for number in range(1, 59))
LOGIN_PAGE = "page 1: WorkFossa asks to log in"
STUCK = "the list goes on after the 25 rows that were read (its page size is 25)"


@pytest.fixture
def field(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    with open_field(engine, monkeypatch) as opened:
        yield opened


@pytest.fixture
def known(field: Field) -> int:
    """An owner whose 58 orders were read."""
    owner = field.owner()
    field.site.orders = ORDERS
    assert field.run(owner).success
    field.clock.advance()
    return owner


class TestReading:
    def test_24_the_first_reading_is_a_baseline_and_its_repetition_changes_nothing(
        self, field: Field, known: int
    ) -> None:
        again = field.run(known)

        counts = {name: again.count("work_orders", f"owner-{known}", name) for name in ("listed", "added")}
        assert counts == {"listed": 58, "added": 0}
        assert [run.items for run in field.history(known)] == [Items(58), Items(58, added=58)]
        assert field.told(known) == []
        assert again.failed_checks == set()
        assert "degraded" not in again.tags

    def test_24_unchanged_orders_have_the_same_data_version(self, field: Field, known: int) -> None:
        versions = []
        for orders in (ORDERS, ORDERS, (*ORDERS, order(70))):
            field.site.orders = orders
            (done,) = field.run(known).materialized("work_orders").values()
            versions.append((done.tags or {})["dagster/data_version"])
            field.clock.advance()
        assert versions[0] == versions[1] != versions[2]

    def test_19_changes_are_kept_shown_and_told_once(self, field: Field, known: int) -> None:
        moved = replace(ORDERS[0], day=order(1, 9).day)
        field.site.orders = (moved, *ORDERS[1:], order(70, 11))

        ran = field.run(known)

        partition = f"owner-{known}"
        assert ran.count("work_orders", partition, "updated") == 1
        assert ran.count("work_order_changes", partition, "added") == 1
        assert ran.count("work_order_changes", partition, "moved") == 1
        assert ran.count("work_order_changes", partition, "on the desk") == f"{DESK}/changes"
        table = ran.materialized("work_order_changes")[partition].metadata["what changed"]
        assert isinstance(table, dg.TableMetadataValue)
        assert [record.data["order"] for record in table.records] == ["W-70", "W-1"]
        assert field.told(known) == [["added", "moved"]]
        field.clock.advance()
        field.run(known)
        assert field.told(known) == [["added", "moved"]]

    def test_18_a_completed_order_is_not_told_as_removed(self, field: Field, known: int) -> None:
        field.site.orders = ORDERS[1:]
        field.site.completed = {"1": ORDERS[0].day}

        ran = field.run(known)

        assert ran.count("work_orders", f"owner-{known}", "completed") == 1
        assert field.open(known) == {one.id for one in ORDERS[1:]}
        assert field.told(known) == []

    def test_the_week_is_shown_as_a_table_with_its_days(self, field: Field) -> None:
        owner = field.owner()
        field.site.orders = (replace(order(1, 2), at=time(9, 30)), order(2, 2), order(3, 16), order(4, None))

        week = str(field.run(owner).count("work_orders", f"owner-{owner}", "week"))

        header, _, *rows = week.splitlines()
        assert "Wed 4 Mar" in header
        assert "09:30 W-1 #1234, Marlow Springs, NC (8 dispensers)" in rows[0] + rows[1]
        assert "W-3" not in week
        field.site.orders = (order(3, 16),)
        field.clock.time += timedelta(weeks=1)
        later = str(field.run(owner).count("work_orders", f"owner-{owner}", "week"))
        assert "Wed 18 Mar" in later, "the next week with work"

    def test_two_owners_are_read_with_their_own_accounts(self, field: Field) -> None:
        owners = [field.owner(name) for name in ("tess", "otto")]
        field.site.orders = (order(1),)

        for owner in owners:
            field.run(owner)

        assert [account.user for account in field.site.accounts] == [
            "tess@fieldwork.example",
            "otto@fieldwork.example",
        ]
        assert [len(field.history(owner)) for owner in owners] == [1, 1]

    def test_old_history_is_forgotten(self, field: Field, known: int) -> None:
        field.clock.time += timedelta(days=91)

        field.run(known)

        assert len(field.history(known)) == 1

    def test_a_run_shows_how_far_it_is_while_it_reads(self, field: Field, known: int) -> None:
        seen = []
        field.site.meanwhile = lambda: seen.append(field.history(known)[0])

        field.run(known)

        (under_way,) = seen
        assert (under_way.phase, under_way.percentage) == (Phase.SCRAPING, 57)
        assert (under_way.message, under_way.items.processed) == ("58 rows", 58)


class TestSlots:
    def test_a_run_takes_the_slot_that_it_is_for(self, field: Field) -> None:
        schedule = field.schedule(owner := field.owner())
        assert schedule.next_run is not None

        field.run(owner, trigger="SCHEDULED", since=schedule.next_run.isoformat())

        (run,) = field.history(owner)
        assert (run.trigger, run.schedule_id) == (Trigger.SCHEDULED, schedule.id)
        assert field.standing(schedule).next_run == schedule.next_run + timedelta(hours=1)

    def test_11_a_slot_that_another_run_took_is_nothing_to_do(self, field: Field) -> None:
        schedule = field.schedule(owner := field.owner())
        assert schedule.next_run is not None
        slot = schedule.next_run.isoformat()
        field.run(owner, trigger="SCHEDULED", since=slot)

        again = field.run(owner, trigger="SCHEDULED", since=slot)

        assert again.success
        assert again.materialized("work_orders") == {}
        assert len(field.history(owner)) == 1
        (newest,) = field.instance.get_run_records(limit=1)
        assert again.tags[IDLE_TAG] == newest.dagster_run.run_id

    def test_a_run_that_is_executed_again_is_one_by_hand(self) -> None:
        by_hand = Purpose(1, "work_orders")
        config = ReadingConfig(trigger=Trigger.SCHEDULED, since=NOW.isoformat())
        first = dg.DagsterRun(job_name=WORK_ORDERS_JOB)
        again = dg.DagsterRun(job_name=WORK_ORDERS_JOB, parent_run_id=first.run_id, root_run_id=first.run_id)
        assert purpose_of(first, config, by_hand) == Purpose(1, "work_orders", Trigger.SCHEDULED, NOW)
        assert purpose_of(again, config, by_hand) == by_hand

    def test_08_a_run_by_hand_outside_the_hours_works_and_leaves_the_cadence(self, field: Field) -> None:
        schedule = field.schedule(owner := field.owner(), hours=Hours(2, 4))
        asked = request_run(field.engine, owner, schedule.id, field.clock.time).requested_at
        assert asked is not None

        field.run(owner, trigger="MANUAL", since=asked.isoformat())

        (run,) = field.history(owner)
        assert (run.trigger, run.success) == (Trigger.MANUAL, True)
        after = field.standing(schedule)
        assert (after.next_run, after.requested_at) == (schedule.next_run, None)

    def test_11_a_double_ends_at_once_and_leaves_no_row(self, field: Field, known: int) -> None:
        with Leases(field.engine).hold(lease_name(known, "work_orders")):
            double = field.run(known)

        assert double.success
        assert double.materialized("work_orders") == {}
        assert double.materialized("work_order_changes") == {}
        assert len(field.history(known)) == 1

    def test_a_run_that_somebody_begins_in_dagster_needs_no_schedule(self, field: Field) -> None:
        owner = field.owner()

        assert field.run(owner).success

        (run,) = field.history(owner)
        assert (run.trigger, run.schedule_id) == (Trigger.MANUAL, None)

    def test_11_a_fourth_run_that_somebody_begins_in_dagster_fails_and_reads_nothing(
        self, field: Field
    ) -> None:
        settings = load_settings()
        field.definitions = dg.Definitions(
            assets=build_work_orders(settings.work_orders, settings.desk, wait=timedelta(0)),
            asset_checks=[build_age_check()],
            jobs=list(build_work_order_jobs().values()),
            resources={
                "database": Database(url=settings.database_url),
                "workfossa": field.site,
                "clock": field.clock,
            },
        )
        owner = field.owner()

        with Leases(field.engine).hold(*places(settings.work_orders.parallel)):
            ran = field.run(owner)

        said = "3 other runs were under way for 0 seconds"
        assert not ran.success
        assert said in ran.errors
        assert [run.error_message for run in field.history(owner)] == [said]
        assert field.site.accounts == []

    def test_the_owner_of_a_partition_may_be_gone(self, field: Field) -> None:
        field.instance.add_dynamic_partitions("work_order_owners", ["owner-99"])

        ran = field.run(99)

        assert not ran.success
        assert "there is no user 99" in ran.errors


class TestFailures:
    """Cases 4 and 13 to 17: every failure has its row, says why, and removes nothing."""

    def test_13_without_an_account(self, field: Field) -> None:
        schedule = field.schedule(owner := field.owner(account=False))

        ran = field.run(owner)

        assert not ran.success
        (run,) = field.history(owner)
        assert run.error_message == "no WorkFossa account was entered; enter one on the desk"
        assert "enter one on the desk" in ran.errors
        assert not ran.check("login").passed
        assert field.standing(schedule).consecutive_failures == 1

    def test_13_an_account_that_is_refused_is_noted_for_its_owner(self, field: Field, known: int) -> None:
        field.site.fault = AuthenticationError("WorkFossa refused the account: Invalid credentials.")

        ran = field.run(known)

        state = account_state(field.engine, known)
        assert state is not None
        assert state.problem == "WorkFossa refused the account: Invalid credentials."
        assert (ran.success, ran.check("login").passed) == (False, False)
        field.site.fault = None
        assert field.run(known).check("login").passed

    def test_13_an_account_that_no_key_opens(self, field: Field, known: int) -> None:
        other = type(field.cipher)("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
        save_account(field.engine, other, known, field.site.accounts[0], NOW)

        assert not field.run(known).success

        assert "must be entered again" in (field.history(known)[0].error_message or "")

    def test_a_site_that_is_down_removes_nothing_and_keeps_the_last_reading(
        self, field: Field, known: int
    ) -> None:
        field.site.fault = SiteDown("WorkFossa is down: ERR_CONNECTION_REFUSED")

        ran = field.run(known)

        assert not ran.success
        run = field.history(known)[0]
        assert (run.phase, run.error_message) == (Phase.FAILED, str(field.site.fault))
        assert run.error_log is not None
        assert run.error_log["error_type"] == "SiteDown"
        assert len(field.open(known)) == 58

    @pytest.mark.parametrize(
        ("rows", "why_not", "said"),
        [
            pytest.param(0, LOGIN_PAGE, LOGIN_PAGE, id="14"),
            pytest.param(25, STUCK, STUCK, id="15"),
            pytest.param(0, "", "the list is empty, where 58 orders were known: none was removed", id="16"),
            pytest.param(25, "", "the list has only 25 of the 58 orders that were known", id="too few"),
            pytest.param(58, "the list goes on after the 100 rows", "the list goes on", id="17"),
        ],
    )
    def test_14_to_17_a_list_that_proves_too_little_fails_and_removes_nothing(
        self, field: Field, known: int, rows: int, why_not: str, said: str
    ) -> None:
        field.site.orders, field.site.why_not = ORDERS[:rows], why_not

        for failures in (1, 2, 3):
            ran = field.run(known)
            assert not ran.success
            assert said in ran.errors
            assert not ran.check("complete").passed
            assert said in (field.history(known)[0].error_message or "")
            assert len(field.history(known)) == failures + 1
            field.clock.advance()

        assert len(field.open(known)) == 58
        assert field.told(known) == []

    def test_what_an_incomplete_list_has_is_kept_and_counted(self, field: Field, known: int) -> None:
        field.site.orders, field.site.why_not = (order(70, 9), *ORDERS[:24]), STUCK

        ran = field.run(known)

        assert ran.count("work_orders", f"owner-{known}", "complete") is False
        run = field.history(known)[0]
        assert (run.success, run.items) == (False, Items(25, added=1))
        assert "70" in field.open(known)

    def test_a_person_can_have_a_list_believed(self, field: Field, known: int) -> None:
        field.site.orders = ORDERS[:5]
        for _ in range(2):
            assert field.run(known, believe=True).success
            field.clock.advance()

        assert len(field.open(known)) == 5

    def test_completed_orders_that_could_not_be_read_degrade_the_run(self, field: Field, known: int) -> None:
        field.site.orders = ORDERS[1:]
        field.site.completed_problem = "the list of completed orders did not come"

        for _ in range(2):
            ran = field.run(known)
            assert (ran.success, ran.tags.get("degraded")) == (True, "true")
            assert "did not come" in (ran.check("complete").description or "")
            field.clock.advance()

        assert len(field.open(known)) == 58

    def test_04_the_fifth_failure_stops_the_schedule_until_it_is_reset(self, field: Field) -> None:
        schedule = field.schedule(owner := field.owner())
        field.site.fault = SiteDown("WorkFossa is down")
        for _ in range(5):
            field.run(owner)
            field.clock.advance()

        stopped = field.standing(schedule)
        assert (stopped.state, stopped.next_run, len(field.history(owner))) == (State.FAILED, None, 5)
        field.site.fault = None
        assert reset(field.engine, owner, schedule.id, field.clock.time).state is State.ACTIVE
        field.run(owner)
        assert field.standing(schedule).consecutive_failures == 0

    def test_an_error_that_nobody_foresaw_fails_the_run_and_its_row(self, field: Field, known: int) -> None:
        field.site.fault = ZeroDivisionError("division by zero")

        assert not field.run(known).success

        assert field.history(known)[0].error_message == "division by zero"

    def test_no_password_reaches_the_event_log_or_the_history(self, field: Field, known: int) -> None:
        good = field.run(known)
        field.site.fault = AuthenticationError("WorkFossa refused the account")
        bad = field.run(known)

        for text in (good.text, bad.text, str(field.history(known))):
            assert PASSWORD not in text
            assert "tess@" not in text


class TestAge:
    def test_a_schedule_that_waits_for_a_paused_one_is_told_of(self, field: Field) -> None:
        orders = field.schedule(owner := field.owner(), enabled=False)
        field.schedule(owner, "dispensers", waits_for=orders.id)

        result = field.definitions.resolve_job_def("check_work_order_age").execute_in_process(
            instance=field.instance, raise_on_error=False
        )

        parts = [check.metadata["by part"].value for check in result.get_asset_check_evaluations()]
        said = "it waits for work orders, which are paused"
        assert parts == [{f"owner-{owner}": ""}, {f"owner-{owner}": said}]

    def test_each_owners_age_is_judged_by_itself(self, field: Field, known: int) -> None:
        late = field.owner("otto")
        field.schedule(late)
        field.clock.advance(31)
        field.schedule(known)

        result = field.definitions.resolve_job_def("check_work_order_age").execute_in_process(
            instance=field.instance, raise_on_error=False
        )

        of_orders, _ = (
            event.asset_check_evaluation_data
            for event in result.all_events
            if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
        )
        assert of_orders.metadata["by part"].value == {
            f"owner-{known}": "",
            f"owner-{late}": "the run of Wed 04 Mar 11:12 EST has not begun",
        }
        assert not of_orders.passed
