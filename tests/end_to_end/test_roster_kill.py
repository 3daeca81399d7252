"""SIGKILL at every point of a submission: each row is submitted once, nothing is lost or left in doubt.

Processes are forked from a warm one, so that each death costs a fraction of a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.roster.steps import DONE, FAILED
from tests.databases import copied
from tests.end_to_end.deaths import FORKS, Point, Points, before_a_commit, before_sending
from tests.end_to_end.roster_stage import Effect, Scene, Stage, open_stage, submit_when_told, undisturbed
from tests.end_to_end.roster_storm import WRITES

AFTER_A_WRITE = Points(WRITES, WRITES).after_a_request(10)
EVERY_POINT = (
    Points("^(GET|POST) /", WRITES).before_a_request(20),
    AFTER_A_WRITE,
    before_sending(10),
    before_a_commit(25),
)
KILLED = [  # what SQLite and PostgreSQL may differ in is shown on both
    pytest.param(database, point, id=f"{point.name}, {database}")
    for database, points in (("sqlite", EVERY_POINT), ("postgresql", EVERY_POINT[-1:]))
    for point in points
]

FORKS.set_forkserver_preload([submit_when_told.__module__])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("simulators")) as stage:
        yield stage


@pytest.fixture(scope="module")
def expected(
    stage: Stage, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Counter[Effect]:
    database = tmp_path_factory.mktemp("undisturbed") / "pipeline.db"
    return undisturbed(stage, copied(migrated_sqlite, database))


def dies_everywhere(
    scene_of: Callable[[Engine], Scene], engines: Iterator[Engine], point: Point, expected: Counter[Effect]
) -> int:
    """Have submissions die at each such point in turn, until one lives, and each finished by another one;
    how many died."""
    for n in count():
        scene = scene_of(next(engines))
        died = scene.stage.killed(scene, point, n)
        noted = {one.event_ref_num - scene.proposal.store.first for one in scene.office.operations()}
        assert {effect.event for effect in scene.effects()} <= noted
        assert Counter(scene.effects()) <= expected

        if not scene.over:
            scene.submit()

        assert Counter(scene.effects()) == expected, f"killed {point.name} {n}"
        scene.check_submitted()
        if not died:
            return n
    raise AssertionError("some submission lives")


@pytest.mark.process
@pytest.mark.parametrize(("database_url", "point"), KILLED, indirect=["database_url"])
def test_a_submission_killed_at_any_point_is_finished_by_the_next(
    stage: Stage, expected: Counter[Effect], engines: Iterator[Engine], point: Point
) -> None:
    assert dies_everywhere(stage.scene, engines, point, expected) >= point.least


@pytest.mark.process
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("point", EVERY_POINT, ids=lambda point: point.name)
def test_an_event_that_is_to_be_made_again_is_offered_and_scheduled_once(
    stage: Stage, engines: Iterator[Engine], point: Point
) -> None:
    scene = stage.reissue(next(engines))
    scene.submit()
    expected = Counter(scene.effects())
    assert [effect.did for effect in expected.elements()] == ["reissued", "scheduled"]

    assert dies_everywhere(stage.reissue, engines, point, expected) >= 2


@pytest.mark.process
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_somebody_does_in_the_planner_between_a_death_and_the_next_submission_stays(
    stage: Stage, engines: Iterator[Engine]
) -> None:
    for n in count():
        scene = stage.scene(next(engines))
        if not stage.killed(scene, AFTER_A_WRITE, n):
            assert n >= AFTER_A_WRITE.least
            return
        event = scene.proposal.store.first + scene.effects()[-1].event
        theirs = scene.by_hand(event)

        scene.submit()

        assert scene.standing()[event] == theirs, f"killed after write {n}"
        statuses = scene.statuses()
        assert statuses[event] == FAILED
        assert set(statuses.values()) == {DONE, FAILED}
        scene.check_places(one for one, status in statuses.items() if status == DONE)
        scene.check_agreement()
