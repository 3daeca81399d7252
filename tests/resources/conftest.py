"""Simulated systems in front of the clients under test: one for a module, or one for a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from scheduling_pipeline.simulators.server import Simulators
from tests.resources.college import College, open_college
from tests.resources.google_project import Project
from tests.resources.store_planner import StorePlanner, store


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with Simulators(tmp_path_factory.mktemp("google")) as running:
        yield running


@pytest.fixture
def project(simulators: Simulators) -> Project:
    opened = Project(simulators)
    opened.reset()
    return opened


@pytest.fixture(scope="module")
def field_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with Simulators(tmp_path_factory.mktemp("crossmark"), store=store()) as running:
        yield running


@pytest.fixture
def planner(field_work: Simulators) -> StorePlanner:
    return StorePlanner.open(field_work)


@pytest.fixture
def college(tmp_path: Path) -> Iterator[College]:
    with open_college(tmp_path) as opened:
        yield opened


@pytest.fixture
def _no_waiting() -> Iterator[None]:
    """What fails in passing is tried again at once."""
    with stamina.set_testing(True, attempts=3):
        yield
