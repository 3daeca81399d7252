"""When and where courses meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import RowMapping, select

from scheduling_pipeline.courses.feeds import CourseKey
from scheduling_pipeline.courses.meetings import MeetingRow, arrange
from scheduling_pipeline.courses.pairing import Slot
from scheduling_pipeline.courses.steps.rooms import RoomName, drop_unused_rooms, settle_rooms
from scheduling_pipeline.courses.steps.work import Courses, Work, named
from scheduling_pipeline.database.courses import Course, MeetingTime, MeetingTimeRoom, Term
from scheduling_pipeline.database.settle import remove, settle, settle_pairs

MeetingKey = tuple[CourseKey, int]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(slots=True)
class _Arranged:
    """The meetings that the file has, those that it has no more, how many rows were merged, and the highest
    number that each course ever gave to a meeting."""

    wanted: dict[MeetingKey, MeetingRow] = field(default_factory=dict)
    absent: set[MeetingKey] = field(default_factory=set)
    merged: int = 0
    last: dict[CourseKey, int] = field(default_factory=dict)


def settle_meetings(work: Work, courses: Courses) -> int:
    """Bring meetings and their rooms to what the file says. Returns how many rows were merged."""
    standing = _standing(work)
    offered = _offered(work)
    arranged = _arranged(work, courses, standing, offered)
    held = work.guard.hold(
        "meeting_times",
        {key: _told(key, standing[key]) for key in arranged.absent if courses.is_coming(key[0])},
        sum(1 for course, _ in standing if course in courses.ids and courses.is_coming(course)),
    )
    going = {key for key in standing if key[0] in courses.going} | (arranged.absent - held)
    removed = remove(work.connection, MeetingTime, sorted(standing[key]["id"] for key in going))
    values = {
        (course, number): _values(courses.ids[course], number, row.slot)
        for (course, number), row in arranged.wanted.items()
    }
    ids, count = settle(work.connection, MeetingTime, standing, values)
    work.count("meeting_times", count + removed)
    last = {key: {"last_meeting_number": number} for key, number in arranged.last.items()}
    settle(work.connection, Course, offered, last)  # ours, not of any file: nothing to count
    _settle_rooms(work, {ids[key]: row.rooms for key, row in arranged.wanted.items()})
    return arranged.merged


def _standing(work: Work) -> dict[MeetingKey, RowMapping]:
    query = (
        select(MeetingTime.__table__, Course.crn, Term.uid)
        .join(Course, Course.id == MeetingTime.course_id)
        .join(Term, Term.id == Course.term_id)
    )
    rows = work.connection.execute(query).mappings()
    return {((row["uid"], row["crn"]), row["number"]): row for row in rows}


def _offered(work: Work) -> dict[CourseKey, RowMapping]:
    query = select(Course.id, Course.last_meeting_number, Course.crn, Term.uid).join(Term)
    return {(row["uid"], row["crn"]): row for row in work.connection.execute(query).mappings()}


def _arranged(
    work: Work,
    courses: Courses,
    standing: Mapping[MeetingKey, RowMapping],
    offered: Mapping[CourseKey, RowMapping],
) -> _Arranged:
    feed = work.feeds.meetings
    rows: dict[CourseKey, list[MeetingRow]] = defaultdict(list)
    for key in list(feed.rows):
        course, _ = key
        if course in courses.ids:
            rows[course].append(feed.rows[key])
        else:
            work.refused.append(feed.drop(key, f"the catalogue has no course {named(course)}"))
    old: dict[CourseKey, dict[int, Slot]] = defaultdict(dict)
    for (course, number), row in standing.items():
        old[course][number] = _slot(row)
    # A row that was refused may be about any meeting of its course: then none of them goes.
    kept = {course for course, _ in feed.unread} | courses.held
    found = _Arranged()
    for course in (rows.keys() | old.keys()) & courses.ids.keys() if feed.stands else ():
        arranged = arrange(old[course], rows[course], offered[course]["last_meeting_number"])
        found.wanted |= {(course, number): row for number, row in arranged.meetings.items()}
        found.absent |= {(course, number) for number in arranged.gone if course not in kept}
        found.merged += arranged.merged
        found.last[course] = arranged.last
    return found


def _settle_rooms(work: Work, rooms: Mapping[int, tuple[RoomName, ...]]) -> None:
    """Bring the rooms of meetings, by their ids, to these."""
    used = {name for names in rooms.values() for name in names}
    room_ids, counts = settle_rooms(work.connection, work.feeds.rooms, used)
    pairs = select(MeetingTimeRoom.meeting_time_id, MeetingTimeRoom.room_id)
    standing = {(meeting, room) for meeting, room in work.connection.execute(pairs) if meeting in rooms}
    wanted = {(meeting, room_ids[name]) for meeting, names in rooms.items() for name in names}
    work.count("meeting_time_rooms", settle_pairs(work.connection, MeetingTimeRoom, standing, wanted))
    for table, count in (*counts.items(), *drop_unused_rooms(work.connection, work.feeds.rooms).items()):
        work.count(table, count)


def _slot(row: RowMapping) -> Slot:
    return Slot(
        row["weekday"],
        row["begin_time"],
        row["end_time"],
        row["start_date"],
        row["end_date"],
        row["kind"] == "laboratory",
    )


def _values(course: int, number: int, slot: Slot) -> Mapping[str, object]:
    return {
        "course_id": course,
        "number": number,
        "weekday": slot.weekday,
        "begin_time": slot.begin,
        "end_time": slot.end,
        "start_date": slot.start_date,
        "end_date": slot.end_date,
        "kind": "laboratory" if slot.laboratory else "lecture",
    }


def _told(key: MeetingKey, row: RowMapping) -> str:
    course, number = key
    begins = f"{row['begin_time']:%H:%M}"
    return f"{named(course)} meeting {number}, {_DAYS[row['weekday']]} {begins} from {row['start_date']}"
