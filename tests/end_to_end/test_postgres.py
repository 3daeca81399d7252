"""One run with everything in PostgreSQL: Dagster's own runs and events, and the pipeline's tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import Engine, create_engine, text

from resources.database import load_frame
from scheduling_pipeline.simulators.school import FixedSchool
from tests.end_to_end.dagster_process import ROOT
from tests.end_to_end.mailboxes import Mailboxes, ledger
from tests.end_to_end.pipeline import ENGLISH, FRENCH, GERMAN, Pipeline
from tests.end_to_end.remote import signed_in
from tests.end_to_end.school import PEOPLE, private_lessons
from tests.postgres import PostgresServer


@pytest.fixture
def school() -> FixedSchool:
    lessons = [*private_lessons(ENGLISH, 2), *private_lessons(FRENCH, 2, first=1000)]
    return FixedSchool(lessons, PEOPLE)


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """An empty database for all of it."""
    return postgres.create("everything")


@pytest.fixture
def environment(environment: dict[str, str], database: str) -> dict[str, str]:
    return {**environment, "DATABASE_URL": database, "DAGSTER_POSTGRES_URL": database}


@pytest.fixture
def instance(pipeline: Pipeline, tmp_path: Path) -> Iterator[dg.DagsterInstance]:  # noqa: ARG001 - its settings
    """Dagster as `deploy/postgres` configures it."""
    shutil.copy(ROOT / "deploy" / "postgres" / "dagster.yaml", tmp_path / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


@pytest.fixture
def tables(database: str) -> Iterator[Engine]:
    engine = create_engine(database)
    yield engine
    engine.dispose()


@pytest.mark.browser
def test_a_run_keeps_all_its_state_in_one_postgresql(
    pipeline: Pipeline, instance: dg.DagsterInstance, tables: Engine
) -> None:
    first = pipeline.run(ENGLISH, FRENCH, GERMAN, instance=instance)
    second = pipeline.run(ENGLISH, FRENCH, GERMAN, instance=instance)

    assert first.success
    assert first.writes == 12
    assert second.writes == 0
    assert second.versions(ENGLISH)["outlook_calendars"] == first.versions(ENGLISH)["outlook_calendars"]
    with tables.connect() as connection:
        counts = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
            for table in ("runs", "event_logs", "asset_keys", "synced_events", "timetable", "readings")
        }
    assert counts["runs"] == 2
    assert counts["event_logs"] > 100
    assert counts["asset_keys"] == 5
    assert counts["synced_events"] == counts["timetable"] == 12
    assert counts["readings"] == 2 * 3 * 3
    with signed_in(pipeline.simulators.environment) as person:
        calendars = set(load_frame(tables, "outlook_calendars", [ENGLISH, FRENCH])["calendar"])
        assert Mailboxes(person).tags(calendars) == ledger(tables, calendars)
