"""SIGKILL at every step of ingesting: each version is in the log exactly once, with exactly its rows.

A few files of each kind: once all new, once with everything that can happen to a file. Processes are forked
from a warm one, so that each death costs a fraction of a second.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
import signal
from collections.abc import Mapping
from itertools import count
from pathlib import Path, PurePosixPath

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.database.connection import connect
from tests.databases import empty
from tests.end_to_end.files import DRIVES, Death, Instant, Moment, Place, Standing, run_when_told, standing
from tests.files.memory import Site

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([run_when_told.__module__, "pandera.pandas"])
LEAST: Mapping[Instant, int] = {"commit": 10, "change of a file": 10, "request": 6}
NEW, CHANGED = DRIVES
KILLED = [  # what SQLite and PostgreSQL may differ in is shown on both; after one step is before the next
    pytest.param(database, moment, instant, drive, id=f"{moment} a {instant}, {drive}, {database}")
    for database, moment, instant, drive in (
        ("sqlite", "before", "commit", NEW),
        ("sqlite", "before", "commit", CHANGED),
        ("sqlite", "after", "commit", CHANGED),
        ("sqlite", "before", "change of a file", NEW),
        ("sqlite", "before", "change of a file", CHANGED),
        ("sqlite", "after", "request", CHANGED),
        ("postgresql", "before", "commit", CHANGED),
    )
]


@pytest.fixture(scope="module")
def undisturbed(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Standing]:
    """What stands after each ingestion when nothing disturbs it."""
    home = tmp_path_factory.mktemp("undisturbed")
    shutil.copy(migrated_sqlite, home / "pipeline.db")
    place = Place(f"sqlite:///{home}/pipeline.db", home)
    engine = connect(place.database_url)
    found = {}
    for name, drive in DRIVES.items():
        site = place.site(engine, drive())
        site.ingest()
        found[name] = standing(site)
    engine.dispose()
    return found


def dies(place: Place, drive: str, death: Death) -> bool:
    """Ingest in a process that is to die; False when it came to its end before."""
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=run_when_told, args=(place, drive, death, theirs))
    process.start()
    ours.send("go")
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def begin(place: Place, engine: Engine, drive: str) -> None:
    """An empty place, or one with what was there before the changes."""
    shutil.rmtree(place.home, ignore_errors=True)
    place.home.mkdir()
    empty(engine)
    if drive == CHANGED:
        place.site(engine, DRIVES[NEW]()).ingest()


def check_kept(site: Site) -> None:
    """The bytes of all that was read are there, under their true names, and nothing is half there."""
    for row in site.log():
        path = PurePosixPath(row["path"]).name
        assert row["sha256"] is None or site.store.mirror.find(path, row["sha256"])
    for version in site.store.mirror.versions.glob("??/*"):
        assert hashlib.sha256(version.read_bytes()).hexdigest() == version.name
    assert not list(site.store.mirror.root.parent.rglob(".partial-*"))


@pytest.mark.process
@pytest.mark.parametrize(("database_url", "moment", "instant", "drive"), KILLED, indirect=["database_url"])
def test_a_process_killed_at_any_step_loses_and_doubles_nothing(
    undisturbed: Mapping[str, Standing],
    database_url: str,
    engine: Engine,
    tmp_path: Path,
    moment: Moment,
    instant: Instant,
    drive: str,
) -> None:
    place = Place(database_url, tmp_path / "place")
    for n in count():
        begin(place, engine, drive)
        died = dies(place, drive, Death(moment, instant, n))

        site = place.site(engine, DRIVES[drive]())
        site.ingest()

        assert standing(site) == undisturbed[drive], f"killed {moment} {instant} {n}"
        check_kept(site)
        assert site.ingest() == []
        if not died:
            assert n >= LEAST[instant]
            return
