"""One simulated school a module; a database of its own for each test, and empty calendars."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.graph_client import GraphClient
from scheduling_pipeline.commands.screen import console
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.simulators.school import FixedSchool
from scheduling_pipeline.simulators.server import Simulators
from tests.commands.school import ENGLISH, ESA, FRENCH, GERMAN, PEOPLE, SFS, School, graph_of, ids_of


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
