"""The whole pipeline, browser included, against simulators of a small school."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.simulators.school import FixedSchool
from scheduling_pipeline.simulators.server import Simulators
from tests.databases import empty
from tests.end_to_end.pipeline import Pipeline
from tests.end_to_end.school import PEOPLE


@pytest.fixture
def school() -> FixedSchool:
    """Three teachers without a lesson."""
    return FixedSchool(accounts=PEOPLE)


@pytest.fixture
def simulators(tmp_path: Path, school: FixedSchool) -> Iterator[Simulators]:
    with Simulators(tmp_path / "simulators", school) as running:
        yield running


@pytest.fixture
def environment(simulators: Simulators, tmp_path: Path) -> dict[str, str]:
    """What points the pipeline at the simulators, with all its state in the test's own folder."""
    return {
        **simulators.environment,
        "SCHEDULING_HOME": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'pipeline.db'}",
    }


@pytest.fixture
def pipeline(
    simulators: Simulators, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pipeline]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    pipeline = Pipeline.of_settings(simulators)
    yield pipeline
    pipeline.close()


@pytest.fixture
def engines(database_url: str, migrated_sqlite: Path, tmp_path: Path) -> Iterator[Iterator[Engine]]:
    """Migrated databases of one kind, each empty when its turn comes; the one before is then gone."""
    with ExitStack() as used:

        def empty_ones() -> Iterator[Engine]:
            for n in count():
                used.close()
                if database_url.startswith("sqlite"):
                    path = shutil.copy(migrated_sqlite, tmp_path / f"{n}.db")
                    engine = connect(f"sqlite:///{path}")
                else:
                    engine = connect(database_url)
                    empty(engine)
                used.callback(engine.dispose)
                yield engine

        yield empty_ones()
