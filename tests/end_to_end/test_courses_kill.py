"""SIGKILL at every point of a night of the course calendars: nothing is lost, nothing is doubled.

Three students and some thirty events: once made from nothing, once changed in every way there is. Processes
are forked from a warm one, so that each death costs a fraction of a second.
"""

from __future__ import annotations

import shutil
import ssl
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from resources.google import Google
from scheduling_pipeline.database.connection import connect, migrate
from scheduling_pipeline.simulators.school import FixedSchool
from tests.courses.school import School, address
from tests.databases import empty
from tests.end_to_end.college import (
    STUDENTS,
    Night,
    allow,
    consent,
    first_night,
    google_of,
    provide_calendars,
    run_when_told,
    second_night,
    synced,
)
from tests.end_to_end.deaths import FORKS, Point, Points, before_a_commit, before_sending, dies
from tests.end_to_end.mailboxes import intended, ledger, open_operations
from tests.end_to_end.students import Seen, Student, Students, edited, ledger_content, sign_in, standing, tags
from tests.end_to_end.remote import Steering, simulators_process

NEW, CHANGED = "everything new", "many changes"
POINTS = Points(request="^POST /batch", write="^(POST|PATCH|DELETE) /calendars/")
BEFORE_SENDING, BEFORE_A_COMMIT = before_sending(1), before_a_commit(5)
EVERY_POINT = (
    POINTS.before_a_request(1),
    POINTS.after_a_request(1),
    POINTS.inside_a_batch(20),
    BEFORE_SENDING,
    BEFORE_A_COMMIT,
)
KILLED = [  # what SQLite and PostgreSQL may differ in is shown on both
    pytest.param(database, point, work, id=f"{point.name}, {work}, {database}")
    for database, points, works in (
        ("sqlite", EVERY_POINT, (NEW, CHANGED)),
        ("postgresql", (BEFORE_SENDING, BEFORE_A_COMMIT), [CHANGED]),
    )
    for point in points
    for work in works
]

FORKS.set_forkserver_preload([run_when_told.__module__])


@dataclass(frozen=True)
class Scene:
    """Three students with calendars of their own, and a night that is about to be."""

    engine: Engine
    night: Night
    students: Students


@dataclass(frozen=True)
class Stage:
    """The simulated Google in a process of its own, students' own clients, and a pipeline nobody kills."""

    environment: Mapping[str, str]
    steering: Steering
    google: Google
    clients: Mapping[str, Any]

    def scene(self, engine: Engine, work: str) -> Scene:
        """A new one, whose students are due for that work."""
        school = School(engine, first_night())
        school.night()
        consent(engine, self.google, self.steering, [address(name) for name in STUDENTS], school.now)
        calendars = provide_calendars(engine, self.google, school.now)
        students = {name: Student(self.clients[name], calendars[address(name)]) for name in STUDENTS}
        if work == CHANGED:
            written = self.run(Scene(engine, Night(school.now), students))
            assert written == {"created": 26}
            school.files = second_night()
            school.night()
        return Scene(engine, Night(school.now), students)

    def run(self, scene: Scene) -> Counter[str]:
        """The night to its end; what was written."""
        with self.google.connect(scene.engine) as provider:
            ended = scene.night.run(scene.engine, provider)
        assert [one.problem for one in ended if one.problem] == []
        return sum((Counter(one.counts) for one in ended), Counter())

    def dies(self, scene: Scene, point: Point, n: int) -> bool:
        """Run the night in a process that is to die at the n-th such point; False when it ended before."""
        url = scene.engine.url.render_as_string(hide_password=False)
        return dies(
            run_when_told,
            (scene.night, url, self.environment, point.death(n)),
            lambda pid: self.steering.arm(*point.faults(n, pid)),
            self.steering.clear_faults,
        )

    def check(self, scene: Scene) -> None:
        """The ledger is the calendars, and no write is open; another run, even about everybody, writes
        nothing, and Google's own journal says so, too."""
        calendars = [student.calendar for student in scene.students.values()]
        assert tags(scene.students) == ledger(scene.engine, calendars)
        assert standing(scene.students) == ledger_content(scene.engine, scene.students)
        assert open_operations(scene.engine) == 0
        self.steering.forget_calls()
        again = replace(scene, night=replace(scene.night, everybody=True))
        assert self.run(again) == Counter()
        calls = [call for call in self.steering.calls() if call["kind"] == "call"]
        assert [call for call in calls if call["method"] != "GET"] == []


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with simulators_process(tmp_path_factory.mktemp("simulators"), FixedSchool()) as environment:
        trusted = ssl.create_default_context(cafile=environment["GOOGLE_CA_BUNDLE"])
        with httpx.Client(verify=trusted, trust_env=False) as web:
            steering = Steering(environment["GOOGLE_API_URL"], web)
            steering.control("PUT", "settings", json={"user_quota": 10**6, "project_quota": 10**6})
            clients = {name: sign_in(environment, allow(steering, address(name))) for name in STUDENTS}
            yield Stage(environment, steering, google_of(environment), clients)


@pytest.fixture
def engines(database_url: str, migrated_sqlite: Path, tmp_path: Path) -> Iterator[Iterator[Engine]]:
    """Migrated databases of one kind, each empty when its turn comes; the one before is then gone."""
    with ExitStack() as used:

        def empty_ones() -> Iterator[Engine]:
            for n in count():
                used.close()
                if database_url.startswith("sqlite"):
                    path = shutil.copy(migrated_sqlite, tmp_path / f"{n}.db")
                    engine = connect(f"sqlite:///{path}")
                else:
                    engine = connect(database_url)
                    empty(engine)
                used.callback(engine.dispose)
                yield engine

        yield empty_ones()


@pytest.fixture(scope="module")
def undisturbed(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Mapping[str, Counter[Seen]]]:
    """What stands after a night that nothing disturbed, for each student."""
    found = {}
    for number, work in enumerate((NEW, CHANGED)):
        engine = connect(f"sqlite:///{tmp_path_factory.mktemp('undisturbed')}/{number}.db")
        migrate(engine)
        scene = stage.scene(engine, work)
        stage.run(scene)
        found[work] = {name: standing({name: student}) for name, student in scene.students.items()}
        engine.dispose()
    return found


@pytest.mark.process
@pytest.mark.parametrize(("database_url", "point", "work"), KILLED, indirect=["database_url"])
def test_a_night_killed_at_any_point_loses_and_doubles_nothing(
    stage: Stage,
    undisturbed: Mapping[str, Mapping[str, Counter[Seen]]],
    engines: Iterator[Engine],
    point: Point,
    work: str,
) -> None:
    for n in count():
        scene = stage.scene(next(engines), work)
        died = stage.dies(scene, point, n)
        calendars = {student.calendar: name for name, student in scene.students.items()}
        assert set(tags(scene.students)) <= intended(scene.engine, calendars)
        for name in map(calendars.__getitem__, synced(scene.engine)):
            assert standing({name: scene.students[name]}) == undisturbed[work][name], f"{point.name} {n}"

        stage.run(scene)

        for name, student in scene.students.items():
            assert standing({name: student}) == undisturbed[work][name], f"killed {point.name} {n}"
        assert synced(scene.engine) == calendars.keys()
        assert edited(scene.engine) == set()
        stage.check(scene)
        if not died:
            assert n >= point.least
            return
