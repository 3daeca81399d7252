"""Whatever happens in the folder, and whenever it is ingested: the tables hold what a simple model says."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import Engine

from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.files.dataset import Dataset, claimant
from scheduling_pipeline.files.model import Change, Outcome, Work
from scheduling_pipeline.files.rows import table_of
from scheduling_pipeline.files.tables import reload
from tests.files.memory import CALLS, DATASETS, NOW, ROSTER, Site, calls, hours, new_site

NAMES = (
    *("calls-1.csv", "calls-2.csv", "hours-1.csv", "hours-2.csv", "hours-3.csv"),
    *("roster-1.csv", "roster-2.csv", "notes.txt"),
)
Rows = tuple[tuple[object, ...], ...]
Content = tuple[str, Rows]  # its form, and its rows
Reading = tuple[str | None, Content, datetime]
CONTENTS: tuple[Content, ...] = (
    ("calls", (("ada", 1), ("bob", 2))),
    ("calls", (("ada", 1),)),
    ("calls", ()),
    ("hours", ((1, "ada", 1), (2, "bob", 2))),
    ("hours", ((1, "ada", 3),)),
    ("hours", ((2, "cyd", 4), (3, "cyd", 5))),
    ("hours", ()),
)
SOME = st.integers(0, 100)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), SOME, SOME),
        st.tuples(st.sampled_from(["rename", "delete", "ingest some"]), SOME, SOME),
        st.tuples(st.sampled_from(["ingest", "reload"]), st.just(0), st.sampled_from([0, 1])),
    ),
    min_size=5,
    max_size=30,
)


def said(dataset: str | None, content: Content) -> Rows | None:
    """What a file of a dataset says; None if it must not say that."""
    form, rows = content
    if dataset == "hours":
        return rows if form == "hours" else None
    plain = tuple(row[-2:] for row in rows)
    agents = {agent for agent, _ in plain}
    return None if dataset == "roster" and len(agents) < len(plain) else plain


def written(content: Content) -> str:
    form, rows = content
    return (hours if form == "hours" else calls)(*rows)  # type: ignore[arg-type]


@dataclass
class File:
    """A file as the pipeline knows it.

    `good`: dataset, content and time of what was last read without fault; `bad`: of what came after it.
    """

    path: str
    deleted: bool = False
    good: Reading | None = None
    bad: Reading | None = None


@dataclass
class Model:
    """What should stand, told in the simplest words."""

    files: dict[str, File] = field(default_factory=dict)

    def ingest(self, work: Work, content: Content) -> None:
        item = work.item
        file = self.files.setdefault(item.id, File(work.path))
        if work.change is Change.DELETED:
            file.deleted = True
            return
        file.path, file.deleted = work.path, False
        if work.change is Change.MOVED:
            return
        self.read(item.id, content, claimed(work.path), work.item.modified_at or NOW)

    def read(self, item: str, content: Content, dataset: str | None, modified: datetime) -> None:
        file = self.files[item]
        if said(dataset, content) is None:
            file.bad = (dataset, content, modified)
            return
        file.good, file.bad = (dataset, content, modified), None
        for other in self.files.values():
            if other.deleted and other.path == file.path and other is not file:
                other.good = other.bad = None

    def reload(self, name: str) -> None:
        """What was read counts for what the file is called now; what could not be read may be read now."""
        for item, file in self.files.items():
            if file.good and (claimed(file.path) or file.good[0]) == name:
                _, content, modified = file.good
                if said(name, content) is not None:
                    file.good = (name, content, modified)
            if file.bad and (claimed(file.path) or file.bad[0]) == name:
                self.read(item, file.bad[1], name, file.bad[2])

    def of(self, dataset: Dataset) -> list[tuple[str, datetime, tuple[tuple[object, ...], ...]]]:
        """Item, time and rows of the dataset's files, the newest first."""
        found = [
            (item, file.good[2], said(dataset.name, file.good[1]) or ())
            for item, file in self.files.items()
            if file.good and file.good[0] == dataset.name
        ]
        return sorted(found, key=lambda one: (one[1], one[0]), reverse=True)

    def rows(self, dataset: Dataset) -> list[tuple[object, ...]]:
        files = self.of(dataset)
        if dataset is CALLS:
            contents = {file.good[1] for file in self.files.values() if file.good and file.good[0] == "calls"}
            rows = [row for content in contents for row in said("calls", content) or ()]
        elif dataset is ROSTER:
            rows = list(files[0][2]) if files else []
        else:
            newest: dict[object, str] = {}
            rows = []
            for item, _, content in files:
                rows += [row for row in content if newest.setdefault(row[0], item) == item]
            rows = [(datetime(2026, 2, 3, int(str(hour)), tzinfo=NOW.tzinfo), *rest) for hour, *rest in rows]
        return sorted(rows, key=repr)


