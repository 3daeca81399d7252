"""What was written to the planner, on disk: who is sent where and when, and what was reissued."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from scheduling_pipeline.simulators.crossmark.model import Visit
from scheduling_pipeline.simulators.state import open_state

_FIRST_ID = 50_000_001  # a store's own schedule ids are below


@dataclass(frozen=True, slots=True)
class Record:
    """A visit as it was written: when first, when last, and its other id."""

    visit: Visit
    created: datetime
    edited: datetime
    mvid: str


@dataclass(frozen=True, slots=True)
class Line:
    """What was written last about an event: its visit, or None where that was taken away.

    `due`: until when it was reissued, None where it was not.
    """

    visit: Visit | None
    due: date | None = None


class Book:
    """One line for each event that was written to. What a method did is on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._database = open_state(
            path,
            "CREATE TABLE IF NOT EXISTS visits (id INTEGER PRIMARY KEY, rep INTEGER NOT NULL,"
            " start TEXT NOT NULL, end TEXT NOT NULL, created TEXT NOT NULL, edited TEXT NOT NULL,"
            " mvid TEXT NOT NULL);"
            "CREATE TABLE IF NOT EXISTS lines"
            " (mplan INTEGER PRIMARY KEY, visit INTEGER REFERENCES visits (id), due TEXT);",
        )

    def lines(self) -> dict[int, Line]:
        """By mPlanID."""
        rows = self._database.execute(
            "SELECT mplan, due, id, rep, start, end FROM lines LEFT JOIN visits ON visits.id = lines.visit"
        )
        return {
            mplan: Line(
                None if number is None else Visit(number, rep, _moment(start), _moment(end)),
                None if due is None else date.fromisoformat(due),
            )
            for mplan, due, number, rep, start, end in rows
        }

    def next_id(self) -> int:
        """A schedule id that nothing ever had."""
        (last,) = self._database.execute("SELECT max(id) FROM visits").fetchone()
        return max(_FIRST_ID, (last or 0) + 1)

    def put(self, mplan: int, visit: Visit, *, created: datetime, edited: datetime) -> Record:
        """The event is visited thus. A visit that is known is changed, and keeps when it was created."""
        row = self._database.execute(
            "INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
            " SET rep = excluded.rep, start = excluded.start, end = excluded.end, edited = excluded.edited"
            " RETURNING created, mvid",
            (
                visit.id,
                visit.rep,
                *(moment.isoformat() for moment in (visit.start, visit.end, created, edited)),
                str(uuid.uuid4()),
            ),
        )
        first, mvid = row.fetchone()
        self._database.execute(
            "INSERT INTO lines VALUES (?, ?, NULL) ON CONFLICT (mplan) DO UPDATE SET visit = excluded.visit",
            (mplan, visit.id),
        )
        return Record(visit, _moment(first), edited, mvid)

    def take_away(self, mplan: int) -> None:
        """The event is not visited any more."""
        self._database.execute(
            "INSERT INTO lines VALUES (?, NULL, NULL) ON CONFLICT (mplan) DO UPDATE SET visit = NULL",
            (mplan,),
        )

    def reissue(self, mplan: int, due: date) -> None:
        """The event is to be worked again, before another day; whatever visit it had is history."""
        self._database.execute(
            "INSERT INTO lines VALUES (?, NULL, ?)"
            " ON CONFLICT (mplan) DO UPDATE SET visit = NULL, due = excluded.due",
            (mplan, due.isoformat()),
        )

    @contextmanager
    def pretending(self) -> Iterator[None]:
        """Whatever is written in the block has not happened when it ends."""
        self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.execute("ROLLBACK")

    def release(self) -> None:
        """Release the file."""
        self._database.close()


_moment = datetime.fromisoformat
