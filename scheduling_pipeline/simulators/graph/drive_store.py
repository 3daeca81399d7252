"""What the simulated libraries hold, on disk: every state of every item, delta tokens, and the files' bytes.

States are only ever added, each with the number of the change that led to it: "what changed since" is a range
of numbers, and what an item was before is still known. A change is on disk when its call returns.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, SupportsIndex, overload

from scheduling_pipeline.simulators.state import open_state


@dataclass(frozen=True, slots=True)
class Item:
    """One state of a file or folder.

    `change` is the number of the change that led to it, `born` that of the item's first state. `key` and
    `parent` are 16 bytes in hex; the root of a drive has no parent. `created` and `modified` are instants as
    Graph writes them. `sha256` names a file's bytes. `version` grows with every change, `content_version`
    with every new content.
    """

    change: int
    born: int
    key: str
    drive: str
    parent: str | None
    name: str
    folder: bool
    size: int
    sha256: str
    quick_xor: str
    created: str
    created_by: str
    modified: str
    modified_by: str
    version: int = 1
    content_version: int = 1
    deleted: bool = False

    @property
    def etag(self) -> str:
        """Changes with every change of the item."""
        return f'"{self._guid},{self.version}"'

    @property
    def ctag(self) -> str:
        """Changes with every new content of the file."""
        return f'"c:{self._guid},{self.content_version}"'

    @property
    def _guid(self) -> str:
        return "{" + str(uuid.UUID(self.key)).upper() + "}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader of a drive's changes is.

    `listing`: everything is listed in the order of birth, after which `until` is where changes begin; else
    changes are read. `position` is the last number that was read, `until` the last one that belongs to this
    round; None where the round has not begun.
    """

    drive: str
    listing: bool
    position: int
    until: int | None = None


