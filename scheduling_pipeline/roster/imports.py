"""Events and schedules from the planner's two CSV exports, which come as ingested files.

There an event has a reference number of its own, not the planner's mPlanID: it can be looked at and planned,
but not submitted, until the planner lists an event of the same name, which then takes its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, RowMapping, insert, inspect, select

from scheduling_pipeline.database.models import IngestedVersion
from scheduling_pipeline.database.roster import RosterEmployee, RosterEvent, RosterSchedule
from scheduling_pipeline.database.settle import settle
from scheduling_pipeline.datasets.roster import ROSTER
from scheduling_pipeline.files.dataset import Dataset
from scheduling_pipeline.files.frame import SOURCE_ROW
from scheduling_pipeline.files.model import Outcome
from scheduling_pipeline.files.rows import table_of
from scheduling_pipeline.roster.model import JobTitle
from scheduling_pipeline.roster.names import event_type
from scheduling_pipeline.roster.times import place_instant
from scheduling_pipeline.roster_settings import RosterSettings

WORK_BANK, CALENDAR = ROSTER


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of a file that makes no sense, and why."""

    dataset: str
    row: int
    reason: str


class ImportRefusedError(Exception):
    """Rows make no sense; `problems` are all of them. Nothing was imported."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f"; {len(problems) - 1} more rows are wrong" if len(problems) > 1 else ""
        super().__init__(f"{first.dataset}, row {first.row}: {first.reason}{more}. Nothing was imported")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class FileVisit:
    """A row: an event, and who does it when, where somebody does."""

    ref: int
    name: str
    location: str | None
    store_number: int | None
    store_name: str | None
    start: datetime
    due: datetime
    minutes: int | None
    employee: str | None
    rep_name: str | None
    scheduled: datetime | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken over; `skipped` says how many rows were not, by reason."""

    events_new: int
    events_changed: int
    schedules_new: int
    schedules_changed: int
    people_new: int
    skipped: Mapping[str, int]


def import_visits(
    engine: Engine, settings: RosterSettings, now: datetime, *, files_zone: ZoneInfo
) -> Imported:
    """Take over what the newest ingested exports say; all of it, or nothing.

    Of open visits, those that we know are skipped; scheduled ones bring what we know up to date. What the
    planner itself lists is left to it. `files_zone`: in which ingestion took the files' times to be; they are
    store times. Raises ImportRefusedError for rows that make no sense.
    """
    with engine.begin() as connection:
        problems: list[Problem] = []
        open_visits, scheduled = (
            _read(connection, dataset, files_zone, settings.tz, problems) for dataset in ROSTER
        )
        if problems:
            raise ImportRefusedError(problems)
        return _Import(connection, now).apply(open_visits, scheduled)


def parse_visit(row: Mapping[str, object], files_zone: ZoneInfo, zone: ZoneInfo) -> FileVisit:
    """A row of either dataset. Raises ValueError, saying what is wrong."""
    start, due = (_instant(row[name], files_zone, zone) for name in ("start", "due"))
    if start is None or due is None:
        raise ValueError("it says not when it begins and is due")
    if due < start:
        raise ValueError("it is due before it begins")
    number = _text(row["store_number"])
    minutes = row["estimated_minutes"]
    return FileVisit(
        ref=_whole(_text(row["project_reference_number"]) or "", "reference number"),
        name=_text(row["project_name"]) or "",
        location=_text(row["location_mvid"]),
        store_number=None if number is None else _whole(number, "store number"),
        store_name=_text(row["store_name"]),
        start=start,
        due=due,
        minutes=minutes if isinstance(minutes, int) and minutes > 0 else None,
        employee=(_text(row["employee_id"]) or "").upper() or None,
        rep_name=_text(row["rep_name"]),
        scheduled=_instant(row["scheduled"], files_zone, zone),
    )


