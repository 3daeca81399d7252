"""The desk on an embedded database; tests of what a database decides take `both` instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.roster_settings import DeskSettings
from tests.databases import copied
from tests.desk import scene
from tests.desk.people import Office, Person
from tests.desk.reviewing import Reviewing, reviewing
from tests.desk.schedules import fill

PATIENT = DeskSettings(sign_ins_per_minute=10_000, runs_per_hour=10_000)


@pytest.fixture
def office(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Office]:
    """A desk on SQLite."""
    engine = connect(copied(migrated_sqlite, tmp_path / "desk.db"))
    yield Office(engine)
    engine.dispose()


@pytest.fixture
def both(engine: Engine) -> Office:
    """A desk on SQLite, and one on PostgreSQL."""
    return Office(engine)


@pytest.fixture(scope="session")
def filled(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A database with something on every page, to copy; and the revision of the roster that waits."""
    path = tmp_path_factory.mktemp("desk") / "filled.db"
    engine = connect(copied(migrated_sqlite, path))
    revision = scene.fill(engine)
    engine.dispose()
    return path, revision


@pytest.fixture
def admin(filled: tuple[Path, str], tmp_path: Path) -> Iterator[Person]:
    """Somebody who may do everything, on a desk of their own."""
    engine = connect(copied(filled[0], tmp_path / "desk.db"))
    person = Office(engine, desk=PATIENT).person(Role.ADMIN)
    fill(engine, person)
    yield person
    engine.dispose()


@pytest.fixture
def review(engine: Engine) -> Reviewing:
    """A desk with a proposal that waits, on SQLite and on PostgreSQL."""
    return reviewing(engine)
