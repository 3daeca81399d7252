"""The course calendars while Google fails: everything ends, nobody else suffers, nothing is lost or doubled.

The numbers in names are those of the cases that once went wrong elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import pytest
import stamina
from sqlalchemy import Engine, delete

from scheduling_pipeline.course_calendars import Ended, State
from scheduling_pipeline.courses.credentials import save_credential
from scheduling_pipeline.database.models import SyncedEvent
from scheduling_pipeline.simulators.control import Fault
from tests.courses.school import SPRING, address, course, enrollment, meeting
from tests.end_to_end.college import CALENDAR, Night, STUDENTS, allow, first_night, second_night, synced
from tests.end_to_end.course_stage import CHANGED, NEW, Scene, Stage, open_stage, undisturbed
from tests.end_to_end.mailboxes import open_operations
from tests.end_to_end.students import Seen, Student, edited, standing, tags

ATTEMPTS = 4
MONDAYS, TUESDAYS, THURSDAYS, EXAM = (
    f"class-{SPRING}-1-1",
    f"class-{SPRING}-2-1",
    f"class-{SPRING}-3-1",
    f"exam-{SPRING}-2",
)
WRITES = "^(POST|PATCH|DELETE) /calendars/"
A_TUESDAY, A_THURSDAY = date(2026, 3, 24), date(2026, 3, 19)


@pytest.fixture(scope="module")
def open_google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("simulators")) as stage:
        yield stage


@pytest.fixture
def stage(open_google: Stage) -> Iterator[Stage]:
    """Nothing fails yet. What fails in passing is tried again without the waiting."""
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield open_google
    open_google.steering.clear_faults()


def three_in_ten() -> list[Fault]:
    """Faults that together strike three calls in ten, and one batch in five as a whole; the simulator's dice
    are seeded."""
    each = 1 - 0.7 ** (1 / 4)
    limits = {"status": 403, "reason": "rateLimitExceeded"}
    return [
        Fault("http", "/calendars/", None, probability=each, params={"status": 503}),
        Fault("http", "/calendars/", None, probability=each, params={"status": 429, "retry_after": 0}),
        Fault("http", "/calendars/", None, probability=each, params=limits),
        Fault("expired_token", "/calendars/", None, probability=each),
        Fault("drop_reply", "^POST /batch", None, probability=0.1),
        Fault("lose_request", "^POST /batch", None, probability=0.1),
        Fault("drop_reply", WRITES, None, probability=0.01),
        Fault("lose_request", WRITES, None, probability=0.01),
    ]


def story(stage: Stage, engine: Engine, faults: list[Fault]) -> Scene:
    """Five nights of changes to and fro, with people who change things by hand; the last night is calm."""
    scene = stage.scene(engine, NEW)
    school, now = scene.school, scene.night
    stage.run(scene)
    ann, ben, cem = (scene.students[name] for name in STUDENTS)
    for night, files in enumerate((second_night(), first_night(), second_night(), first_night())):
        match night:
            case 0:
                ann.edit(ann.event(MONDAYS), summary="Algebra at last")
                ben.delete(ben.occurrence(ben.event(TUESDAYS), A_TUESDAY))
                cem.delete(cem.event(THURSDAYS))
            case 1:
                ann.edit(ann.event(EXAM), location="At home")
            case 2:
                ben.edit(ben.event(MONDAYS), colorId="3")
        school.files = files
        school.night()
        stage.steering.arm(*faults)
        for _ in range(2):
            stage.try_to_run(scene)
        stage.steering.clear_faults()
        tags(scene.students)  # fails when something stands twice
    school.files = second_night()
    school.night()
    stage.run(scene)
    return scene


@pytest.mark.process
def test_with_three_in_ten_calls_failing_nothing_is_lost_or_doubled(
    stage: Stage, engines: Iterator[Engine]
) -> None:
    calm = story(stage, next(engines), [])
    expected = standing(calm.students)
    stormy = story(stage, next(engines), three_in_ten())

    assert standing(stormy.students) == expected
    assert synced(stormy.engine) == stormy.calendars.keys()
    stage.check(stormy)