def _read(
    connection: Connection, dataset: Dataset, files_zone: ZoneInfo, zone: ZoneInfo, problems: list[Problem]
) -> list[FileVisit]:
    """The rows of the newest file, if one was ingested; what is wrong is added to `problems`."""
    log, table = IngestedVersion, table_of(dataset)
    stands = select(log.id).where(
        log.dataset == dataset.name, log.outcome == Outcome.LOADED, log.superseded_at.is_(None)
    )
    if connection.scalar(stands.limit(1)) is None or not inspect(connection).has_table(table.name):
        return []
    visits = []
    for row in connection.execute(select(table).order_by(table.c[SOURCE_ROW])).mappings():
        try:
            visits.append(parse_visit(dict(row), files_zone, zone))
        except ValueError as error:
            problems.append(Problem(dataset.name, row[SOURCE_ROW], str(error)))
    return visits


@dataclass
class _Import:
    connection: Connection
    now: datetime
    skipped: Counter[str] = field(default_factory=Counter)

    def apply(self, open_visits: Sequence[FileVisit], scheduled: Sequence[FileVisit]) -> Imported:
        people = self._add_people([*open_visits, *scheduled])
        rows = self.connection.execute(select(RosterEvent.__table__)).mappings().all()
        standing = {row["project_ref_num"]: row for row in rows}
        listed = {row["project_name"] for row in rows if row["external_id"] and row["closed_at"] is None}
        held = self._once(scheduled, standing, listed)
        free = self._once(open_visits, standing, listed, taken=held)
        for ref in free.keys() & standing.keys():
            self.skipped["known"] += 1
            del free[ref]
        wanted = {ref: _event(visit, is_scheduled=ref in held) for ref, visit in (free | held).items()}
        _, events = settle(self.connection, RosterEvent, standing, wanted)
        schedules = self.connection.execute(select(RosterSchedule.__table__)).mappings()
        at = {row["event_ref_num"]: row for row in schedules}
        _, entries = settle(
            self.connection, RosterSchedule, at, {ref: _schedule(visit) for ref, visit in held.items()}
        )
        self.skipped["known"] += entries.unchanged
        return Imported(
            events.added, events.changed, entries.added, entries.changed, people, dict(+self.skipped)
        )

    def _once(
        self,
        visits: Iterable[FileVisit],
        standing: Mapping[int, RowMapping],
        listed: set[str],
        taken: Mapping[int, FileVisit] | None = None,
    ) -> dict[int, FileVisit]:
        """Each visit once, and none that the planner lists."""
        once: dict[int, FileVisit] = {}
        for visit in visits:
            known = standing.get(visit.ref)
            if visit.name in listed or (known is not None and known["external_id"]):
                self.skipped["listed by the planner"] += 1
            elif visit.ref in once or visit.ref in (taken or {}):
                self.skipped["twice"] += 1
            else:
                once[visit.ref] = visit
        return once

    def _add_people(self, visits: Iterable[FileVisit]) -> int:
        known = set(self.connection.scalars(select(RosterEmployee.id)))
        new = {
            visit.employee: {
                "id": visit.employee,
                "name": visit.rep_name or visit.employee,
                "job_title": JobTitle.SPECIALIST.value,
                "created_at": self.now,
            }
            for visit in visits
            if visit.employee is not None and visit.employee not in known
        }
        if new:
            self.connection.execute(insert(RosterEmployee), list(new.values()))
        return len(new)


def _event(visit: FileVisit, *, is_scheduled: bool) -> dict[str, object]:
    return {
        "project_ref_num": visit.ref,
        "project_name": visit.name,
        "location_mvid": visit.location,
        "store_number": visit.store_number,
        "store_name": visit.store_name,
        "start_datetime": visit.start,
        "due_datetime": visit.due,
        "estimated_time": visit.minutes,
        "event_type": event_type(visit.name).value,
        "is_scheduled": is_scheduled,
        "condition": "Scheduled" if is_scheduled else "Unstaffed",
    }


def _schedule(visit: FileVisit) -> dict[str, object]:
    return {
        "event_ref_num": visit.ref,
        "employee_id": visit.employee,
        "rep_name": visit.rep_name,
        "schedule_datetime": visit.scheduled,
    }


def _instant(value: object, files_zone: ZoneInfo, zone: ZoneInfo) -> datetime | None:
    """What the file's clock said, as an instant of the store's."""
    if not isinstance(value, datetime):
        return None
    wall = value.astimezone(files_zone)
    return place_instant(wall.date(), wall.time(), zone)


def _text(value: object) -> str | None:
    return (str(value).strip() if value is not None else "") or None


def _whole(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is no {what}")
    return int(text)
