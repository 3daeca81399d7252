"""What is told of real jobs, as production builds them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import Engine

from assets.course_jobs import CATALOGUE_JOB, RECONCILE_JOB
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.reports import content
from scheduling_pipeline.simulators.server import Simulators
from scheduling_pipeline.work_orders.runs import Runs
from scheduling_pipeline.work_orders.schedule import ScheduleType, Trigger
from sensors.outcomes import HOLDS
from tests.assets.college import ANN, College, open_college
from tests.assets.field import open_field
from tests.courses.school import address, course, user
from tests.databases import copied
from tests.end_to_end.office import open_office
from tests.end_to_end.pipeline import QUIET
from tests.sensors.watch import Watch

AGE_JOB, FRESHNESS_JOB = "check_work_order_age", "check_dataset_freshness"


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with Simulators(tmp_path_factory.mktemp("simulators")) as running:
        yield running


@pytest.fixture
def college(
    simulators: Simulators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path
) -> Iterator[College]:
    with open_college(simulators, migrated_sqlite, tmp_path, monkeypatch) as opened:
        yield opened


def watching(engine: Engine, instance: dg.DagsterInstance) -> Watch:
    """A watch over what ends from now on."""
    watch = Watch(engine, instance)
    watch.tick()
    return watch


def said(watch: Watch) -> list[str]:
    """What each message says, without the link to its run."""
    return [body.rpartition("\n\n")[0] for body in watch.bodies]


def test_a_schedule_that_stopped_is_told_of_beside_one_that_works(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_field(engine, monkeypatch) as field:
        owner = field.owner()
        for kind in ScheduleType:
            field.schedule(owner, kind)
        runs, now = Runs(engine, pause_after=5), field.clock.time
        for _ in range(5):
            begun = runs.begin(owner, "work_orders", Trigger.MANUAL, dagster_run_id="run", now=now)
            runs.fail(begun, "WorkFossa is down", now)
        watch = watching(engine, field.instance)

        for _ in range(2):
            field.definitions.resolve_job_def(AGE_JOB).execute_in_process(
                instance=field.instance, run_config=QUIET
            )

        assert watch.tick() == [f"Needs attention: check work order age (work_orders, owner-{owner})"]
        assert said(watch) == ["automatic runs stopped after 5 failures in a row"]


def test_what_a_job_without_checks_could_not_do_is_the_reason_that_is_told(college: College) -> None:
    college.settle()
    watch = watching(college.engine, college.instance)

    for name in ("zoe", "zoe", "max"):
        people = [ANN, address(name)]
        college.run(RECONCILE_JOB, config={"compare_with_ledger": {"users": people}})

    assert watch.tick() == ["Needs attention: reconcile course calendars"] * 2, "the same is told once"
    assert said(watch) == [f"{address(name)}: has no calendar that could be read" for name in ("zoe", "max")]


def test_removals_that_wait_for_a_person_are_told_as_waiting(college: College) -> None:
    numbers = range(1, 25)
    college.school.files |= {
        "courses": [course(number) for number in numbers],
        "meeting_times": [],
        "users": [user(address("ann"))],
        "enrollments": [],
        "final_exams": [],
    }
    college.school.arrive()
    college.run(CATALOGUE_JOB)
    watch = watching(college.engine, college.instance)
    college.school.files["courses"] = college.school.files["courses"][12:]
    college.school.arrive()

    college.run(CATALOGUE_JOB)

    assert watch.tick() == ["Waits for a person: refresh course catalogue"]
    assert said(watch)[0].startswith("course_catalogue, removals: courses: 12 of 24 would be removed")


def test_the_checks_that_wait_for_a_person_are_those_that_say_so() -> None:
    graph = build_definitions().resolve_asset_graph()
    specs = [graph.get_check_spec(key) for key in graph.asset_check_keys]

    assert {spec.name for spec in specs if "waits for a person" in (spec.description or "")} == HOLDS


def test_reports_that_no_longer_arrive_are_told_by_dataset(tmp_path: Path, migrated_sqlite: Path) -> None:
    database = copied(migrated_sqlite, tmp_path / "pipeline.db")
    with (
        Simulators(tmp_path / "simulators") as simulators,
        open_office(simulators, tmp_path, database) as office,
    ):
        office.put("ACQ__a.csv", content("ACQ", DEMO_START, rows=12))
        office.ingest()
        watch = watching(office.engine, office.instance)
        office.run(FRESHNESS_JOB)
        simulators.clock.advance(timedelta(days=3))
        office.run(FRESHNESS_JOB)

        assert watch.tick() == ["Needs attention: check dataset freshness (acq)"]
        assert "the newest file is of" in said(watch)[0]
