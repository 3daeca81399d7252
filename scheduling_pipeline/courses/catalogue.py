"""The catalogue in the database, brought to what the ingested files say, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select

from scheduling_pipeline.courses.affected import Snapshot, affected, take_snapshot
from scheduling_pipeline.courses.feeds import Refused, read_feeds
from scheduling_pipeline.courses.guard import Guard, Held
from scheduling_pipeline.courses.steps.exams import settle_exams
from scheduling_pipeline.courses.steps.meeting_times import settle_meetings
from scheduling_pipeline.courses.steps.offerings import (
    drop_courses,
    drop_terms,
    settle_courses,
    settle_terms,
)
from scheduling_pipeline.courses.steps.people import settle_enrollments, settle_users
from scheduling_pipeline.courses.steps.university_events import settle_university_events
from scheduling_pipeline.courses.steps.work import Work
from scheduling_pipeline.courses.university import Skipped
from scheduling_pipeline.database.courses import User
from scheduling_pipeline.database.settle import Count, raise_by_one
from scheduling_pipeline.files.store import LOCK


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a refresh did.

    `counts` are by table; `merged` rows of the files said the same of when a course meets. `refused` rows
    were left out, `skipped` are events of the university that are cancelled or there twice. `affected` has
    the e-mail addresses of those whose calendars are to be brought up to date, each with what changed.
    """

    counts: Mapping[str, Count]
    merged: int
    refused: tuple[Refused, ...]
    skipped: tuple[Skipped, ...]
    affected: Mapping[str, tuple[str, ...]]
    held: tuple[Held, ...]

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many users are affected by each kind of change, the most frequent first."""
        return dict(Counter(reason for each in self.affected.values() for reason in each).most_common())

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return any(count.writes for count in self.counts.values())


def refresh(engine: Engine, *, now: datetime) -> Refresh:
    """Bring the catalogue to what the newest files say, and note who is affected; all of it or nothing.

    Of a dataset that no file stands for, nothing is removed. `now` is in the school's zone: terms that ended
    before its date are over.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # as ingestion does: files must not change meanwhile
            connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        guard = Guard(connection)
        feeds, refused = read_feeds(connection)
        before = take_snapshot(connection)
        work = Work(connection, feeds, guard, now.date(), refused=refused)
        merged, skipped = _settle(work)
        concerned: Mapping[str, tuple[str, ...]] = {}
        if any(count.writes for count in work.counts.values()):
            concerned = _raise_generations(connection, before)
        guard.record(connection, now)
    return Refresh(dict(work.counts), merged, tuple(work.refused), skipped, concerned, tuple(guard.held))


def _settle(work: Work) -> tuple[int, tuple[Skipped, ...]]:
    """All steps, in the order in which tables refer to each other."""
    terms = settle_terms(work)
    users = settle_users(work)
    courses = settle_courses(work, terms)
    merged = settle_meetings(work, courses)
    settle_enrollments(work, courses, users)
    settle_exams(work, terms, courses)
    skipped = settle_university_events(work, terms)
    drop_courses(work, courses)
    drop_terms(work, terms)
    return merged, skipped


def _raise_generations(connection: Connection, before: Snapshot) -> Mapping[str, tuple[str, ...]]:
    """Note who is affected by what changed since; their addresses, with what it was."""
    after = take_snapshot(connection)
    concerned = affected(before, after)
    raise_by_one(connection, User, "change_generation", sorted(concerned))
    return {after.users[user]: reasons for user, reasons in sorted(concerned.items())}
