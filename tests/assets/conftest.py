"""The pipeline with simulators behind it and a site written down, for one test at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import stamina

from scheduling_pipeline.simulators.school import FixedSchool
from scheduling_pipeline.simulators.server import Simulators
from tests.assets.college import College, open_college
from tests.assets.site import PEOPLE, WrittenSite, usual_site
from tests.end_to_end.mailboxes import Mailboxes
from tests.end_to_end.pipeline import Pipeline
from tests.end_to_end.remote import signed_in


@pytest.fixture
def site() -> WrittenSite:
    return usual_site()


@pytest.fixture
def simulators(tmp_path: Path) -> Iterator[Simulators]:
    with Simulators(tmp_path / "simulators", FixedSchool(accounts=PEOPLE)) as running:
        yield running


@pytest.fixture
def pipeline(
    simulators: Simulators,
    site: WrittenSite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    migrated_sqlite: Path,
) -> Iterator[Pipeline]:
    """The pipeline on a database of its own. It tries as often as in earnest, without the waiting."""
    database = tmp_path / "pipeline.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    for name, value in simulators.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SCHEDULING_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    pipeline = Pipeline.of_settings(simulators, {"sparksource": site})
    with stamina.set_testing(True, attempts=4):
        yield pipeline
    pipeline.close()


@pytest.fixture
def person(simulators: Simulators) -> Iterator[httpx.Client]:
    """Somebody who works in the same calendars, signed in to Graph."""
    with signed_in(simulators.environment) as client:
        yield client


@pytest.fixture
def mailboxes(person: httpx.Client) -> Mailboxes:
    return Mailboxes(person)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    """Simulators that the tests of a module share, as tests share Google."""
    with Simulators(tmp_path_factory.mktemp("simulators")) as running:
        yield running


@pytest.fixture
def college(
    outside: Simulators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path
) -> Iterator[College]:
    """A college on a database of its own; nothing has arrived yet, and nobody is connected."""
    with open_college(outside, migrated_sqlite, tmp_path, monkeypatch) as opened:
        yield opened
