"""Simulators in front of the commands: a school, one for a module, and an office, one for a test.

Each test has a database of its own.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.graph_client import GraphClient
from scheduling_pipeline.commands.screen import console
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.simulators.school import FixedSchool
from scheduling_pipeline.simulators.server import Simulators
from tests.commands.office import Office
from tests.commands.school import ENGLISH, ESA, FRENCH, GERMAN, PEOPLE, SFS, School, graph_of, ids_of

EMBEDDED = Path(__file__).parents[2] / "deploy" / "embedded" / "dagster.yaml"
LOGGERS = ("assets", "resources", "schedules", "scheduling_pipeline", "sensors", "stamina")


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with Simulators(tmp_path_factory.mktemp("simulators"), FixedSchool(accounts=PEOPLE)) as running:
        yield running


@pytest.fixture(scope="module")
def client(simulators: Simulators) -> Iterator[GraphClient]:
    with graph_of(simulators).connect() as connected:
        yield connected


@pytest.fixture
def school(
    simulators: Simulators,
    client: GraphClient,
    migrated_sqlite: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[School]:
    """All agendas were read a moment ago, and nothing is booked."""
    database = tmp_path / "pipeline.db"
    shutil.copy(migrated_sqlite, database)
    environment = {
        **simulators.environment,
        "DATABASE_URL": f"sqlite:///{database}",
        "SCHEDULING_HOME": str(tmp_path),
        "SCHEDULING_SETTINGS": str(tmp_path / "settings.toml"),
        "SCHEDULER_INGESTION_DIR": str(tmp_path / "incoming"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(console, "width", 250)  # so that no cell of a table is wrapped
    engine = connect(environment["DATABASE_URL"])
    opened = School(simulators, client, ids_of(client), engine, tmp_path)
    opened.clear()
    for agenda in (FRENCH, ENGLISH, GERMAN, SFS, ESA):
        opened.read(agenda)
    yield opened
    engine.dispose()


@pytest.fixture
def office(migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An empty folder in SharePoint, which nobody ever looked into."""
    database, dagster_home = tmp_path / "pipeline.db", tmp_path / "dagster"
    shutil.copy(migrated_sqlite, database)
    dagster_home.mkdir()
    shutil.copy(EMBEDDED, dagster_home / "dagster.yaml")
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(one, one.handlers, one.level, one.propagate) for one in loggers]
    with Simulators(tmp_path / "simulators", FixedSchool(accounts=PEOPLE)) as simulators:
        environment = {
            **simulators.environment,
            "DATABASE_URL": f"sqlite:///{database}",
            "DAGSTER_HOME": str(dagster_home),
            "SCHEDULING_HOME": str(tmp_path),
            "SCHEDULING_SETTINGS": str(tmp_path / "settings.toml"),
            "SCHEDULER_INGESTION_DIR": str(tmp_path / "incoming"),
            "SCHEDULER_RETRY_DELAY_SECONDS": "0",
            "COLUMNS": "250",  # so that no cell of a table is wrapped
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(console, "width", 250)
        engine = connect(environment["DATABASE_URL"])
        yield Office(simulators, engine, tmp_path)
        engine.dispose()
    for logger, handlers, level, propagate in before:  # those of the commands write to a closed stream
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
