"""A declared table for each asset that is a frame: instants in UTC, nullable types kept, nothing undeclared.

The tables join the same metadata as the models, so one migration history covers both.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Integer, String, Table

from scheduling_pipeline.database.models import Base, Instant


def _frame(name: str, *columns: Column[Any]) -> Table:
    return Table(
        name,
        Base.metadata,
        Column("row", Integer, primary_key=True),
        Column("partition", String, nullable=False, index=True),
        *columns,
    )


def _text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, String, nullable=nullable)


def _event() -> list[Column[Any]]:
    """What a person sees of an event."""
    return [
        _text("summary"),
        Column("starts_at", Instant, nullable=False),
        Column("ends_at", Instant, nullable=False),
        _text("zone"),
        Column("weekly", Boolean, nullable=False),
        Column("until", Date, nullable=True),
        _text("location"),
    ]


def _change() -> list[Column[Any]]:
    """One change of a plan."""
    return [
        _text("kind"),
        _text("calendar"),
        _text("account"),
        _text("uid"),
        _text("reason"),
        Column("held", Boolean, nullable=False),
        Column("fields", JSON, nullable=False),
        Column("until", Date, nullable=True),
        Column("before", JSON, nullable=True),
        Column("after", JSON, nullable=True),
    ]


TIMETABLE = _frame(
    "timetable",
    _text("asid"),
    Column("monday", Date, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    _text("zone"),
    _text("code"),
    _text("title"),
    _text("room"),
    Column("occupied", Integer, nullable=False),
    Column("online", Boolean, nullable=False),
    _text("teacher", nullable=True),
    Column("reading", Integer, nullable=False),
)

OUTLOOK_EVENTS = _frame(
    "outlook_events",
    _text("calendar"),
    _text("account"),
    _text("uid"),
    _text("kin", nullable=True),
    _text("origin"),
    *_event(),
    Column("categories", JSON, nullable=False),
)

OUTLOOK_CHANGES = _frame("outlook_changes", *_change())

OUTLOOK_CALENDARS = _frame(
    "outlook_calendars",
    _text("calendar"),
    _text("account"),
    _text("uid"),
    *_event(),
    _text("provider_id"),
)

COURSE_EVENTS = _frame(
    "course_events",
    _text("calendar"),
    _text("account"),
    _text("uid"),
    *_event(),
    Column("content", JSON, nullable=False),
)

GOOGLE_CHANGES = _frame("google_changes", *_change())

FRAMES = {
    table.name: table
    for table in (
        TIMETABLE,
        OUTLOOK_EVENTS,
        OUTLOOK_CHANGES,
        OUTLOOK_CALENDARS,
        COURSE_EVENTS,
        GOOGLE_CHANGES,
    )
}

__all__ = [
    "COURSE_EVENTS",
    "FRAMES",
    "GOOGLE_CHANGES",
    "OUTLOOK_CALENDARS",
    "OUTLOOK_CHANGES",
    "OUTLOOK_EVENTS",
    "TIMETABLE",
]
