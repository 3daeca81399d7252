"""Course events as a frame: a person can read it, and it says exactly what was desired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from resources.database import Database, FrameIOManager, load_frame
from scheduling_pipeline.calendars.model import DesiredEvent, EventContent, WeeklyRule
from scheduling_pipeline.courses.events import SCOPE
from scheduling_pipeline.courses.frames import course_events_from_frame, course_events_to_frame
from tests.courses.builders import catalogue, course, events_of, exam, meeting, university

ROBIN = "robin.vale@example.edu"
OWNERS = {"robin-calendar": {"user": 1, "email": ROBIN, "generation": 3}}
REQUEST = {"owners": OWNERS, "whole": False, "force": True}
ZONES = [
    ZoneInfo(name) for name in ("America/New_York", "Europe/Zurich", "Australia/Lord_Howe", "Asia/Beirut")
]


def framed(*events: DesiredEvent) -> pd.DataFrame:
    return course_events_to_frame({ROBIN: events}, REQUEST)


def term() -> Sequence[DesiredEvent]:
    """A class on Mondays with a break in it, its exam, and the break."""
    the_break = university("holiday", date(2026, 10, 12))
    taken = course(meeting(), exam=exam(date(2026, 12, 15)))
    return events_of(taken, shared=catalogue(the_break), categories=["holiday"])


@st.composite
def contents(draw: st.DrawFn) -> EventContent:
    """What events may be like, whichever zone, also at times that clocks leave out or have twice."""
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
    dtstart = datetime.combine(day, draw(st.times()).replace(second=0, microsecond=0), zone)
    last = day + timedelta(weeks=draw(st.integers(0, 20)))
    exdates = frozenset(draw(st.lists(st.dates(day, last), max_size=5)))
    return EventContent(
        summary=draw(st.text(max_size=20)),
        dtstart=dtstart,
        dtend=dtstart + timedelta(minutes=draw(st.integers(1, 600))),
        rrule=draw(st.sampled_from([None, WeeklyRule(last, exdates)])),
        location=draw(st.text(max_size=20)),
        description=draw(st.text(max_size=20)),
        color=draw(st.sampled_from(["", "7"])),
        reminders=draw(st.sampled_from([None, (), (30,), (1440, 60, 15)])),
    )


@given(st.lists(contents(), max_size=5))
def test_what_comes_out_of_a_frame_went_into_it(found: list[EventContent]) -> None:
    events = [DesiredEvent(SCOPE, "robin-calendar", str(number), each) for number, each in enumerate(found)]
    assert course_events_from_frame(framed(*events)) == events


def test_a_frame_comes_back_from_either_database_as_it_was(database_url: str, engine: Engine) -> None:
    frames = FrameIOManager(database=Database(url=database_url))
    with dg.build_output_context(asset_key="course_events", run_id="run") as context:
        frames.handle_output(context, framed(*term()))

    found = load_frame(engine, "course_events", None)

    assert course_events_from_frame(found) == term()
    assert found.attrs == {SCOPE: REQUEST}


def test_a_person_can_read_whose_event_it_is_when_and_where() -> None:
    first = framed(*term()).iloc[0]

    assert (first["account"], first["summary"]) == (ROBIN, "Computer Science I")
    assert (first["location"], first["zone"]) == ("Wilder Hall 101", "America/New_York")
    assert first["starts_at"].tz_convert("America/New_York").time() == time(9)
    assert bool(first["weekly"])
    assert first["until"] == date(2026, 12, 7)
    assert list(framed(*term())["weekly"]) == [True, False, False]


def test_without_events_it_still_says_whom_it_is_about() -> None:
    frame = framed()

    assert frame.empty
    assert list(frame.columns) == list(framed(*term()).columns)
    assert frame.attrs == {SCOPE: REQUEST}
    assert course_events_from_frame(frame) == []
