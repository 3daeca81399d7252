"""What the ingested course files say, by natural keys and in the types of the domain.

A row that makes no sense is refused with a reason; what stands in the database of its key then stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, RowMapping, inspect, select

from scheduling_pipeline.courses import edge
from scheduling_pipeline.courses.meetings import MeetingRow
from scheduling_pipeline.courses.pairing import Slot
from scheduling_pipeline.courses.university import RawEvent
from scheduling_pipeline.database.models import IngestedVersion
from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.frame import SOURCE_ROW
from scheduling_pipeline.files.model import Outcome
from scheduling_pipeline.files.rows import table_of

K = TypeVar("K")
V = TypeVar("V")
Values = Mapping[str, Any]
"""Columns of a table of the pipeline's database."""

CourseKey = tuple[int, int]
"""A course by its term's number and its own, the CRN."""

_LABORATORY = 2
_BY_NAME = {dataset.name: dataset for dataset in DATASETS}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of a file that was left out, by its number in the file, and why."""

    dataset: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Feed(Generic[K, V]):
    """What the newest file of a dataset says.

    `stands`: there is such a file, so that what it does not list is gone. `numbers` are the rows' numbers in
    the file; `unread` are the keys of rows that were refused.
    """

    dataset: str
    stands: bool
    rows: dict[K, V] = field(default_factory=dict)
    numbers: dict[K, int] = field(default_factory=dict)
    unread: set[K] = field(default_factory=set)

    def drop(self, key: K, reason: str) -> Refused:
        """Take a row out again because of what it refers to."""
        del self.rows[key]
        return Refused(self.dataset, self.numbers[key], reason)


@dataclass(frozen=True, slots=True)
class Feeds:
    """All that the files say. Meetings are by course and row, the university's events by row alone."""

    terms: Feed[int, Values]
    users: Feed[str, Values]
    rooms: Feed[tuple[str, str], Values]
    courses: Feed[CourseKey, Values]
    meetings: Feed[tuple[CourseKey, int], MeetingRow]
    enrollments: Feed[tuple[str, CourseKey], None]
    exams: Feed[CourseKey, Values]
    university: Feed[tuple[Any, ...], RawEvent]


def read_feeds(connection: Connection) -> tuple[Feeds, list[Refused]]:
    """Everything that has been ingested, and the rows of it that make no sense."""
    reader = _Reader(connection)
    feeds = Feeds(
        terms=reader.read("terms", lambda row: row["uid"], _term),
        users=reader.read("users", lambda row: edge.address(row["email"]), _user),
        rooms=reader.read("rooms", _room_key, _room),
        courses=reader.read("courses", _course_key, _course),
        meetings=reader.read("meeting_times", lambda row: (_course_key(row), row[SOURCE_ROW]), _meeting),
        enrollments=reader.read(
            "enrollments", lambda row: (edge.address(row["user_email"]), _course_key(row)), lambda _: None
        ),
        exams=reader.read("final_exams", _course_key, _exam),
        university=reader.read("university_events", _university_key, _university_event),
    )
    return feeds, reader.refused


class _Reader:
    def __init__(self, connection: Connection) -> None:
        self.refused: list[Refused] = []
        self._connection = connection
        self._tables = set(inspect(connection).get_table_names())
        log = IngestedVersion
        standing = select(log.dataset).where(log.outcome == Outcome.LOADED, log.superseded_at.is_(None))
        self._standing = set(connection.scalars(standing))

    def read(
        self, name: str, key_of: Callable[[RowMapping], K], values_of: Callable[[RowMapping], V]
    ) -> Feed[K, V]:
        table = table_of(_BY_NAME[name])
        if name not in self._standing or table.name not in self._tables:
            return Feed(name, stands=False)
        feed: Feed[K, V] = Feed(name, stands=True)
        for row in self._connection.execute(select(table).order_by(table.c[SOURCE_ROW])).mappings():
            self._add(feed, row, key_of, values_of)
        return feed

    def _add(
        self,
        feed: Feed[K, V],
        row: RowMapping,
        key_of: Callable[[RowMapping], K],
        values_of: Callable[[RowMapping], V],
    ) -> None:
        number = row[SOURCE_ROW]
        try:
            key = key_of(row)
        except ValueError as error:
            self.refused.append(Refused(feed.dataset, number, str(error)))
            return
        if key in feed.rows:
            reason = f"the same as row {feed.numbers[key]}"
            self.refused.append(Refused(feed.dataset, number, reason))
            return
        try:
            feed.rows[key] = values_of(row)
            feed.numbers[key] = number
        except ValueError as error:
            feed.unread.add(key)
            self.refused.append(Refused(feed.dataset, number, str(error)))


