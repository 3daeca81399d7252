"""An invented school: its course files, put where ingestion puts them, and the catalogue made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, delete, insert, select, update

from scheduling_pipeline.courses.catalogue import Refresh, refresh
from scheduling_pipeline.courses.model import Course
from scheduling_pipeline.courses.rosters import finish, load_students, read_courses
from scheduling_pipeline.database.courses import GoogleCalendar, User
from scheduling_pipeline.database.models import Base, IngestedVersion
from scheduling_pipeline.datasets.courses import COURSES
from scheduling_pipeline.files.tables import ensure_tables, table_of

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 2, 2, 3, 30, tzinfo=ZONE)
START, END = date(2026, 1, 12), date(2026, 4, 24)
SPRING, FALL = 202620, 202710
BY_NAME = {dataset.name: dataset for dataset in COURSES}

Row = dict[str, Any]
Rows = dict[str, list[Row]]


def course(crn: int, **values: object) -> Row:
    return {
        "crn": crn,
        "term": SPRING,
        "subject": "COMP",
        "course_number": 1000,
        "section_number": "01",
        "title": f"Course {crn}",
        "schedule_type": "LEC",
        "start_date": START,
        "end_date": END,
        "credit_hours": 4.0,
        "status": "active",
        "seats_available": 3,
        "instructor_name": "Ada Example",
        "instructor_email": "Ada@College.example",
    } | values


def meeting(crn: int, day_of_week: int, begin_time: int = 900, end_time: int = 950, **values: object) -> Row:
    return {
        "crn": crn,
        "term": SPRING,
        "day_of_week": day_of_week,
        "begin_time": begin_time,
        "end_time": end_time,
        "start_date": START,
        "end_date": END,
        "meeting_schedule_type": 1,
        "building": "WIL",
        "room": "101",
    } | values


def exam(crn: int, **values: object) -> Row:
    return {
        "crn": crn,
        "term": SPRING,
        "exam_date": date(2026, 4, 20),
        "start_time": 800,
        "end_time": 1000,
        "location": "WIL 101",
    } | values


def event(uid: str, summary: str, first: date, last: date | None = None, **values: object) -> Row:
    return {"ics_uid": uid, "summary": summary, "start_date": first, "end_date": last or first} | values


def enrollment(email: str, crn: int, term: int = SPRING) -> Row:
    return {"user_email": email, "crn": crn, "term": term}


def user(email: str) -> Row:
    return {"email": email, "first_name": "Sam", "last_name": "Example"}


def small_school() -> Rows:
    """Two courses and three students: Ann takes both, Ben the first, Cem the second."""
    return {
        "terms": [{"uid": SPRING, "year": 2026, "season": "spring", "start_date": START, "end_date": END}],
        "courses": [course(1), course(2, section_number="002")],
        "meeting_times": [meeting(1, 1), meeting(1, 3), meeting(2, 2, 1900, 2145, room="112/113")],
        "users": [user(f"{name}@college.example") for name in ("ann", "ben", "cem")],
        "enrollments": [
            enrollment("ann@college.example", 1),
            enrollment("ann@college.example", 2),
            enrollment("ben@college.example", 1),
            enrollment("cem@college.example", 2),
        ],
        "rooms": [
            {"building": "WIL", "building_name": "Wilder Hall", "number": number, "floor": 1}
            for number in ("101", "112")
        ],
        "final_exams": [exam(1)],
        "university_events": [event("break", "Spring Break", date(2026, 3, 9), date(2026, 3, 13))],
    }


@dataclass
class School:
    """The database of a school. `files` is what the newest files say; `night` ingests and refreshes."""

    engine: Engine
    files: Rows = field(default_factory=small_school)
    now: datetime = NOW
    _versions: Iterator[int] = field(default_factory=count)
    _uploaded: Rows = field(default_factory=dict)

    def night(self) -> Refresh:
        """The files that changed arrive, and the catalogue is refreshed."""
        self.arrive()
        self.now += timedelta(days=1)
        return refresh(self.engine, now=self.now)

    def arrive(self) -> None:
        """The files that changed are ingested."""
        if self.files and not self._uploaded:
            ensure_tables(self.engine, COURSES)
        for name in self._uploaded | self.files:
            if self._uploaded.get(name) != self.files.get(name):
                self._arrive(name, self.files.get(name))
        self._uploaded = deepcopy(self.files)

    def _arrive(self, name: str, rows: list[Row] | None) -> None:
        dataset = BY_NAME[name]
        table = table_of(dataset)
        log = IngestedVersion
        with self.engine.begin() as connection:
            connection.execute(delete(table))
            connection.execute(
                update(log)
                .where(log.dataset == name, log.superseded_at.is_(None))
                .values(superseded_at=self.now)
            )
            if rows is None:  # the file was taken away
                return
            logged = insert(log).values(**_logged(name, str(next(self._versions)), self.now, len(rows)))
            file = connection.scalar(logged.returning(log.id))
            columns = dict.fromkeys(column.name for column in dataset.columns)
            if rows:
                values = [columns | row | {"file": file, "source_row": n} for n, row in enumerate(rows, 2)]
                connection.execute(insert(table), values)

    def give_calendars(self, *names: str) -> None:
        """Ready calendars for people by the first part of their address."""
        with self.engine.begin() as connection:
            for name in names:
                person = connection.scalar(select(User.id).where(User.email == address(name)))
                connection.execute(
                    insert(GoogleCalendar).values(
                        user_id=person,
                        google_calendar_id=f"calendar-of-{name}",
                        state="ready",
                        summary="Courses",
                        zone=ZONE.key,
                        created_at=self.now,
                    )
                )

    def sync_all(self) -> None:
        """Everybody's calendar is up to date."""
        students = load_students(self.engine, emails=None, due_only=False)
        finish(self.engine, {each.id: each.generation for each in students}, {}, now=self.now)

    def due(self) -> set[str]:
        """Who is due, by the first part of their address."""
        return {
            student.email.partition("@")[0]
            for student in load_students(self.engine, emails=None, due_only=True)
        }

    def course(self, crn: int) -> Course:
        """A course as calendars see it."""
        with self.engine.connect() as connection:
            return next(each for each in read_courses(connection).values() if each.crn == crn)

    def table(self, model: type[Base], *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of a table's rows, in the order of their primary keys."""
        table = model.__table__
        query = select(*(table.c[name] for name in columns)).order_by(*table.primary_key)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]


def address(name: str) -> str:
    return f"{name}@college.example"


def _logged(dataset: str, version: str, now: datetime, rows: int) -> Mapping[str, object]:
    return {
        "drive": "drive",
        "item": dataset,
        "etag": version,
        "path": f"/{dataset}.csv",
        "size": 1,
        "sha256": version,
        "modified_by": "",
        "dataset": dataset,
        "outcome": "loaded",
        "rows": rows,
        "missing_columns": [],
        "extra_columns": [],
        "run_id": "run",
        "ingested_at": now,
    }
