"""Ingest: every file that is outstanding is downloaded, verified, kept, read and loaded, each on its own.

Downloads run in a pool; keeping, reading and loading in the calling thread, so that there is one writer.
What fails is tried again in rounds; what was reported as finished is in the database, whatever comes next.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from scheduling_pipeline.files.dataset import claimant
from scheduling_pipeline.files.fetch import Fetched, Known, fetch
from scheduling_pipeline.files.keeping import keep, kept_paths, known, leave, move
from scheduling_pipeline.files.listing import merge
from scheduling_pipeline.files.load import Version, give_up, load
from scheduling_pipeline.files.log import Finished, Run
from scheduling_pipeline.files.model import (
    Change,
    Download,
    Drive,
    DriveError,
    DriveItem,
    Fault,
    Outcome,
    Work,
)
from scheduling_pipeline.files.names import collision_key, safe
from scheduling_pipeline.files.places import WantedFolders
from scheduling_pipeline.files.store import Store
from scheduling_pipeline.files.tables import ensure_tables

__all__ = ["Finished", "Persistence", "Store", "ingest"]

Report = Callable[[Finished], None]
_Answer = Download | DriveError | None

_ASKED_AT_ONCE = 20  # items; as many go into one request


@dataclass(frozen=True)
class Persistence:
    """How hard to try: `tries` of each file, `delay` between rounds; `concurrency`: downloads at a time."""

    tries: int
    delay: timedelta
    concurrency: int


def ingest(
    works: Sequence[Work],
    drive: Drive,
    store: Store,
    *,
    persistence: Persistence,
    run_id: str,
    now: datetime,
    on_finished: Report,
    force: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> list[Finished]:
    """Do `works`. Each is finished exactly once, and reported as soon as it is. `force`: ingested files, too.

    Raises what makes all further work vain: MirrorError where files cannot be kept and SQLAlchemy's errors,
    before anything is downloaded; DriveError when the drive answers nothing at all.
    """
    store.mirror.prepare()
    ensure_tables(store.engine, store.datasets)
    finished: list[Finished] = []

    def report(one: Finished) -> None:
        finished.append(one)
        on_finished(one)

    ingestion = _Ingestion(drive, store, Run(drive.id, run_id, now), report, force=force)
    attempts = [_Attempt(work) for work in ingestion.rearrange(works)]
    for left in reversed(range(persistence.tries)):
        attempts = ingestion.round(attempts, persistence.concurrency, last=left == 0)
        if not attempts:
            break
        wait(persistence.delay.total_seconds())
    return finished


@dataclass
class _Attempt:
    """A file on its way. `here`: its bytes, verified by an earlier try when the version was `etag`."""

    work: Work
    tries: int = 0
    seconds: float = 0.0
    bytes: int = 0
    here: Known | None = None
    etag: str = ""


class _Ingestion:
    """What the rounds of a run share."""

    def __init__(self, drive: Drive, store: Store, run: Run, report: Report, *, force: bool) -> None:
        self._drive, self._store, self._run, self._report, self._force = drive, store, run, report, force
        self._wanted = WantedFolders(drive.folders)
        self._kept = kept_paths(store.engine, run)

    def rearrange(self, works: Sequence[Work]) -> list[Work]:
        """Do what needs no download, which makes room for the rest. Returns what is left."""
        moves, rest = [], []
        for work in works:
            target = self._wanted.kept_path(work.path)
            if work.change is Change.DELETED:
                self._leave(work)
            elif work.change is Change.MOVED and target is not None and not self._force:
                moves.append((work, target))
            else:
                rest.append(work)
        return [*self._move(moves), *rest]

    def _leave(self, work: Work) -> None:
        try:
            leave(self._store, self._run, work)
        except OSError as problem:
            self._report(Finished(work, "failed").because(problem))
        else:
            self._report(Finished(work, "deleted"))

    def _move(self, moves: Sequence[tuple[Work, str]]) -> list[Work]:
        """Move kept files; those whose bytes are lost are to be downloaded."""
        try:
            lost = move(self._store, self._run, moves)
        except (Fault, OSError) as problem:
            for work, _ in moves:
                self._report(Finished(work, "failed").because(problem))
            return []
        for work, _ in moves:
            if work not in lost:
                self._report(Finished(work, "moved"))
        return lost

    def round(self, attempts: Sequence[_Attempt], concurrency: int, *, last: bool) -> list[_Attempt]:
        """Try each file once. Returns those to be tried again: after the `last` round none."""
        again = []
        with (
            ThreadPoolExecutor(concurrency) as pool,
            closing(self._arrivals(pool, attempts, 2 * concurrency)) as arrivals,
        ):
            for attempt, flight in arrivals:
                started = time.monotonic()
                attempt.tries += 1
                finished = None
                try:
                    finished = self._settle(attempt, flight)
                except (Fault, DriveError, OSError) as problem:
                    if last:
                        finished = self._give_up(attempt, problem)
                attempt.seconds += time.monotonic() - started
                if finished is None:
                    again.append(attempt)
                else:
                    self._report(replace(finished, bytes=attempt.bytes, seconds=attempt.seconds))
        return again

    def _settle(self, attempt: _Attempt, flight: Future[Fetched | None]) -> Finished:
        """Keep and load what arrived. Raises Fault, DriveError, OSError."""
        fetched = flight.result()
        work = attempt.work
        if fetched is None:
            self._merge(DriveItem(work.item.id, deleted=True))
            leave(self._store, self._run, work)
            return Finished(work, "deleted")
        attempt.bytes += fetched.bytes
        target = self._target(work)
        with fetched:
            place = keep(self._store, self._run, fetched, target)
        if place is None:
            return Finished(work, "unchanged", reason="another run has a newer version already")
        attempt.here = Known(target, fetched.sha256, fetched.verified)
        attempt.etag = work.item.etag
        version = Version(work, fetched.sha256, fetched.verified, place)
        dataset = claimant(self._store.datasets, work.path)
        return load(self._store, version, dataset, self._run, tries=attempt.tries, again=self._force)

    def _give_up(self, attempt: _Attempt, problem: Fault | DriveError | OSError) -> Finished:
        work = attempt.work
        here = attempt.here if attempt.etag == work.item.etag else None
        dataset = claimant(self._store.datasets, work.path)
        lasting = isinstance(problem, Fault) or (isinstance(problem, DriveError) and not problem.transient)
        finished = Finished(
            work,
            "quarantined" if lasting else "failed",
            outcome=Outcome.QUARANTINED if lasting else Outcome.FAILED,
            dataset=dataset.name if dataset else None,
            sha256=here.sha256 if here else None,
            verified=here.verified if here else "",
            tries=attempt.tries,
        ).because(problem)
        return give_up(self._store, finished, dataset, self._run, again=self._force)

    def _arrivals(
        self, pool: ThreadPoolExecutor, attempts: Sequence[_Attempt], most: int
    ) -> Generator[tuple[_Attempt, Future[Fetched | None]]]:
        """Downloads as they end, at most so many under way or waiting to be taken."""
        flights: dict[Future[Fetched | None], _Attempt] = {}
        try:
            for attempt, answer in self._answers(pool, attempts):
                flights[self._send_off(pool, attempt, answer)] = attempt
                if len(flights) >= most:
                    yield from _landed(flights)
            while flights:
                yield from _landed(flights)
        finally:
            for flight in flights:
                if not flight.cancel() and flight.exception() is None and (fetched := flight.result()):
                    fetched.closing.close()

    def _answers(
        self, pool: ThreadPoolExecutor, attempts: Sequence[_Attempt]
    ) -> Iterator[tuple[_Attempt, _Answer]]:
        """What the drive says about each file now; it is asked for the next ones ahead. Raises DriveError."""
        chunks = [
            attempts[start : start + _ASKED_AT_ONCE] for start in range(0, len(attempts), _ASKED_AT_ONCE)
        ]
        asked = deque[Future[Mapping[str, _Answer]]]()
        for number, chunk in enumerate(chunks):
            for ahead in chunks[number + len(asked) : number + 2]:
                asked.append(pool.submit(self._drive.newest, [attempt.work.item.id for attempt in ahead]))
            answers = asked.popleft().result()
            for attempt in chunk:
                yield attempt, answers[attempt.work.item.id]

    def _send_off(
        self, pool: ThreadPoolExecutor, attempt: _Attempt, answer: _Answer
    ) -> Future[Fetched | None]:
        """Download a file if it is to be had and wanted."""
        flight: Future[Fetched | None] = Future()
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

    def _fetch(self, attempt: _Attempt, download: Download, here: Known | None) -> Fetched:
        started = time.monotonic()
        try:
            return fetch(self._drive, download, self._target(attempt.work), self._store, here)
        finally:
            attempt.seconds += time.monotonic() - started

    def _check_in(self, attempt: _Attempt, item: DriveItem) -> Known | None:
        """Take note of the newest version; what is kept of it already. Raises Fault, DriveError."""
        before = attempt.work.item
        if item.etag != before.etag:
            self._merge(item)
        attempt.work = replace(
            attempt.work, item=item, path=str(PurePosixPath(attempt.work.path).with_name(item.name))
        )
        if item.parent_id != before.parent_id:
            raise DriveError("it is being moved to another folder", transient=True)
        target = self._target(attempt.work)
        safe(target)
        if item.size > self._store.max_bytes:
            raise Fault(f"it has {item.size:,} bytes; at most {self._store.max_bytes:,} are accepted")
        self._claim(item, target)
        if attempt.etag == item.etag:
            return attempt.here
        return known(self._store.engine, self._run, item)

    def _target(self, work: Work) -> str:
        target = self._wanted.kept_path(work.path)
        if target is None:
            raise Fault("it is in none of the wanted folders")
        return target

    def _claim(self, item: DriveItem, target: str) -> None:
        """Reserve a path, unless it is that of an item that is still there. Raises Fault, DriveError."""
        key = collision_key(target)
        owner, path = self._kept.get(key, (item.id, target))
        if owner != item.id:
            answer = self._drive.newest([owner])[owner]
            if isinstance(answer, DriveError):
                raise answer
            if path != target and answer is not None and answer.item.name == PurePosixPath(path).name:
                raise Fault(f"it would be the same file as {path!r} where letter case does not count")
            self._merge(DriveItem(owner, deleted=True) if answer is None else answer.item)
        self._kept[key] = item.id, target

    def _merge(self, item: DriveItem) -> None:
        # In real time, as listings are: one that is under way takes what is older than it for deleted.
        merge(self._store.engine, self._run.drive, [item], now=datetime.now(UTC))


def _landed(
    flights: dict[Future[Fetched | None], _Attempt],
) -> Iterator[tuple[_Attempt, Future[Fetched | None]]]:
    for flight in wait_for(flights, return_when=FIRST_COMPLETED).done:
        yield flights.pop(flight), flight
