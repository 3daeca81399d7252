"""What people ask for: noted once, begun again after a death, and never after it is over."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from scheduling_pipeline.database.roster import SchedulerRun
from scheduling_pipeline.roster.requests import (
    Request,
    RequestClosedError,
    add_request,
    ask_for_proposal,
    begin_request,
    finish_request,
    open_requests,
    void_requests,
)
from scheduling_pipeline.roster.runs import RunInProgressError
from tests.roster.listing import LATER, NOW


def ask(engine: Engine) -> int:
    return ask_for_proposal(engine, "mia", NOW).request_id


def test_asking_for_a_proposal_begins_its_run_and_waits(engine: Engine) -> None:
    asked = ask_for_proposal(engine, "mia", NOW)
    assert open_requests(engine, "propose") == [
        Request(asked.request_id, "propose", asked.run_id, None, None, "mia", NOW, "waiting", 0)
    ]
    with engine.connect() as connection:
        row = connection.execute(
            select(SchedulerRun.run_type, SchedulerRun.status, SchedulerRun.requested_by)
        )
        assert row.tuples().all() == [("manual", "running", "mia")]


def test_asking_twice_is_refused_and_leaves_one_request(engine: Engine) -> None:
    asked = ask_for_proposal(engine, "mia", NOW)
    with pytest.raises(RunInProgressError, match="by mia") as refused:
        ask_for_proposal(engine, "noa", LATER)
    assert refused.value.run_id == asked.run_id
    assert [request.id for request in open_requests(engine, "propose")] == [asked.request_id]


def test_a_request_is_begun_and_done(engine: Engine) -> None:
    request = ask(engine)
    begun = begin_request(engine, request, NOW)
    assert (begun.state, begun.attempt) == ("running", 1)
    finish_request(engine, request, LATER)
    assert open_requests(engine, "propose") == []


def test_one_whose_run_was_killed_is_begun_again(engine: Engine) -> None:
    request = ask(engine)
    begin_request(engine, request, NOW)
    assert [one.id for one in open_requests(engine, "propose")] == [request]
    assert begin_request(engine, request, LATER).attempt == 2


@pytest.mark.parametrize("problem", [None, "the planner cannot be read"])
def test_what_is_finished_is_neither_begun_nor_finished_again(engine: Engine, problem: str | None) -> None:
    request = ask(engine)
    begin_request(engine, request, NOW)
    finish_request(engine, request, LATER, problem=problem)
    with pytest.raises(RequestClosedError):
        begin_request(engine, request, LATER)
    with pytest.raises(RequestClosedError):
        finish_request(engine, request, LATER)


def test_what_nobody_began_cannot_be_finished(engine: Engine) -> None:
    with pytest.raises(RequestClosedError):
        finish_request(engine, ask(engine), LATER)


def test_a_waiting_request_can_be_taken_back_and_a_begun_one_cannot(engine: Engine) -> None:
    asked = ask_for_proposal(engine, "mia", NOW)
    with engine.begin() as connection:
        begun = add_request(
            connection, kind="submit", run_id=asked.run_id, who="mia", now=NOW, revision="r", rows=[7, 8]
        )
    assert begin_request(engine, begun, NOW).rows == (7, 8)
    with engine.begin() as connection:
        assert void_requests(connection, asked.run_id, LATER) == 1
    assert open_requests(engine, "propose") == []
    assert [request.id for request in open_requests(engine, "submit")] == [begun]
    with pytest.raises(RequestClosedError):
        begin_request(engine, asked.request_id, LATER)
