"""The stage of the course calendars: the simulated Google in a process of its own, students, and nights."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine

from resources.google import Google
from scheduling_pipeline.course_calendars import Ended
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.school import FixedSchool
from tests.courses.school import Rows, School, address
from tests.end_to_end.college import (
    STUDENTS,
    Night,
    allow,
    consent,
    first_night,
    provide_calendars,
    second_night,
)
from tests.end_to_end.mailboxes import ledger, open_operations
from tests.end_to_end.remote import Steering, simulators_process
from tests.end_to_end.students import (
    Seen,
    Student,
    ledger_content,
    sign_in,
    standing,
    tags,
)
from tests.resources.google_project import google_of

UNHURRIED = {"user_calls_per_minute": 10**6, "calls_per_minute": 10**6}
WRITES = "^(POST|PATCH|DELETE) /calendars/"
NEW, CHANGED = "everything new", "many changes"


@dataclass(frozen=True)
class Scene:
    """Three students with calendars of their own, and a night that is about to be."""

    engine: Engine
    night: Night
    students: dict[str, Student]
    school: School

    @property
    def calendars(self) -> dict[str, str]:
        """Whose calendar each is."""
        return {student.calendar: name for name, student in self.students.items()}

    def files_arrive(self, files: Rows) -> None:
        """These are the newest files, and the catalogue is as they say."""
        self.school.files = files
        self.school.night()


@dataclass(frozen=True)
class Stage:
    """The simulated Google in a process of its own, students' own clients, and a pipeline nobody kills."""

    environment: Mapping[str, str]
    steering: Steering
    google: Google
    clients: dict[str, Any]

    def scene(self, engine: Engine, work: str) -> Scene:
        """A new one, whose students are due for that work."""
        school = School(engine, first_night())
        school.night()
        consent(engine, self.google, self.steering, [address(name) for name in STUDENTS], school.now)
        calendars = provide_calendars(engine, self.google, school.now)
        students = {name: Student(self.clients[name], calendars[address(name)]) for name in STUDENTS}
        scene = Scene(engine, Night(school.now), students, school)
        if work == CHANGED:
            assert self.run(scene) == {"created": 26}
            school.files = second_night()
            school.night()
        return replace(scene, night=Night(school.now))

    def try_to_run(self, scene: Scene) -> list[Ended]:
        """The night to its end; how it ended for each who was due."""
        with self.google.connect(scene.engine) as provider:
            return scene.night.run(scene.engine, provider)

    def run(self, scene: Scene) -> Counter[str]:
        """The same, for a night that has to go well; what was written."""
        ended = self.try_to_run(scene)
        assert [one.problem for one in ended if one.problem] == []
        return sum((Counter(one.counts) for one in ended), Counter())

    def calls_about(self, calendar: str) -> list[dict[str, Any]]:
        """The calls about a calendar since the journal began."""
        return [call for call in self.steering.calls() if call["kind"] == "call" and calendar in call["path"]]

    def check(self, scene: Scene) -> None:
        """The ledger is the calendars, and no write is open; another run, even about everybody, writes
        nothing, and Google's own journal says so, too."""
        assert tags(scene.students) == ledger(scene.engine, scene.calendars)
        assert standing(scene.students) == ledger_content(scene.engine, scene.students)
        assert open_operations(scene.engine) == 0
        self.steering.forget_calls()
        again = replace(scene, night=replace(scene.night, everybody=True))
        assert self.run(again) == Counter()
        calls = [call for call in self.steering.calls() if call["kind"] == "call"]
        assert [call for call in calls if call["method"] != "GET"] == []


@contextmanager
def open_stage(home: Path) -> Iterator[Stage]:
    """The stage while the context lasts. Google's limits on calls are out of the way."""
    with simulators_process(home, FixedSchool()) as environment:
        trusted = ssl.create_default_context(cafile=environment["GOOGLE_CA_BUNDLE"])
        with httpx.Client(verify=trusted, trust_env=False) as web:
            steering = Steering(environment["GOOGLE_API_URL"], web)
            steering.control("PUT", "settings", json={"user_quota": 10**6, "project_quota": 10**6})
            clients = {name: sign_in(environment, allow(steering, address(name))) for name in STUDENTS}
            yield Stage(environment, steering, google_of(environment, **UNHURRIED), clients)


def undisturbed(stage: Stage, database_url: str, work: str) -> dict[str, Counter[Seen]]:
    """What stands after a night that nothing disturbed, for each student."""
    engine = connect(database_url)
    scene = stage.scene(engine, work)
    stage.run(scene)
    engine.dispose()
    return {name: standing({name: student}) for name, student in scene.students.items()}


def three_in_ten() -> list[Fault]:
    """Faults that together strike three calls in ten, and one batch in five as a whole; the simulator's dice
    are seeded."""
    each = 1 - 0.7 ** (1 / 3)
    limits = {"status": 403, "reason": "rateLimitExceeded"}
    return [
        Fault("http", "/calendars/", None, probability=each, params={"status": 503}),
        Fault("http", "/calendars/", None, probability=each, params={"status": 429, "retry_after": 0}),
        Fault("http", "/calendars/", None, probability=each, params=limits),
        # A token that is refused twice in a row is taken for a consent that is gone: not so close together.
        *(Fault("expired_token", "/calendars/", 1, skip) for skip in range(20, 2000, 100)),
        Fault("drop_reply", "^POST /batch", None, probability=0.1),
        Fault("lose_request", "^POST /batch", None, probability=0.1),
        Fault("drop_reply", WRITES, None, probability=0.01),
        Fault("lose_request", WRITES, None, probability=0.01),
    ]
