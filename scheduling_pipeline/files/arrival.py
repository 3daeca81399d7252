"""Noticing what arrives: where a sensor stands in a drive's changes, and what goes into one run.

Whatever a look finds is in the database before the cursor moves; the cursor's `link` moves only when nothing
that was found since is outstanding any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from scheduling_pipeline.digest import digest
from scheduling_pipeline.files.listing import finish_listing, merge
from scheduling_pipeline.files.model import Change, Drive, DriveError, ResyncError, Work

CURSOR_VERSION = 1
_INSTANTS = {"listing_since", "listed_at", "look_at"}
LIST_AGAIN_AFTER = timedelta(days=7)  # changes have been known to go missing; a whole listing finds them


class CursorError(ValueError):
    """A cursor that this version does not understand."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a sensor stands.

    `link`: for all changes up to here every file has its outcome in the log. `ahead`: up to here they were
    read, if that is further; `more`: there are further pages already. `listing_since`: when the whole listing
    that is under way began; `listed_at`: when the last one did. `look_at`: when to look next, None for at
    once. `backlog`: something was found that no run has tried yet.
    """

    link: str | None = None
    ahead: str | None = None
    more: bool = False
    listing_since: datetime | None = None
    listed_at: datetime | None = None
    look_at: datetime | None = None
    backlog: bool = False

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """Read a cursor; None is the beginning. Raises CursorError."""
        if not text:
            return cls()
        try:
            values: dict[str, Any] = dict(json.loads(text))
            version = values.pop("version")
            if version != CURSOR_VERSION:
                raise CursorError(f"version {version}")
            for name in _INSTANTS & values.keys():
                values[name] = datetime.fromisoformat(values[name])
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise CursorError(
                f"the sensor's cursor cannot be read ({error}); reset it, and the folder is listed from the"
                " beginning: nothing is ingested twice"
            ) from error

    def dump(self) -> str:
        """The cursor as text."""
        values = {name: value for name, value in asdict(self).items() if value}
        for name in _INSTANTS & values.keys():
            values[name] = values[name].isoformat()
        return json.dumps({"version": CURSOR_VERSION, **values})

    def due(self, now: datetime) -> bool:
        return self.look_at is None or now >= self.look_at

    def after(self, works: Sequence[Work]) -> Cursor:
        """The cursor when this is what is outstanding: without a backlog, `link` goes on to `ahead`."""
        if any(not work.failed for work in works):
            return replace(self, backlog=True)
        return replace(self, backlog=False, link=self.ahead or self.link, ahead=None)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look came to: the cursor, how many pages and entries it read, whether it had to start anew."""

    cursor: Cursor
    pages: int
    entries: int
    restarted: bool


def look(
    cursor: Cursor,
    drive: Drive,
    engine: Engine,
    *,
    now: datetime,
    pages: int,
    in_time: Callable[[], bool] = lambda: True,
) -> Look:
    """Read the changes since the cursor into the database, at most so many pages and while there is time.

    Raises DriveError; what was read by then is in the database, and will be read again.
    """
    begun = cursor.listing_since or cursor.listed_at
    if begun is None or (cursor.listed_at and now - begun > LIST_AGAIN_AFTER):
        cursor = replace(cursor, link=None, listing_since=now, listed_at=None)
    link, read, entries, restarted = cursor.link, 0, 0, False
    while read < pages and (read == 0 or in_time()):
        try:
            page = drive.changes(link)
        except ResyncError as lost:
            if restarted:
                raise DriveError("the drive asks to be listed anew again and again", transient=True) from lost
            restarted = True
            link = lost.link
            cursor = replace(cursor, link=link, listing_since=now, listed_at=None)
            continue
        merge(engine, drive.id, page.items, now=now)
        read += 1
        entries += len(page.items)
        link = page.next_link or page.delta_link
        cursor = replace(cursor, ahead=link, more=page.next_link is not None)
        if not cursor.more:
            cursor = _at_the_end(cursor, drive, engine, now)
            break
    return Look(cursor, read, entries, restarted)


def look_everywhere(drive: Drive, engine: Engine, *, now: datetime) -> Look:
    """List the whole drive into the database: what a run by hand does. Raises DriveError."""
    return look(Cursor(), drive, engine, now=now, pages=2**31)


def _at_the_end(cursor: Cursor, drive: Drive, engine: Engine, now: datetime) -> Cursor:
    if cursor.listing_since is None:
        return cursor
    finish_listing(engine, drive.id, cursor.listing_since, now=now)
    return replace(cursor, listing_since=None, listed_at=cursor.listing_since)


def bounded(works: Sequence[Work], *, files: int, size: int) -> list[Work]:
    """The first of them, as many as go into one run: at most `files`, of at most `size` bytes together.

    One alone may be larger than that. What needs no download has no size.
    """
    chosen: list[Work] = []
    total = 0
    for work in works[:files]:
        total += work.item.size if work.change is Change.CONTENT else 0
        if chosen and total > size:
            break
        chosen.append(work)
    return chosen


def batch_digest(works: Sequence[Work]) -> str:
    """What tells this set of versions from every other, in whatever order."""
    return digest(sorted(work.version for work in works))
