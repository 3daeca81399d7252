"""Nights of a college through the real jobs: what becomes of everybody when some things go wrong for some."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
import stamina
from sqlalchemy import Engine, select, update

from assets.course_jobs import COURSES_JOB, RECONCILE_JOB
from scheduling_pipeline.calendars.holds import held_plans, release
from scheduling_pipeline.courses.calendars import CalendarSetUp
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.courses import User
from scheduling_pipeline.database.models import CalendarOperation, SyncedEvent
from scheduling_pipeline.definitions import build_definitions
from scheduling_pipeline.settings import load_settings
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.server import Simulators
from tests.assets.college import College, noted, observed
from tests.courses.school import (
    SPRING,
    School,
    address,
    course,
    enrollment,
    exam,
    meeting,
    small_school,
    user,
)
from tests.end_to_end.college import provide_calendars
from tests.end_to_end.students import Student, sign_in
from tests.resources.google_project import Project

NAMES = ("ada", "ann", "ben", "bo", "cem", "dot", "eli", "fay", "gus", "hal", "ida", "jo")
MONDAYS, WEDNESDAYS, TUESDAYS, EXAM = (
    f"class-{SPRING}-1-1",
    f"class-{SPRING}-1-2",
    f"class-{SPRING}-2-1",
    f"exam-{SPRING}-1",
)
A_MONDAY = date(2026, 3, 23)
EACH = 5  # events of a student: three classes, an exam and a holiday


def files_of_twelve() -> dict[str, list[dict[str, Any]]]:
    """Everybody takes both courses."""
    return small_school() | {
        "users": [user(address(name)) for name in NAMES],
        "enrollments": [enrollment(address(name), crn) for name in NAMES for crn in (1, 2)],
    }


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    """Simulators that the tests of the module share, each with calendars of its own."""
    with Simulators(tmp_path_factory.mktemp("simulators")) as running:
        yield running


@pytest.fixture
def college(
    outside: Simulators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path
) -> Iterator[College]:
    """A college of twelve, whose calendars were all brought up to date last night."""
    database = tmp_path / "pipeline.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    for name, value in outside.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SCHEDULING_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    outside.clock.set(DEMO_START)
    project = Project(outside)
    project.reset()
    project.settings.change({"user_quota": 10**6, "project_quota": 10**6})
    engine = connect(f"sqlite:///{database}")
    college = College(project, engine, School(engine, files_of_twelve()))
    college.school.night()
    for name in NAMES:
        college.connect(address(name))
    college.calendars = provide_calendars(engine, project.google(), DEMO_START)
    with stamina.set_testing(True, attempts=3):
        assert college.run().success
        yield college
    college.close()


def student(college: College, name: str) -> Student:
    """Somebody of the college, signed in to Google."""
    account = college.accounts[address(name)]
    client = sign_in(college.project.simulators.environment, account.refresh_token)
    return Student(client, college.calendars[address(name)])


def emails(*names: str) -> set[str]:
    return {address(name) for name in names}


def change_rooms(college: College, room: str) -> None:
    """Files arrive with another room for the first course's Mondays: everybody is concerned."""
    college.school.files["meeting_times"][0]["room"] = room
    college.school.arrive()


def test_one_persons_trouble_is_theirs_alone(college: College) -> None:
    """Cases 10, 13 and 9: of twelve that are due, one withdrew their consent, one deleted the calendar, one
    changed what they like, and Google fails for one; all others are done."""
    editor = student(college, "cem")
    editor.edit(editor.event(MONDAYS), summary="Algebra at last")
    editor.delete(editor.occurrence(editor.event(MONDAYS), A_MONDAY))
    editor.delete(editor.event(TUESDAYS))
    college.project.revoke(address("ada"))
    student(college, "ben").delete_calendar()
    college.project.arm("http", college.calendars[address("dot")], None, status=503)
    change_rooms(college, "112")

    ran = college.run()

    assert ran.success
    assert ran.tags["degraded"] == "true"
    assert ran.failed_checks == {"needs_sign_in", "missing_calendars", "failed_users"}
    said = noted(ran, "google_calendars")
    outcomes = {row["person"]: row["outcome"] for row in said["by person"]}
    assert outcomes == {address(name): "synced" for name in NAMES} | {
        address("ada"): "needs to sign in",
        address("ben"): "calendar missing",
        address("dot"): "failed",
    }
    assert said["people brought up to date"] == 9
    assert said["people not brought up to date"] == 3
    assert sum(row["people"] for row in said["errors by kind"]) == 3
    assert "google connect ada@college.example" in (ran.check("needs_sign_in").description or "")
    assert "create_course_calendars" in (ran.check("missing_calendars").description or "")
    assert "503" in (ran.check("failed_users").description or "")
    for name in set(NAMES) - {"ada", "ben", "dot"}:
        assert student(college, name).event(MONDAYS)["location"] == "Wilder Hall 112"
    assert editor.event(MONDAYS)["summary"] == "Algebra at last"
    assert A_MONDAY not in editor.dates(editor.event(MONDAYS))
    assert not editor.has(TUESDAYS)
    assert college.school.due() == {"ada", "dot"}  # Ben's calendar is not there to be brought up to date

    college.project.reset()
    calls = college.calls()
    next_night = college.run()

    assert {row["person"] for row in noted(next_night, "google_calendars")["by person"]} == emails("dot")
    assert noted(next_night, "google_calendars")["people not brought up to date"] == 0
    assert next_night.failed_checks == {"needs_sign_in", "missing_calendars"}
    touched = {call["path"].split("/")[2] for call in made_since(college, calls)}
    assert touched == {college.calendars[address("dot")]}
    assert student(college, "dot").event(MONDAYS)["location"] == "Wilder Hall 112"

    college.connect(address("ada"))
    assert noted(college.run(), "google_calendars")["people brought up to date"] == 1
    assert college.school.due() == set()


def made_since(college: College, n: int) -> list[dict[str, Any]]:
    """The calls about calendars that Google has got since."""
    journal = college.project.simulators.google.control.journal(n)
    return [entry for entry in journal if entry["kind"] == "call"]


def test_7_a_second_night_without_a_change_makes_no_call_at_all(college: College) -> None:
    calls = college.calls()
    ran = college.run()
    everybody = college.run(config={"course_events": {"everybody": True}})

    assert noted(ran, "google_calendars")["people"] == 0
    assert noted(everybody, "google_calendars")["people"] == len(NAMES)
    assert noted(everybody, "google_calendars")["calendar writes"] == 0
    assert made_since(college, calls) == []
