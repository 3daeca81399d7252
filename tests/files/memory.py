"""A drive in memory, with faults, and a place to ingest it into."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, RowMapping, select

from scheduling_pipeline.files.dataset import Column, Dataset, Kind, Loading
from scheduling_pipeline.files.ingest import Finished, Persistence, Store, ingest
from scheduling_pipeline.files.listing import merge, outstanding
from scheduling_pipeline.files.log import LOG
from scheduling_pipeline.files.mirror import Mirror
from scheduling_pipeline.files.model import Download, DriveError, DriveItem, Page, Work
from scheduling_pipeline.files.parse import Limits
from scheduling_pipeline.files.quick_xor import QuickXor
from scheduling_pipeline.files.rows import table_of
from scheduling_pipeline.files.tables import ensure_tables

NOW = datetime(2026, 2, 3, 12, tzinfo=UTC)
LIMITS = Limits(rows=1_000_000, columns=500, unpacked_bytes=10_000_000)
ZONE = ZoneInfo("Europe/Zurich")

CALLS = Dataset(
    "calls",
    "What each agent handled: files add up.",
    ("calls*.csv",),
    (Column("agent", "Agent", nullable=False), Column("handled", "Handled", Kind.INTEGER)),
    Loading.APPEND,
)
HOURS = Dataset(
    "hours",
    "What each agent handled in an hour: the newest word on an hour counts.",
    ("hours*.csv",),
    (Column("hour", "Hour", Kind.INSTANT), *CALLS.columns),
    Loading.REPLACE_INTERVAL,
    interval=("hour",),
)
ROSTER = Dataset(
    "roster", "Who works here.", ("roster*.csv",), CALLS.columns, Loading.REPLACE_ALL, key=("agent",)
)
DATASETS = (CALLS, HOURS, ROSTER)


def quick_xor(content: bytes) -> str:
    hash_ = QuickXor()
    hash_.update(content)
    return hash_.digest()


@dataclass
class MemoryDrive:
    """A document library in memory: its root is `root`, and one folder, `Reports`, is wanted.

    `downloads` counts by item. `disturb` may change or raise what a download is about to give.
    """

    items: dict[str, DriveItem] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    said: list[DriveItem] = field(default_factory=list)
    downloads: Counter[str] = field(default_factory=Counter)
    asked: list[Sequence[str]] = field(default_factory=list)
    disturb: Callable[[str, bytes], bytes] = lambda _, content: content
    answer: Callable[[str, Download | None], Download | DriveError | None] = lambda _, answer: answer
    clock: datetime = NOW
    changes_made: int = 0
    id: str = "drive"
    folders: Sequence[str] = ("Reports",)

    def __post_init__(self) -> None:
        self._say(DriveItem("root", "root", folder=True))
        self.folder("Reports", parent="root")

    def folder(self, name: str, *, parent: str = "Reports") -> str:
        """Make a folder; its id is its name."""
        self._say(DriveItem(name, name, parent, folder=True))
        return name

    def put(self, name: str, content: bytes | str, *, item: str = "", parent: str = "Reports") -> str:
        """A file with this content, at a later time than all before. Returns its id."""
        there = next(
            (one.id for one in self.items.values() if (one.name, one.parent_id) == (name, parent)), ""
        )
        id_ = item or there or f"item-{self.changes_made}"
        data = content.encode() if isinstance(content, str) else content
        self.contents[id_] = data
        self.clock += timedelta(minutes=1)
        self._say(
            DriveItem(
                id_,
                name,
                parent,
                size=len(data),
                quick_xor=quick_xor(data),
                modified_at=self.clock,
                modified_by="Ada Example",
            )
        )
        return id_

    def change(self, item: str, **changes: object) -> None:
        """What the drive says about an item from now on: its name, folder, hash or size."""
        self._say(replace(self.items[item], **changes))  # type: ignore[arg-type]

    def delete(self, item: str) -> None:
        del self.items[item]
        self.contents.pop(item, None)
        self.said.append(DriveItem(item, deleted=True))

    def path(self, item: str) -> str:
        """Where an item is below the drive's root."""
        one = self.items[item]
        if one.parent_id is None:
            return ""
        return str(PurePosixPath(self.path(one.parent_id), one.name))

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Every download fails, as it may when SharePoint is busy."""

        def refuse(_item: str, _content: bytes) -> bytes:
            raise DriveError("the connection broke off", transient=True)

        before, self.disturb = self.disturb, refuse
        yield
        self.disturb = before

    def changes(self, link: str | None) -> Page:
        start = int(link or 0)
        return Page(self.said[start:], delta_link=str(len(self.said)))

    def newest(self, ids: Sequence[str]) -> Mapping[str, Download | DriveError | None]:
        self.asked.append(ids)
        return {
            id_: self.answer(id_, Download(self.items[id_], f"memory:{id_}") if id_ in self.items else None)
            for id_ in ids
        }

    def download(self, file: Download, to: BinaryIO) -> int:
        self.downloads[file.item.id] += 1
        return to.write(self.disturb(file.item.id, self.contents[file.item.id]))

    def _say(self, item: DriveItem) -> None:
        self.changes_made += 1
        self.items[item.id] = replace(item, etag=f"{item.id},{self.changes_made}")
        self.said.append(self.items[item.id])


@dataclass
class Site:
    """A drive and where it is ingested into."""

    drive: MemoryDrive
    store: Store
    concurrency: int = 1  # then files are dealt with in the order of their works
    waited: list[float] = field(default_factory=list)
    runs: int = 0
    link: str | None = None

    def look(self) -> list[Work]:
        """Take note of what changed in the drive. Returns what is outstanding."""
        page = self.drive.changes(self.link)
        self.link = page.delta_link
        merge(self.store.engine, self.drive.id, page.items, now=datetime.now(UTC))
        return outstanding(self.store.engine, self.drive)

    def ingest(
        self, works: Sequence[Work] | None = None, *, tries: int = 1, force: bool = False
    ) -> list[Finished]:
        """Ingest what is outstanding, or `works`."""
        self.runs += 1
        return ingest(
            self.look() if works is None else works,
            self.drive,
            self.store,
            persistence=Persistence(tries=tries, delay=timedelta(seconds=60), concurrency=self.concurrency),
            run_id=f"run-{self.runs}",
            now=NOW,
            on_finished=lambda _: None,
            force=force,
            wait=self.waited.append,
        )

    def words(self, **options: int | bool) -> dict[str, str]:
        """What became of each file of an ingestion, by its name."""
        finished = self.ingest(**options)  # type: ignore[arg-type]
        words: dict[str, str] = {PurePosixPath(one.work.path).name: one.word for one in finished}
        assert len(words) == len(finished)
        return words

    def rows(self, dataset: Dataset) -> list[tuple[object, ...]]:
        """The declared columns of a table, sorted."""
        table = table_of(dataset)
        with self.store.engine.connect() as connection:
            found = connection.execute(select(*(table.c[column.name] for column in dataset.columns)))
            return sorted((tuple(row) for row in found), key=repr)

    def log(self, item: str | None = None) -> list[RowMapping]:
        """The rows of the log, the oldest first."""
        query = select(*LOG).order_by(LOG.id)
        with self.store.engine.connect() as connection:
            rows = connection.execute(query if item is None else query.where(LOG.item == item))
            return list(rows.mappings())

    def kept(self) -> dict[str, bytes]:
        """The files in the mirror."""
        root = self.store.mirror.root
        return {
            path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
        }


def new_site(
    engine: Engine, home: Path, datasets: Sequence[Dataset] = DATASETS, drive: MemoryDrive | None = None
) -> Site:
    """A drive, and an empty place."""
    ensure_tables(engine, datasets)
    return Site(
        drive or MemoryDrive(),
        Store(engine, Mirror(home / "incoming"), datasets, ZONE, LIMITS, max_bytes=10_000_000),
    )


def calls(*rows: tuple[str, int]) -> str:
    """A file of CALLS or ROSTER."""
    return "Agent,Handled\n" + "".join(f"{agent},{handled}\n" for agent, handled in rows)


def hours(*rows: tuple[int, str, int]) -> str:
    """A file of HOURS, of a winter's day in UTC."""
    return "Hour,Agent,Handled\n" + "".join(
        f"2026-02-03T{hour:02}:00:00Z,{agent},{handled}\n" for hour, agent, handled in rows
    )


def office(text: str) -> bytes:
    """A small package, as Office writes them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr(zipfile.ZipInfo("document.xml"), text)
    return buffer.getvalue()
