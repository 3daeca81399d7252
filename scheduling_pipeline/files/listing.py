"""What is known of a drive, and what is outstanding: `drive_entries` beside the log, no request to the drive.

`kept_path` and `kept_sha256` of an entry say where its newest verified bytes are; with a hash but no path,
they are among the earlier versions. A path below `ingestion_dir` has one owner: whoever comes to it takes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, RowMapping, exists, select, update

from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.models import DriveEntry, IngestedVersion
from scheduling_pipeline.files.model import Change, Drive, DriveError, DriveItem, Fault, Outcome, Work
from scheduling_pipeline.files.names import safe
from scheduling_pipeline.files.places import Node, Tree, WantedFolders

AT_ONCE = 10_000  # ids in one statement; databases limit its parameters
_RANK = {Change.DELETED: 0, Change.MOVED: 1, Change.CONTENT: 2}  # what makes room goes first
_ENTRY = (
    *("item", "parent", "name", "folder", "etag", "ctag", "size", "quick_xor", "modified_at", "modified_by"),
    *("kept_path", "kept_sha256", "problem"),
)
_LOGGED = ("item", "etag", "ctag", "size", "quick_xor", "sha256", "path", "outcome")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def merge(engine: Engine, drive_id: str, items: Sequence[DriveItem], *, now: datetime) -> None:
    """Take over what the drive says about items; the last word on an item counts.

    A deleted one keeps what was known of it. One that was never heard of before leaves no trace.
    """
    last = {item.id: item for item in items}
    deleted = [item.id for item in last.values() if item.deleted]
    rows = [
        {
            "drive": drive_id,
            "item": item.id,
            "parent": item.parent_id,
            "name": item.name,
            "folder": item.folder,
            "etag": item.etag,
            "ctag": item.ctag,
            "size": item.size,
            "quick_xor": item.quick_xor,
            "modified_at": item.modified_at,
            "modified_by": item.modified_by,
            "listed_at": now,
            "deleted_at": None,
        }
        for item in last.values()
        if not item.deleted
    ]
    with engine.begin() as connection:
        if rows:
            insert = upsert(connection, DriveEntry)
            news = {name: insert.excluded[name] for name in rows[0] if name not in ("drive", "item")}
            connection.execute(
                insert.on_conflict_do_update(index_elements=["drive", "item"], set_=news), rows
            )
        for start in range(0, len(deleted), AT_ONCE):
            connection.execute(
                update(DriveEntry)
                .where(
                    DriveEntry.drive == drive_id,
                    DriveEntry.item.in_(deleted[start : start + AT_ONCE]),
                    DriveEntry.deleted_at.is_(None),
                )
                .values(listed_at=now, deleted_at=now)
            )


def finish_listing(engine: Engine, drive_id: str, started: datetime, *, now: datetime) -> int:
    """A listing of everything that began at `started` came to its end: what it did not show is deleted.

    Returns how many entries that are. Raises DriveError for a listing without even the drive's root: an empty
    answer is not an empty drive.
    """
    entry = DriveEntry
    root = exists().where(entry.drive == drive_id, entry.parent.is_(None), entry.listed_at >= started)
    with engine.begin() as connection:
        if not connection.execute(select(root)).scalar_one():
            raise DriveError("the listing is empty: nothing is taken for deleted", transient=True)
        return connection.execute(
            update(DriveEntry)
            .where(
                DriveEntry.drive == drive_id,
                DriveEntry.listed_at < started,
                DriveEntry.deleted_at.is_(None),
            )
            .values(deleted_at=now)
        ).rowcount


def record_kept(connection: Connection, drive_id: str, item: str, path: str, sha256: str) -> None:
    """An item's newest verified bytes are now at `path` below `ingestion_dir`.

    Another item that was recorded there is no longer: its bytes are among the earlier versions, from where it
    is outstanding as MOVED if it is still wanted.
    """
    of_drive = update(DriveEntry).where(DriveEntry.drive == drive_id)
    connection.execute(
        of_drive.where(DriveEntry.kept_path == path, DriveEntry.item != item).values(kept_path=None)
    )
    connection.execute(
        of_drive.where(DriveEntry.item == item).values(kept_path=path, kept_sha256=sha256, problem=None)
    )


def record_left(connection: Connection, drive_id: str, item: str) -> None:
    """An item's bytes are only among the earlier versions now, under the hash that stays recorded."""
    connection.execute(
        update(DriveEntry)
        .where(DriveEntry.drive == drive_id, DriveEntry.item == item)
        .values(kept_path=None, problem=None)
    )


def recorded_paths(connection: Connection, drive_id: str) -> set[str]:
    """The paths below `ingestion_dir` at which something of the drive is on record."""
    paths = select(DriveEntry.kept_path).where(
        DriveEntry.drive == drive_id, DriveEntry.kept_path.is_not(None)
    )
    return {path for path in connection.scalars(paths) if path is not None}


