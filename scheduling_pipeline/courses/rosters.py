"""Courses, the catalogue and who takes what, read from the database; and what became of a student's sync."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Select,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from scheduling_pipeline.courses import edge
from scheduling_pipeline.courses.model import (
    Catalogue,
    Course,
    Exam,
    Meeting,
    Place,
    Student,
    Term,
    UniversityEvent,
)
from scheduling_pipeline.database import courses as db

CourseIds = Select[tuple[int]]
"""A query for the ids of some courses."""


def load_catalogue(engine: Engine) -> Catalogue:
    """Terms with their earliest final exam, and the university's events by date."""
    with engine.connect() as connection:
        return read_catalogue(connection)


def load_students(engine: Engine, *, emails: Collection[str] | None, due_only: bool) -> list[Student]:
    """Those who have a ready calendar, by e-mail address, with what they take.

    `emails` asks for these only. Due is who was never synced or whom a change concerns since.
    """
    chosen = [db.GoogleCalendar.state == "ready"]
    if emails is not None:
        chosen.append(db.User.email.in_([email.strip().lower() for email in emails]))
    if due_only:
        chosen.append(or_(db.User.last_calendar_sync_at.is_(None), db.User.calendar_needs_sync))
    people = (
        select(
            db.User.id,
            db.User.email,
            db.User.listed,
            db.User.change_generation,
            db.GoogleCalendar.google_calendar_id,
        )
        .join(db.GoogleCalendar, db.GoogleCalendar.user_id == db.User.id)
        .where(*chosen)
        .order_by(db.User.email)
    )
    with engine.connect() as connection:
        # Generations first: of a change that comes while we read, too old a generation tells later.
        users = connection.execute(people).all()
        taken = (
            select(db.Enrollment.user_id, db.Enrollment.course_id)
            .join(db.User, db.User.id == db.Enrollment.user_id)
            .join(db.GoogleCalendar, db.GoogleCalendar.user_id == db.User.id)
            .where(*chosen)
        )
        courses = read_courses(connection, taken.with_only_columns(db.Enrollment.course_id))
        of_user: dict[int, list[Course]] = defaultdict(list)
        for user, course in connection.execute(taken):
            if course in courses:  # a course that came since is told of by the next generation
                of_user[user].append(courses[course])
    return [
        Student(
            id=user.id,
            email=user.email,
            calendar=user.google_calendar_id,
            courses=tuple(sorted(of_user[user.id], key=lambda course: (course.term, course.crn))),
            generation=user.change_generation,
            listed=user.listed,
        )
        for user in users
    ]


def finish(engine: Engine, synced: Mapping[int, int], failed: Mapping[int, str], *, now: datetime) -> None:
    """Note what became of syncs: of users by id, the generation that a sync began at, or why it failed.

    A user whom a change concerned meanwhile stays due, as does one whose sync failed.
    """
    began = bindparam("began", type_=Integer())
    done = (
        update(db.User)
        .where(db.User.id == bindparam("user"))
        .values(
            synced_generation=case(
                (db.User.synced_generation < began, began), else_=db.User.synced_generation
            ),
            last_calendar_sync_at=now,
            last_sync_outcome="synced",
            last_sync_problem="",
        )
    )
    not_done = (
        update(db.User)
        .where(db.User.id == bindparam("user"))
        .values(last_sync_outcome="failed", last_sync_problem=bindparam("problem"))
    )
    with engine.begin() as connection:
        if synced:
            connection.execute(done, [{"user": one, "began": began} for one, began in synced.items()])
        if failed:
            connection.execute(not_done, [{"user": one, "problem": why} for one, why in failed.items()])


