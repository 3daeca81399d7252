"""The tables of the course calendars: the catalogue, who takes what, and whose calendar is where."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    Time,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from scheduling_pipeline.database.models import Base


class Term(Base):
    """A term; `uid` is the college's number of it, which does not sort by time."""

    __tablename__ = "terms"
    __table_args__ = (
        CheckConstraint("season IN ('spring', 'summer', 'fall')", name="season"),
        CheckConstraint("end_date >= start_date", name="dates"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(unique=True)
    year: Mapped[int]
    season: Mapped[str]
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date] = mapped_column(Date)


class Course(Base):
    """A course of a term."""

    __tablename__ = "courses"
    __table_args__ = (
        UniqueConstraint("term_id", "crn", name="uq_courses_crn"),
        CheckConstraint("status IN ('active', 'cancelled')", name="status"),
        CheckConstraint("end_date >= start_date", name="dates"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    term_id: Mapped[int] = mapped_column(ForeignKey("terms.id", ondelete="CASCADE"))
    crn: Mapped[int]
    subject: Mapped[str]
    course_number: Mapped[int]
    section_number: Mapped[str]
    title: Mapped[str]
    schedule_type: Mapped[str | None]
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date] = mapped_column(Date)
    credit_hours: Mapped[float | None] = mapped_column(Float)
    status: Mapped[str]
    link_identifier: Mapped[str | None]
    seats_capacity: Mapped[int | None]
    seats_available: Mapped[int | None]  # fewer than none where too many were let in
    instructor_name: Mapped[str | None]
    instructor_email: Mapped[str | None]
    last_meeting_number: Mapped[int] = mapped_column(default=0)  # of all meetings there ever were


class Building(Base):
    """A building, by its abbreviation."""

    __tablename__ = "buildings"

    id: Mapped[int] = mapped_column(primary_key=True)
    abbreviation: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]


class Room(Base):
    """A room of a building. `number` is a text, such as M204; "0" where it is not known."""

    __tablename__ = "rooms"
    __table_args__ = (UniqueConstraint("building_id", "number", name="uq_rooms_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id", ondelete="CASCADE"))
    number: Mapped[str]
    floor: Mapped[int | None]


class MeetingTime(Base):
    """When a course meets: weekly on one weekday (Monday 0) between two dates, wall times of the school.

    `number` names the meeting within its course for good: it stays when time, weekday or room change.
    """

    __tablename__ = "meeting_times"
    __table_args__ = (
        UniqueConstraint("course_id", "number", name="uq_meeting_times_number"),
        UniqueConstraint(
            "course_id",
            "weekday",
            "begin_time",
            "end_time",
            "start_date",
            "end_date",
            name="uq_meeting_times_when",
        ),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("end_time >= begin_time", name="times"),
        CheckConstraint("end_date >= start_date", name="dates"),
        CheckConstraint("kind IN ('lecture', 'laboratory')", name="kind"),
        CheckConstraint("number >= 1", name="number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    number: Mapped[int]
    weekday: Mapped[int]
    begin_time: Mapped[time] = mapped_column(Time)
    end_time: Mapped[time] = mapped_column(Time)
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date] = mapped_column(Date)
    kind: Mapped[str]


class MeetingTimeRoom(Base):
    """Where a meeting takes place; it may have several rooms, or none yet."""

    __tablename__ = "meeting_time_rooms"

    meeting_time_id: Mapped[int] = mapped_column(
        ForeignKey("meeting_times.id", ondelete="CASCADE"), primary_key=True
    )
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)


class User(Base):
    """A person with a course calendar.

    Each change that concerns them raises `change_generation`; a sync that began at a generation notes it in
    `synced_generation` when it is done, so that a change that came meanwhile is not lost.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("synced_generation <= change_generation", name="generations"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    access_level: Mapped[int] = mapped_column(default=0)
    listed: Mapped[bool] = mapped_column(Boolean, default=True)  # whether the newest file of users has them
    change_generation: Mapped[int] = mapped_column(default=0)
    synced_generation: Mapped[int] = mapped_column(default=0)
    calendar_needs_sync: Mapped[bool] = mapped_column(
        Boolean, Computed("change_generation > synced_generation", persisted=True)
    )
    last_calendar_sync_at: Mapped[datetime | None]
    last_sync_outcome: Mapped[str] = mapped_column(default="")
    last_sync_problem: Mapped[str] = mapped_column(default="")


class Enrollment(Base):
    """Who takes which course."""

    __tablename__ = "enrollments"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    course_id: Mapped[int] = mapped_column(
        ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class FinalExam(Base):
    """The final exam of a course; `course_id` is null while the catalogue has no such course."""

    __tablename__ = "final_exams"
    __table_args__ = (
        UniqueConstraint("term_id", "crn", name="uq_final_exams_crn"),
        CheckConstraint("end_time >= start_time", name="times"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    term_id: Mapped[int] = mapped_column(ForeignKey("terms.id", ondelete="CASCADE"))
    crn: Mapped[int]
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id", ondelete="SET NULL"), index=True)
    exam_date: Mapped[date] = mapped_column(Date)
    start_time: Mapped[time] = mapped_column(Time)
    end_time: Mapped[time] = mapped_column(Time)
    location: Mapped[str | None]
    combined_crns: Mapped[str | None]


class UniversityEvent(Base):
    """An event of the whole university. Dates are inclusive; wall times are null for whole days."""

    __tablename__ = "university_events"
    __table_args__ = (
        CheckConstraint("end_date >= start_date", name="dates"),
        CheckConstraint("(start_time IS NULL) = (end_time IS NULL)", name="times"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ics_uid: Mapped[str] = mapped_column(unique=True)
    summary: Mapped[str]
    description: Mapped[str | None]
    location: Mapped[str | None]
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date] = mapped_column(Date)
    start_time: Mapped[time | None] = mapped_column(Time)
    end_time: Mapped[time | None] = mapped_column(Time)
    category: Mapped[str] = mapped_column(index=True)
    organization: Mapped[str | None]
    term_id: Mapped[int | None] = mapped_column(ForeignKey("terms.id", ondelete="SET NULL"))


class OAuthCredential(Base):
    """A person's consent that we write to their Google calendars. The token is encrypted."""

    __tablename__ = "oauth_credentials"
    __table_args__ = (UniqueConstraint("user_id", "provider", "email", name="uq_oauth_credentials_account"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    provider: Mapped[str]
    email: Mapped[str]  # the account's, which may be another than the user's
    refresh_token: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[str]
    connected_at: Mapped[datetime]
    needs_sign_in_since: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="")


class GoogleCalendar(Base):
    """The course calendar of a person: exactly one."""

    __tablename__ = "google_calendars"
    __table_args__ = (
        CheckConstraint("state IN ('creating', 'sharing', 'ready', 'missing')", name="state"),
        CheckConstraint("state = 'creating' OR google_calendar_id IS NOT NULL", name="has_id"),
        Index("ix_google_calendars_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    google_calendar_id: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str]
    summary: Mapped[str]
    zone: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=1)  # the first calendar, or one in its place
    sync_token: Mapped[str | None]
    created_at: Mapped[datetime]
    missing_since: Mapped[datetime | None]
