"""A force run that dies at any instant: nothing is lost or doubled; what it did not reach stays theirs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.calendars import access
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import EventContent
from scheduling_pipeline.calendars.provider import Limits
from scheduling_pipeline.course_calendars import State
from scheduling_pipeline.database.leases import Leases
from tests.calendars.builders import ANA, NEXT_MONDAY
from tests.calendars.crash import (
    Boundary,
    Crashed,
    FragileCalendars,
    FragileLedger,
    leases_of_a_dead_run,
)
from tests.calendars.memory import Calendars, MemoryProvider
from tests.calendars.semester import Semester, of_courses
from tests.calendars.student import by_hand, by_hand_without, course, exam, stands
from tests.databases import empty

ONE_AT_A_TIME = Limits(batch=3, per_calendar=2, concurrent_batches=1)
RENAMED, THINNED, WITH_A_GAP = "class-renamed", "class-thinned", "class-with-a-gap"
DELETED, LEFT_ALONE = "exam-deleted", "exam-left-alone"
WANTED = of_courses(
    course(RENAMED),
    course(THINNED, start="11:00", end="12:00"),
    course(WITH_A_GAP, start="13:00", end="14:00"),
    exam(DELETED),
    exam(LEFT_ALONE),
)
RIGHT = {event.uid: event.content for event in WANTED}
LATER = [replace(event, content=replace(event.content, summary="New", location="B 2")) for event in WANTED]
PLANTS = "Plants!"


@dataclass(frozen=True)
class Mortal(access.Calendars):
    """What a run works with that may die."""

    boundary: Boundary

    @property
    def ledger(self) -> Ledger:
        return FragileLedger(self.engine, self.boundary)

    @property
    def leases(self) -> Leases:
        return leases_of_a_dead_run(self.engine)


@dataclass
class Dormitory:
    """A database and a file of calendars that outlive the runs that work on them."""

    engine: Engine
    path: Path

    def prepare(self, number: int) -> None:
        """What should stand has stood since before the term, and Ana has been at work."""
        empty(self.engine)
        self.path = self.path.with_name(f"calendars-{number}.db")
        semester = self.open()
        semester.enrol(ANA)
        semester.begin(WANTED)
        calendars = semester.calendars
        by_hand(calendars, RENAMED, summary=PLANTS)
        by_hand_without(calendars, THINNED, NEXT_MONDAY)
        calendars.by_hand_date(stands(calendars, WITH_A_GAP), NEXT_MONDAY, deleted=True)
        calendars.by_hand_delete(stands(calendars, DELETED))
        calendars.close()

    def open(self) -> Semester:
        return Semester(self.engine, Calendars(self.path, guards_deletes=True))

    def force_run_dies_at(self, last: int) -> bool:
        """Whether a force run dies when it reaches that boundary; else it came to its end."""
        boundary = Boundary(last)
        calendars = FragileCalendars(self.path, boundary, guards_deletes=True)
        provider = MemoryProvider(calendars, limits=ONE_AT_A_TIME)
        mortal = Mortal(self.engine, provider, "run-that-dies", boundary)
        night = Semester(self.engine, calendars).night(force=True, provider=provider, calendars=mortal)
        try:
            night.plan(WANTED)
            boundary.cross()
            night.apply()
            boundary.cross()
            night.note()
        except Crashed:
            return True
        finally:
            calendars.close()
        return False


@pytest.fixture
def dormitory(engine: Engine, tmp_path: Path) -> Dormitory:
    return Dormitory(engine, tmp_path / "calendars.db")


def test_dying_and_being_asked_for_again(dormitory: Dormitory) -> None:
    last = 1
    dormitory.prepare(last)
    while dormitory.force_run_dies_at(last):
        semester = dormitory.open()
        assert semester.run(WANTED, force=True).states == {ANA: State.SYNCED}
        assert semester.shown() == RIGHT
        assert semester.single_dates() == set()
        assert (semester.edits(), semester.declined()) == ({}, set())
        semester.assert_quiet(WANTED)
        semester.calendars.close()
        last += 1
        dormitory.prepare(last)
    assert last > 20, "the run has more boundaries than that"


def test_dying_before_a_normal_night(dormitory: Dormitory) -> None:
    """Each event is as Ana left it, and else follows the source, or it was put right for good."""
    last = 1
    dormitory.prepare(last)
    while dormitory.force_run_dies_at(last):
        semester = dormitory.open()
        semester.run(WANTED)
        put_right = {uid for uid in RIGHT if is_right(semester, uid)}
        assert semester.run(LATER).states == {ANA: State.SYNCED}
        shown = semester.shown()
        for event in LATER:
            uid = event.uid
            if uid in put_right:
                assert shown[uid] == event.content, (last, uid)
            else:
                assert shown.get(uid) == as_ana_left(uid, event.content), (last, uid)
        semester.assert_quiet(LATER)
        semester.calendars.close()
        last += 1
        dormitory.prepare(last)
    assert put_right == set(RIGHT)
    assert last > 20, "the run has more boundaries than that"


def is_right(semester: Semester, uid: str) -> bool:
    """Whether nothing of what Ana did to an event is to be seen any more."""
    dates = {name for name, _ in semester.single_dates()}
    return semester.shown().get(uid) == RIGHT[uid] and uid not in dates


def as_ana_left(uid: str, wanted: EventContent) -> EventContent | None:
    """What an event becomes that is still as Ana left it."""
    if uid == DELETED:
        return None
    if uid == RENAMED:
        return replace(wanted, summary=PLANTS)
    if uid == THINNED and wanted.rrule:
        return replace(wanted, rrule=replace(wanted.rrule, exdates=frozenset({NEXT_MONDAY})))
    return wanted
