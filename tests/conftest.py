"""Fixtures that any test may use: the pipeline's database, on each kind of server that it supports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from scheduling_pipeline.database.connection import connect, migrate
from tests.databases import empty
from tests.postgres import PostgresServer, running_postgres

# The same examples each time, however slow the machine.
settings.register_profile("seeded", derandomize=True, deadline=None)
settings.load_profile("seeded")

# SQLite waits for the disk at each commit; a folder in memory spares the tests that, where there is room.
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own there
ROOM = 4 << 30  # bytes
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, one for each worker of a test run."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """The address of a migrated PostgreSQL database that tests share one after another."""
    url = postgres.create("pipeline")
    engine = connect(url)
    migrate(engine)
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated, empty database; a test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "pipeline.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("migrated_postgres")
    engine = connect(url)
    empty(engine)
    engine.dispose()
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A migrated, empty database; a test that asks for it runs on SQLite and on PostgreSQL."""
    engine = connect(database_url)
    yield engine
    engine.dispose()
