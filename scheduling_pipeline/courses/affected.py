"""Whom a change of the catalogue concerns: all that calendars are made of, before and after, compared.

Nothing has to remember to report a change: what a calendar event can show is in a `Snapshot`, and what is not
in it, such as free seats, concerns nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from scheduling_pipeline.courses.model import Catalogue, Course, Meeting
from scheduling_pipeline.courses.rosters import read_catalogue, read_courses
from scheduling_pipeline.database import courses as db


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What all calendars are made of. Users and courses are named by their ids in the database."""

    users: Mapping[int, str]
    listed: frozenset[int]
    courses: Mapping[int, Course]
    dates: Mapping[int, tuple[date, date]]
    students: Mapping[int, frozenset[int]]
    catalogue: Catalogue


def take_snapshot(connection: Connection) -> Snapshot:
    """What stands in the database now."""
    students: dict[int, set[int]] = defaultdict(set)
    for user, course in connection.execute(select(db.Enrollment.user_id, db.Enrollment.course_id)):
        students[course].add(user)
    dates = connection.execute(select(db.Course.id, db.Course.start_date, db.Course.end_date))
    return Snapshot(
        users=dict(connection.execute(select(db.User.id, db.User.email)).tuples().all()),
        listed=frozenset(connection.scalars(select(db.User.id).where(db.User.listed))),
        courses=read_courses(connection),
        dates={row.id: (row.start_date, row.end_date) for row in dates},
        students={course: frozenset(users) for course, users in students.items()},
        catalogue=read_catalogue(connection),
    )


def affected(before: Snapshot, after: Snapshot) -> dict[int, tuple[str, ...]]:
    """The users whose calendars may look different, with what changed, in plain English."""
    found: dict[int, set[str]] = defaultdict(set)
    for course in before.courses.keys() | after.courses.keys():
        was, now = (each.students.get(course, frozenset()) for each in (before, after))
        for user in now - was:
            found[user].add("enrolment added")
        for user in was - now:
            found[user].add("enrolment removed" if course in after.courses else "course removed")
        for reason in _reasons(before, after, course) if was & now else ():
            for user in was & now:
                found[user].add(reason)
    if before.catalogue.university != after.catalogue.university:
        for user in after.listed:
            found[user].add("university event")
    for user in before.users.keys() & (before.listed ^ after.listed):
        found[user].add("listed again" if user in after.listed else "not listed any more")
    return {user: tuple(sorted(reasons)) for user, reasons in found.items()}


def _reasons(before: Snapshot, after: Snapshot, course: int) -> Iterator[str]:
    """What changed of a course that stands in both."""
    was, now = before.courses[course], after.courses[course]
    if before.dates[course] != after.dates[course]:
        yield "course dates"
    if was.title != now.title:
        yield "course title"
    if was.code != now.code:
        yield "course code"
    if (was.active, was.schedule_type) != (now.active, now.schedule_type):
        yield "course status"
    if (was.instructor_name, was.instructor_email) != (now.instructor_name, now.instructor_email):
        yield "instructor"
    if was.exam != now.exam:
        yield "final exam"
    if before.catalogue.terms[was.term] != after.catalogue.terms[now.term]:
        yield "term"
    yield from _reasons_of_meetings(was, now)


def _reasons_of_meetings(was: Course, now: Course) -> Iterator[str]:
    old = {meeting.number: meeting for meeting in was.meetings}
    new = {meeting.number: meeting for meeting in now.meetings}
    if new.keys() - old.keys():
        yield "meeting added"
    if old.keys() - new.keys():
        yield "meeting removed"
    for number in old.keys() & new.keys():
        yield from _reasons_of_meeting(old[number], new[number])


def _reasons_of_meeting(was: Meeting, now: Meeting) -> Iterator[str]:
    if (was.begin, was.end) != (now.begin, now.end):
        yield "meeting time"
    if was.weekday != now.weekday:
        yield "meeting weekday"
    if (was.start_date, was.end_date) != (now.start_date, now.end_date):
        yield "meeting dates"
    if was.places != now.places:
        yield "meeting room"
    if was.laboratory != now.laboratory:
        yield "meeting kind"
