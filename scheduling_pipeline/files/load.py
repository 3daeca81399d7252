"""One verified version of a file becomes rows of a table and a row of the log, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Literal

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.exc import DataError, IntegrityError

from scheduling_pipeline.files.dataset import Dataset, Loading
from scheduling_pipeline.files.keeping import is_behind
from scheduling_pipeline.files.log import BAD, GOOD, LOG, Finished, Run, logged, record, revise
from scheduling_pipeline.files.model import Fault, Outcome, Work
from scheduling_pipeline.files.parse import Parsed
from scheduling_pipeline.files.replace import clear, intervals_of, rank, rank_of, settle
from scheduling_pipeline.files.rows import insert_rows
from scheduling_pipeline.files.store import Store
from scheduling_pipeline.files.succession import Scene, survey, vacate


@dataclass(frozen=True)
class Version:
    """One version of a file, whose verified bytes are at `place`."""

    work: Work
    sha256: str
    verified: str
    place: Path


def load(
    store: Store, version: Version, dataset: Dataset | None, run: Run, *, tries: int = 1, again: bool = False
) -> Finished:
    """Load a version of a file that `dataset` claims; `again`: even one that the log is done with.

    Raises Fault for a file that cannot be loaded; then nothing has changed.
    """
    work = version.work

    @cache
    def read() -> Parsed:
        if dataset is None:
            raise Fault("no dataset claims it")
        return store.read(version.place, PurePosixPath(work.path).name, dataset)

    if dataset is not None:  # what has to be read is read before the database is locked
        with store.engine.connect() as connection:
            scene = survey(connection, work, version.sha256, dataset, run)
        if (again or not _is_settled(scene.own, work)) and not _is_double(scene, work, dataset):
            read()
    try:
        with store.exclusively() as connection:
            if not again and is_behind(connection, run, work.item):
                return Finished(work, "unchanged", reason="another run has a newer version already")
            scene = survey(connection, work, version.sha256, dataset, run)
            if scene.own is not None and _is_settled(scene.own, work) and not again:
                return _as_it_is(scene.own, work)
            return _load(connection, store, scene, version, dataset, run, tries, read)
    except (DataError, IntegrityError, UnicodeEncodeError) as error:
        cause = error if isinstance(error, UnicodeEncodeError) else error.orig
        raise Fault(f"the database refuses it: {str(cause).splitlines()[0]}") from error


def give_up(
    store: Store, finished: Finished, dataset: Dataset | None, run: Run, *, again: bool = False
) -> Finished:
    """Write down that a version could not be ingested. Rows that it has, or the version before it, stay."""
    item = finished.work.item
    with store.exclusively() as connection:
        own = logged(connection, run.drive, item.id, item.etag)
        if own is not None and own["outcome"] in GOOD:
            return replace(finished, log_id=own["id"]) if again else _as_it_is(own, finished.work)
        earlier = select(LOG.id).where(
            LOG.drive == run.drive,
            LOG.item == item.id,
            LOG.superseded_at.is_(None),
            LOG.outcome.in_(BAD),
        )
        revise(connection, connection.scalars(earlier).all(), superseded_at=run.now)
        return record(connection, finished, run, dataset)


def _load(
    connection: Connection,
    store: Store,
    scene: Scene,
    version: Version,
    dataset: Dataset | None,
    run: Run,
    tries: int,
    read: Callable[[], Parsed],
) -> Finished:
    work, twin = version.work, scene.twin
    rows = [row for row in (*scene.before, scene.own) if row is not None]
    replaced = [row for row in rows if row["superseded_at"] is None]
    vacant = vacate(connection, store, replaced, run, content=(dataset, version.sha256))
    finished = Finished(
        work,
        _word(replaced, version),
        outcome=Outcome.LOADED,
        dataset=dataset.name if dataset else None,
        sha256=version.sha256,
        verified=version.verified,
        tries=tries,
    )
    parsed = None
    if dataset is None:
        finished = _skipped(finished, "no dataset claims it")
    elif twin is not None and _is_double(scene, work, dataset):
        finished = _skipped(replace(finished, rows=twin["rows"]), _same_as(twin["path"]))
    else:
        parsed = read()
        if twin is not None:  # the newest file of a content stands for it
            vacant[dataset] |= clear(connection, dataset, twin["id"])
            revise(connection, [twin["id"]], outcome=Outcome.SKIPPED, reason=_same_as(work.path))
        finished = replace(
            finished,
            rows=len(parsed.frame),
            padding=parsed.padding,
            missing=parsed.missing,
            extra=parsed.extra,
        )
    finished = record(connection, finished, run, dataset)
    newcomer = None
    if dataset is not None and parsed is not None and finished.log_id is not None:
        if dataset.loading is Loading.APPEND:
            insert_rows(connection, dataset, parsed.frame, finished.log_id)
        else:
            newcomer = finished.log_id, parsed
            vacant.setdefault(dataset, set())
            if dataset.interval and _is_no_older(work, [*replaced, *([twin] if twin is not None else [])]):
                # What the replaced version won, its successor wins: no other file needs to be asked.
                vacant[dataset] -= intervals_of(parsed.frame, dataset)
    for each, intervals in vacant.items():
        settle(connection, store, each, vacant=intervals, newcomer=newcomer if each == dataset else None)
    return _as_settled(connection, finished, run)


def _is_settled(own: RowMapping | None, work: Work) -> bool:
    """Whether the log is done with a version: not if it failed, gave way, or may be kept at its new path."""
    if own is None or own["outcome"] == Outcome.FAILED or own["superseded_at"] is not None:
        return False
    return own["sha256"] is not None or own["path"] == work.path


def _is_double(scene: Scene, work: Work, dataset: Dataset) -> bool:
    """Whether another file stands for the content, and goes on to."""
    if scene.twin is None:
        return False
    return dataset.loading is Loading.APPEND or rank_of(scene.twin) > rank(
        work.item.modified_at, work.item.id
    )


def _is_no_older(work: Work, rows: Sequence[RowMapping]) -> bool:
    return all(rank(work.item.modified_at, work.item.id) >= rank_of(row) for row in rows)


def _word(replaced: list[RowMapping], version: Version) -> Literal["new", "changed", "unchanged"]:
    good = {row["sha256"] for row in replaced if row["outcome"] in GOOD}
    if version.sha256 in good:
        return "unchanged"
    return "changed" if good else "new"


def _skipped(finished: Finished, reason: str) -> Finished:
    return replace(finished, word="skipped", outcome=Outcome.SKIPPED, reason=reason)


def _same_as(path: str) -> str:
    return f"the same content as {path!r}"


def _as_settled(connection: Connection, finished: Finished, run: Run) -> Finished:
    """With what is written down after all: a file may turn out to be older than another one."""
    item = finished.work.item
    row = logged(connection, run.drive, item.id, item.etag)
    if row is None or row["outcome"] == finished.outcome:
        return finished
    return _skipped(finished, row["reason"])


def _as_it_is(own: RowMapping, work: Work) -> Finished:
    return Finished(
        work,
        "unchanged",
        outcome=Outcome(own["outcome"]),
        dataset=own["dataset"],
        log_id=own["id"],
        reason=own["reason"],
        rows=own["rows"],
        padding=own["padding"],
        sha256=own["sha256"],
        verified=own["verified"],
        tries=own["tries"],
    )
