"""Two runs at once, as an operator may allow: nothing is doubled, torn or lost."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pandera.pandas  # noqa: F401 - not for the first time in two threads at once
import pytest
from sqlalchemy import Engine

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.files.ingest import Finished
from scheduling_pipeline.files.mirror import Mirror
from scheduling_pipeline.files.model import Work
from tests.files.memory import CALLS, HOURS, ROSTER, MemoryDrive, Site, calls, hours, new_site

FILES = 12


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return new_site(engine, tmp_path)


def another(site: Site, database_url: str) -> Site:
    """The same place, as another run sees it."""
    mirror = Mirror(site.store.mirror.root)
    return Site(site.drive, replace(site.store, engine=connect(database_url), mirror=mirror), concurrency=2)


def fill(drive: MemoryDrive, day: int) -> None:
    """Files of every kind, among them some of the same content."""
    for number in range(FILES):
        drive.put(f"calls-{number}.csv", calls(("ada", day), ("bob", number // 2)))
        drive.put(f"hours-{number}.csv", hours((number // 3, "ada", day), (number, "bob", day)))
        drive.put(f"roster-{number}.csv", calls(("ada", number + day)))


def together(sites: Sequence[Site], works: Sequence[Work]) -> list[list[Finished]]:
    """Ingest the same works in all of them at once."""
    start = Barrier(len(sites))

    def run(site: Site) -> list[Finished]:
        start.wait()
        return site.ingest(works)

    with ThreadPoolExecutor(len(sites)) as pool:
        return list(pool.map(run, sites))


def test_two_runs_of_the_same_files_make_what_one_would(
    site: Site, database_url: str, migrated_sqlite: Path, tmp_path: Path
) -> None:
    other = another(site, database_url)
    for day in (1, 2):
        fill(site.drive, day)
        works = site.look()

        ours, theirs = together([site, other], works)

        words = [Counter(finished.word for finished in run) for run in (ours, theirs)]
        assert [words_.total() for words_ in words] == [3 * FILES, 3 * FILES]
        assert (words[0] + words[1])["unchanged"] == 3 * FILES
        assert site.look() == []
        assert len(site.log()) == 3 * FILES * day
    found = site.rows(CALLS), site.rows(HOURS), site.rows(ROSTER)
    kept = site.kept()
    other.store.engine.dispose()

    shutil.copy(migrated_sqlite, tmp_path / "alone.db")
    engine = connect(f"sqlite:///{tmp_path}/alone.db")
    alone = new_site(engine, tmp_path / "alone", drive=site.drive)
    alone.ingest()
    assert found == (alone.rows(CALLS), alone.rows(HOURS), alone.rows(ROSTER))
    assert kept == alone.kept()
    engine.dispose()


def test_a_run_that_is_behind_does_not_undo_a_newer_version(site: Site, database_url: str) -> None:
    item = site.drive.put("calls.csv", calls(("ada", 1)))
    works = site.look()
    other = another(site, database_url)
    newer = calls(("ada", 2))

    def meanwhile(_item: str, content: bytes) -> bytes:
        if content != newer.encode():  # the first run's download takes so long that another run overtakes it
            site.drive.put("calls.csv", newer)
            assert other.words() == {"calls.csv": "new"}
        return content

    site.drive.disturb = meanwhile

    (finished,) = site.ingest(works)
    other.store.engine.dispose()

    assert (finished.word, finished.reason) == ("unchanged", "another run has a newer version already")
    assert site.rows(CALLS) == [("ada", 2)]
    assert site.kept() == {"calls.csv": newer.encode()}
    assert [row["etag"] for row in site.log()] == [site.drive.items[item].etag]
    assert site.look() == []
