"""Where bytes are kept: the wanted folders as they are, and beside them every version that was ever replaced.

`root` holds the newest verified bytes of each file at its path. The sibling directory `<root>.versions` holds
what was replaced, moved or deleted, as `<sha256[:2]>/<sha256>`. Bytes are there *before* they are taken out
of `root`, so an operation that was cut short at any instant loses nothing and can simply be repeated. Several
threads may use a mirror; two processes must not write to the same path at a time.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import BinaryIO

from scheduling_pipeline.files.disk import (
    holds,
    partial_name,
    put,
    remove_left_over,
    sha256_of,
    sync,
    temporary,
)
from scheduling_pipeline.files.names import PARTIAL, safe


class MirrorError(OSError):
    """Bytes cannot be kept or found; the message says what to do."""


class MissingBytesError(MirrorError):
    """The bytes of a file are neither where they were kept nor among the versions."""


@dataclass(frozen=True, slots=True)
class Partial:
    """A file that is arriving: open for reading and writing at `path`, which is not its name yet."""

    path: Path
    file: BinaryIO

    def sync(self) -> None:
        """Have the bytes survive a power failure."""
        self.file.flush()
        os.fsync(self.file.fileno())


@dataclass(frozen=True, slots=True)
class Move:
    """Bytes that are to be at `new`. `old` is where they were; None: only among the versions."""

    old: str | None
    new: str
    sha256: str


@dataclass(frozen=True)
class Mirror:
    """The directory `root` and its versions. Paths are relative to `root`, with "/".

    Operations raise Fault for a path that cannot be kept, MirrorError for a link in the way, OSError for what
    the file system refuses.
    """

    root: Path
    _lock: RLock = field(default_factory=RLock, init=False, repr=False, compare=False)

    @property
    def versions(self) -> Path:
        return self.root.with_name(f"{self.root.name}.versions")

    def prepare(self) -> None:
        """Make the directories, and remove what runs that ended early left there. Raises MirrorError."""
        for directory in (self.root, self.versions):
            try:
                directory.mkdir(parents=True, exist_ok=True)
                with temporary(directory / "probe") as probe:
                    probe.touch()
            except OSError as error:
                raise MirrorError(
                    f"files cannot be kept in {directory} ({error.strerror}): make it a directory that the"
                    " user who runs this may write to, or set another ingestion_dir"
                ) from error
            for folder, _, names in os.walk(directory, topdown=False):
                for name in names:
                    if name.startswith(PARTIAL):
                        remove_left_over(Path(folder, name))
                if directory == self.root:
                    self._drop_empty(Path(folder))

    def tidy(self, recorded: Collection[str]) -> None:
        """Retire what earlier runs put at a path but did not come to record there.

        `recorded`: the paths on record. Nobody else may be changing or recording anything meanwhile.
        """
        with self._lock:
            if self._placed.is_file():
                for path in set(self._placed.read_text(encoding="utf-8").splitlines()).difference(recorded):
                    self.retire(path)
                self._placed.unlink()

    @contextmanager
    def receive(self, path: str) -> Iterator[Partial]:
        """An empty file in the directory where `path` will be; it is removed unless it is kept meanwhile."""
        with self._lock:
            target = self._at(path)
            self._make_directories(target)
            partial = target.with_name(partial_name(target))
            file = partial.open("x+b")
            fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed: see remove_left_over
        try:
            with file:
                yield Partial(partial, file)
        finally:
            partial.unlink(missing_ok=True)
            self._drop_empty(target.parent)

    def keep(self, partial: Partial, path: str, *, sha256: str, modified_at: datetime | None = None) -> None:
        """What was received, of this hash, is the file at `path` from now on; what was there is a version."""
        partial.sync()
        if modified_at is not None:
            os.utime(partial.file.fileno(), (modified_at.timestamp(),) * 2)
        with self._lock:
            target = self._at(path)
            self._make_room(target)
            if target.is_file() and not holds(target, sha256):
                self._preserve(target)
            self._note(path)
            partial.path.replace(target)
            sync(target.parent)

    def move(self, old: str | None, new: str, sha256: str) -> None:
        """Bring bytes from `old`, or from the versions, to `new`. Raises MissingBytesError."""
        self.move_all([Move(old, new, sha256)])

    def move_all(self, moves: Sequence[Move]) -> None:
        """Do several moves as one: a→b while b→c, or a↔b, end right, also when repeated after a kill.

        Whatever else was at one of the new paths is a version afterwards. Raises MissingBytesError, before
        anything is changed in `root`.
        """
        with self._lock:
            for move in moves:
                self._preserve(self.find(move.old, move.sha256))
            targets = [self._at(move.new) for move in moves]
            self._note(*(move.new for move in moves))
            for move in moves:
                if move.old is not None and holds(source := self._at(move.old), move.sha256):
                    source.unlink()
                    self._drop_empty(source.parent)
            for move, target in zip(moves, targets, strict=True):
                self._place(move.sha256, target)

    def retire(self, path: str) -> None:
        """Take the file at `path`, if there is one, out of `root`: it is a version from now on."""
        with self._lock:
            target = self._at(path)
            if target.is_file():
                self._evict(target)
                self._drop_empty(target.parent)

    def find(self, path: str | None, sha256: str) -> Path:
        """A file with the bytes of this hash, which is verified. Raises MissingBytesError."""
        places = [] if path is None else [self._at(path)]
        for place in (*places, self._version(sha256)):
            if holds(place, sha256):
                return place
        raise MissingBytesError(
            f"the bytes of {path or 'a file'} with SHA-256 {sha256} are neither in {self.root} nor in"
            f" {self.versions}: ingest the file again"
        )

    @property
    def _placed(self) -> Path:
        """The paths at which something was put since all was on record; one a line."""
        return self.versions / "placed"

    def _note(self, *paths: str) -> None:
        with self._placed.open("a", encoding="utf-8") as placed:
            placed.writelines(f"{path}\n" for path in paths)

    def _at(self, path: str) -> Path:
        """The place of a path, which no link on the way leads elsewhere."""
        place = self.root
        for part in safe(path).parts:
            place /= part
            if place.is_symlink():
                raise MirrorError(f"{place} is a link, and files are not kept through links: remove it")
        return place

    def _version(self, sha256: str) -> Path:
        place = self.versions / sha256[:2] / sha256
        if place.is_symlink() or place.parent.is_symlink():
            raise MirrorError(f"{place} or its directory is a link: remove it")
        return place

    def _make_directories(self, target: Path) -> None:
        """Make the directories above `target`; a file in their way becomes a version."""
        for above in reversed(target.relative_to(self.root).parents):
            if (self.root / above).is_file():
                self._evict(self.root / above)
        target.parent.mkdir(parents=True, exist_ok=True)

    def _make_room(self, target: Path) -> None:
        """Have the directories above `target`, and none at it: the files in that one become versions."""
        self._make_directories(target)
        for folder, folders, names in os.walk(target, topdown=False):
            for place in (Path(folder, name) for name in (*names, *folders)):
                if place.is_symlink():
                    place.unlink()
                elif place.is_dir():
                    place.rmdir()
                else:
                    self._evict(place)
        if target.is_dir():
            target.rmdir()

    def _preserve(self, source: Path) -> None:
        """Have the bytes of `source` among the versions."""
        sha256 = sha256_of(source)
        version = self._version(sha256)
        if holds(version, sha256):
            return
        version.parent.mkdir(parents=True, exist_ok=True)
        put(source, version)

    def _place(self, sha256: str, target: Path) -> None:
        """Have the bytes of a version at `target`."""
        self._make_room(target)
        if holds(target, sha256):
            return
        if target.is_file():
            self._preserve(target)
        put(self._version(sha256), target)

    def _evict(self, place: Path) -> None:
        self._preserve(place)
        place.unlink()
        sync(place.parent)

    def _drop_empty(self, directory: Path) -> None:
        """Remove a directory, and those above it, as far as they are empty and below `root`."""
        with self._lock:
            while directory != self.root:
                try:
                    directory.rmdir()
                except FileNotFoundError:
                    pass
                except OSError:  # it is not empty
                    return
                directory = directory.parent