def claimed(path: str) -> str | None:
    dataset = claimant(DATASETS, path)
    return dataset.name if dataset else None


def check(site: Site, model: Model) -> None:
    for dataset in DATASETS:
        assert site.rows(dataset) == model.rows(dataset), dataset.name
    current = {
        row["id"] for row in site.log() if row["outcome"] == Outcome.LOADED and not row["superseded_at"]
    }
    for dataset in DATASETS:
        with site.store.engine.connect() as connection:
            standing = set(
                connection.scalars(table_of(dataset).select().with_only_columns(table_of(dataset).c.file))
            )
        assert standing <= current


class Folder:
    """What people do in the folder, and the content of each version."""

    def __init__(self, site: Site) -> None:
        self.site, self.drive, self.model = site, site.drive, Model()
        self.contents: dict[str, Content] = {}
        self.names: dict[str, str] = {}

    def do(self, step: str, first: int, second: int) -> None:
        there = sorted(self.names)
        if step == "put":
            name = NAMES[first % len(NAMES)]
            content = CONTENTS[second % len(CONTENTS)]
            item = self.drive.put(name, written(content))
            self.contents[item], self.names[item] = content, name
        elif step == "rename" and there:
            item, name = there[first % len(there)], NAMES[second % len(NAMES)]
            if name not in self.names.values():
                self.drive.change(item, name=name)
                self.names[item] = name
        elif step == "delete" and there:
            item = there[first % len(there)]
            self.drive.delete(item)
            del self.names[item]
        elif step == "reload":
            for dataset in DATASETS:
                reload(self.site.store, dataset, run_id="reload", now=NOW, everything=bool(second))
                self.model.reload(dataset.name)
        elif step == "ingest":
            self.ingest(len)
        elif step == "ingest some":
            self.ingest(lambda works: first % (len(works) + 1))

    def ingest(self, count: Callable[[Sequence[Work]], int]) -> None:
        works = self.site.look()
        works = works[: count(works)]
        self.site.ingest(works)
        for work in works:
            self.model.ingest(work, self.contents[work.item.id])


def run(site: Site, steps: Sequence[tuple[str, int, int]]) -> None:
    folder = Folder(site)
    for step in steps:
        folder.do(*step)
        check(site, folder.model)
    folder.do("ingest", 0, 0)
    check(site, folder.model)
    assert site.look() == []
    assert site.kept() == {
        name: written(folder.contents[item]).encode() for item, name in folder.names.items()
    }


@contextmanager
def new_place(migrated: Path) -> Iterator[Site]:
    """A place of its own for each example."""
    home = Path(tempfile.mkdtemp())
    try:
        shutil.copy(migrated, home / "pipeline.db")
        engine = connect(f"sqlite:///{home}/pipeline.db")
        yield new_site(engine, home)
        engine.dispose()
    finally:
        shutil.rmtree(home)


@given(steps=STEPS)
@examples(max_examples=60)
def test_the_tables_hold_what_the_model_says(
    migrated_sqlite: Path, steps: Sequence[tuple[str, int, int]]
) -> None:
    with new_place(migrated_sqlite) as site:
        run(site, steps)


@given(
    files=st.lists(
        st.tuples(st.sampled_from(["hours", "hours", "roster", "calls"]), st.sampled_from(CONTENTS)),
        max_size=8,
    ),
    order=st.randoms(use_true_random=False),
)
@examples(max_examples=80)
def test_the_order_of_arrival_does_not_matter(
    migrated_sqlite: Path, files: Sequence[tuple[str, Content]], order: Random
) -> None:
    model = Model()
    with new_place(migrated_sqlite) as site:
        contents = {
            site.drive.put(f"{stem}-{number}.csv", written(content)): content
            for number, (stem, content) in enumerate(files)
        }
        works = site.look()
        for work in works:
            model.ingest(work, contents[work.item.id])
        order.shuffle(works)
        for start in range(0, len(works), 3):
            site.ingest(works[start : start + 3])
        check(site, model)


def test_the_model_holds_on_either_database(engine: Engine, tmp_path: Path) -> None:
    """A long day, with all that can happen."""
    random = Random(20260203)  # noqa: S311 - no secret
    kinds = ("put", "put", "put", "rename", "delete", "ingest", "ingest some", "reload")
    steps = [(random.choice(kinds), random.randrange(100), random.randrange(100)) for _ in range(120)]
    run(new_site(engine, tmp_path), steps)