_NAMES = [field.name for field in fields(Item)]
_COLUMNS = ", ".join(_NAMES)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS states (
  change INTEGER PRIMARY KEY, born INTEGER NOT NULL, key TEXT NOT NULL, drive TEXT NOT NULL, parent TEXT,
  name TEXT NOT NULL, folder INTEGER NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
  quick_xor TEXT NOT NULL,
  created TEXT NOT NULL, created_by TEXT NOT NULL, modified TEXT NOT NULL, modified_by TEXT NOT NULL,
  version INTEGER NOT NULL, content_version INTEGER NOT NULL, deleted INTEGER NOT NULL,
  at TEXT NOT NULL, folded TEXT NOT NULL, newest INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX IF NOT EXISTS items ON states (key) WHERE newest;
CREATE UNIQUE INDEX IF NOT EXISTS names ON states (parent, folded) WHERE newest AND NOT deleted;
CREATE INDEX IF NOT EXISTS listing ON states (drive, born) WHERE newest AND NOT deleted;
CREATE INDEX IF NOT EXISTS instants ON states (at);
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, drive TEXT NOT NULL, listing INTEGER NOT NULL, position INTEGER NOT NULL,
  until INTEGER
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class DriveStore:
    """Items, tokens, bytes and single facts. May be used from several threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._bytes = folder / "bytes"
        self._lock = threading.RLock()
        self._database = open_state(folder / "drive.db", _SCHEMA)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is written inside, or nothing of it; may be nested."""
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    # items

    def put(self, item: Item, at: datetime) -> Item:
        """Add a state, which takes the next number; the instant is when the change took place."""
        with self.transaction():
            change = self.last_change() + 1
            item = replace(item, change=change, born=item.born or change)
            self._database.execute("UPDATE states SET newest = 0 WHERE key = ? AND newest", (item.key,))
            self._database.execute(
                f"INSERT INTO states ({_COLUMNS}, at, folded) VALUES ({', '.join('?' * (len(_NAMES) + 2))})",  # noqa: S608 - names from the class above
                (*astuple(item), at.isoformat(), item.name.lower()),
            )
        return item

    def item(self, key: str) -> Item | None:
        """An item's newest state, also of one that was deleted."""
        return self._one("key = ? AND newest", key)

    def child(self, parent: str, name: str) -> Item | None:
        """The item of that name, in any letter case."""
        return self._one("parent = ? AND folded = ? AND newest AND NOT deleted", parent, name.lower())

    def children(self, parent: str) -> Children:
        return Children(self, parent)

    def child_count(self, parent: str) -> int:
        [(count,)] = self._rows(
            "SELECT count(*) FROM states WHERE parent = ? AND newest AND NOT deleted", parent
        )
        return int(count)

    def child_slice(self, parent: str, start: int, count: int) -> list[Item]:
        """Children in the order of their names."""
        return self._items(
            "parent = ? AND newest AND NOT deleted ORDER BY folded LIMIT ? OFFSET ?", parent, count, start
        )

    def lineage(self, key: str) -> list[Item]:
        """An item and the folders above it, up to the root."""
        line: list[Item] = []
        above: str | None = key
        while above is not None and (item := self.item(above)) is not None:
            line.append(item)
            above = item.parent
        return line

    def total_size(self, folder: str) -> int:
        """The bytes of all files in a folder and below it."""
        [(size,)] = self._rows(
            "WITH RECURSIVE below (key, size) AS (SELECT ?, 0 UNION ALL SELECT states.key, states.size"
            " FROM states JOIN below ON states.parent = below.key WHERE newest AND NOT deleted)"
            " SELECT sum(size) FROM below",
            folder,
        )
        return int(size)

    # changes

    def last_change(self) -> int:
        [(change,)] = self._rows("SELECT coalesce(max(change), 0) FROM states")
        return int(change)

    def last_change_at(self, instant: datetime) -> int:
        """The last change at or before an instant."""
        [(change,)] = self._rows(
            "SELECT coalesce(max(change), 0) FROM states WHERE at <= ?", instant.isoformat()
        )
        return int(change)

    def listed(self, drive: str, after: int, until: int, count: int) -> list[Item]:
        """Items that exist, in the order of their birth, which no change alters."""
        return self._items(
            "drive = ? AND newest AND NOT deleted AND born > ? AND born <= ? ORDER BY born LIMIT ?",
            drive,
            after,
            until,
            count,
        )

    def changed(self, drive: str, after: int, until: int, count: int, *, all_states: bool) -> list[Item]:
        """States that came about after one change and up to another; of each item the newest, or all."""
        newest = "" if all_states else " AND newest"
        return self._items(
            f"change > ? AND change <= ? AND drive = ?{newest} ORDER BY change LIMIT ?",
            after,
            until,
            drive,
            count,
        )

    def token(self, token: str) -> Cursor | None:
        """What a token stands for; None for one that was never given out."""
        for drive, listing, position, until in self._rows(
            "SELECT drive, listing, position, until FROM tokens WHERE token = ?", token
        ):
            return Cursor(str(drive), bool(listing), int(position), until)
        return None

    def put_token(self, token: str, cursor: Cursor) -> None:
        with self.transaction():
            self._database.execute(
                "INSERT OR IGNORE INTO tokens VALUES (?, ?, ?, ?, ?)", (token, *astuple(cursor))
            )

    # facts and bytes

    def fact(self, name: str) -> str | None:
        for (value,) in self._rows("SELECT value FROM facts WHERE name = ?", name):
            return str(value)
        return None

    def put_fact(self, name: str, value: str) -> None:
        with self.transaction():
            self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def secret(self, name: str) -> bytes:
        """Random bytes that this store, and no other, has under a name."""
        with self.transaction():
            if self.fact(name) is None:
                self.put_fact(name, secrets.token_hex(32))
        return bytes.fromhex(self.fact(name) or "")

    def put_bytes(self, content: bytes) -> str:
        """Keep bytes; the name under which they are found again is their SHA-256 in hex."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(f".{threading.get_ident()}")
            unfinished.write_bytes(content)
            unfinished.replace(path)
        return sha256

    def path(self, sha256: str) -> Path:
        return self._bytes / sha256[:2] / sha256

    def _one(self, condition: str, *values: object) -> Item | None:
        return next(iter(self._items(condition, *values)), None)

    def _items(self, condition: str, *values: object) -> list[Item]:
        return [_item(row) for row in self._rows(f"SELECT {_COLUMNS} FROM states WHERE {condition}", *values)]  # noqa: S608 - conditions from above

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


class Children(Sequence[Item]):
    """A folder's children in the order of their names; only what is asked for is read."""

    def __init__(self, store: DriveStore, parent: str) -> None:
        self._store = store
        self._parent = parent
        self._count = store.child_count(parent)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: SupportsIndex) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> list[Item]: ...
    def __getitem__(self, place: SupportsIndex | slice) -> Item | list[Item]:
        if isinstance(place, slice):
            start, stop, _ = place.indices(self._count)
            return self._store.child_slice(self._parent, start, max(stop - start, 0))
        return self[slice(int(place), int(place) + 1)][0]


def _item(row: tuple[Any, ...]) -> Item:
    values = dict(zip(_NAMES, row, strict=True))
    values |= {"folder": bool(values["folder"]), "deleted": bool(values["deleted"])}
    return Item(**values)