def read_catalogue(connection: Connection) -> Catalogue:
    """The same as `load_catalogue`, within a transaction."""
    exams = select(db.FinalExam.term_id, func.min(db.FinalExam.exam_date)).group_by(db.FinalExam.term_id)
    first_exams: dict[int, date] = dict(connection.execute(exams).tuples().all())
    terms = connection.execute(select(db.Term.id, db.Term.uid, db.Term.start_date, db.Term.end_date))
    events = connection.execute(
        select(db.UniversityEvent.__table__, db.Term.uid)
        .join(db.Term, db.Term.id == db.UniversityEvent.term_id, isouter=True)
        .order_by(db.UniversityEvent.start_date, db.UniversityEvent.ics_uid)
    )
    return Catalogue(
        terms={
            row.uid: Term(row.uid, row.start_date, row.end_date, first_exams.get(row.id)) for row in terms
        },
        university=tuple(
            UniversityEvent(
                uid=row.ics_uid,
                summary=row.summary,
                description=row.description or "",
                location=row.location or "",
                first=row.start_date,
                last=row.end_date,
                begin=row.start_time,
                end=row.end_time,
                category=row.category,
                term=row.uid,
            )
            for row in events
        ),
    )


def read_courses(connection: Connection, ids: CourseIds | None = None) -> dict[int, Course]:
    """Courses by their ids in the database: those that `ids` asks for, or all."""
    meetings = _meetings(connection, ids)
    own, shared = _exams(connection)
    query = select(db.Course.__table__, db.Term.uid).join(db.Term, db.Term.id == db.Course.term_id)
    rows = connection.execute(query.where(_among(db.Course.id, ids)))
    return {
        row.id: Course(
            term=row.uid,
            crn=row.crn,
            subject=row.subject,
            number=row.course_number,
            section=row.section_number,
            title=row.title,
            schedule_type=row.schedule_type or "",
            active=row.status == "active",
            instructor_name=row.instructor_name or "",
            instructor_email=row.instructor_email or "",
            meetings=tuple(meetings.get(row.id, ())),
            exam=own.get(row.id) or shared.get((row.term_id, row.crn)),
        )
        for row in rows
    }


def _among(column: InstrumentedAttribute[int], ids: CourseIds | None) -> ColumnElement[bool]:
    return true() if ids is None else column.in_(ids)


def _meetings(connection: Connection, ids: CourseIds | None) -> Mapping[int, Sequence[Meeting]]:
    """The meetings of courses, by number, with their places by name."""
    places: dict[int, list[Place]] = defaultdict(list)
    rooms = (
        select(db.MeetingTimeRoom.meeting_time_id, db.Building.abbreviation, db.Building.name, db.Room.number)
        .join(db.Room, db.Room.id == db.MeetingTimeRoom.room_id)
        .join(db.Building, db.Building.id == db.Room.building_id)
        .join(db.MeetingTime, db.MeetingTime.id == db.MeetingTimeRoom.meeting_time_id)
        .where(_among(db.MeetingTime.course_id, ids))
    )
    for meeting, abbreviation, name, number in connection.execute(rooms):
        places[meeting].append(Place(name or abbreviation, number))
    found: dict[int, list[Meeting]] = defaultdict(list)
    query = select(db.MeetingTime.__table__).where(_among(db.MeetingTime.course_id, ids))
    for row in connection.execute(query.order_by(db.MeetingTime.number)):
        meeting = Meeting(
            number=row.number,
            weekday=row.weekday,
            begin=row.begin_time,
            end=row.end_time,
            start_date=row.start_date,
            end_date=row.end_date,
            laboratory=row.kind == "laboratory",
            places=tuple(sorted(places[row.id], key=lambda place: (place.building, place.number))),
        )
        found[row.course_id].append(meeting)
    return found


def _exams(connection: Connection) -> tuple[Mapping[int, Exam], Mapping[tuple[int, int], Exam]]:
    """The exams of courses by id, and those that courses, by term and CRN, share with another one."""
    own: dict[int, Exam] = {}
    shared: dict[tuple[int, int], Exam] = {}
    for row in connection.execute(select(db.FinalExam.__table__).order_by(db.FinalExam.crn)):
        exam = Exam(row.exam_date, row.start_time, row.end_time, row.location or "")
        if row.course_id is not None:
            own[row.course_id] = exam
        for crn in edge.crns(row.combined_crns):
            shared.setdefault((row.term_id, crn), exam)
    return own, shared