def outstanding(engine: Engine, drive: Drive) -> list[Work]:
    """What is to be done so that everything wanted is ingested, in the order in which to do it.

    First DELETED, then MOVED, then CONTENT, the oldest modified first. Nothing is outstanding of an item
    while its place is not known. A file whose new name cannot be kept on a disk leaves as a deleted one does.
    """
    with engine.begin() as connection:
        entries = _entries(connection, drive.id)
        log = _current(connection, drive.id)
    works = list(_works(entries, log, WantedFolders(drive.folders)))
    works.sort(key=lambda work: (_RANK[work.change], work.item.modified_at or _LONG_AGO, work.item.id))
    return works


def works_on(engine: Engine, drive: Drive, items: Collection[str] | None = None) -> list[Work]:
    """All wanted files that are there, or those of these items, as files whose content is to be read."""
    with engine.begin() as connection:
        entries = _entries(connection, drive.id)
    wanted = WantedFolders(drive.folders)
    tree = _tree(entries)
    return [
        Work(Change.CONTENT, _item(entry), place.path)
        for entry in entries
        if not entry["folder"]
        and (items is None or entry["item"] in items)
        and (place := tree.place(entry["item"])) is not None
        and not place.gone
        and wanted.kept_path(place.path) is not None
    ]


def _entries(connection: Connection, drive_id: str) -> Sequence[RowMapping]:
    """All that is known of the drive's items."""
    entry = DriveEntry.__table__.c
    query = select(*(entry[name] for name in _ENTRY), entry.deleted_at.is_not(None).label("deleted"))
    return connection.execute(query.where(entry.drive == drive_id)).mappings().all()


def _current(connection: Connection, drive_id: str) -> Mapping[str, RowMapping]:
    """The newest log row of each item that has not been superseded."""
    log = IngestedVersion.__table__.c
    query = select(*(log[name] for name in _LOGGED)).where(log.drive == drive_id, log.superseded_at.is_(None))
    return {row["item"]: row for row in connection.execute(query.order_by(log.id)).mappings()}


def _works(
    entries: Sequence[RowMapping], log: Mapping[str, RowMapping], wanted: WantedFolders
) -> Iterator[Work]:
    tree = _tree(entries)
    for entry in entries:
        place = None if entry["folder"] else tree.place(entry["item"])
        if place is None:
            continue
        row = log.get(entry["item"])
        target = None if place.gone else wanted.kept_path(place.path)
        change = _change(entry, row, place.path, target)
        if change is not None:
            failed = entry["problem"] is not None
            if change is Change.CONTENT:
                failed = row is not None and row["outcome"] == Outcome.FAILED and _same_content(entry, row)
            yield Work(change, _item(entry), place.path, failed=failed)


def _tree(entries: Sequence[RowMapping]) -> Tree:
    return Tree({entry["item"]: Node(entry["parent"], entry["name"], entry["deleted"]) for entry in entries})


def _change(entry: RowMapping, row: RowMapping | None, path: str, target: str | None) -> Change | None:
    """What is to be done about a file at `path`, logged as `row`, to be kept at `target` (None: nowhere)."""
    kept = entry["kept_path"]
    if target is not None and (row is None or _to_be_read(entry, row, path)):
        return Change.CONTENT
    if target == kept:
        return None
    if target is None or not _can_be_kept(target):
        return Change.DELETED if kept is not None else None
    return Change.MOVED if entry["kept_sha256"] is not None else None


def _to_be_read(entry: RowMapping, row: RowMapping, path: str) -> bool:
    if row["outcome"] == Outcome.FAILED or not _same_content(entry, row):
        return True
    # Nothing was ever read of it: another name may be one that can be kept.
    return row["sha256"] is None and row["path"] != path


def _same_content(entry: RowMapping, row: RowMapping) -> bool:
    """Whether the log is about the bytes that the drive has now, by the best that is known on both sides."""
    if entry["etag"] == row["etag"]:
        return True
    if entry["quick_xor"] and row["quick_xor"]:
        return (entry["quick_xor"], entry["size"]) == (row["quick_xor"], row["size"])
    return bool(entry["ctag"]) and entry["ctag"] == row["ctag"]


def _can_be_kept(path: str) -> bool:
    try:
        safe(path)
    except Fault:
        return False
    return True


def _item(entry: RowMapping) -> DriveItem:
    return DriveItem(
        id=entry["item"],
        name=entry["name"],
        parent_id=entry["parent"],
        deleted=entry["deleted"],
        etag=entry["etag"],
        ctag=entry["ctag"],
        size=entry["size"],
        quick_xor=entry["quick_xor"],
        modified_at=entry["modified_at"],
        modified_by=entry["modified_by"],
    )
