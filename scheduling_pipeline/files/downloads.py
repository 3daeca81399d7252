"""What the drive has of each file now, asked for many at once, and its bytes, a few files at a time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

from scheduling_pipeline.files.fetch import Fetched, Known, fetch
from scheduling_pipeline.files.keeping import kept_paths, known
from scheduling_pipeline.files.listing import merge
from scheduling_pipeline.files.log import Run
from scheduling_pipeline.files.model import Download, Drive, DriveError, DriveItem, Fault, Work
from scheduling_pipeline.files.names import collision_key, safe
from scheduling_pipeline.files.places import WantedFolders
from scheduling_pipeline.files.store import Store

Answer = Download | DriveError | None

_ASKED_AT_ONCE = 20  # items; so many go into one request


@dataclass
class Attempt:
    """A file on its way: `work` is about the newest version known.

    `here`: bytes that an earlier try verified, when the version was `etag`. `bytes` and `seconds` add up.
    """

    work: Work
    tries: int = 0
    seconds: float = 0.0
    bytes: int = 0
    here: Known | None = None
    etag: str = ""


Flight = Future[Fetched | None]
"""A download; its result is None for an item that is gone. Raises Fault, DriveError, OSError."""


class Downloads:
    """Asks the drive and downloads. Everything but the downloads happens in the calling thread."""

    def __init__(self, drive: Drive, store: Store, run: Run, *, concurrency: int) -> None:
        self._drive, self._store, self._run, self._concurrency = drive, store, run, concurrency
        self._wanted = WantedFolders(drive.folders)
        self._owners = kept_paths(store.engine, run)

    @contextmanager
    def of(self, attempts: Sequence[Attempt]) -> Iterator[Iterator[tuple[Attempt, Flight]]]:
        """The downloads as they end. At most twice as many as run at a time wait to be taken.

        Raises DriveError when the drive answers nothing at all.
        """
        with ThreadPoolExecutor(self._concurrency) as pool:
            ended = self._ended(pool, attempts)
            try:
                yield ended
            finally:
                ended.close()

    def target(self, work: Work) -> str:
        """Where a file is to be kept. Raises Fault."""
        target = self._wanted.kept_path(work.path)
        if target is None:
            raise Fault("it is in none of the wanted folders")
        return target

    def merge(self, item: DriveItem) -> None:
        """Note what the drive says about an item."""
        # In real time, as listings are: one that is under way takes what is older than it for deleted.
        merge(self._store.engine, self._run.drive, [item], now=datetime.now(UTC))

    def _ended(
        self, pool: ThreadPoolExecutor, attempts: Sequence[Attempt]
    ) -> Generator[tuple[Attempt, Flight]]:
        flights: dict[Flight, Attempt] = {}
        try:
            for attempt, answer in self._answers(pool, attempts):
                flights[self._send_off(pool, attempt, answer)] = attempt
                if len(flights) >= 2 * self._concurrency:
                    yield from _landed(flights)
            while flights:
                yield from _landed(flights)
        finally:  # nobody takes these any more
            for flight in flights:
                if not flight.cancel() and flight.exception() is None and (fetched := flight.result()):
                    fetched.close()

    def _answers(
        self, pool: ThreadPoolExecutor, attempts: Sequence[Attempt]
    ) -> Iterator[tuple[Attempt, Answer]]:
        """What the drive says about each file; the next ones are asked for while these are dealt with."""
        starts = range(0, len(attempts), _ASKED_AT_ONCE)
        chunks = deque(attempts[start : start + _ASKED_AT_ONCE] for start in starts)
        asked: deque[tuple[Sequence[Attempt], Future[Mapping[str, Answer]]]] = deque()
        while chunks or asked:
            while chunks and len(asked) < 2:  # noqa: PLR2004 - one to deal with, one ahead
                chunk = chunks.popleft()
                ids = [attempt.work.item.id for attempt in chunk]
                asked.append((chunk, pool.submit(self._drive.newest, ids)))
            chunk, answers = asked.popleft()
            for attempt in chunk:
                yield attempt, answers.result()[attempt.work.item.id]

    def _send_off(self, pool: ThreadPoolExecutor, attempt: Attempt, answer: Answer) -> Flight:
        flight: Flight = Future()
        try:
            if answer is None:
                flight.set_result(None)
            elif isinstance(answer, DriveError):
                flight.set_exception(answer)
            else:
                here = self._check_in(attempt, answer.item)
                flight = pool.submit(self._fetch, attempt, answer, here)
        except (Fault, DriveError) as problem:
            flight.set_exception(problem)
        return flight

    def _fetch(self, attempt: Attempt, download: Download, here: Known | None) -> Fetched:
        started = time.monotonic()
        try:
            return fetch(self._drive, download, self.target(attempt.work), self._store, here)
        finally:
            attempt.seconds += time.monotonic() - started

    def _check_in(self, attempt: Attempt, item: DriveItem) -> Known | None:
        """Note the newest version. Returns what is here of it already. Raises Fault, DriveError."""
        before = attempt.work
        if item.etag != before.item.etag:
            self.merge(item)
        path = before.path.removesuffix(before.item.name) + item.name  # a hostile name may look like a path
        attempt.work = replace(before, item=item, path=path)
        if item.parent_id != before.item.parent_id:
            raise DriveError("it is being moved to another folder", transient=True)
        target = self.target(attempt.work)
        safe(target)
        if item.size > self._store.max_bytes:
            raise Fault(f"it has {item.size:,} bytes; at most {self._store.max_bytes:,} are accepted")
        self._claim(item, target)
        if attempt.etag == item.etag:
            return attempt.here
        return known(self._store.engine, self._run, item)

    def _claim(self, item: DriveItem, target: str) -> None:
        """Reserve a path, unless it is that of an item that is still there. Raises Fault, DriveError."""
        key = collision_key(target)
        owner, path = self._owners.get(key, (item.id, target))
        if owner != item.id:
            answer = self._drive.newest([owner])[owner]
            if isinstance(answer, DriveError):
                raise answer
            if path != target and answer is not None and answer.item.name == PurePosixPath(path).name:
                raise Fault(
                    f"rename it: it would be the same file as {path!r} where letter case does not count"
                )
            self.merge(DriveItem(owner, deleted=True) if answer is None else answer.item)
        self._owners[key] = item.id, target


def _landed(flights: dict[Flight, Attempt]) -> Iterator[tuple[Attempt, Flight]]:
    landed = wait(flights, return_when=FIRST_COMPLETED).done
    for flight in [flight for flight in flights if flight in landed]:  # in the order of departure
        yield flights.pop(flight), flight
