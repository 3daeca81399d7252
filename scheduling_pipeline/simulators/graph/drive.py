"""The simulated document libraries: what people and services do in them, and what is where."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.graph.drive_store import DriveStore, Item
from scheduling_pipeline.simulators.graph.quick_xor import quick_xor_hash
from scheduling_pipeline.simulators.graph.sites import CREATED, DOCUMENTS, LIBRARIES, Library
from scheduling_pipeline.simulators.reports.model import Drops

SOMEBODY = "School Office"
FIRST_FOLDER = "Reports"
_FOLLOWED = "followed until"  # the clock's instant up to which drops were put


class Drive:
    """The libraries' content. Paths are names below the default library's root, with `/` between them.

    Names are found in any letter case, as SharePoint does it. What is changed here is not held to
    SharePoint's rules for names: a client has to live with whatever it is told. May be used from several
    threads.
    """

    def __init__(self, store: DriveStore, clock: SimulatedClock, drops: Drops | None = None) -> None:
        self._store = store
        self._clock = clock
        self._drops = drops
        self.library = DOCUMENTS
        with store.transaction():
            for library in LIBRARIES:
                if store.item(library.root) is None:
                    store.put(_root(library), datetime.fromisoformat(CREATED))
            self.make_folder(FIRST_FOLDER, at=datetime.fromisoformat(CREATED))

    def put(self, path: str, content: bytes, *, by: str = SOMEBODY, at: datetime | None = None) -> Item:
        """Upload a file, with the folders above it; what is there already gets new content.

        `at` is when it was modified: now, unless it is given. Raises ValueError where a folder is in the way.
        """
        instant = _written(at or self._clock.now())
        sha256 = self._store.put_bytes(content)
        *folders, name = _names(path)
        with self._store.transaction():
            parent = self._folder(folders, by, instant)
            old = self._store.child(parent.key, name)
            if old is not None and old.folder:
                raise ValueError(f"a folder is there already: {path}")
            item = old or _new(parent, name, by, instant)
            return self._store.put(
                replace(
                    item,
                    size=len(content),
                    sha256=sha256,
                    quick_xor=quick_xor_hash(content),
                    modified=instant,
                    modified_by=by,
                    version=item.version + 1 if old else 1,
                    content_version=item.content_version + 1 if old else 1,
                ),
                self._clock.now(),
            )

    def make_folder(self, path: str, *, by: str = SOMEBODY, at: datetime | None = None) -> Item:
        """A folder and those above it, made where they do not exist."""
        with self._store.transaction():
            return self._folder(_names(path), by, _written(at or self._clock.now()))

    def move(self, path: str, to: str, *, by: str = SOMEBODY) -> Item:
        """Rename or move a file or folder; it keeps its id, and what is below it is not touched."""
        instant = _written(self._clock.now())
        *folders, name = _names(to)
        with self._store.transaction():
            item = self._existing(path)
            parent = self._folder(folders, by, instant)
            there = self._store.child(parent.key, name)
            if there is not None and there.key != item.key:
                raise ValueError(f"something is there already: {to}")
            if item.key in (above.key for above in self._store.lineage(parent.key)):
                raise ValueError(f"a folder cannot be moved into itself: {to}")
            moved = replace(
                item,
                parent=parent.key,
                name=name,
                modified=instant,
                modified_by=by,
                version=item.version + 1,
            )
            return self._store.put(moved, self._clock.now())

    def delete(self, path: str, *, by: str = SOMEBODY) -> None:
        """Remove a file, or a folder with everything below it."""
        with self._store.transaction():
            for item in [*self._below(self._existing(path))]:
                gone = replace(
                    item,
                    deleted=True,
                    modified=_written(self._clock.now()),
                    modified_by=by,
                    version=item.version + 1,
                )
                self._store.put(gone, self._clock.now())

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return self._store.path(self._existing(path).sha256).read_bytes()

    def files(self, folder: str = "") -> list[str]:
        """The paths of all files in a folder and below it."""
        return [self.path_of(item) for item in self._below(self._existing(folder)) if not item.folder]

    def find(self, start: Item, names: list[str]) -> Item | None:
        """What is found by going down from an item, name by name."""
        found: Item | None = start
        for name in names:
            found = found and self._store.child(found.key, name)
        return found

    def path_of(self, item: Item) -> str:
        """The path of an item, also of one that was deleted; the root's is empty."""
        if item.parent is None:
            return ""
        *above, _ = self._store.lineage(item.parent)
        return "/".join([*(folder.name for folder in reversed(above)), item.name])

    async def follow_clock(self) -> None:
        """Put what was dropped since the last call, up to the clock's instant."""
        now = self._clock.now()
        if self._drops is not None and self._store.fact(_FOLLOWED) != now.isoformat():
            await asyncio.to_thread(self._put_drops, self._drops, now)

    def _put_drops(self, drops: Drops, now: datetime) -> None:
        with self._store.transaction():
            fact = self._store.fact(_FOLLOWED)
            after = datetime.fromisoformat(fact) if fact else None
            if after is not None and after >= now:
                return
            for drop in drops.between(after, now):
                self.put(drop.path, drop.content, by=drop.by, at=drop.at)
            self._store.put_fact(_FOLLOWED, now.isoformat())

    def _existing(self, path: str) -> Item:
        root = self._store.item(self.library.root)
        found = root and self.find(root, _names(path))
        if found is None:
            raise LookupError(f"nothing is there: {path}")
        return found

    def _folder(self, names: list[str], by: str, instant: str) -> Item:
        folder = self._existing("")
        for name in names:
            there = self._store.child(folder.key, name)
            if there is not None and not there.folder:
                raise ValueError(f"a file is in the way: {self.path_of(there)}")
            folder = there or self._store.put(
                replace(_new(folder, name, by, instant), folder=True), self._clock.now()
            )
        return folder

    def _below(self, item: Item) -> Iterator[Item]:
        yield item
        if item.folder:
            for child in self._store.children(item.key)[:]:
                yield from self._below(child)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name]


def _written(instant: datetime) -> str:
    """An instant as Graph writes it."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _root(library: Library) -> Item:
    return _blank(library.id, library.root, None, "root", SOMEBODY, CREATED, folder=True)


def _new(parent: Item, name: str, by: str, instant: str) -> Item:
    return _blank(parent.drive, uuid.uuid4().hex, parent.key, name, by, instant, folder=False)


def _blank(
    drive: str, key: str, parent: str | None, name: str, by: str, instant: str, *, folder: bool
) -> Item:
    """An item without content, as it is before it is stored for the first time."""
    return Item(
        change=0,
        born=0,
        key=key,
        drive=drive,
        parent=parent,
        name=name,
        folder=folder,
        size=0,
        sha256="",
        quick_xor="",
        created=instant,
        created_by=by,
        modified=instant,
        modified_by=by,
    )
