"""Ingest: every file that is outstanding is downloaded, verified, kept, read and loaded, each on its own.

Downloads run in a pool; keeping, reading and loading in the calling thread, so that there is one writer.
What fails is tried again in rounds; what was reported as finished is in the database, whatever comes next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scheduling_pipeline.files.dataset import claimant
from scheduling_pipeline.files.downloads import Attempt, Downloads, Flight
from scheduling_pipeline.files.fetch import Known
from scheduling_pipeline.files.keeping import keep, leave, move, note_problem, tidy
from scheduling_pipeline.files.load import Version, give_up, load
from scheduling_pipeline.files.log import Finished, Run
from scheduling_pipeline.files.model import Change, Drive, DriveError, DriveItem, Fault, Outcome, Work
from scheduling_pipeline.files.store import Store
from scheduling_pipeline.files.tables import ensure_tables

__all__ = ["Finished", "Persistence", "Store", "ingest"]


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
    on_finished: Callable[[Finished], None],
    force: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> list[Finished]:
    """Do `works`. Each is finished exactly once, and reported as soon as it is. `force`: ingested files, too.

    Raises what makes all further work vain: MirrorError where files cannot be kept and SQLAlchemy's errors,
    before anything is downloaded; DriveError when the drive answers nothing at all.
    """
    store.mirror.prepare()
    ensure_tables(store.engine, store.datasets)
    tidy(store)
    finished: list[Finished] = []

    def report(one: Finished) -> None:
        finished.append(one)
        on_finished(one)

    run = Run(drive.id, run_id, now)
    downloads = Downloads(drive, store, run, concurrency=persistence.concurrency)
    ingestion = _Ingestion(store, run, downloads, report, force=force)
    attempts = [Attempt(work) for work in ingestion.rearrange(works)]
    for left in reversed(range(persistence.tries)):
        attempts = ingestion.round(attempts, last=left == 0)
        if not attempts:
            break
        wait(persistence.delay.total_seconds())
    return finished


class _Ingestion:
    """What the rounds of a run share."""

    def __init__(
        self,
        store: Store,
        run: Run,
        downloads: Downloads,
        report: Callable[[Finished], None],
        *,
        force: bool,
    ) -> None:
        self._store, self._run, self._downloads, self._report = store, run, downloads, report
        self._force = force

    def rearrange(self, works: Sequence[Work]) -> list[Work]:
        """Do what needs no download, which makes room for the rest. Returns what is left."""
        for work in works:
            if work.change is Change.DELETED:
                self._leave(work)
        lost = self._move([work for work in works if work.change is Change.MOVED])
        return [*lost, *(work for work in works if work.change is Change.CONTENT)]

    def _leave(self, work: Work) -> None:
        try:
            leave(self._store, self._run, work)
        except OSError as problem:
            self._fail(work, problem)
        else:
            self._report(Finished(work, "deleted"))

    def _move(self, works: Sequence[Work]) -> list[Work]:
        """Move kept files. Returns those whose bytes are lost: they are to be downloaded."""
        try:
            targets = [(work, self._downloads.target(work)) for work in works]
            lost = move(self._store, self._run, targets)
        except (Fault, OSError) as problem:
            if len(works) > 1:  # one alone is to blame
                return [lost for work in works for lost in self._move([work])]
            self._fail(works[0], problem)
            return []
        for work in works:
            if work not in lost:
                self._report(Finished(work, "moved"))
        return lost

    def _fail(self, work: Work, problem: Fault | OSError) -> None:
        """Note that what is kept of a file could not be moved or taken away."""
        finished = Finished(work, "failed").because(problem)
        note_problem(self._store, self._run, work, finished.reason)
        self._report(finished)

    def round(self, attempts: Sequence[Attempt], *, last: bool) -> list[Attempt]:
        """Try each file once. Returns those to be tried again: after the `last` round none."""
        again = []
        with self._downloads.of(attempts) as flights:
            for attempt, flight in flights:
                started = time.monotonic()
                attempt.tries += 1
                finished = None
                try:
                    finished = self._settle(attempt, flight, last=last)
                except (Fault, DriveError, OSError) as problem:
                    if last:
                        finished = self._give_up(attempt, problem)
                attempt.seconds += time.monotonic() - started
                if finished is None:
                    again.append(attempt)
                else:
                    self._report(replace(finished, bytes=attempt.bytes, seconds=attempt.seconds))
        return again

    def _settle(self, attempt: Attempt, flight: Flight, *, last: bool) -> Finished:
        """Keep and load what arrived. Raises Fault, DriveError, OSError."""
        fetched = flight.result()
        work = attempt.work
        if fetched is None and not last:
            raise DriveError("it cannot be found", transient=True)  # which may be so for a moment only
        if fetched is None:
            self._downloads.merge(DriveItem(work.item.id, deleted=True))
            leave(self._store, self._run, work)
            return Finished(work, "deleted")
        attempt.bytes += fetched.bytes
        target = self._downloads.target(work)
        with fetched:
            place = keep(self._store, self._run, fetched, target)
        if place is None:
            return Finished(work, "unchanged", reason="another run has a newer version already")
        attempt.here = Known(target, fetched.sha256, fetched.verified)
        attempt.etag = work.item.etag
        version = Version(work, fetched.sha256, fetched.verified, place)
        dataset = claimant(self._store.datasets, work.path)
        return load(self._store, version, dataset, self._run, tries=attempt.tries, again=self._force)

    def _give_up(self, attempt: Attempt, problem: Fault | DriveError | OSError) -> Finished:
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
