"""The kept files and what is recorded of them, changed together: the file system first, then the database.

A process that dies between the two leaves the work outstanding; doing it again is harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, RowMapping, select, update

from scheduling_pipeline.database.models import DriveEntry
from scheduling_pipeline.files.fetch import Fetched, Known
from scheduling_pipeline.files.listing import record_kept, record_left
from scheduling_pipeline.files.log import LOG, Run, logged, revise
from scheduling_pipeline.files.mirror import MissingBytesError, Move
from scheduling_pipeline.files.model import DriveItem, Work
from scheduling_pipeline.files.names import collision_key
from scheduling_pipeline.files.store import Store

_ENTRIES = DriveEntry.__table__
_ENTRY = _ENTRIES.c


def known(engine: Engine, run: Run, item: DriveItem) -> Known | None:
    """The bytes of an item that are kept: of this very version, or of whatever version is the newest kept."""
    with engine.connect() as connection:
        entry = _entry(connection, run, item.id)
        row = logged(connection, run.drive, item.id, item.etag)
    if row is not None and row["sha256"] is not None:
        return Known(entry["kept_path"], row["sha256"], row["verified"])
    return Known(entry["kept_path"], entry["kept_sha256"]) if entry["kept_sha256"] else None


def kept_paths(engine: Engine, run: Run) -> dict[str, tuple[str, str]]:
    """What is kept of the drive: item and path, by the path's collision key."""
    query = select(_ENTRY.item, _ENTRY.kept_path).where(
        _ENTRY.drive == run.drive, _ENTRY.kept_path.is_not(None), _ENTRY.deleted_at.is_(None)
    )
    with engine.connect() as connection:
        return {collision_key(path): (item, path) for item, path in connection.execute(query)}


def tidy(store: Store) -> None:
    """Take back what runs that died put among the kept files, but did not come to record."""
    with store.exclusively() as connection:
        recorded = connection.scalars(select(_ENTRY.kept_path).where(_ENTRY.kept_path.is_not(None)))
        store.mirror.tidy(recorded.all())


def keep(store: Store, run: Run, fetched: Fetched, target: str) -> Path | None:
    """Have verified bytes at `target`. None: another run knows a newer version already.

    Raises OSError; nothing is recorded then.
    """
    item, mirror = fetched.item, store.mirror
    with store.exclusively() as connection:
        if is_behind(connection, run, item):
            return None
        entry = _entry(connection, run, item.id)
        if entry["kept_path"] not in (None, target):
            mirror.retire(entry["kept_path"])
        if fetched.partial is not None:
            mirror.keep(fetched.partial, target, sha256=fetched.sha256, modified_at=item.modified_at)
        elif fetched.place != mirror.root / target:
            mirror.move(None, target, fetched.sha256)
        record_kept(connection, run.drive, item.id, target, fetched.sha256)
    return mirror.root / target


def move(store: Store, run: Run, works: Sequence[tuple[Work, str]]) -> list[Work]:
    """Bring files to where they are wanted now, all together. Returns those whose bytes are lost.

    Raises OSError; nothing is recorded then.
    """
    lost = []
    moves = {}
    with store.exclusively() as connection:
        for work, target in works:
            entry = _entry(connection, run, work.item.id)
            try:
                store.mirror.find(entry["kept_path"], entry["kept_sha256"])
            except MissingBytesError:
                lost.append(work)
            else:
                moves[work.item.id] = Move(entry["kept_path"], target, entry["kept_sha256"])
        store.mirror.move_all(list(moves.values()))
        for item, done in moves.items():
            record_kept(connection, run.drive, item, done.new, done.sha256)
        for work, _ in works:
            _note_path(connection, run, work)
    return lost


def leave(store: Store, run: Run, work: Work) -> None:
    """Take the file of an item that was deleted, or moved out of the wanted folders, out of the kept ones.

    Its bytes remain among the versions, and its rows in the table. Raises OSError.
    """
    with store.exclusively() as connection:
        entry = _entry(connection, run, work.item.id)
        if entry["kept_path"] is not None:
            store.mirror.retire(entry["kept_path"])
            record_left(connection, run.drive, work.item.id)
        _note_path(connection, run, work)


def note_problem(store: Store, run: Run, work: Work, reason: str) -> None:
    """Note why what is kept of an item could not be moved or taken away; the next look tries again."""
    with store.exclusively() as connection:
        where = (_ENTRY.drive == run.drive, _ENTRY.item == work.item.id)
        connection.execute(update(DriveEntry).where(*where).values(problem=reason))


def _entry(connection: Connection, run: Run, item: str) -> RowMapping:
    query = select(_ENTRIES).where(_ENTRY.drive == run.drive, _ENTRY.item == item)
    return connection.execute(query).mappings().one()


def is_behind(connection: Connection, run: Run, item: DriveItem) -> bool:
    """Whether a newer version of an item is known."""
    entry = _entry(connection, run, item.id)
    if entry["etag"] == item.etag or entry["modified_at"] is None or item.modified_at is None:
        return False
    newer: bool = entry["modified_at"] > item.modified_at
    return newer


def _note_path(connection: Connection, run: Run, work: Work) -> None:
    """The log says where a file is now."""
    query = select(LOG.id).where(
        LOG.drive == run.drive, LOG.item == work.item.id, LOG.superseded_at.is_(None)
    )
    revise(connection, connection.scalars(query).all(), path=work.path)
