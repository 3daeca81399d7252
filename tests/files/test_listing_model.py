"""Whatever happens on a drive, however it is told: what is outstanding, and in the end kept, is what it has.

A model of a drive is changed at random and reported page by page. A small ingestion does what is outstanding,
fails now and then and is killed now and then; in the end the mirror must be the drive's wanted folders.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import Engine, Row, delete, insert, select, update

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.models import DriveEntry, IngestedVersion
from scheduling_pipeline.files.listing import (
    finish_listing,
    merge,
    outstanding,
    record_kept,
    record_left,
    recorded_paths,
)
from scheduling_pipeline.files.mirror import Mirror
from scheduling_pipeline.files.model import Change, DriveItem, Work
from scheduling_pipeline.files.places import kept_path
from tests.files.dying import dying_at
from tests.files.test_listing import Folders

NAMES = ("a", "b", "B", "Reports", "Rosters")
WANTED: tuple[Sequence[str], ...] = (["Reports"], ["Reports", "Rosters/a"])
NUMBERS = count()
START = datetime(2026, 2, 3, tzinfo=UTC)


@dataclass
class Thing:
    """A file (with content) or a folder of the model."""

    id: str
    parent: str | None
    name: str
    content: int | None = None
    deleted: bool = False
    changes: int = 1


@dataclass
class ModelDrive:
    """A drive, and what it would say about its changes."""

    things: dict[str, Thing] = field(default_factory=dict)
    said: list[DriveItem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.add(Thing("root", None, "root"))
        for name in ("Reports", "Rosters"):
            self.add(Thing(name.lower(), "root", name))
        self.add(Thing("folder", "reports", "a"))
        for number, (parent, name) in enumerate((("folder", "a"), ("folder", "b"), ("reports", "b"))):
            self.add(Thing(f"file {number}", parent, name, content=number))

    def add(self, thing: Thing) -> None:
        self.things[thing.id] = thing
        self.said.append(self.describe(thing))

    def describe(self, thing: Thing) -> DriveItem:
        if thing.deleted:
            return DriveItem(thing.id, deleted=True)
        return DriveItem(
            id=thing.id,
            name=thing.name,
            parent_id=thing.parent,
            folder=thing.content is None,
            etag=f"{thing.id},{thing.changes}",
            size=0 if thing.content is None else 1,
            quick_xor=None if thing.content is None else str(thing.content),
            modified_at=START,
        )

    def changed(self, *things: Thing) -> None:
        for thing in things:
            thing.changes += 1
            self.said.append(self.describe(thing))

    def above(self, thing: Thing) -> list[Thing]:
        """The folders that a thing is in, the root first."""
        if thing.parent is None:
            return []
        parent = self.things[thing.parent]
        return [*self.above(parent), parent]

    def path(self, thing: Thing) -> str:
        return "/".join(part.name for part in [*self.above(thing), thing][1:])

    def gone(self, thing: Thing) -> bool:
        return any(part.deleted for part in [*self.above(thing), thing])

    def below(self, folder: Thing) -> list[Thing]:
        return [thing for thing in self.things.values() if folder in self.above(thing)]

    def free(self, parent: str, name: str) -> bool:
        """SharePoint has no two things of one name in a folder, whatever their letter case."""
        return not any(
            thing.parent == parent and thing.name.lower() == name.lower()
            for thing in self.things.values()
            if not thing.deleted
        )

    def change(self, kind: str, which: int, where: int, what: int) -> None:
        """Do one thing that a user may do; nothing, if it is not possible."""
        there = [thing for thing in self.things.values() if thing.parent and not self.gone(thing)]
        folders = [self.things["root"], *(thing for thing in there if thing.content is None)]
        folder = folders[where % len(folders)]
        name = NAMES[what % len(NAMES)]
        if kind == "create" and self.free(folder.id, name):
            self.add(Thing(f"i{len(self.things)}", folder.id, name, content=which % 3))
        elif kind == "create folder" and self.free(folder.id, name):
            self.add(Thing(f"f{len(self.things)}", folder.id, name))
        elif kind == "restore":
            self._restore([thing for thing in self.things.values() if thing.deleted], which)
        elif kind == "edit" and (files := [thing for thing in there if thing.content is not None]):
            files[which % len(files)].content = what % 3
            self.changed(files[which % len(files)])
        elif there:
            self._alter(kind, there[which % len(there)], folder, name)

    def _alter(self, kind: str, thing: Thing, folder: Thing, name: str) -> None:
        if kind == "rename" and self.free(str(thing.parent), name):
            thing.name = name
            self.changed(thing)
        elif (
            kind == "move" and thing not in [*self.above(folder), folder] and self.free(folder.id, thing.name)
        ):
            thing.parent = folder.id
            self.changed(thing)
        elif kind.startswith("delete"):
            lost = [thing, *self.below(thing)] if kind == "delete all" else [thing]
            for item in lost:
                item.deleted = True
            self.changed(*lost)

    def _restore(self, deleted: list[Thing], which: int) -> None:
        for thing in deleted[which % len(deleted) :] if deleted else []:
            if not any(part.deleted for part in self.above(thing)) and self.free(
                str(thing.parent), thing.name
            ):
                back = [thing, *self.below(thing)]
                for item in back:
                    item.deleted = False
                self.changed(*back)
                return

    def files(self) -> Iterator[Thing]:
        return (thing for thing in self.things.values() if thing.content is not None)


@dataclass
class Pipeline:
    """The listing, the mirror and a small ingestion of one model drive."""

    engine: Engine
    mirror: Mirror
    drive: ModelDrive
    folders: Folders
    heard: int = 0
    now: datetime = START

    def hear(self, cut: int) -> None:
        """Be told of all changes: first of some of them, then, as after a lost reply, of all again."""
        news = self.drive.said[self.heard :]
        for page in (
            news[: cut % (len(news) + 1)],
            *(news[at : at + 1 + cut] for at in range(0, len(news), 1 + cut)),
        ):
            self._merge(page)
        self.heard = len(self.drive.said)

    def hear_some(self, cut: int) -> None:
        """Be told of some changes only: the rest is on a page to come."""
        news = self.drive.said[self.heard :]
        self._merge(news[: cut % (len(news) + 1)])

    def list_again(self, cut: int) -> None:
        """The link was lost: be told of all that there is."""
        self.now += timedelta(minutes=1)
        started = self.now
        there = [
            self.drive.describe(thing) for thing in self.drive.things.values() if not self.drive.gone(thing)
        ]
        for at in range(0, len(there), 1 + cut):
            self._merge(there[at : at + 1 + cut])
        finish_listing(self.engine, self.folders.id, started, now=self.now)
        self.heard = len(self.drive.said)

    def _merge(self, items: Sequence[DriveItem]) -> None:
        self.now += timedelta(seconds=1)
        merge(self.engine, self.folders.id, items, now=self.now)

    def work(self) -> list[Work]:
        return outstanding(self.engine, self.folders)

    def found(self) -> list[tuple[Change, str, str | None]]:
        """What is outstanding, with its path unless it is gone: its last name may not have been heard."""
        things = self.drive.things
        return [
            (work.change, work.item.id, None if self.drive.gone(things[work.item.id]) else work.path)
            for work in self.work()
        ]

    def expected(self) -> set[tuple[Change, str, str | None]]:
        """What is outstanding, told from the model and from what was done so far."""
        works: set[tuple[Change, str, str | None]] = set()
        for thing in self.drive.files():
            entry, row = self.entry(thing.id), self.logged(thing.id)
            path = self.drive.path(thing)
            target = None if self.drive.gone(thing) else kept_path(self.folders.folders, path)
            kept = entry.kept_path if entry else None
            if target and (row is None or row.outcome == "failed" or row.quick_xor != str(thing.content)):
                works.add((Change.CONTENT, thing.id, path))
            elif target and target != kept:
                works.add((Change.MOVED, thing.id, path))
            elif kept and not target:
                works.add((Change.DELETED, thing.id, None if self.drive.gone(thing) else path))
        return works

    def entry(self, item: str) -> Row[tuple[str | None, str | None]] | None:
        columns = select(DriveEntry.kept_path, DriveEntry.kept_sha256)
        with self.engine.begin() as connection:
            return connection.execute(
                columns.where(DriveEntry.drive == self.folders.id, DriveEntry.item == item)
            ).one_or_none()

    def logged(self, item: str) -> Row[tuple[str, str | None]] | None:
        log = IngestedVersion
        with self.engine.begin() as connection:
            return connection.execute(
                select(log.outcome, log.quick_xor).where(
                    log.drive == self.folders.id, log.item == item, log.superseded_at.is_(None)
                )
            ).one_or_none()

    def ingest(self, *, failing: int = 0) -> None:
        """Do what is outstanding; each so many-th download fails."""
        self.mirror.prepare()
        with self.engine.begin() as connection:
            self.mirror.tidy(recorded_paths(connection, self.folders.id))
        for number, work in enumerate(self.work(), start=1):
            entry = self.entry(work.item.id)
            assert entry is not None
            kept, sha256 = entry
            target = kept_path(self.folders.folders, work.path)
            if work.change is Change.DELETED:
                if kept is not None:
                    self.mirror.retire(kept)
                with self.engine.begin() as connection:
                    record_left(connection, self.folders.id, work.item.id)
            elif work.change is Change.MOVED:
                assert target is not None
                assert sha256 is not None
                self.mirror.move(kept, target, sha256)
                with self.engine.begin() as connection:
                    record_kept(connection, self.folders.id, work.item.id, target, sha256)
            else:
                assert target is not None
                self._fetch(work, kept, target, fails=bool(failing) and number % failing == 0)

    def _fetch(self, work: Work, kept: str | None, target: str, *, fails: bool) -> None:
        content = str(work.item.quick_xor).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        with self.mirror.receive(target) as partial:
            partial.file.write(content)
            if not fails:
                self.mirror.keep(partial, target, sha256=sha256)
                if kept is not None and kept != target:
                    self.mirror.retire(kept)
        log = IngestedVersion
        of_item = (log.drive == self.folders.id, log.item == work.item.id)
        with self.engine.begin() as connection:
            connection.execute(delete(log).where(*of_item, log.etag == work.item.etag))
            connection.execute(update(log).where(*of_item).values(superseded_at=self.now))
            connection.execute(
                insert(log).values(
                    drive=self.folders.id,
                    item=work.item.id,
                    etag=work.item.etag,
                    path=work.path,
                    size=work.item.size,
                    quick_xor=work.item.quick_xor,
                    sha256=None if fails else sha256,
                    modified_by="",
                    outcome="failed" if fails else "skipped",
                    reason="for the test",
                    missing_columns=[],
                    extra_columns=[],
                    run_id="run",
                    ingested_at=self.now,
                )
            )
            if not fails:
                record_kept(connection, self.folders.id, work.item.id, target, sha256)

    def kept(self) -> dict[str, str]:
        root = self.mirror.root
        return {str(file.relative_to(root)): file.read_text() for file in root.rglob("*") if file.is_file()}

    def wanted(self) -> dict[str, str]:
        """The files of the wanted folders as the model has them."""
        there = (thing for thing in self.drive.files() if not self.drive.gone(thing))
        places = {thing.id: kept_path(self.folders.folders, self.drive.path(thing)) for thing in there}
        return {
            place: str(self.drive.things[item].content) for item, place in places.items() if place is not None
        }


NUMBER = st.integers(min_value=0, max_value=30)
KINDS = ("create", "create folder", "edit", "rename", "move", "delete", "delete all", "restore")
STEPS = st.one_of(
    st.tuples(st.sampled_from(KINDS), NUMBER, NUMBER, NUMBER),
    st.tuples(st.sampled_from(KINDS), NUMBER, NUMBER, NUMBER),
    st.tuples(st.sampled_from(("told", "told some", "listed", "ingest", "killed")), NUMBER),
)


@pytest.fixture(scope="module")
def sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One database for all examples, each of which has a drive of its own."""
    path = tmp_path_factory.mktemp("model") / "pipeline.db"
    shutil.copy(migrated_sqlite, path)
    engine = connect(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@examples(max_examples=100)
@given(st.lists(STEPS, min_size=15, max_size=40), st.sampled_from(WANTED))
def test_the_mirror_is_in_the_end_what_the_drive_has(
    sqlite: Engine, steps: list[tuple[str, int] | tuple[str, int, int, int]], wanted: Sequence[str]
) -> None:
    follow(sqlite, steps, wanted)


STORY: list[tuple[str, int] | tuple[str, int, int, int]] = [
    ("create folder", 0, 1, 3),
    ("create", 0, 4, 0),
    ("told", 2),
    ("ingest", 2),
    ("rename", 2, 0, 4),
    ("edit", 1, 0, 2),
    ("killed", 7),
    ("move", 2, 2, 0),
    ("told some", 1),
    ("ingest", 0),
    ("delete", 0, 0, 0),
    ("listed", 1),
    ("ingest", 0),
    ("restore", 0, 0, 0),
    ("told", 0),
]


def test_the_same_on_either_database(engine: Engine) -> None:
    for wanted in WANTED:
        follow(engine, STORY, wanted)


def follow(
    engine: Engine, steps: list[tuple[str, int] | tuple[str, int, int, int]], wanted: Sequence[str]
) -> None:
    """Go through the steps, then to the end; see that all is as the model says."""
    with tempfile.TemporaryDirectory() as folder:
        mirror = Mirror(Path(folder) / "incoming")
        pipeline = Pipeline(engine, mirror, ModelDrive(), Folders(wanted, f"drive {next(NUMBERS)}"))
        for step in steps:
            if len(step) == 4:
                pipeline.drive.change(*step)
            else:
                take(pipeline, *step)
        pipeline.hear(3)
        agree(pipeline)

        pipeline.ingest()

        assert pipeline.work() == []
        assert pipeline.kept() == pipeline.wanted()


def take(pipeline: Pipeline, kind: str, number: int) -> None:
    if kind == "told":
        pipeline.hear(number)
        agree(pipeline)
    elif kind == "told some":
        pipeline.hear_some(number)
    elif kind == "listed":
        pipeline.list_again(number)
        agree(pipeline)
    elif kind == "ingest":
        pipeline.ingest(failing=number % 4)
    else:
        with dying_at(1 + number):
            pipeline.ingest()


def agree(pipeline: Pipeline) -> None:
    works = pipeline.found()
    assert set(works) == pipeline.expected()
    assert len({item for _, item, _ in works}) == len(works)
    for place in pipeline.mirror.versions.glob("*/*"):
        assert (
            place.is_dir()
            or hashlib.sha256(place.read_bytes()).hexdigest() == place.name
            or "partial" in place.name
        )