def _term(row: RowMapping) -> Values:
    start, end = edge.dates(row["start_date"], row["end_date"])
    return {"year": row["year"], "season": row["season"], "start_date": start, "end_date": end}


def _user(row: RowMapping) -> Values:
    return {
        "first_name": edge.text_or_none(row["first_name"]),
        "last_name": edge.text_or_none(row["last_name"]),
        "access_level": row["access_level"] or 0,
        "listed": True,
    }


def _room_key(row: RowMapping) -> tuple[str, str]:
    return row["building"].strip(), edge.room_number(row["number"])


def _room(row: RowMapping) -> Values:
    return {"name": edge.text_or_none(row["building_name"]), "floor": row["floor"]}


def _course_key(row: RowMapping) -> CourseKey:
    return row["term"], row["crn"]


def _course(row: RowMapping) -> Values:
    start, end = edge.dates(row["start_date"], row["end_date"])
    email = edge.text_or_none(row["instructor_email"])
    return {
        "subject": row["subject"].strip(),
        "course_number": row["course_number"],
        "section_number": edge.section(row["section_number"]),
        "title": row["title"].strip(),
        "schedule_type": edge.text_or_none(row["schedule_type"]),
        "start_date": start,
        "end_date": end,
        "credit_hours": row["credit_hours"],
        "status": row["status"],
        "link_identifier": edge.text_or_none(row["link_identifier"]),
        "seats_capacity": row["seats_capacity"],
        "seats_available": row["seats_available"],
        "instructor_name": edge.text_or_none(row["instructor_name"]),
        "instructor_email": email and email.lower(),
    }


def _meeting(row: RowMapping) -> MeetingRow:
    begin, end = edge.clocks(row["begin_time"], row["end_time"])
    start_date, end_date = edge.dates(row["start_date"], row["end_date"])
    slot = Slot(
        weekday=edge.weekday(row["day_of_week"]),
        begin=begin,
        end=end,
        start_date=start_date,
        end_date=end_date,
        laboratory=row["meeting_schedule_type"] == _LABORATORY,
    )
    return MeetingRow(slot, edge.rooms(row["building"], row["room"]))


def _exam(row: RowMapping) -> Values:
    begin, end = edge.clocks(row["start_time"], row["end_time"])
    return {
        "exam_date": row["exam_date"],
        "start_time": begin,
        "end_time": end,
        "location": edge.text_or_none(row["location"]),
        "combined_crns": edge.text_or_none(row["combined_crns"]),
    }


def _university_key(row: RowMapping) -> tuple[Any, ...]:
    """Every row counts, also those that one entry was repeated to; what is the same is found later."""
    return row[SOURCE_ROW], row["ics_uid"], row["start_date"], row["start_time"]


def _university_event(row: RowMapping) -> RawEvent:
    texts = ("summary", "ics_uid", "description", "location", "category", "event_type", "organization")
    return RawEvent(
        start_date=row["start_date"],
        end_date=row["end_date"],
        start_time=edge.clock_or_none(row["start_time"]),
        end_time=edge.clock_or_none(row["end_time"]),
        academic_term=row["academic_term"] or "",
        term=row["term"],
        status=row["status"] or "",
        **{name: row[name] or "" for name in texts},
    )
