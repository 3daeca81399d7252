"""What the demo does for course calendars: people are known, sign in, get calendars, find their courses."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine

from scheduling_pipeline.commands import courses
from scheduling_pipeline.commands.job import RunReport
from scheduling_pipeline.courses.credentials import connections
from scheduling_pipeline.courses.standing import ready_calendars, without_calendar
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.simulators.server import Simulators
from tests.commands.conftest import EMBEDDED
from tests.courses.school import School, address
from tests.resources.google_project import Project

PEOPLE = [address(name) for name in ("ann", "ben", "cem")]


@dataclass(frozen=True)
class Demo:
    """The commands in front of the simulators; the school's files were ingested, and nothing was made of
    them yet."""

    project: Project
    engine: Engine
    school: School
    console: Console

    def everything(self) -> RunReport:
        """All steps of the demo, as `run` does them; the last one's report."""
        courses.know_people(self.console)
        courses.everybody_signs_in()
        courses.provide(self.console)
        return courses.sync(self.console)

    def text(self, renderable: object) -> str:
        with self.console.capture() as capture:
            self.console.print(renderable)
        return capture.get()


@pytest.fixture
def demo(
    simulators: Simulators, migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Demo]:
    database, dagster_home = tmp_path / "pipeline.db", tmp_path / "dagster"
    shutil.copy(migrated_sqlite, database)
    dagster_home.mkdir()
    shutil.copy(EMBEDDED, dagster_home / "dagster.yaml")
    environment = {
        **simulators.environment,
        "DATABASE_URL": f"sqlite:///{database}",
        "DAGSTER_HOME": str(dagster_home),
        "SCHEDULING_HOME": str(tmp_path),
        "SCHEDULING_SETTINGS": str(tmp_path / "settings.toml"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "scheduling_pipeline.definitions", raising=False)  # of other settings
    engine = connect(environment["DATABASE_URL"])
    school = School(engine)
    school.arrive()
    project = Project(simulators)
    project.reset()
    yield Demo(project, engine, school, Console(width=120))
    engine.dispose()


def report(**counts: Mapping[str, int]) -> RunReport:
    """The report of a run that noted these counts, by asset."""
    metadata = {(asset, ""): noted for asset, noted in counts.items()}
    return RunReport(success=True, metadata=metadata, failed_checks=[], errors=[])


def test_people_are_known_from_the_files_and_then_known_already(demo: Demo) -> None:
    first = courses.know_people(demo.console)

    assert first is not None
    assert first.success
    assert first.total("course_catalogue", ["people affected"]) == 3
    assert courses.know_people(demo.console) is None


def test_everybody_signs_in_once(demo: Demo) -> None:
    courses.know_people(demo.console)

    assert courses.everybody_signs_in() == 3
    assert courses.everybody_signs_in() == 0
    assert [one.account for one in connections(demo.engine)] == PEOPLE
    assert without_calendar(demo.engine) == PEOPLE


def test_who_signed_in_is_given_a_calendar_once(demo: Demo) -> None:
    courses.know_people(demo.console)
    assert courses.provide(demo.console) is None
    courses.everybody_signs_in()

    created = courses.provide(demo.console)

    assert created is not None
    assert courses.created(created) == "3 course calendars created."
    assert sorted(ready_calendars(demo.engine).values()) == PEOPLE
    assert courses.provide(demo.console) is None


def test_people_find_their_courses_and_a_second_time_nothing_is_written(demo: Demo) -> None:
    first = demo.everything()
    journal = demo.project.simulators.google.control.journal()
    second = demo.everything()

    assert first.success
    assert second.success
    assert courses.verdict(first) == "11 course calendar writes."
    assert courses.verdict(second) == "0 course calendar writes: nobody was due."
    assert demo.project.simulators.google.control.journal() == journal
    account = demo.text(courses.account(first))
    heading, words, numbers = account.splitlines()
    assert heading.strip() == "Course calendars"
    assert words.split("  ")[0] == "people due"
    assert [int(number) for number in numbers.split()] == [3, 6, 2, 3, 11, 0, 0, 0]


def test_a_change_is_told_in_the_account(demo: Demo) -> None:
    demo.everything()
    demo.school.files["courses"][1]["title"] = "Thermodynamics"
    demo.school.arrive()

    again = demo.everything()

    assert courses.verdict(again) == "2 course calendar writes."
    *_, numbers = demo.text(courses.account(again)).splitlines()
    assert [int(number) for number in numbers.split()] == [2, 4, 1, 2, 0, 2, 0, 0]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "0 course calendar writes: nobody was due."),
        ({"course_events": {"people": 4}}, "0 course calendar writes: everything stood already."),
        (
            {"course_events": {"people": 4}, "google_changes": {"held": 12}},
            "0 course calendar writes; 12 held.",
        ),
        (
            {
                "google_changes": {"held": 12},
                "google_calendars": {"calendar writes": 3, "events failed": 2, "events unknown": 1},
            },
            "3 course calendar writes; 12 held, 3 failed.",
        ),
    ],
)
def test_the_verdict_says_what_is_left_to_do(counts: dict[str, Any], words: str) -> None:
    assert courses.verdict(report(**counts)) == words
