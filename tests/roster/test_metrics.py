"""The figures of the history."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from scheduling_pipeline.database.roster import CrossmarkOperation, PendingSchedule, SchedulerRun
from scheduling_pipeline.roster.metrics import Calls, history, p95
from tests.roster.listing import NOW, at
from tests.roster.store import Store

NOTHING = Calls(0, None, None, 0, None, 0, None)


def add_run(engine: Engine, **values: object) -> int:
    usual = {
        "run_type": "automatic",
        "started_at": NOW,
        "completed_at": NOW + timedelta(seconds=10),
        "status": "completed",
    }
    with engine.begin() as connection:
        statement = insert(SchedulerRun).values(**usual | values).returning(SchedulerRun.id)
        return connection.execute(statement).scalar_one()


def approved(seconds: int) -> dict[str, object]:
    return {"approved_at": NOW + timedelta(seconds=10 + seconds), "approved_revision": "r"}


def add_rows(engine: Engine, run: int, *states: str, edited: int = 0) -> list[int]:
    store = Store()
    lead = store.lead()
    events = [store.core() for _ in states]
    if run == 1:
        store.write(engine)
    rows = [
        {
            "scheduler_run_id": run,
            "event_ref_num": event.ref,
            "employee_id": lead,
            "schedule_datetime": at(4, "09:45"),
            "schedule_time": at(4, "09:45").time(),
            "status": state,
            "edited_by": "mia" if number < edited else None,
            "created_at": NOW,
            "updated_at": NOW,
        }
        for number, (event, state) in enumerate(zip(events, states, strict=True))
    ]
    with engine.begin() as connection:
        statement = insert(PendingSchedule).returning(PendingSchedule.id, sort_by_parameter_order=True)
        return list(connection.scalars(statement, rows))


def add_operation(engine: Engine, number: int, **values: object) -> None:
    state = values.get("state", "done")
    usual = {
        "id": str(number),
        "event_ref_num": 1,
        "kind": "schedule",
        "purpose": "place",
        "state": state,
        "mplan_id": 1,
        "location_id": 1,
        "run_id": "run",
        "sent_at": NOW + timedelta(seconds=number),
        "settled_at": None if state in ("sent", "unknown") else NOW + timedelta(seconds=number),
        "timed_out": False,
        "milliseconds": None,
        "pending_schedule_id": None,
    }
    with engine.begin() as connection:
        connection.execute(insert(CrossmarkOperation).values(**usual | values))


def test_an_empty_history_has_no_figures(engine: Engine) -> None:
    found = history(engine)
    assert (found.runs, found.proposals, found.calls) == ((), 0, NOTHING)
    shares = (found.success_rate, found.swap_share, found.submission_share, found.edited_share)
    assert shares == (None, None, None, None)
    assert (found.mean_seconds, found.median_approval_seconds, found.started_by_hand_share) == (None,) * 3
    assert (found.mean_processed, found.unfinished) == (None, 0)


def test_a_run_of_nothing_divides_by_nothing(engine: Engine) -> None:
    add_run(engine)
    (run,) = history(engine).runs
    assert (run.success_rate, run.swap_share, run.submission_share, run.seconds) == (None, None, None, 10)


def test_each_run_and_all_of_them(engine: Engine) -> None:
    add_run(
        engine,
        total_events_processed=10,
        events_scheduled=8,
        events_requiring_swaps=2,
        events_failed=2,
        **approved(60),
    )
    add_run(engine, run_type="manual", total_events_processed=10, events_scheduled=10, **approved(120))
    add_run(engine, run_type="hand", **approved(0))
    add_run(engine, run_type="manual", status="failed", completed_at=NOW + timedelta(hours=1))
    found = history(engine)
    assert [run.run_id for run in found.runs] == [4, 3, 2, 1]
    assert [run.success_rate for run in found.runs] == [None, None, 1.0, 0.8]
    assert found.runs[3].swap_share == 0.25
    assert (found.success_rate, found.swap_share) == (0.9, 2 / 18)
    assert (found.proposals, found.started_by_hand, found.scheduled_by_hand) == (3, 2, 1)
    assert (found.mean_processed, found.mean_seconds, found.median_approval_seconds) == (10, 10, 90)
    assert found.unfinished == 1


def test_how_submissions_went(engine: Engine) -> None:
    run = add_run(engine, **approved(60))
    add_rows(
        engine, run, "api_submitted", "api_submitted", "api_submitted", "api_failed", "rejected", edited=2
    )
    add_run(engine, **approved(60))
    found = history(engine)
    assert (found.runs[1].edited, found.runs[1].submitted, found.runs[1].not_submitted) == (2, 3, 1)
    assert (found.submission_share, found.edited_share) == (0.75, 0.5)


def test_how_the_planner_answered(engine: Engine) -> None:
    for number in range(1, 11):
        add_operation(engine, number, milliseconds=100 * number)
    add_operation(engine, 11, state="unknown", timed_out=True)
    calls = history(engine).calls
    assert (calls.sent, calls.median_milliseconds, calls.time_outs) == (11, 550, 1)
    assert calls.p95_milliseconds == pytest.approx(955)
    assert calls.time_out_share == 1 / 11


def test_a_second_write_for_a_row_is_a_retry_and_a_move_of_another_kind_is_not(engine: Engine) -> None:
    run = add_run(engine, **approved(60))
    one, other = add_rows(engine, run, "api_submitted", "api_failed")
    add_operation(engine, 1, pending_schedule_id=one, kind="unschedule", purpose="move")
    add_operation(engine, 2, pending_schedule_id=one, state="rejected")
    add_operation(engine, 3, pending_schedule_id=one)
    add_operation(engine, 4, pending_schedule_id=other, state="rejected")
    add_operation(engine, 5, pending_schedule_id=other, state="rejected")
    calls = history(engine).calls
    assert (calls.retries, calls.retry_share) == (2, 0.5)


def test_what_is_older_does_not_count(engine: Engine) -> None:
    add_run(engine)
    add_operation(engine, 1)
    found = history(engine, since=NOW + timedelta(minutes=1))
    assert (found.runs, found.calls) == ((), NOTHING)


@given(st.lists(st.integers(0, 60_000), max_size=60))
def test_the_95th_percentile_is_one_of_the_span(values: list[int]) -> None:
    found = p95(values)
    if found is None:
        assert values == []
    else:
        assert min(values) <= found <= max(values)
        assert sum(value <= found for value in values) >= 0.95 * (len(values) - 1)
