"""Lessons and desired events as frames, and back. What a frame was made from travels in its `attrs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from scheduling_pipeline.calendars.frames import events_from_frame
from scheduling_pipeline.calendars.model import Window
from scheduling_pipeline.timetable.events import Desired, UnmatchedTeacher
from scheduling_pipeline.timetable.model import Agenda, Lesson, WeekOutcome, WeekReading
from scheduling_pipeline.timetable.readings import ReadingUsed, StoredWeek, lesson_from_json, lesson_to_json

COLUMNS = [
    "partition",
    "asid",
    "monday",
    "starts_at",
    "ends_at",
    "zone",
    "code",
    "title",
    "room",
    "occupied",
    "online",
    "teacher",
    "reading",
]


def lessons_to_frame(agenda: Agenda, weeks: Sequence[StoredWeek]) -> pd.DataFrame:
    """The lessons of complete weeks, a row each; instants in UTC, the zone beside them."""
    rows = [
        {
            "partition": agenda.key,
            "asid": lesson.asid,
            "monday": stored.week.monday,
            "starts_at": lesson.dtstart.astimezone(UTC),
            "ends_at": lesson.dtend.astimezone(UTC),
            "zone": agenda.zone.key,
            "code": lesson.code,
            "title": lesson.title,
            "room": lesson.room,
            "occupied": lesson.occupied,
            "online": lesson.online,
            "teacher": lesson.teacher,
            "reading": stored.id,
        }
        for stored in weeks
        for lesson in stored.week.lessons
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def weeks_context(weeks: Sequence[StoredWeek]) -> dict[str, Any]:
    """What a frame carries beside its rows: which weeks were read completely, when, as which reading."""
    return {
        stored.week.monday.isoformat(): {"reading": stored.id, "read_at": stored.week.read_at.isoformat()}
        for stored in weeks
    }


def weeks_from_frame(agenda: Agenda, frame: pd.DataFrame, context: Mapping[str, Any]) -> list[StoredWeek]:
    """The weeks that a timetable frame holds, an empty one included."""
    lessons: dict[date, list[Lesson]] = {date.fromisoformat(monday): [] for monday in context}
    for row in frame[frame["partition"] == agenda.key].to_dict("records"):
        lessons[row["monday"]].append(
            Lesson(
                agenda=agenda.key,
                asid=row["asid"],
                dtstart=row["starts_at"].to_pydatetime().astimezone(agenda.zone),
                dtend=row["ends_at"].to_pydatetime().astimezone(agenda.zone),
                code=row["code"],
                title=row["title"],
                room=row["room"],
                occupied=int(row["occupied"]),
                online=bool(row["online"]),
                teacher=None if pd.isna(row["teacher"]) else row["teacher"],
            )
        )
    return [
        StoredWeek(
            context[monday.isoformat()]["reading"],
            WeekReading(
                agenda.key,
                monday,
                WeekOutcome.COMPLETE,
                datetime.fromisoformat(context[monday.isoformat()]["read_at"]),
                tuple(found),
            ),
        )
        for monday, found in lessons.items()
    ]


def desired_context(desired: Desired, weeks: Sequence[StoredWeek]) -> dict[str, Any]:
    """What a frame of desired events carries beside its rows: how much may be concluded from it."""
    return {
        "weeks": weeks_context(weeks),
        "windows": [[window.start.isoformat(), window.end.isoformat()] for window in desired.windows],
        "kins": sorted(desired.known_kins),
        "unmatched": [asdict(teacher) for teacher in desired.unmatched],
        "undecided": [lesson_to_json(lesson) for lesson in desired.undecided],
    }


def desired_from_frame(agenda: Agenda, frame: pd.DataFrame, context: Mapping[str, Any]) -> Desired:
    """What `desired_context` and the frame's rows were made from."""
    return Desired(
        events=tuple(events_from_frame(frame[frame["partition"] == agenda.key])),
        windows=tuple(
            Window(datetime.fromisoformat(start), datetime.fromisoformat(end))
            for start, end in context["windows"]
        ),
        known_kins=frozenset(context["kins"]),
        unmatched=tuple(UnmatchedTeacher(**teacher) for teacher in context["unmatched"]),
        undecided=tuple(lesson_from_json(agenda, lesson) for lesson in context["undecided"]),
    )


def readings_used(context: Mapping[str, Any]) -> dict[date, ReadingUsed]:
    """The readings that desired events, or a plan, were made from, by week."""
    return {
        date.fromisoformat(monday): ReadingUsed(week["reading"], datetime.fromisoformat(week["read_at"]))
        for monday, week in context["weeks"].items()
    }
