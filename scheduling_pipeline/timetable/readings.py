"""Keeping readings: what was read completely is the last good data, and is never overwritten by less."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, func, insert, select

from scheduling_pipeline.database.models import Reading
from scheduling_pipeline.digest import digest
from scheduling_pipeline.timetable.model import Agenda, AgendaReading, Lesson, WeekOutcome, WeekReading


@dataclass(frozen=True, slots=True)
class StoredWeek:
    """A complete reading as it was kept; `id` grows with each reading."""

    id: int
    week: WeekReading


@dataclass(frozen=True, slots=True)
class ReadingUsed:
    """Which reading of a week something was made from."""

    id: int
    read_at: datetime


def save_reading(engine: Engine, reading: AgendaReading, *, run_id: str) -> None:
    """Keep all weeks of a reading, the failed ones with their problem, in one transaction."""
    rows = []
    for week in reading.weeks:
        lessons = [lesson_to_json(lesson) for lesson in week.lessons]
        rows.append(
            {
                "agenda": week.agenda,
                "monday": week.monday,
                "outcome": week.outcome.value,
                "read_at": week.read_at,
                "run_id": run_id,
                "problem": week.problem,
                "lessons": lessons,
                "content_hash": digest(lessons),
            }
        )
    if rows:
        with engine.begin() as connection:
            connection.execute(insert(Reading), rows)


def last_good(engine: Engine, agenda: Agenda, *, since: date) -> list[StoredWeek]:
    """The newest complete reading of each week from `since` (a Monday) on, oldest week first."""
    newest = (
        select(func.max(Reading.id))
        .where(Reading.agenda == agenda.key, Reading.outcome == "complete", Reading.monday >= since)
        .group_by(Reading.monday)
    )
    columns = (Reading.id, Reading.monday, Reading.read_at, Reading.lessons)
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).where(Reading.id.in_(newest)).order_by(Reading.monday))
        return [StoredWeek(row.id, _week(agenda, row.monday, row.read_at, row.lessons)) for row in rows]


def superseded(engine: Engine, agenda: str, readings: Mapping[date, int]) -> list[date]:
    """The weeks of which a newer complete reading is kept than the one named (week to reading id)."""
    newest = (
        select(Reading.monday, func.max(Reading.id))
        .where(Reading.agenda == agenda, Reading.outcome == "complete", Reading.monday.in_(list(readings)))
        .group_by(Reading.monday)
    )
    with engine.connect() as connection:
        return sorted(monday for monday, latest in connection.execute(newest) if latest > readings[monday])


def last_complete_at(engine: Engine, agendas: Iterable[str]) -> dict[str, datetime | None]:
    """When each agenda last had a complete reading; None when never."""
    query = (
        select(Reading.agenda, func.max(Reading.read_at).label("read_at"))
        .where(Reading.outcome == "complete")
        .group_by(Reading.agenda)
    )
    with engine.connect() as connection:
        found = {row.agenda: row.read_at for row in connection.execute(query)}
    return {agenda: found.get(agenda) for agenda in agendas}


def _week(agenda: Agenda, monday: date, read_at: datetime, lessons: Sequence[dict[str, Any]]) -> WeekReading:
    return WeekReading(
        agenda=agenda.key,
        monday=monday,
        outcome=WeekOutcome.COMPLETE,
        read_at=read_at,
        lessons=tuple(lesson_from_json(agenda, lesson) for lesson in lessons),
    )


def lesson_to_json(lesson: Lesson) -> dict[str, Any]:
    """A lesson as plain JSON; its agenda is known from elsewhere."""
    return {
        "asid": lesson.asid,
        "dtstart": lesson.dtstart.replace(tzinfo=None).isoformat(),
        "dtend": lesson.dtend.replace(tzinfo=None).isoformat(),
        "code": lesson.code,
        "title": lesson.title,
        "room": lesson.room,
        "occupied": lesson.occupied,
        "online": lesson.online,
        "teacher": lesson.teacher,
    }


def lesson_from_json(agenda: Agenda, data: Mapping[str, Any]) -> Lesson:
    """The inverse of `lesson_to_json`."""
    times = {
        name: datetime.fromisoformat(data[name]).replace(tzinfo=agenda.zone) for name in ("dtstart", "dtend")
    }
    return Lesson(**{**data, **times, "agenda": agenda.key})
