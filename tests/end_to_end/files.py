"""One ingestion of a small drive, to run anywhere, and the instants at which its process may kill itself."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine, select

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.files.mirror import Mirror
from scheduling_pipeline.files.rows import table_of
from scheduling_pipeline.files.store import Store
from tests.files.memory import DATASETS, LIMITS, ZONE, MemoryDrive, Site, calls, hours

Instant = Literal["commit", "change of a file", "request"]
Moment = Literal["before", "after"]
CHANGES = ("link", "replace", "unlink")  # of the file system; directories alone mean nothing


def drive_before() -> MemoryDrive:
    """A few files of each kind, one of them bad."""
    drive = MemoryDrive()
    drive.put("calls-1.csv", calls(("ada", 1), ("bob", 1)))
    drive.put("calls-2.csv", calls(("ada", 2)))
    drive.put("calls-copy.csv", calls(("ada", 1), ("bob", 1)))
    drive.put("calls-bad.csv", "Agent,Handled\nada,many\n")
    drive.put("hours-1.csv", hours((1, "ada", 1), (2, "ada", 1)))
    drive.put("hours-2.csv", hours((2, "ada", 2), (3, "ada", 2)))
    drive.put("roster-1.csv", calls(("ada", 1)))
    drive.put("notes.txt", "hello")
    return drive


def drive_after() -> MemoryDrive:
    """The same some time later: of everything that can happen to a file, one."""
    drive = drive_before()
    ids = {item.name: item.id for item in drive.items.values()}
    drive.put("calls-1.csv", calls(("ada", 3)))  # its copy stands for the old content
    drive.put("calls-bad.csv", calls(("cyd", 4)))
    drive.put("hours-2.csv", hours((3, "ada", 3)))  # what was older about hour 2 comes back
    drive.put("roster-2.csv", calls(("bob", 2)))
    drive.change(ids["calls-2.csv"], name="calls-3.csv")
    drive.put("calls-2.csv", calls(("dan", 5)))
    drive.delete(ids["notes.txt"])
    drive.put("notes.txt", "hello again")
    drive.delete(ids["hours-1.csv"])
    return drive


DRIVES: Mapping[str, Callable[[], MemoryDrive]] = {
    "everything new": drive_before,
    "many changes": drive_after,
}


@dataclass(frozen=True)
class Place:
    """Where a drive is ingested into: a database, and a directory for the mirror."""

    database_url: str
    home: Path

    def site(self, engine: Engine, drive: MemoryDrive) -> Site:
        """What ingests, one file after the other."""
        mirror = Mirror(self.home / "incoming")
        return Site(drive, Store(engine, mirror, DATASETS, ZONE, LIMITS, max_bytes=10_000))


@dataclass(frozen=True)
class Death:
    """Where a process kills itself: before or after its n-th commit, change of a file, or request.

    Nobody outside could hit these instants, and SIGKILL is the same from inside.
    """

    moment: Moment
    instant: Instant
    n: int

    def arrange(self, site: Site) -> None:
        """Make it happen."""
        steps = count()

        def at(moment: Moment) -> None:
            if moment == self.moment and next(steps) == self.n:
                os.kill(os.getpid(), signal.SIGKILL)

        def watch(target: object, name: str) -> None:
            real = getattr(target, name)

            def step(*args: object, **named: object) -> object:
                at("before")
                result = real(*args, **named)
                at("after")
                return result

            setattr(target, name, step)

        watched: Mapping[Instant, tuple[object, Sequence[str]]] = {
            "commit": (site.store.engine.dialect, ("do_commit",)),
            "change of a file": (os, CHANGES),
            "request": (site.drive, ("newest", "download")),
        }
        target, names = watched[self.instant]
        for name in names:
            watch(target, name)


def run_when_told(place: Place, drive: str, death: Death, go: Connection) -> None:
    """What a child process does: wait for the word, then ingest, with its death arranged."""
    engine = connect(place.database_url)
    site = place.site(engine, DRIVES[drive]())
    works = site.look()
    death.arrange(site)
    go.recv()
    site.ingest(works)


@dataclass(frozen=True)
class Standing:
    """All that stands after an ingestion. Counters would show what is doubled."""

    rows: Mapping[str, Counter[tuple[object, ...]]]
    log: Counter[tuple[object, ...]]
    kept: Mapping[str, bytes]


def standing(site: Site) -> Standing:
    """What stands: rows with the version they are of, versions with what became of them, files."""
    log = {row["id"]: row for row in site.log()}
    rows = {}
    for dataset in DATASETS:
        table = table_of(dataset)
        with site.store.engine.connect() as connection:
            found = connection.execute(select(*table.c)).mappings().all()
        rows[dataset.name] = Counter(
            (log[row["file"]]["etag"], row["source_row"], *(row[column.name] for column in dataset.columns))
            for row in found
        )
    told = ("item", "etag", "path", "outcome", "reason", "rows", "sha256", "dataset")
    return Standing(
        rows=rows,
        log=Counter((*(row[name] for name in told), row["superseded_at"] is None) for row in log.values()),
        kept=site.kept(),
    )
