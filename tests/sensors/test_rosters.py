"""What people ask for starts one run; a run that died is followed by another one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from sqlalchemy import Engine, insert, select

from assets.roster_jobs import build_roster_jobs
from resources.clock import Clock
from resources.database import Database
from scheduling_pipeline.database.leases import Leases
from scheduling_pipeline.database.roster import RosterRequest, SchedulerRun
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.roster.requests import (
    SUBMISSION_LEASE,
    Kind,
    add_request,
    ask_for_proposal,
    begin_request,
    finish_request,
)
from sensors.rosters import REQUEST_TAG, build_request_sensor, build_submission_sensor

DEFINITIONS = build_definitions()
PROPOSE, SUBMIT, _ = build_roster_jobs()
NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("CROSSMARK_USER", "demo.manager")
    monkeypatch.setenv("CROSSMARK_PASSWORD", "not-used")
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def tick(
    engine: Engine, instance: dg.DagsterInstance, kind: Kind = "submit", *, now: datetime = NOW
) -> list[dg.RunRequest]:
    """What a tick at an instant starts."""
    build, job = (build_submission_sensor, SUBMIT) if kind == "submit" else (build_request_sensor, PROPOSE)
    resources = {
        "database": Database(url=engine.url.render_as_string(hide_password=False)),
        "clock": Clock(url=None),
    }
    context = dg.build_sensor_context(instance=instance, definitions=DEFINITIONS, resources=resources)
    sensor = build(job, running=True, now=lambda: now)
    return list(sensor.evaluate_tick(context).run_requests or [])


def approved(engine: Engine) -> int:
    """A request to submit a proposal."""
    with engine.begin() as connection:
        run = {"run_type": "automatic", "started_at": NOW, "completed_at": NOW, "status": "completed"}
        query = insert(SchedulerRun).values(run).returning(SchedulerRun.id)
        run_id = connection.execute(query).scalar_one()
        return add_request(connection, kind="submit", run_id=run_id, who="mona", now=NOW)


def start(
    instance: dg.DagsterInstance, request: int, status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED
) -> None:
    """Dagster has a run for this request in that state."""
    instance.create_run_for_job(
        DEFINITIONS.resolve_job_def("submit_roster"), tags={REQUEST_TAG: str(request)}, status=status
    )


def test_without_an_approval_no_run_starts(engine: Engine, instance: dg.DagsterInstance) -> None:
    assert tick(engine, instance) == []


def test_an_approval_starts_a_run_that_submits_it(engine: Engine, instance: dg.DagsterInstance) -> None:
    request = approved(engine)

    [run] = tick(engine, instance)

    assert run.run_key == f"submit-{request}-1"
    assert run.run_config == {"ops": {"crossmark_schedule": {"config": {"request": request}}}}


def test_one_submission_at_a_time_the_oldest_first(engine: Engine, instance: dg.DagsterInstance) -> None:
    first, _ = approved(engine), approved(engine)

    assert [run.tags[REQUEST_TAG] for run in tick(engine, instance)] == [str(first)]
    start(instance, first)
    assert tick(engine, instance) == []


def test_a_finished_request_starts_nothing(engine: Engine, instance: dg.DagsterInstance) -> None:
    request = approved(engine)
    begin_request(engine, request, NOW)
    finish_request(engine, request, NOW)

    assert tick(engine, instance) == []


def test_a_run_that_works_is_left_alone_however_long_it_takes(
    engine: Engine, instance: dg.DagsterInstance
) -> None:
    request = approved(engine)
    start(instance, request)

    with Leases(engine).hold(SUBMISSION_LEASE):
        assert tick(engine, instance, now=LATER) == []


def test_a_run_that_died_is_marked_as_failed_and_another_one_goes_on(
    engine: Engine, instance: dg.DagsterInstance
) -> None:
    request = approved(engine)
    start(instance, request)

    [run] = tick(engine, instance, now=LATER)

    assert run.run_key == f"submit-{request}-2"
    [died] = instance.get_runs()
    assert died.status is dg.DagsterRunStatus.FAILURE


def test_a_run_that_was_just_launched_has_not_died(engine: Engine, instance: dg.DagsterInstance) -> None:
    request = approved(engine)
    start(instance, request, dg.DagsterRunStatus.NOT_STARTED)

    assert tick(engine, instance) == []


def test_somebody_who_asks_for_a_proposal_gets_a_run(engine: Engine, instance: dg.DagsterInstance) -> None:
    asked = ask_for_proposal(engine, "mona", NOW)

    [run] = tick(engine, instance, "propose")

    assert run.run_config == {"ops": {"roster_proposal": {"config": {"request": asked.request_id}}}}


def test_a_proposal_whose_run_failed_is_given_up_with_a_reason(
    engine: Engine, instance: dg.DagsterInstance
) -> None:
    asked = ask_for_proposal(engine, "mona", NOW)
    start(instance, asked.request_id, dg.DagsterRunStatus.FAILURE)

    assert tick(engine, instance, "propose") == []

    with engine.connect() as connection:
        run = connection.execute(select(SchedulerRun.status, SchedulerRun.error_message)).one()
        state = connection.scalar(select(RosterRequest.state))
    assert run.status == "failed"
    assert "failed before there was a proposal" in run.error_message
    assert state == "failed"
