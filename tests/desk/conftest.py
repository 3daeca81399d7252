"""The desk on an embedded database; tests of what a database decides take `both` instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.database.connection import connect
from tests.databases import copied
from tests.desk.people import Office


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
